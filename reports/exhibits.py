"""What scenarios exhibit without judging it: recorded graphs, and data beside a fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from autograd_conformance.records import AdapterRecord, ScenarioResult
from autograd_conformance.reports.curves import Curves
from autograd_conformance.reports.drawing import Drawing
from autograd_conformance.reports.exported import draw_exported
from autograd_conformance.reports.fits import Fit, fit_of, fit_panel
from autograd_conformance.reports.observed import in_words
from autograd_conformance.reports.panels import Panel, look_of
from autograd_conformance.reports.wording import clipped, counted, joined

MOST_EXHIBITS = 4
"""Names of exhibits in one card."""
MOST_PARTS = 4_000
"""Nodes and edges of recorded graphs in the page; further graphs are left out and say so."""
_MOST_OPEN = 8
_SCALE = 0.9
_LARGE = 310
"""A wider drawing has a row of its own."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """One adapter's graph, or why it is not drawn."""

    adapter: str
    words: str
    drawing: Drawing | None
    reason: str = ""

    @property
    def width(self) -> float:
        """On the page, in CSS pixels: five drawings of a small program stand in one row."""
        return round(_SCALE * self.drawing.width) if self.drawing else 0

    @property
    def is_wide(self) -> bool:
        return self.width > _LARGE


@dataclass(frozen=True, eq=False)
class Graphs:
    """The graphs of one exhibit, side by side."""

    name: str
    graphs: tuple[Recorded, ...]

    @property
    def is_folded(self) -> bool:
        return len(self.graphs) > _MOST_OPEN


@dataclass(frozen=True, eq=False)
class Exhibits:
    graphs: tuple[Graphs, ...]
    panels: tuple[Panel, ...]
    keys: tuple[tuple[str, str], ...]
    """Look and adapter of every fit."""
    notes: tuple[str, ...]
    """What was exhibited and is not drawn."""

    def beside(self, curves: Curves | None) -> Curves | None:
        """The plots of a card: the fits, then the curves."""
        if not self.panels:
            return curves
        fits = tuple(panel.summary for panel in self.panels)
        if curves is None:
            return Curves(self.panels, (*self.keys, ("data", "data")), "", fits)
        keys = dict.fromkeys((*curves.keys, *self.keys, ("data", "data")))
        return Curves((*self.panels, *curves.panels), tuple(keys), curves.summary, fits)


class Room:
    """What the page can still hold of drawings."""

    def __init__(self, parts: int = MOST_PARTS) -> None:
        self.parts = parts

    def take(self, parts: int) -> bool:
        if parts > self.parts:
            return False
        self.parts -= parts
        return True


def exhibits(columns: Sequence[AdapterRecord], results: Sequence[ScenarioResult | None], room: Room) -> Exhibits:
    """Every exhibit of a scenario, by its form; what has no known form is named in the notes."""
    names = list(dict.fromkeys(name for result in results if result for name in islice(result.exhibits, 40)))
    graphs: list[Graphs] = []
    panels: list[Panel] = []
    keys: dict[tuple[str, str], None] = {}
    notes: list[str] = []
    for name in names[:MOST_EXHIBITS]:
        recorded: list[Recorded] = []
        fits: list[Fit] = []
        strange: list[str] = []
        for place, adapter, value in _shown(name, columns, results):
            fit = fit_of(value, adapter, place)
            if fit is not None:
                fits.append(fit)
            elif isinstance(value, dict) and "nodes" in value:
                recorded.append(_recorded(adapter, value, room))
            else:
                strange.append(clipped(adapter, 60))
        if recorded:
            graphs.append(Graphs(_title(name), tuple(recorded)))
        if fits:
            panels.append(fit_panel(name, fits))
            keys.update(dict.fromkeys((look_of(fit.place), clipped(fit.adapter, 60)) for fit in fits))
        if strange:
            notes.append(f"{_title(name)} of {joined(strange)}: neither a graph nor lists x, y and fit of one length.")
    if len(names) > MOST_EXHIBITS:
        notes.append(f"{counted(len(names) - MOST_EXHIBITS, 'more exhibit')} in the results file.")
    return Exhibits(tuple(graphs), tuple(panels), tuple(keys), tuple(notes))


def _shown(
    name: str, columns: Sequence[AdapterRecord], results: Sequence[ScenarioResult | None]
) -> Iterator[tuple[int, str, Any]]:
    for place, (adapter, result) in enumerate(zip(columns, results, strict=True)):
        if result is not None and name in result.exhibits:
            yield place, adapter.name, result.exhibits[name]


def _recorded(adapter: str, value: dict[str, Any], room: Room) -> Recorded:
    words = in_words(value, 60)
    nodes, edges = value.get("nodes"), value.get("edges")
    if not isinstance(nodes, list) or not isinstance(edges, list):
        return Recorded(adapter, "", None, "not drawn: no lists of nodes and edges")
    if not room.take(min(len(nodes) + len(edges), MOST_PARTS // 8)):
        return Recorded(adapter, words, None, "left out: the page is full; see the results file")
    drawing = draw_exported(value)
    return Recorded(adapter, words, drawing, "" if drawing else "not drawn: too large, or no acyclic graph")


def _title(name: str) -> str:
    text = clipped(name, 80)
    return text[:1].upper() + text[1:]
