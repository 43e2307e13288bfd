"""Cases of one op at its special points, which its entry in the vocabulary lists.

Attributes are the first ones the op offers, and nothing is drawn from the seed of a run: the points are the same in all.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node, Shape
from autograd_conformance.ops.op import Op
from autograd_conformance.ops.points import SpecialPoint

USUAL = (3, 2)
"""The shape of the first operand, unless the op has an example of its own or does not accept it: more than two elements
along one axis, and few in all."""
OFFSET = 0.375
"""Added to a result before its sine is taken.  At results of 0, 1/2, 1 and log 2 neither sine nor cosine is near zero then,
so derivatives of every order count."""


class First:
    """The choices that take the first option everywhere."""

    def below(self, count: int) -> int:
        return 0

    def one_of(self, *options: Any) -> Any:
        return options[0]


def in_order_of_delicacy(ops: Iterable[Op]) -> tuple[Op, ...]:
    """Those with smooth special points; first where a usual formula fails at one, families mixed."""
    order = sorted(ops, key=lambda op: zlib.crc32(op.name.encode()))
    order.sort(key=lambda op: not any(point.is_delicate for point in op.special))
    return tuple(op for op in order if smooth_points(op))


def smooth_points(op: Op) -> tuple[SpecialPoint, ...]:
    return tuple(point for point in op.special if point.nature == "smooth")


def special_cases(op: Op, stratum: str) -> tuple[Case, ...]:
    """One graph, the op between its leaves and a sine, at each of the smooth points."""
    bare = bare_graph(op)
    nodes, outputs = list(bare.nodes), []
    for result in bare.outputs:
        following = len(bare.inputs) + sum(node.results for node in nodes)
        nodes += [Node("shift", (result,), {"offset": OFFSET}), Node("sin", (following,))]
        outputs.append(following + 1)
    graph = Graph(bare.inputs, tuple(nodes), tuple(outputs))
    return tuple(Case(graph, arrays_at(op, point), stratum) for point in smooth_points(op))


def bare_graph(op: Op) -> Graph:
    """The op on its leaves alone; a condition chooses between them."""
    shapes, attributes = _arranged(op)
    nodes: tuple[Node, ...] = (Node(op.name, tuple(range(len(shapes))), attributes, op.results),)
    if op.result == "bool":
        nodes = (*nodes, Node("where", (len(shapes), *range(len(shapes)))))
    first = len(shapes) + len(nodes) - 1
    return Graph(shapes, nodes, tuple(range(first, first + nodes[-1].results)))


def arrays_at(op: Op, point: SpecialPoint) -> tuple[np.ndarray, ...]:
    """The leaves at a special point: the same numbers in every run."""
    shapes, _ = _arranged(op)
    intervals = tuple((op.domain(slot).low, op.domain(slot).high) for slot in range(len(shapes)))
    generator = np.random.Generator(np.random.PCG64(zlib.crc32(f"{op.name}: {point.name}".encode())))
    return point.arrays(shapes, intervals, generator)


def _arranged(op: Op) -> tuple[tuple[Shape, ...], dict[str, Any]]:
    first = USUAL if op.example == Op.example and op.accepts(USUAL) else op.example
    arrangement = op.arrange(First(), first)
    return (first, *arrangement.shapes), dict(arrangement.attributes)
