"""Drawing a graph that a framework exported: ``{"nodes": [...], "edges": [...]}``, from a stranger's results file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from autograd_conformance.reports.drawing import MOST_DRAWN, Drawing, Label, arrange_labels
from autograd_conformance.reports.layout import Edge
from autograd_conformance.reports.wording import clipped, counted, joined, shape_text

_ENDS = ("leaf", "constant", "input")
_LONG = 18
"""Characters of an op that stand on one line."""


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
    fed = {end for _, end in joined}
    labels = [
        _label(nodes[old], old not in fed and old in used, old in outputs if outputs else old not in used)
        for old in order
    ]
    sources = len(nodes) - len({end for _, end in drawn})
    summary = f"Recorded graph of {counted(len(nodes), 'node')} and {counted(len(edges), 'edge')}."
    return replace(arrange_labels(labels, drawn, sources, summary), listing=_listing(labels, drawn))


def _key(node: Any, place: int) -> str:
    return _text(node["id"]) if isinstance(node, dict) and "id" in node else str(place)


def _text(key: Any) -> str:
    return key[:80] if isinstance(key, str) else clipped(key, 80)


def _pair(edge: Any, places: dict[str, int]) -> Edge | None:
    if isinstance(edge, dict):
        edge = [edge.get("from"), edge.get("to")]
    if not isinstance(edge, (list, tuple)) or len(edge) < 2:
        return None
    start, end = (places.get(_text(key)) for key in edge[:2])
    return None if start is None or end is None else (start, end)


def _outputs(value: dict[str, Any], places: dict[str, int]) -> set[int]:
    named = value.get("outputs")
    if not isinstance(named, list):
        return set()
    return {places[key] for key in map(_text, named[:MOST_DRAWN]) if key in places}


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


def _label(node: Any, is_source: bool, is_output: bool) -> Label:
    """What is fed by nothing stands for an input, also where the framework has no word for it."""
    body = node if isinstance(node, dict) else {"op": node}
    op, name = clipped(body.get("op", "?"), 80), clipped(body.get("name", ""), 30)
    kind = body.get("kind")
    is_end = is_source if kind is None else kind in _ENDS
    if is_end and not name and isinstance(body.get("id"), str) and body["id"] != op:
        name = clipped(body["id"], 30)
    if name:
        texts = [("op", name)]
        if is_end and kind != "input":
            texts.append(("attribute", clipped(op, 30)))
    else:
        where, last = _split(op)
        texts = [("op", clipped(last, 30))]
        if where:
            texts.append(("attribute", clipped(where, 30)))
    shape = body.get("shape")
    if isinstance(shape, list):
        texts.append(("shape", clipped(shape_text(shape[:8]), 34)))
    title = clipped(", ".join(text for _, text in texts), 200)
    return Label("input" if is_end else "node", tuple(texts), title, is_output and not is_end, False)


def _split(op: str) -> tuple[str, str]:
    """A long name in two: where it lives, and what it is called."""
    for mark in ("::", "/", "."):
        where, _, last = op.rpartition(mark)
        if len(op) > _LONG and where and last:
            return where, last
    return "", op


def _listing(labels: Sequence[Label], edges: Sequence[Edge]) -> str:
    """Every node that has operands, in words."""
    operands: dict[int, list[str]] = {}
    for start, end in edges:
        operands.setdefault(end, []).append(labels[start].texts[0][1])
    told = [f"{labels[end].texts[0][1]} of {joined(names)}" for end, names in sorted(operands.items())]
    return clipped("; ".join(told), 1_000)
