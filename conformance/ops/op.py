"""What the suite knows about one op: an entry of data.

A meaning is batched: every array carries one leading axis of K perturbed copies, and axis attributes count from the axis
after it.  A meaning rounds its internal steps through the hook it is given as first argument, once per primitive a
framework would run; the hook does nothing in a clean evaluation and adds frozen noise when conditioning is measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Literal, Protocol

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.points import NOTHING_SPECIAL, Points

Array = np.ndarray[Any, Any]
Kind = Literal["float", "bool"]


class Rounding:
    """Where a framework rounds; this one leaves everything as it is.

    ``is_noisy`` lets a meaning spell out partial results only when it matters.
    """

    is_noisy = True

    def enter(self, op: str) -> None:
        """Take note of whose operands, steps and results are rounded from now on; only where it is noisy."""

    def __call__(self, value: Array) -> Array:
        """Noise relative to each element."""
        return value

    def normwise(self, value: Array, axes: tuple[int, ...]) -> Array:
        """Noise relative to the largest magnitude over ``axes``, for algorithms that are only normwise stable."""
        return value

    def absolute(self, value: Array, movement_of: Array, scale: Array | float) -> Array:
        """Noise proportional to the movement of an operand, for derivatives computed from a saturated output."""
        return value


class Exact(Rounding):
    """The rounding of a clean evaluation: none."""

    is_noisy = False


@dataclass(frozen=True, slots=True)
class Interval:
    """Where an operand may lie for the op to be defined and well conditioned; used to repair generated operands."""

    low: float
    high: float
    mirrored: bool = False
    """Whether the negated interval is as good."""

    def holds(self, array: Array) -> bool:
        if array.size == 0:
            return True
        inside = bool(array.min() >= self.low and array.max() <= self.high)
        return inside or (self.mirrored and bool(array.min() >= -self.high and array.max() <= -self.low))


EVERYWHERE = Interval(-64.0, 64.0)


class Choices(Protocol):
    """Numbers drawn for one node; every call returns another one."""

    def below(self, count: int) -> int:
        """An integer from 0 to count - 1."""
        ...

    def one_of(self, *options: Any) -> Any: ...


@dataclass(frozen=True)
class Arrangement:
    """What a node needs besides its first operand: the shapes of the others, and its attributes."""

    shapes: tuple[Shape, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


def broadcast_extent(*shapes: Shape, **attributes: Attribute) -> int:
    """Elements of all operands broadcast together."""
    return math.prod(map(max, zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1)))


def outer_extent(*shapes: Shape, **attributes: Attribute) -> int:
    """Elements of the outer product of all operands: what a contraction could write down."""
    return math.prod(math.prod(shape) for shape in shapes)


@dataclass(frozen=True, eq=False)
class Op:
    """One entry of the vocabulary.

    ``meaning(rounding, *operands, **attributes)`` returns an array, or a tuple of ``results`` arrays.
    ``decision(*operands, **attributes)`` returns the discrete choices the op makes, leading batch axis kept: a finite
    difference is valid only where they equal those of the centre.  Ops that decide nothing have None.
    ``accepts(shape)`` says whether a value can be the first operand, ``example`` is a shape that can, and
    ``arrange(choices, shape)`` draws the rest.  ``attributes`` names the allowed attributes with a check of each.
    ``extent(*shapes, **attributes)`` is about how many elements the meaning writes down at once, known before it does.
    ``is_analytic``: the meaning also evaluates complex arrays, so the complex step can confirm it.
    ``special``: points where implementations go wrong, with the attributes that ``arrange`` offers first.
    """

    name: str
    family: str
    meaning: Callable[..., Any]
    arrange: Callable[[Choices, Shape], Arrangement]
    operands: tuple[Kind, ...] = ("float",)
    result: Kind = "float"
    results: int = 1
    attributes: Mapping[str, Callable[[Attribute], bool]] = field(default_factory=dict)
    decision: Callable[..., Array] | None = None
    domains: tuple[Interval, ...] = ()
    accepts: Callable[[Shape], bool] = lambda shape: True
    example: Shape = (3, 4)
    extent: Callable[..., int] = broadcast_extent
    is_analytic: bool = True
    special: Points = NOTHING_SPECIAL

    def domain(self, slot: int) -> Interval:
        return self.domains[slot] if slot < len(self.domains) else EVERYWHERE


def is_index(value: Attribute) -> bool:
    return type(value) is int and 0 <= value <= 4096


def is_indices(value: Attribute) -> bool:
    return isinstance(value, tuple) and all(is_index(item) for item in value)


def is_flag(value: Attribute) -> bool:
    return isinstance(value, bool)


def is_real(value: Attribute) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_pairs(value: Attribute) -> bool:
    return isinstance(value, tuple) and all(is_indices(item) and len(item) == 2 for item in value)  # type: ignore[arg-type]
