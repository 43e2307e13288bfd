"""Drawing a graph that a framework exported: ``{"nodes": [...], "edges": [...]}``, from a stranger's results file."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from autograd_conformance.reports.drawing import MOST_DRAWN, Drawing, Label, arrange_labels
from autograd_conformance.reports.layout import Edge
from autograd_conformance.reports.wording import clipped, counted, shape_text

_ENDS = ("leaf", "constant", "input")


def draw_exported(value: Any) -> Drawing | None:
    """The drawing, or None where the value is no graph that can be drawn."""
    if not isinstance(value, dict):
        return None
    nodes, edges = value.get("nodes"), value.get("edges")
    if not isinstance(nodes, list) or not isinstance(edges, list) or not 0 < len(nodes) <= MOST_DRAWN:
        return None
    places = {_key(node, place): place for place, node in enumerate(nodes)}
    pairs = [_pair(edge, places) for edge in edges[: 4 * MOST_DRAWN]]
    joined = [pair for pair in pairs if pair is not None]
    if len(joined) < len(edges):
        return None
    order = _order(len(nodes), joined)
    if order is None:
        return None
    outputs = _outputs(value, places)
    position = {old: new for new, old in enumerate(order)}
    drawn = [(position[start], position[end]) for start, end in joined]
    used = {start for start, _ in joined}
    labels = [_label(nodes[old], old in outputs if outputs else old not in used) for old in order]
    sources = sum(label.kind == "input" for label in labels)
    summary = f"Recorded graph of {counted(len(nodes), 'node')} and {counted(len(edges), 'edge')}."
    return arrange_labels(labels, drawn, sources, summary)


def _key(node: Any, place: int) -> str:
    return str(node["id"])[:80] if isinstance(node, dict) and "id" in node else str(place)


def _pair(edge: Any, places: dict[str, int]) -> Edge | None:
    if isinstance(edge, dict):
        edge = [edge.get("from"), edge.get("to")]
    if not isinstance(edge, (list, tuple)) or len(edge) < 2:
        return None
    start, end = (places.get(str(key)[:80]) for key in edge[:2])
    return None if start is None or end is None else (start, end)


def _outputs(value: dict[str, Any], places: dict[str, int]) -> set[int]:
    named = value.get("outputs")
    return {places[str(key)[:80]] for key in named if str(key)[:80] in places} if isinstance(named, list) else set()


def _order(count: int, edges: Sequence[Edge]) -> list[int] | None:
    """Operands before results, what has no operands first."""
    sorter = TopologicalSorter({place: set[int]() for place in range(count)})
    for start, end in edges:
        sorter.add(end, start)
    try:
        order = list(sorter.static_order())
    except CycleError:
        return None
    has_operands = {end for _, end in edges}
    return sorted(order, key=lambda place: place in has_operands)


def _label(node: Any, is_output: bool) -> Label:
    body = node if isinstance(node, dict) else {"op": node}
    op, name = clipped(body.get("op", "?"), 30), clipped(body.get("name", ""), 30)
    is_end = body.get("kind") in _ENDS
    texts = [("op", name or op)]
    if is_end and name and body.get("kind") != "input":
        texts.append(("attribute", op))
    shape = body.get("shape")
    if isinstance(shape, list):
        texts.append(("shape", clipped(shape_text(shape[:8]), 34)))
    title = clipped(", ".join(text for _, text in texts), 200)
    return Label("input" if is_end else "node", tuple(texts), title, is_output and not is_end, False)
