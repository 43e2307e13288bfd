"""What the model knows of an array: its numbers, and where its gradient goes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograd_conformance.exploration.values import Shape, Value, shape_of

_serials = itertools.count()


class Storage:
    """Numbers and how often they were changed in place; an array and what is detached from it may share one."""

    def __init__(self, value: Value) -> None:
        self.value = value
        self.version = 0


class Slot:
    """Where the gradients of several walks are added up.  ``is_unknown`` after a walk that was refused on its way."""

    def __init__(self) -> None:
        self.gradient: Value | None = None
        self.is_unknown = False


class Leaf:
    """The end of a path: made by no op, and requires a gradient."""

    def __init__(self) -> None:
        self.slot = Slot()


class Unclear:
    """Stands for a source where the documentation does not say whether there is one.

    The derivative of 2*a is 2: a framework may hand that back as a constant or as the result of an op on a.
    """


@dataclass(frozen=True)
class Saved:
    """An operand as a rule will need it."""

    array: Array
    version: int

    @property
    def is_changed(self) -> bool:
        return self.array.storage.version != self.version


@dataclass(eq=False)
class Node:
    """A recorded op.  A node has a higher serial than every node it uses."""

    op: str
    attributes: Mapping[str, Any]
    sources: tuple[Source, ...]
    shapes: tuple[Shape, ...]
    saved: Mapping[int, Saved]
    """By the position of the operand; whether an op saves its own result instead is not modelled, see `rules`."""
    result: Saved
    saves_something: bool
    is_freed: bool = False
    is_unknown: bool = False
    """Whether a walk that was refused on its way may have freed it."""
    retained: list[Slot] = field(default_factory=list)
    serial: int = field(default_factory=lambda: next(_serials))


Source = Leaf | Node | Unclear | None


@dataclass(frozen=True, eq=False)
class Array:
    """What a name stands for.  An update that is recorded gives the name another array with the same storage."""

    storage: Storage
    source: Source = None
    is_answer: bool = False
    """Whether it was handed back as a gradient: whether it shares its numbers or its place in the graph with another
    array, such as a cotangent, is not documented."""

    @property
    def value(self) -> Value:
        return self.storage.value

    @property
    def shape(self) -> Shape:
        return shape_of(self.storage.value)

    @property
    def requires_grad(self) -> bool:
        return self.source is not None

    @property
    def is_result(self) -> bool:
        """Whether a recorded op made it."""
        return isinstance(self.source, Node)
