"""The drawing of a graph: inputs rounded, outputs double, the first diverging node outlined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from autograd_conformance.graph import Graph, Node
from autograd_conformance.reports.layout import Edge, Layout, arrange
from autograd_conformance.reports.wording import clipped, counted, shape_text

MOST_DRAWN = 80
"""A larger graph is listed, not drawn."""

_CHARACTER = 7.0
_LINE = 16.0
_MARGIN = 12.0


@dataclass(frozen=True)
class Line:
    y: float
    text: str
    kind: str


@dataclass(frozen=True)
class Box:
    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str
    lines: tuple[Line, ...]
    is_output: bool
    is_diverging: bool


@dataclass(frozen=True)
class Drawing:
    """Geometry for the template; lengths in CSS pixels."""

    width: float
    height: float
    summary: str
    boxes: tuple[Box, ...]
    edges: tuple[str, ...]
    listing: str = ""
    """The same in words, where no list stands beside the drawing."""


@dataclass(frozen=True)
class Label:
    """What stands in a box, before it has a place."""

    kind: str
    texts: tuple[tuple[str, str], ...]
    title: str
    is_output: bool
    is_diverging: bool

    @property
    def width(self) -> float:
        return max(64.0, 26.0 + _CHARACTER * max(len(text) for _, text in self.texts))

    @property
    def height(self) -> float:
        return 12.0 + _LINE * len(self.texts)


def draw(graph: Graph, shapes: Sequence[Sequence[int]], diverging: int | None) -> Drawing | None:
    """The drawing, or None when the graph is too large for one.

    ``shapes`` are those of all values, or empty when they are not known; ``diverging`` is a position in the nodes.
    """
    if len(graph.inputs) + len(graph.nodes) > MOST_DRAWN:
        return None
    labels = _labels(graph, shapes, diverging)
    owner = [*range(len(graph.inputs))]
    for position, node in enumerate(graph.nodes):
        owner += [len(graph.inputs) + position] * node.results
    edges = [
        (owner[operand], len(graph.inputs) + position)
        for position, node in enumerate(graph.nodes)
        for operand in node.operands
    ]
    summary = f"Graph of {counted(len(graph.nodes), 'node')}, {counted(len(graph.inputs), 'input')}; listed below."
    return arrange_labels(labels, edges, len(graph.inputs), summary)


def arrange_labels(labels: Sequence[Label], edges: Sequence[Edge], sources: int, summary: str) -> Drawing:
    """Lay out boxes; every edge runs from a lower to a higher number, the first ``sources`` boxes are inputs."""
    layout = arrange([label.width for label in labels], [label.height for label in labels], edges, sources)
    return Drawing(
        width=round(layout.width + 2 * _MARGIN),
        height=round(layout.height + 2 * _MARGIN),
        summary=summary,
        boxes=tuple(_box(label, index, layout) for index, label in enumerate(labels)),
        edges=tuple(_curves(labels, edges, layout)),
    )


def listing(graph: Graph, shapes: Sequence[Sequence[int]]) -> str:
    """The graph as text, one value a line: what the drawing shows, for reading and searching."""
    lines = [f"v{number} = input {shape_text(shape)}" for number, shape in enumerate(graph.inputs)]
    for numbers, node in graph.numbered_nodes():
        operands = ", ".join([*(f"v{operand}" for operand in node.operands), *_attributes(node)])
        lines.append(
            f"{', '.join(f'v{number}' for number in numbers)} = {node.op}({operands}){_shapes(numbers, shapes)}"
        )
    lines.append(f"outputs {', '.join(f'v{output}' for output in graph.outputs)}")
    return "\n".join(lines)


def _labels(graph: Graph, shapes: Sequence[Sequence[int]], diverging: int | None) -> list[Label]:
    labels = []
    for number, shape in enumerate(graph.inputs):
        texts = [("op", f"v{number}"), ("shape", shape_text(shape))]
        labels.append(
            _label(graph, range(number, number + 1), "input", texts, f"input v{number}, {shape_text(shape)}", False)
        )
    for position, (numbers, node) in enumerate(graph.numbered_nodes()):
        attributes = ", ".join(_attributes(node))
        texts = [("op", node.op)]
        if attributes:
            texts.append(("attribute", clipped(attributes, 34)))
        texts.append(
            ("shape", clipped(f"{', '.join(f'v{number}' for number in numbers)}{_shapes(numbers, shapes)}", 34))
        )
        title = clipped(f"node {position}: {node.op}({attributes}){_shapes(numbers, shapes)}", 400)
        labels.append(_label(graph, numbers, "node", texts, title, position == diverging))
    return labels


def _label(
    graph: Graph, numbers: range, kind: str, texts: list[tuple[str, str]], title: str, is_diverging: bool
) -> Label:
    outputs = [place for place, output in enumerate(graph.outputs) if output in numbers]
    if outputs:
        texts.append(("output", clipped("output " + ", ".join(map(str, outputs)), 34)))
    if is_diverging:
        texts.append(("diverging", "✗ first to diverge"))
    return Label(kind, tuple(texts), title, bool(outputs), is_diverging)


def _attributes(node: Node) -> list[str]:
    return [f"{name}={value!r}" for name, value in sorted(node.attributes.items())]


def _shapes(numbers: range, shapes: Sequence[Sequence[int]]) -> str:
    known = [shape_text(shapes[number]) for number in numbers if number < len(shapes)]
    return f" : {', '.join(known)}" if known else ""


def _box(label: Label, index: int, layout: Layout) -> Box:
    layer = layout.layer_of[index]
    y = _MARGIN + layout.tops[layer] + (layout.layer_heights[layer] - label.height) / 2
    lines = tuple(Line(round(y + 18 + _LINE * place, 1), text, kind) for place, (kind, text) in enumerate(label.texts))
    x = round(_MARGIN + layout.x[index] - label.width / 2, 1)
    return Box(
        label.kind, x, round(y, 1), label.width, label.height, label.title, lines, label.is_output, label.is_diverging
    )


def _curves(labels: Sequence[Label], edges: Sequence[Edge], layout: Layout) -> list[str]:
    """One path a edge, entering at the port of its operand slot, passing dummies vertically."""
    arrivals = [0] * len(labels)
    slots = [sum(end == box for _, end in edges) for box in range(len(labels))]
    curves = []
    for path in layout.paths:
        start, end = path[0], path[-1]
        spread = min(14.0, (labels[end].width - 24) / max(slots[end], 1))
        port = (arrivals[end] - (slots[end] - 1) / 2) * spread
        arrivals[end] += 1
        points = [(layout.x[start], _edge_y(labels, layout, start, below=True))]
        for dummy in path[1:-1]:
            top = layout.tops[layout.layer_of[dummy]]
            points += [(layout.x[dummy], top), (layout.x[dummy], top + layout.layer_heights[layout.layer_of[dummy]])]
        points.append((layout.x[end] + port, _edge_y(labels, layout, end, below=False) - 2))
        curves.append(_curve([(x + _MARGIN, y + _MARGIN) for x, y in points]) + "m-3.5 -5l3.5 5l3.5 -5")
    return curves


def _edge_y(labels: Sequence[Label], layout: Layout, box: int, *, below: bool) -> float:
    layer = layout.layer_of[box]
    middle = layout.tops[layer] + layout.layer_heights[layer] / 2
    return middle + labels[box].height / 2 * (1 if below else -1)


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """A chain of cubic curves with vertical ends."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        bend = (y0 + y1) / 2
        parts.append(
            f"L{x1:.1f} {y1:.1f}" if x0 == x1 else f"C{x0:.1f} {bend:.1f} {x1:.1f} {bend:.1f} {x1:.1f} {y1:.1f}"
        )
    return "".join(parts)
