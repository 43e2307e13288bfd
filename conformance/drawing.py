"""A graph as nodes and edges: plain data, the language of Graphviz, a networkx graph.

The plain form is the one that the suite's own tape engine exports, so that whatever reads one reads the other: ``nodes``
with ``id``, ``op``, ``kind`` (``leaf`` for an input, ``result`` for what an op makes), ``shape`` where it is known, and
``name`` and ``attributes`` where there are any; ``edges``, pairs of ids from operand to result, one for each use, those
into one node in the order of its operands; ``outputs``, the ids of what the graph gives back.  An op with several
results is followed by one ``item`` node for each result that is used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from autograd_conformance.graph import Graph, Shape

_LOOKS = {
    "leaf": "shape=box, style=filled, fillcolor=gray90",
    "constant": "shape=box, style=dashed",
    "result": "shape=ellipse",
}


class DrawingUnavailable(Exception):
    """The form asked for needs a package that is not installed; the message says how to get it."""


def to_nodes_and_edges(graph: Graph, shapes: Sequence[Shape] = ()) -> dict[str, list[Any]]:
    """The graph as JSON-ready data; ``shapes`` are those of all its values, inputs first, where they are known."""
    nodes: list[dict[str, Any]] = []
    edges: list[list[int]] = []
    owner: dict[int, int] = {}

    def add(numbers: Sequence[int], **node: Any) -> int:
        known = {"shape": list(shapes[numbers[0]])} if len(numbers) == 1 and numbers[0] < len(shapes) else {}
        nodes.append({"id": len(nodes), **node, **known})
        return len(nodes) - 1

    for number, shape in enumerate(graph.inputs):
        owner[number] = add([], op="leaf", kind="leaf", name=f"v{number}", shape=list(shape))
    plain = graph.to_plain()["nodes"]
    for (numbers, node), body in zip(graph.numbered_nodes(), plain, strict=True):
        attributes = {"attributes": body["attributes"]} if node.attributes else {}
        made = add(numbers, op=node.op, kind="result", **attributes)
        edges += [[owner[operand], made] for operand in node.operands]
        for place, number in enumerate(numbers):
            owner[number] = made
            if len(numbers) > 1 and graph.use_counts[number]:
                owner[number] = add([number], op="item", kind="result", attributes={"index": place})
                edges.append([made, owner[number]])
    return {"nodes": nodes, "edges": edges, "outputs": [owner[number] for number in graph.outputs]}


def to_dot(graph: Graph, shapes: Sequence[Shape] = ()) -> str:
    """The graph in the language of Graphviz."""
    return dot_of(to_nodes_and_edges(graph, shapes))


def dot_of(exported: dict[str, list[Any]]) -> str:
    """Nodes and edges, of a graph or of a recorded tape, in the language of Graphviz."""
    outputs = set(exported.get("outputs", ()))
    lines = ["digraph autograd {", "  node [fontname=monospace];"]
    for node in exported["nodes"]:
        look = _LOOKS.get(node.get("kind", ""), _LOOKS["result"]) + (", peripheries=2" if node["id"] in outputs else "")
        lines.append(f"  n{node['id']} [label={json.dumps(_label(node), ensure_ascii=False)}, {look}];")
    lines += [f"  n{start} -> n{end};" for start, end in exported["edges"]]
    return "\n".join([*lines, "}"]) + "\n"


def to_networkx(graph: Graph, shapes: Sequence[Shape] = ()) -> Any:
    """The graph as a ``networkx.MultiDiGraph``.  Raises DrawingUnavailable."""
    return networkx_of(to_nodes_and_edges(graph, shapes))


def networkx_of(exported: dict[str, list[Any]]) -> Any:
    """Nodes and edges as a ``networkx.MultiDiGraph``, every edge with the ``operand`` it is.  Raises DrawingUnavailable."""
    try:
        import networkx  # type: ignore[import-untyped, import-not-found, unused-ignore]  # optional, found at the time of use
    except ImportError:
        raise DrawingUnavailable("networkx is not installed; `pip install networkx` brings it") from None
    made = networkx.MultiDiGraph(outputs=list(exported.get("outputs", ())))
    for node in exported["nodes"]:
        made.add_node(node["id"], **{name: value for name, value in node.items() if name != "id"})
    operands = dict.fromkeys(made.nodes, 0)
    for start, end in exported["edges"]:
        made.add_edge(start, end, operand=operands[end])
        operands[end] += 1
    return made


def _label(node: dict[str, Any]) -> str:
    """``v0 (3, 4)``, ``sum axes=[0] ()``."""
    attributes = " ".join(f"{name}={json.dumps(value)}" for name, value in node.get("attributes", {}).items())
    shape = str(tuple(node["shape"])) if "shape" in node else ""
    return " ".join(part for part in (str(node.get("name", node["op"])), attributes, shape) if part)
