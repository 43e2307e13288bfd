"""Data and what every framework fitted to it: the data as dots, the fits as lines one inside the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd_conformance.reports.observed import MOST_POINTS, numbers_of
from autograd_conformance.reports.panels import (
    LARGEST,
    Axis,
    Drawn,
    Panel,
    line_through,
    look_of,
    sideways,
    upwards,
    width_of,
)
from autograd_conformance.reports.wording import clipped, counted, joined, scientific

MOST_FITS = 40
_MOST_DOTS = 400
_MOST_BENDS = 110
_WIDER = 1.4


@dataclass(frozen=True, eq=False)
class Fit:
    adapter: str
    place: int
    """Of the adapter among the columns: gives the look."""
    x: Sequence[float]
    y: Sequence[float]
    """The data."""
    values: Sequence[float]
    """The fit at every ``x``."""


def fit_of(value: Any, adapter: str, place: int) -> Fit | None:
    """The fit that was exhibited, or None where the value is none that can be drawn."""
    if not isinstance(value, dict):
        return None
    lists = [value.get(key) for key in ("x", "y", "fit")]
    x, y, values = (numbers_of(one) for one in lists)
    if not x or len({len(one) for one in lists if isinstance(one, (list, tuple))}) != 1 or not y or not values:
        return None
    if not any(math.isfinite(one) and math.isfinite(other) for one, other in zip(x, values, strict=True)):
        return None
    return Fit(adapter, place, x, y, values)


def fit_panel(name: str, fits: Sequence[Fit]) -> Panel:
    """The data of the first, the fits of all; there must be one at least."""
    shown = fits[:MOST_FITS]
    data = shown[0]
    dots = [pair for pair in zip(data.x, data.y, strict=True) if all(map(math.isfinite, pair))]
    lines = [_line(fit) for fit in shown]
    points = [*dots, *(pair for line in lines for pair in line if math.isfinite(pair[1]))]
    across = sideways(*_ends([x for x, _ in points]))
    up = upwards(*_ends([y for _, y in points]))
    places = sorted({fit.place for fit in shown})
    drawn = [
        Drawn(
            look_of(fit.place),
            width_of(places, fit.place, _WIDER),
            line_through(_thinned(line, _MOST_BENDS), across, up),
            f"{clipped(fit.adapter, 60)}: fit",
        )
        for fit, line in zip(shown, lines, strict=True)
    ]
    summary = f"{clipped(name, 60).capitalize()}: {_data(shown, len(dots))}; {_agreement(shown)}."
    return Panel(
        "x", "y", summary, across.ticks(), up.ticks(), tuple(drawn), _dots(_thinned(dots, _MOST_DOTS), across, up)
    )


def _line(fit: Fit) -> list[tuple[float, float]]:
    """From left to right."""
    return sorted((pair for pair in zip(fit.x, fit.values, strict=True) if math.isfinite(pair[0])), key=_first)


def _first(pair: tuple[float, float]) -> float:
    return pair[0]


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return max(min(values), -LARGEST), min(max(values), LARGEST)


def _thinned(points: Sequence[tuple[float, float]], most: int) -> Sequence[tuple[float, float]]:
    """Enough points to draw, the ends among them."""
    if len(points) <= most:
        return points
    return [points[round(number * (len(points) - 1) / (most - 1))] for number in range(most)]


def _dots(points: Sequence[tuple[float, float]], across: Axis, up: Axis) -> str:
    return "".join(f"M{across.place(x):g} {up.place(y):g}h0" for x, y in points)


def _data(fits: Sequence[Fit], dots: int) -> str:
    others = [fit.adapter for fit in fits[1:] if not (_same(fit.x, fits[0].x) and _same(fit.y, fits[0].y))]
    told = counted(dots, "point") + (" (of the first 4,000)" if len(fits[0].x) == MOST_POINTS else "")
    if others:
        return f"{told} of {clipped(fits[0].adapter, 60)}, other data for {_names(others)}"
    return told if len(fits) == 1 else f"{told}, the same for all"


def _agreement(fits: Sequence[Fit]) -> str:
    """How far the fits are apart, in words."""
    if len(fits) == 1:
        return f"the fit is that of {clipped(fits[0].adapter, 60)}"
    told = f"{len(fits)} fits"
    elsewhere = [fit.adapter for fit in fits if not _same(fit.x, fits[0].x)]
    if elsewhere:
        return f"{told}, at other points for {_names(elsewhere)}"
    if all(_same(fit.values, fits[0].values) for fit in fits):
        return f"{told}, no difference, bit by bit"
    together = list(zip(*(fit.values for fit in fits), strict=True))
    finite = [values for values in together if all(map(math.isfinite, values))]
    worst = max((max(values) - min(values) for values in finite), default=math.inf)
    low, high = min(map(min, finite), default=math.nan), max(map(max, finite), default=math.nan)
    strange = [fit.adapter for fit in fits if not all(map(math.isfinite, fit.values))]
    if strange:
        return f"{told}, not finite everywhere for {_names(strange)}"
    return f"{told} differ by {scientific(worst)} at most, on values from {scientific(low)} to {scientific(high)}"


def _same(one: Sequence[float], other: Sequence[float]) -> bool:
    return len(one) == len(other) and all(
        left == right or (math.isnan(left) and math.isnan(right)) for left, right in zip(one, other, strict=True)
    )


def _names(adapters: Sequence[str]) -> str:
    return joined([clipped(adapter, 60) for adapter in adapters])
