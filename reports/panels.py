"""One plot of lines and dots on two axes: the geometry that plots of curves and of fits share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograd_conformance.reports.plot import Tick
from autograd_conformance.reports.wording import power_of_ten

WIDTH, HEIGHT = 400.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, WIDTH - 14.0, 12.0, HEIGHT - 40.0
COLOURS = 8
"""Looks that the style sheet has."""
LARGEST = 1e300
_MOST_TICKS = 6
_THINNEST, _WIDEST = 1.4, 14.0


@dataclass(frozen=True)
class Drawn:
    look: str
    width: float
    path: str
    title: str


@dataclass(frozen=True)
class Panel:
    across: str
    """What the horizontal axis counts."""
    label: str
    summary: str
    horizontal: tuple[Tick, ...]
    vertical: tuple[Tick, ...]
    lines: tuple[Drawn, ...]
    dots: str = ""
    """A path of points without length."""
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM


@dataclass(frozen=True)
class Axis:
    low: float
    high: float
    start: float
    end: float
    is_logarithmic: bool = False

    def place(self, value: float) -> float:
        if self.is_logarithmic:
            return self._inside(math.log10(value) if value > 0 else self.low)
        return self._inside(min(max(value, -LARGEST), LARGEST))

    def _inside(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> tuple[Tick, ...]:
        if self.is_logarithmic:
            stride = max(1, math.ceil((self.high - self.low) / _MOST_TICKS))
            exponents = range(math.ceil(self.low), math.floor(self.high) + 1, stride)
            return tuple(Tick(self._inside(exponent), power_of_ten(exponent)) for exponent in exponents)
        step = _round_step((self.high - self.low) / _MOST_TICKS)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return tuple(Tick(self.place(number * step), f"{number * step:.6g}") for number in range(first, last + 1))


def upwards(low: float, high: float, is_logarithmic: bool = False) -> Axis:
    """The vertical axis, with a little air."""
    return Axis(*_with_air(low, high, is_logarithmic), BOTTOM, TOP, is_logarithmic)


def sideways(low: float, high: float) -> Axis:
    """A horizontal axis of values, with a little air."""
    return Axis(*_with_air(low, high, False), LEFT, RIGHT)


def steps(last: int) -> Axis:
    """A horizontal axis of steps, from edge to edge."""
    return Axis(0, max(last, 1), LEFT, RIGHT)


def look_of(place: int) -> str:
    """That of an adapter by its place among the columns; the reference has the place -1."""
    return f"look{place % COLOURS}" if place >= 0 else "reference"


def width_of(places: Sequence[int], place: int, wider: float = 2.2) -> float:
    """The first is widest, the last thinnest, so that lines that should be one all stay visible."""
    wider = min(wider, (_WIDEST - _THINNEST) / max(len(places) - 1, 1))
    return round(_THINNEST + wider * (len(places) - 1 - places.index(place)), 1)


def line_through(points: Iterable[tuple[float, float]], across: Axis, up: Axis) -> str:
    """A line that is broken where a number is not finite."""
    parts, is_open = [], False
    for place, value in points:
        if math.isfinite(value):
            parts.append(f"{'L' if is_open else 'M'}{across.place(place):g} {up.place(value):g}")
        is_open = math.isfinite(value)
    return "".join(parts)


def _with_air(low: float, high: float, is_logarithmic: bool) -> tuple[float, float]:
    if is_logarithmic:
        low, high = math.log10(low), math.log10(high)
    room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.1
    return low - room, high + room


def _round_step(step: float) -> float:
    """1, 2 or 5 times a power of ten, not below ``step``."""
    power = 10.0 ** math.floor(math.log10(step)) if step > 0 else 1.0
    return next((factor * power for factor in (1, 2, 5) if factor * power >= step), 10 * power)
