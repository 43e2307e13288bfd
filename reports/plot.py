"""Error against step size, on two logarithmic axes.

Where the difference between the central difference and a value falls with the step until rounding takes over, the
value is the derivative; where it stays level, the value is wrong by that much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograd_conformance.records import Number, as_float
from autograd_conformance.reports.wording import counted, power_of_ten, scientific

WIDTH, HEIGHT = 520.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 16.0, 14.0, 44.0
_MOST_POINTS = 200
_MOST_TICKS = 7


@dataclass(frozen=True)
class Tick:
    place: float
    label: str


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    title: str
    is_zero: bool


@dataclass(frozen=True)
class Series:
    kind: str
    name: str
    marks: tuple[Mark, ...]

    @property
    def path(self) -> str:
        return "".join(f"{'L' if place else 'M'}{mark.x} {mark.y}" for place, mark in enumerate(self.marks))


@dataclass(frozen=True)
class Plot:
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    horizontal: tuple[Tick, ...]
    vertical: tuple[Tick, ...]
    series: tuple[Series, ...]
    bound: float | None
    summary: str
    left_out: str


@dataclass(frozen=True)
class _Axis:
    """Decades ``low`` to ``high`` mapped linearly to places ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def place(self, exponent: float) -> float:
        inside = min(max(exponent, self.low), self.high)
        return round(self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    def ticks(self) -> tuple[Tick, ...]:
        stride = max(1, math.ceil((self.high - self.low) / _MOST_TICKS))
        exponents = range(math.ceil(self.low), math.floor(self.high) + 1, stride)
        return tuple(Tick(self.place(exponent), power_of_ten(exponent)) for exponent in exponents)


def plot(
    measured: Sequence[Sequence[Number]], reference: Sequence[Sequence[Number]], bound: Number | None
) -> Plot | None:
    """The plot, or None when no pair of numbers can be drawn.

    Pairs are (step, error).  A zero error stands on the lower edge with a mark of its own; pairs with a step that is
    not positive or an error that is not finite are counted as left out.
    """
    named = [
        ("measured", "to the framework's value", _pairs(measured)),
        ("reference", "to the reference", _pairs(reference)),
    ]
    pairs = [pair for _, _, found in named for pair in found]
    if not pairs:
        return None
    limit = as_float(bound) if bound is not None else math.nan
    has_bound = math.isfinite(limit) and limit > 0
    errors = [math.log10(error) for _, error in pairs if error > 0] + ([math.log10(limit)] if has_bound else [])
    steps = [math.log10(step) for step, _ in pairs]
    across = _Axis(*_padded(min(steps), max(steps)), _LEFT, WIDTH - _RIGHT)
    up = _Axis(*_padded(min(errors, default=-1), max(errors, default=0)), HEIGHT - _BOTTOM, _TOP)
    series = tuple(Series(kind, name, _marks(found, across, up)) for kind, name, found in named if found)
    left_out = len(measured) + len(reference) - len(pairs)
    return Plot(
        WIDTH, HEIGHT, _LEFT, WIDTH - _RIGHT, _TOP, HEIGHT - _BOTTOM, across.ticks(), up.ticks(), series,
        up.place(math.log10(limit)) if has_bound else None, _summary(named),
        f"{counted(left_out, 'pair')} not drawn: not finite, or too many." if left_out else "",
    )  # fmt: skip


def _pairs(raw: Sequence[Sequence[Number]]) -> list[tuple[float, float]]:
    pairs = []
    for pair in raw[:_MOST_POINTS]:
        if len(pair) == 2:
            step, error = as_float(pair[0]), abs(as_float(pair[1]))
            if math.isfinite(step) and step > 0 and math.isfinite(error):
                pairs.append((step, error))
    return sorted(pairs)


def _padded(low: float, high: float) -> tuple[float, float]:
    """At least two decades, and a little air so that no mark sits on the frame."""
    missing = max(0.0, 2.0 - (high - low)) / 2
    air = 0.06 * (high - low + 2 * missing)
    return low - missing - air, high + missing + air


def _marks(pairs: Sequence[tuple[float, float]], across: _Axis, up: _Axis) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            across.place(math.log10(step)),
            up.place(math.log10(error)) if error > 0 else up.start,
            f"step {scientific(step)}, error {scientific(error)}",
            error == 0,
        )
        for step, error in pairs
    )


def _summary(named: Sequence[tuple[str, str, Sequence[tuple[float, float]]]]) -> str:
    parts = [
        f"{name}: least difference {scientific(min(error for _, error in found))}, at the smallest step "
        f"{scientific(found[0][1])}"
        for _, name, found in named
        if found
    ]
    return "Error of the central difference against step size. " + "; ".join(parts) + "."
