"""How gaps moved from one version to the next: each verdict at its gap before and its gap now, both in units of its bound.

On the diagonal nothing changed.  What lies above it came nearer to its bound or crossed it, although most of that is
rounding; how far above is what no count of verdicts shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograd_conformance.comparison import Comparison, State, Transition
from autograd_conformance.reports.panels import Axis
from autograd_conformance.reports.plot import Tick
from autograd_conformance.reports.wording import clipped, counted, power_of_ten, scientific

WIDTH, HEIGHT = 640.0, 440.0
LEFT, RIGHT, TOP, BOTTOM = 74.0, WIDTH - 20.0, 18.0, HEIGHT - 62.0
MOST_DOTS, MOST_MARKS = 2_500, 150
_CELL = 3.0
"""Two dots nearer than that look like one."""
_LOWEST, _HIGHEST = -24.0, 24.0
_MOST_TICKS = 8
_KINDS: dict[State, str] = {"regressed": "bad", "worse": "bad", "fixed": "good", "better": "good"}


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    title: str


@dataclass(frozen=True)
class Scatter:
    horizontal: tuple[Tick, ...]
    vertical: tuple[Tick, ...]
    diagonal: str
    across_bound: float
    """Where the bound lies on the horizontal axis, and ``up_bound`` on the vertical one."""
    up_bound: float
    dots: str
    """A path of points without length: verdicts that stayed what they were."""
    bad: tuple[Mark, ...]
    good: tuple[Mark, ...]
    counts: dict[str, int]
    """``drifted``, ``bad`` and ``good``: how many verdicts, drawn or not."""
    summary: str
    left_out: str
    """How many are not drawn, and why; never empty where some are not."""
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM


@dataclass(frozen=True)
class _Point:
    base: float
    new: float
    transition: Transition


def scatter(found: Comparison) -> Scatter | None:
    """The plot, or None where no gap moved."""
    measured = [each for each in found.transitions if each.drift is not None]
    moved = [each for each in measured if (each.drift is not None and each.drift.has_moved) or each.state in _KINDS]
    points = [point for point in map(_point, moved) if point is not None]
    if not points:
        return None
    across, up = _axes(points)
    groups: dict[str, list[_Point]] = {"drifted": [], "bad": [], "good": []}
    for point in points:
        groups[_KINDS.get(point.transition.state, "drifted")].append(point)
    dots, overlapping, crowded = _dots(groups["drifted"], across, up)
    counts = {kind: len(own) for kind, own in groups.items()}
    many = sum(max(count - MOST_MARKS, 0) for kind, count in counts.items() if kind != "drifted")
    return Scatter(
        horizontal=_ticks(across),
        vertical=_ticks(up),
        diagonal=_diagonal(across, up),
        across_bound=across.place(1.0),
        up_bound=up.place(1.0),
        dots=dots,
        bad=_marks(groups["bad"], across, up),
        good=_marks(groups["good"], across, up),
        counts=counts,
        summary=_summary(counts, groups["drifted"]),
        left_out=_left_out(len(measured) - len(moved), len(moved) - len(points), overlapping, crowded, many),
    )


def _point(each: Transition) -> _Point | None:
    drift = each.drift
    if drift is None or not (0 < drift.base_bound < math.inf and 0 < drift.new_bound < math.inf):
        return None
    return _Point(drift.base_gap / drift.base_bound, drift.new_gap / drift.new_bound, each)


def _axes(points: Sequence[_Point]) -> tuple[Axis, Axis]:
    """Of what was and of what is, the bound on both; a gap of nothing lies on the lower edge."""
    across, up = _decades(point.base for point in points), _decades(point.new for point in points)
    return Axis(*across, LEFT, RIGHT, True), Axis(*up, BOTTOM, TOP, True)


def _decades(sizes: Iterable[float]) -> tuple[float, float]:
    exponents = [min(max(math.log10(size), _LOWEST), _HIGHEST) for size in sizes if 0 < size < math.inf]
    return math.floor(min([*exponents, -1.0])) - 1.0, math.ceil(max([*exponents, 0.0])) + 1.0


def _diagonal(across: Axis, up: Axis) -> str:
    low, high = 10.0 ** max(across.low, up.low), 10.0 ** min(across.high, up.high)
    return f"M{across.place(low)} {up.place(low)}L{across.place(high)} {up.place(high)}"


def _ticks(axis: Axis) -> tuple[Tick, ...]:
    stride = max(1, math.ceil((axis.high - axis.low) / _MOST_TICKS))
    first = math.ceil((axis.low + 1) / stride) * stride
    exponents = range(first, math.floor(axis.high) + 1, stride)
    return (
        Tick(axis.start, "0"),
        *(Tick(axis.place(10.0**exponent), power_of_ten(exponent)) for exponent in exponents),
    )


def _dots(points: Sequence[_Point], across: Axis, up: Axis) -> tuple[str, int, int]:
    """The path; how many points lie under another one, and how many near the diagonal had no room."""
    cells: dict[tuple[int, int], float] = {}
    for point in points:
        place = (round(_place(point.base, across) / _CELL), round(_place(point.new, up) / _CELL))
        cells[place] = max(cells.get(place, 0.0), _distance(point))
    kept = sorted(cells, key=lambda place: cells[place], reverse=True)[:MOST_DOTS]
    path = "".join(f"M{_CELL * x:g} {_CELL * y:g}h0" for x, y in kept)
    return path, len(points) - len(cells), len(cells) - len(kept)


def _marks(points: Sequence[_Point], across: Axis, up: Axis) -> tuple[Mark, ...]:
    farthest = sorted(points, key=_distance, reverse=True)[:MOST_MARKS]
    return tuple(Mark(_place(each.base, across), _place(each.new, up), _title(each)) for each in farthest)


def _place(size: float, axis: Axis) -> float:
    if math.isinf(size):
        return axis.end
    return axis.place(size) if size > 0 else axis.start


def _distance(point: _Point) -> float:
    """Decades off the diagonal; from nothing to something counts as all of them."""
    if not (0 < point.base < math.inf and 0 < point.new < math.inf):
        return 0.0 if point.base == point.new else _HIGHEST - _LOWEST
    return abs(math.log10(point.new) - math.log10(point.base))


def _title(point: _Point) -> str:
    each = point.transition
    names = [clipped(name, 60) for name in (each.law, each.adapter, each.dtype) if name]
    state = each.state.replace("_", " ")
    return f"{state}: {', '.join(names)}, from {scientific(point.base, 2)} to {scientific(point.new, 2)} bounds"


def _summary(counts: dict[str, int], drifted: Sequence[_Point]) -> str:
    parts = [
        f"{counted(counts['drifted'], 'verdict')} drifted and stayed what they were",
        f"{counts['bad']:,} regressed or got worse",
        f"{counts['good']:,} were fixed or got better",
    ]
    text = f"Gap before against gap now, in bounds, both axes logarithmic: {', '.join(parts)}."
    nearest = max((point.new for point in drifted), default=math.nan)
    return (
        text
        if math.isnan(nearest)
        else f"{text} Of what drifted the largest gap now is {scientific(nearest, 2)} bounds."
    )


def _left_out(still: int, unmeasured: int, overlapping: int, crowded: int, many: int) -> str:
    parts = [
        (still, "did not move in any bit"),
        (unmeasured, "have no bound to be measured in"),
        (overlapping, "lie under another dot"),
        (crowded, "nearest to the diagonal had no room as dots"),
        (many, "more marks had no room"),
    ]
    told = [f"{count:,} {words}" for count, words in parts if count]
    return f"Not drawn: {'; '.join(told)}." if told else ""
