"""The recorded graph as data, and as a drawing for Graphviz."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .array import Array
from .engine import records_below
from .record import Record, edge_to

_LOOKS = {"leaf": "shape=box, style=filled", "constant": "shape=box, style=dashed", "result": "shape=ellipse"}


def export(outputs: Array | Sequence[Array]) -> dict[str, list[Any]]:
    """Everything the outputs depend on, oldest first, as plain data.

    ``nodes`` have ``id``, ``op``, ``shape``, ``kind`` (leaf: requires a gradient; constant: requires none; result) and,
    where one was given, ``name``; ``edges`` are pairs of ids from operand to result, one per use.
    """
    listed = [outputs] if isinstance(outputs, Array) else list(outputs)
    nodes: list[dict[str, Any]] = []
    edges: list[list[int]] = []
    ids: dict[object, int] = {}

    def number_of(key: object, **node: Any) -> int:
        if key not in ids:
            ids[key] = len(nodes)
            nodes.append({"id": len(nodes), **{word: value for word, value in node.items() if value != ""}})
        return ids[key]

    def number_of_end(end: Any) -> int:
        if isinstance(end.target, Record):
            return ids[end.target]
        kind = "constant" if end.target is None else "leaf"
        return number_of((kind, end.number), op=kind, shape=list(end.shape), kind=kind, name=end.name)

    for record in records_below(listed):
        operands = [number_of_end(edge) for edge in record.edges]
        number = number_of(record, op=record.name, shape=list(record.shape), kind="result")
        edges += [[operand, number] for operand in operands]
    for output in listed:
        number_of_end(edge_to(output))
    return {"nodes": nodes, "edges": edges}


def to_dot(outputs: Array | Sequence[Array]) -> str:
    """The graph of `export` in the language of Graphviz."""
    graph = export(outputs)
    lines = ["digraph tape {"]
    for node in graph["nodes"]:
        label = json.dumps(f"{node.get('name', node['op'])} {tuple(node['shape'])}")
        lines.append(f"  n{node['id']} [label={label}, {_LOOKS[node['kind']]}];")
    lines += [f"  n{start} -> n{end};" for start, end in graph["edges"]]
    return "\n".join([*lines, "}"]) + "\n"
