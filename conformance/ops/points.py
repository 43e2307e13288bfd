"""Special points of ops: values of the operands where implementations go wrong, though the op may be smooth there.

An op's entry lists its own.  Random operands never meet them: no two numbers are equal, none is zero, no matrix singular.
Numbers are multiples of 2^-5 wherever the op allows it, which are the same in every dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograd_conformance.graph import Shape

Array = np.ndarray[Any, Any]
Nature = Literal["smooth", "kink", "end"]
"""``smooth``: all derivatives exist.  ``kink``: one-sided derivatives of some order differ.  ``end``: the end of the domain,
a jump, or a derivative that is infinite or undefined."""

GRID = 2.0**-5
_SPACING = 3
"""Ordinary numbers lie so many steps of the grid apart, where there is room."""
_REACH = 2.0
_GAP = 0.125
"""They are this far from zero."""


@dataclass(frozen=True, eq=False)
class Slot:
    """The operand to fill: its shape, where ordinary numbers may lie, the operands before it, what to draw from."""

    shape: Shape
    low: float
    high: float
    earlier: tuple[Array, ...]
    generator: np.random.Generator


Fill = Callable[[Slot], Array]
"""What an operand becomes: an exact array of the shape that is asked for."""


def everywhere(value: float) -> Fill:
    return lambda slot: np.full(slot.shape, value)


def ordinary(slot: Slot) -> Array:
    """Numbers that all differ from one another and from zero."""
    low, high = max(slot.low, -_REACH), min(slot.high, _REACH)
    if high - low < 0.5:
        low, high = (slot.low, slot.low + _REACH) if slot.low > 0 else (slot.high - _REACH, slot.high)
    steps = np.arange(np.ceil(low / GRID), np.floor(high / GRID) + 1)
    steps = steps[np.abs(steps) * GRID >= _GAP]
    count = int(np.prod(slot.shape))
    known = steps[::_SPACING] if len(steps[::_SPACING]) >= count else steps
    return slot.generator.permutation(known)[:count].reshape(slot.shape) * GRID


def as_first(offset: float = 0.0) -> Fill:
    """The first operand, ``offset`` further up."""
    return lambda slot: np.broadcast_to(slot.earlier[0], slot.shape) + offset


def with_zeros(count: int) -> Fill:
    """Ordinary numbers, of which ``count`` neighbours along the first axis are zero."""

    def fill(slot: Slot) -> Array:
        array = ordinary(slot)
        rows = array.reshape(len(array), -1)
        start = max(0, min(2, len(rows)) - count)
        rows[start : start + count, 0] = 0
        return array

    return fill


def repeated_row(slot: Slot) -> Array:
    """Matrices whose second row is the first again."""
    array = ordinary(slot)
    array[..., 1, :] = array[..., 0, :]
    return array


def rank_one(slot: Slot) -> Array:
    rows, columns = slot.shape[-2:]
    return np.broadcast_to(
        np.outer((0.5, -1.0, 1.5, 0.75)[:rows], (1.0, 0.75, -0.5, 1.25)[:columns]), slot.shape
    ).copy()


def diagonal(*entries: float) -> Fill:
    """Matrices that are zero but for these entries, cut off where there is no room."""

    def fill(slot: Slot) -> Array:
        array = np.zeros(slot.shape)
        for place in range(min(*slot.shape[-2:], len(entries))):
            array[..., place, place] = entries[place]
        return array

    return fill


IDENTITY = diagonal(1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class SpecialPoint:
    """``name``: words for people.  ``operands``: a fill for each float operand of the op.

    ``is_delicate``: the function is smooth, but a usual formula divides by zero, chooses or cancels here.
    """

    name: str
    operands: tuple[Fill, ...]
    nature: Nature = "smooth"
    is_delicate: bool = False

    def arrays(
        self, shapes: tuple[Shape, ...], intervals: tuple[tuple[float, float], ...], generator: np.random.Generator
    ) -> tuple[Array, ...]:
        """Float operands of these shapes; ordinary numbers lie in these intervals.  Raises ValueError for another number."""
        found: tuple[Array, ...] = ()
        for fill, shape, (low, high) in zip(self.operands, shapes, intervals, strict=True):
            found = (*found, fill(Slot(shape, low, high, found, generator)))
        return found


def point(name: str, *operands: Fill | float, nature: Nature = "smooth", is_delicate: bool = False) -> SpecialPoint:
    """A number stands for an operand whose elements all are that number."""
    fills = tuple(fill if callable(fill) else everywhere(fill) for fill in operands)
    return SpecialPoint(name, fills, nature, is_delicate)


def delicate(name: str, *operands: Fill | float) -> SpecialPoint:
    return point(name, *operands, is_delicate=True)


def kink(name: str, *operands: Fill | float) -> SpecialPoint:
    return point(name, *operands, nature="kink")


def end(name: str, *operands: Fill | float) -> SpecialPoint:
    return point(name, *operands, nature="end")


Points = tuple[SpecialPoint, ...]


def _all_at(values: tuple[float, ...], nature: Nature, is_delicate: bool = False) -> Points:
    return tuple(point(f"at {value:g}", value, nature=nature, is_delicate=is_delicate) for value in values)


def smooth_at(*values: float) -> Points:
    """Of an op of one operand, as the three below."""
    return _all_at(values, "smooth")


def delicate_at(*values: float) -> Points:
    return _all_at(values, "smooth", is_delicate=True)


def kinks_at(*values: float) -> Points:
    return _all_at(values, "kink")


def ends_at(*values: float) -> Points:
    return _all_at(values, "end")


NOTHING_SPECIAL: Points = ()
EQUAL_OPERANDS = point("equal operands", ordinary, as_first())
DELICATE_IF_EQUAL = delicate("equal operands", ordinary, as_first())
"""A usual formula is written with the larger and the smaller operand, or with their difference."""
KINK_IF_EQUAL = kink("equal operands", ordinary, as_first())

_EQUAL = everywhere(0.75)
EQUAL_ELEMENTS = (point("equal elements", _EQUAL),)
DELICATE_IF_ALL_EQUAL = (delicate("equal elements", _EQUAL),)
"""A usual formula subtracts the largest element, or divides by the spread."""
TIES = (kink("equal elements", _EQUAL),)
END_IF_ALL_EQUAL = (end("equal elements", _EQUAL),)
ZERO_FACTORS = (delicate("a zero", with_zeros(1)), delicate("two zeros", with_zeros(2)))
"""A usual formula of the derivative divides the product by each factor."""
