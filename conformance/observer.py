"""What a scenario's program writes its observations with.

Standard library only and complete in itself: the source of this file stands at the head of every scenario's script, so
that a reader runs exactly what was run.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

NO_ERROR, NO_WARNING = "no error", "no warning"


class Observer:
    """Collects named observations as plain data, and tells each one to ``tell`` if that is given."""

    def __init__(self, tell: Callable[[str], object] | None = None) -> None:
        self.seen: dict[str, Any] = {}
        self._tell = tell

    def __call__(self, name: str, value: object) -> None:
        """Observe a value: an array of any framework, a number, a text, None, or lists of them."""
        self.seen[name] = plain(value)
        if self._tell is not None:
            self._tell(f"{name}: {self.seen[name]}")

    @contextmanager
    def attempt(self, name: str) -> Iterator[None]:
        """Observe whether the block raises; what the block itself observes under this name stays."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever a framework raises is the observation
            self(name, raised(error))
        else:
            if name not in self.seen:
                self(name, NO_ERROR)

    @contextmanager
    def warnings(self, name: str) -> Iterator[None]:
        """Observe the first warning of the block."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        first = next(iter(caught), None)
        if first is None:
            self(name, NO_WARNING)
        else:
            self(name, {"warns": first.category.__name__, "message": brief(first.message)})


def raised(error: Exception) -> dict[str, Any]:
    """An error as an outcome: its type, the names of that type's bases, and the start of its message."""
    kinds = [kind.__name__ for kind in type(error).__mro__ if issubclass(kind, Exception)]
    return {"raises": kinds[0], "kinds": kinds[1:], "message": brief(error)}


def brief(message: object, most: int = 600) -> str:
    text = " ".join(str(message).split())
    return text if len(text) <= most else text[: most - 3] + "..."


def plain(value: Any) -> Any:
    """Plain data for any framework's value; numbers keep every bit, nan and infinities become texts."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    for ready in ("detach", "numpy", "tolist"):
        if hasattr(value, ready):
            return plain(getattr(value, ready)()) if ready != "detach" else plain(value.detach().tolist())
    return brief(value)
