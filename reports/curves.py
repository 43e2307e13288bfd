"""Curves of all frameworks in one plot, such as the losses of a training run, and how far they are from the reference.

Curves that should be one are drawn one inside the other, widest first, so that all of them stay visible; what the eye
cannot tell apart the second plot shows: the relative difference from the suite's own curve, on a logarithmic axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograd_conformance.reports.panels import (
    LARGEST,
    Drawn,
    Panel,
    line_through,
    look_of,
    steps,
    upwards,
    width_of,
)
from autograd_conformance.reports.plot import Tick
from autograd_conformance.reports.wording import clipped, counted, scientific

MOST_CURVES = 40
_MOST_POINTS = 110
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
class Curves:
    panels: tuple[Panel, ...]
    keys: tuple[tuple[str, str], ...]
    """Look and adapter."""
    summary: str
    fits: tuple[str, ...] = ()
    """What there is to say of fits, where the first panels show some."""


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
    adapters = dict.fromkeys((look_of(curve.place), clipped(curve.adapter, 60)) for curve in drawn)
    keys = (*((("reference", "the suite’s own"),) if reference is not None else ()), *adapters)
    summary = f"{counted(len(drawn), 'curve')} of {counted(len(adapters), 'adapter')}"
    return Curves(tuple(panels), keys, f"{summary}: {_agreement(drawn, reference)}.")


def _values(usable: Sequence[Curve]) -> Panel:
    everything = [value for curve in usable for value in curve.values if math.isfinite(value)]
    low, high = max(min(everything), -LARGEST), min(max(everything), LARGEST)
    is_logarithmic = low > 0 and math.log10(high) - math.log10(low) > 1.3
    up = upwards(low, high, is_logarithmic)
    across = steps(max(len(curve.values) - 1 for curve in usable))
    places = sorted({curve.place for curve in usable})
    lines, seen = [], set()
    for curve in usable:
        points = _thinned(curve.values)
        path = line_through(points, across, up)
        line = Drawn(look_of(curve.place), width_of(places, curve.place), path, clipped(_title(curve), 120))
        if line.path and (line.look, line.path) not in seen:
            seen.add((line.look, line.path))
            lines.append(line)
    words = {(curve.name.split() or ["value"])[0] for curve in usable if curve.adapter}
    label = clipped(next(iter(words)), 40) if len(words) == 1 else "value"
    first = max((curve.values[0] for curve in usable if math.isfinite(curve.values[0])), default=math.nan)
    last = max((curve.values[-1] for curve in usable if math.isfinite(curve.values[-1])), default=math.nan)
    summary = f"Values step by step, from {scientific(first)} to {scientific(last)}."
    return Panel("step", label, summary, across.ticks(), up.ticks(), tuple(lines))


def _differences(drawn: Sequence[Curve], reference: Curve) -> Panel:
    """The largest relative difference of an adapter's curves, step by step."""
    by_adapter: dict[tuple[str, int], list[float]] = {}
    for curve in drawn:
        found = _relative(curve.values, reference.values)
        known = by_adapter.setdefault((curve.adapter, curve.place), found)
        by_adapter[curve.adapter, curve.place] = [max(pair) for pair in zip(known, found, strict=False)]
    finite = [value for values in by_adapter.values() for value in values if math.isfinite(value) and value > 0]
    up = upwards(_EQUAL, max([*finite, 1e-15]), True)
    across = steps(len(reference.values) - 1)
    lines = [
        Drawn(
            look_of(place),
            1.4,
            line_through(_thinned_to_worst(values), across, up),
            f"{clipped(adapter, 60)}: at most {scientific(max(values, default=0.0))}",
        )
        for (adapter, place), values in by_adapter.items()
    ]
    floor = Tick(up.place(0.0), "equal")
    vertical = (floor, *(tick for tick in up.ticks() if floor.place - tick.place > 14))
    return Panel(
        "step", "relative difference", "Relative difference from the reference: "
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


def _title(curve: Curve) -> str:
    return f"{curve.adapter}: {curve.name}" if curve.adapter else "reference"
