"""One graph as an SVG file that looks the same wherever it is opened."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_conformance.graph import Graph
from autograd_conformance.reports.drawing import MOST_DRAWN, draw
from autograd_conformance.reports.page import environment


def picture(graph: Graph, shapes: Sequence[Sequence[int]]) -> str:
    """The drawing of the report, alone.  Raises ValueError when the graph is too large for one."""
    drawing = draw(graph, shapes, None)
    if drawing is None:
        raise ValueError(f"more than {MOST_DRAWN} boxes cannot be drawn; --format dot has no limit")
    return environment().get_template("picture.jinja").render(drawing=drawing)
