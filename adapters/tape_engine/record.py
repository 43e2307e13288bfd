"""What one recorded operation leaves on the tape: edges to its operands, its rule, and the values the rule needs."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .array import Array, Storage, TapeError

_serials = itertools.count()


@dataclass(frozen=True, eq=False)
class Edge:
    """One operand as it was when it was used.

    ``target`` is where its gradient goes: the record that made it, or itself where it is a leaf that requires one, or
    None for a constant.
    """

    target: Record | Array | None
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    number: int
    name: str


def edge_to(operand: Array) -> Edge:
    target = operand.grad_fn or (operand if operand.requires_grad else None)
    return Edge(target, operand.shape, operand.dtype, operand.storage.number, operand.name)


class Saved:
    """A value kept for the rule, with the version it had.

    The result of a record is kept by its storage alone, so that a record and its result do not keep each other alive.
    """

    __slots__ = ("_array", "_storage", "_version")

    def __init__(self, array: Array, is_own_result: bool = False) -> None:
        self._array = None if is_own_result else array
        self._storage: Storage = array.storage
        self._version = array.storage.version

    def value(self, record: Record) -> Array:
        """Raises TapeError when the value has been changed in place since."""
        changes = self._storage.version - self._version
        if changes:
            raise TapeError(
                f"a value needed for the gradient of {record.name} was changed in place {changes} time(s) "
                "after it was saved; change a copy instead"
            )
        return self._array if self._array is not None else Array(self._storage, record)


Rule = Callable[["Record", Array], Sequence["Array | None"]]
"""Takes the record and the cotangent of its result; returns one gradient per edge, None where none is needed."""


class Record:
    """One operation on the tape.  A record is younger, by ``serial``, than every record it uses."""

    __slots__ = ("_retained", "_saved", "edges", "name", "rule", "serial", "shape")

    def __init__(self, name: str, operands: Sequence[Array], rule: Rule, shape: tuple[int, ...]) -> None:
        self.name = name
        self.edges = tuple(map(edge_to, operands))
        self.rule = rule
        self.shape = shape
        self.serial = next(_serials)
        self._saved: Mapping[str, Saved] | None = {}
        self._retained: list[weakref.ref[Array]] = []

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def save(self, values: Mapping[str, Saved]) -> None:
        self._saved = values

    def saved(self) -> dict[str, Array]:
        """The saved values by name.  Raises TapeError when they have been freed or changed."""
        if self._saved is None:
            raise TapeError(f"the graph was freed by an earlier backward, at {self.name}; say retain_graph=True there")
        return {word: kept.value(self) for word, kept in self._saved.items()}

    def free(self) -> None:
        """Let go of what was saved.  A record that saved nothing can be used again, as a sum can."""
        if self._saved:
            self._saved = None

    def retain(self, result: Array) -> None:
        if result not in self.retained():
            self._retained.append(weakref.ref(result))

    def retained(self) -> list[Array]:
        """The results alive whose gradient is wanted."""
        return [result for result in (reference() for reference in self._retained) if result is not None]
