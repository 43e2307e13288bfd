"""The switch: whether operations are recorded for differentiation, per thread."""

from __future__ import annotations

import threading
from contextlib import ContextDecorator


class _State(threading.local):
    is_on = True


_state = _State()


def is_recording() -> bool:
    """Whether operations on arrays that require a gradient are recorded."""
    return _state.is_on


class set_recording:  # noqa: N801 - a function to its users, which `with` can undo
    """Switch recording on or off at once; ``with set_recording(is_training):`` puts it back at the end."""

    def __init__(self, is_on: bool) -> None:
        self._before = _state.is_on
        _state.is_on = bool(is_on)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *failure: object) -> None:
        _state.is_on = self._before


class no_grad(ContextDecorator):  # noqa: N801 - reads as a word of the language
    """Nothing inside ``with no_grad():`` is recorded; also a decorator."""

    is_on = False

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(_state.is_on)
        _state.is_on = self.is_on

    def __exit__(self, *failure: object) -> None:
        _state.is_on = self._before.pop()


class enable_grad(no_grad):  # noqa: N801
    """Everything inside is recorded, even within `no_grad`; also a decorator."""

    is_on = True
