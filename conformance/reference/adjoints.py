"""How large the adjoints of a graph are, again from forward evaluations alone: every value gets a perturbation added to it.

Float16 ends at 65504: before a gradient is asked for in it, the cotangents are scaled so that no adjoint comes near.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node, Shape
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Array
from autograd_conformance.reference.interpreter import evaluate

STEP = 2.0**-20
MOST_SINGLE = 256
"""Elements perturbed one by one; with more, each value is moved as a whole along random signs."""
SIGNS = 4


def largest_adjoint(case: Case, functionals: Array) -> float:
    """The largest adjoint of any value of the graph for ``functionals`` (q, m); nan where one is not finite.

    An upper estimate where elements are many: a random direction sees the norm of an adjoint, not its largest element.
    """
    graph, shapes = _with_slots(case)
    sizes = [math.prod(shape) for shape in shapes]
    if not sum(sizes):
        return float(np.max(np.abs(functionals), initial=0.0))
    moves = _moves(sizes, np.random.Generator(np.random.PCG64([case.seed, 16])))
    count = len(moves)
    points = [np.broadcast_to(array, (2 * count, *array.shape)) for array in case.point]
    parts = np.split(np.concatenate([STEP * moves, -STEP * moves]), np.cumsum(sizes)[:-1], axis=1)
    slots = [part.reshape(2 * count, *shape) for part, shape in zip(parts, shapes, strict=True)]
    with np.errstate(all="ignore"):
        outputs = evaluate(graph, [*points, *slots]).flat_outputs()
        phi = outputs @ functionals.T.astype(float)
        slope = (phi[:count] - phi[count:]) / (2 * STEP)
    return float(np.max(np.abs(slope), initial=float(np.max(np.abs(functionals), initial=0.0))))


def _with_slots(case: Case) -> tuple[Graph, Sequence[Shape]]:
    """The graph with an input added to every floating-point value, and the shapes of these new inputs."""
    graph = case.graph
    floating = [True] * len(graph.inputs)
    for node in graph.nodes:
        floating += [VOCABULARY[node.op].result == "float"] * node.results
    slotted = [number for number, is_float in enumerate(floating) if is_float]
    shapes = [case.shapes[number] for number in slotted]
    nodes: list[Node] = []
    renamed: dict[int, int] = {}
    first_slot, values = len(graph.inputs), len(graph.inputs) + len(slotted)

    def add_slots(originals: range | tuple[int, ...], news: Sequence[int]) -> None:
        nonlocal values
        for original, new in zip(originals, news, strict=True):
            renamed[original] = new
            if floating[original]:
                nodes.append(Node("add", (new, first_slot + slotted.index(original))))
                renamed[original] = values
                values += 1

    add_slots(range(len(graph.inputs)), range(len(graph.inputs)))
    for results, node in graph.numbered_nodes():
        nodes.append(Node(node.op, tuple(renamed[value] for value in node.operands), node.attributes, node.results))
        news = range(values, values + node.results)
        values += node.results
        add_slots(tuple(results), news)
    outputs = tuple(renamed[number] for number in graph.outputs)
    return Graph(graph.inputs + tuple(shapes), tuple(nodes), outputs), shapes


def _moves(sizes: Sequence[int], generator: np.random.Generator) -> Array:
    total = sum(sizes)
    if total <= MOST_SINGLE:
        return np.eye(total)
    moves = np.zeros((SIGNS * len(sizes), total))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    for value, (start, size) in enumerate(zip(starts, sizes, strict=False)):
        rows = slice(SIGNS * value, SIGNS * (value + 1))
        moves[rows, start : start + size] = 2.0 * generator.integers(0, 2, size=(SIGNS, size)) - 1
    return moves
