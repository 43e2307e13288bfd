"""Curves of all frameworks in one plot, such as the losses of a training run, and how far they are from the reference.

Curves that should be one are drawn one inside the other, widest first, so that all of them stay visible; what the eye
cannot tell apart the second plot shows: the relative difference from the suite's own curve, on a logarithmic axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograd_conformance.reports.plot import Tick
from autograd_conformance.reports.wording import clipped, counted, power_of_ten, scientific

WIDTH, HEIGHT = 520.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 14.0, 12.0, 40.0
MOST_CURVES = 40
_MOST_POINTS = 110
_MOST_TICKS = 6
COLOURS = 8
"""Looks that the style sheet has."""
_LARGEST = 1e300
_EQUAL = 1e-17
"""Where a difference of nothing is drawn on a logarithmic axis: below the unit roundoff of float64."""


@dataclass(frozen=True, eq=False)
class Curve:
    adapter: str
    """Empty for the reference."""
    place: int
    """Of the adapter among the columns: gives the look."""
    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Drawn:
    look: str
    width: float
    path: str
    title: str


@dataclass(frozen=True)
class Panel:
    kind: str
    label: str
    summary: str
    horizontal: tuple[Tick, ...]
    vertical: tuple[Tick, ...]
    lines: tuple[Drawn, ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM


@dataclass(frozen=True)
class Curves:
    panels: tuple[Panel, ...]
    keys: tuple[tuple[str, str], ...]
    """Look and adapter."""
    summary: str


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float
    is_logarithmic: bool = False

    def place(self, value: float) -> float:
        if self.is_logarithmic:
            return self._inside(math.log10(value) if value > 0 else self.low)
        return self._inside(min(max(value, -_LARGEST), _LARGEST))

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


def curves(found: Sequence[Curve]) -> Curves | None:
    """The plot, or None when there is no curve with a finite number in it."""
    usable = [curve for curve in found if any(map(math.isfinite, curve.values))][:MOST_CURVES]
    drawn = [curve for curve in usable if curve.adapter]
    if not drawn:
        return None
    reference = next((curve for curve in usable if not curve.adapter), None)
    panels = [_values(usable)]
    if reference is not None:
        panels.append(_differences(drawn, reference))
    adapters = dict.fromkeys((_look(curve), clipped(curve.adapter, 60)) for curve in drawn)
    keys = (*((("reference", "the suite’s own"),) if reference is not None else ()), *adapters)
    summary = f"{counted(len(drawn), 'curve')} of {counted(len(adapters), 'adapter')}"
    return Curves(tuple(panels), keys, f"{summary}: {_agreement(drawn, reference)}.")


def _look(curve: Curve) -> str:
    return f"look{curve.place % COLOURS}" if curve.adapter else "reference"


def _values(usable: Sequence[Curve]) -> Panel:
    everything = [value for curve in usable for value in curve.values if math.isfinite(value)]
    low, high = max(min(everything), -_LARGEST), min(max(everything), _LARGEST)
    is_logarithmic = low > 0 and math.log10(high) - math.log10(low) > 1.3
    up = _axis(low, high, is_logarithmic)
    across = _Axis(0, max(1, *(len(curve.values) - 1 for curve in usable)), _LEFT, WIDTH - _RIGHT)
    places = sorted({curve.place for curve in usable})
    lines, seen = [], set()
    for curve in usable:
        points = _thinned(curve.values)
        line = Drawn(_look(curve), _width(places, curve.place), _path(points, across, up), clipped(_title(curve), 120))
        if line.path and (line.look, line.path) not in seen:
            seen.add((line.look, line.path))
            lines.append(line)
    words = {(curve.name.split() or ["value"])[0] for curve in usable if curve.adapter}
    label = clipped(next(iter(words)), 40) if len(words) == 1 else "value"
    first = max((curve.values[0] for curve in usable if math.isfinite(curve.values[0])), default=math.nan)
    last = max((curve.values[-1] for curve in usable if math.isfinite(curve.values[-1])), default=math.nan)
    summary = f"Values step by step, from {scientific(first)} to {scientific(last)}."
    return Panel("values", label, summary, across.ticks(), up.ticks(), tuple(lines))


def _differences(drawn: Sequence[Curve], reference: Curve) -> Panel:
    """The largest relative difference of an adapter's curves, step by step."""
    by_adapter: dict[tuple[str, int], list[float]] = {}
    for curve in drawn:
        found = _relative(curve.values, reference.values)
        known = by_adapter.setdefault((curve.adapter, curve.place), found)
        by_adapter[curve.adapter, curve.place] = [max(pair) for pair in zip(known, found, strict=False)]
    finite = [value for values in by_adapter.values() for value in values if math.isfinite(value) and value > 0]
    up = _axis(_EQUAL, max([*finite, 1e-15]), True)
    across = _Axis(0, max(len(reference.values) - 1, 1), _LEFT, WIDTH - _RIGHT)
    lines = [
        Drawn(
            f"look{place % COLOURS}",
            1.4,
            _path(_thinned_to_worst(values), across, up),
            f"{clipped(adapter, 60)}: at most {scientific(max(values, default=0.0))}",
        )
        for (adapter, place), values in by_adapter.items()
    ]
    floor = Tick(up.place(0.0), "equal")
    vertical = (floor, *(tick for tick in up.ticks() if floor.place - tick.place > 14))
    return Panel(
        "differences", "relative difference", "Relative difference from the reference: "
        + "; ".join(line.title for line in lines) + ".", across.ticks(), vertical, tuple(lines),
    )  # fmt: skip


def _agreement(drawn: Sequence[Curve], reference: Curve | None) -> str:
    """How far the curves are apart, in words."""
    centre = reference or drawn[0]
    worst, who = max(
        ((max(_relative(curve.values, centre.values), default=0.0), curve.adapter) for curve in drawn),
        key=lambda one: one[0],
    )
    if any(len(curve.values) != len(centre.values) for curve in drawn):
        return "they are not of the same length"
    of_what = "from the reference" if reference is not None else f"from {clipped(centre.adapter, 60)}"
    if worst == 0:
        return f"no difference {of_what}, bit by bit"
    return f"the largest relative difference {of_what} is {scientific(worst)}, {clipped(who, 60)}"


def _relative(values: Sequence[float], reference: Sequence[float]) -> list[float]:
    found = []
    for value, real in zip(values, reference, strict=False):
        if value == real or (math.isnan(value) and math.isnan(real)):
            found.append(0.0)
        elif not (math.isfinite(value) and math.isfinite(real)) or real == 0:
            found.append(math.inf)
        else:
            found.append(abs(value - real) / abs(real))
    return found


def _axis(low: float, high: float, is_logarithmic: bool) -> _Axis:
    if is_logarithmic:
        low, high = math.log10(low), math.log10(high)
    room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.1
    return _Axis(low - room, high + room, HEIGHT - _BOTTOM, _TOP, is_logarithmic)


def _width(places: Sequence[int], place: int) -> float:
    """The reference is widest, the last adapter thinnest."""
    return round(1.4 + 2.2 * (len(places) - 1 - places.index(place)), 1)


def _thinned(values: Sequence[float]) -> list[tuple[int, float]]:
    """Enough points to draw, the ends among them, closer together at the start where curves fall fastest."""
    last = len(values) - 1
    if last < _MOST_POINTS:
        return list(enumerate(values))
    chosen = {round(last * (number / (_MOST_POINTS - 1)) ** 1.7) for number in range(_MOST_POINTS)}
    return [(place, values[place]) for place in sorted(chosen)]


def _thinned_to_worst(values: Sequence[float]) -> list[tuple[int, float]]:
    stride = max(1, math.ceil(len(values) / _MOST_POINTS))
    return [
        max(
            ((place, values[place]) for place in range(start, min(start + stride, len(values)))), key=lambda one: one[1]
        )
        for start in range(0, len(values), stride)
    ]


def _path(points: Sequence[tuple[int, float]], across: _Axis, up: _Axis) -> str:
    """A line that is broken where a number is not finite."""
    parts, is_open = [], False
    for place, value in points:
        if math.isfinite(value):
            parts.append(f"{'L' if is_open else 'M'}{across.place(place):g} {up.place(value):g}")
        is_open = math.isfinite(value)
    return "".join(parts)


def _title(curve: Curve) -> str:
    return f"{curve.adapter}: {curve.name}" if curve.adapter else "reference"


def _round_step(step: float) -> float:
    """1, 2 or 5 times a power of ten, not below ``step``."""
    power = 10.0 ** math.floor(math.log10(step)) if step > 0 else 1.0
    return next((factor * power for factor in (1, 2, 5) if factor * power >= step), 10 * power)
