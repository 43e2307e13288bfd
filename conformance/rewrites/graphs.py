"""Graphs that mean the same: the gradient must not depend on how a function is written."""

from __future__ import annotations

import math
from collections.abc import Callable

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node, Shape
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.rewrites.rewrite import Draft, Rewrite, Rewritten, WriteNode, picked, written_anew

COMMUTATIVE = ("add", "mul", "maximum", "minimum")
MOST_FLAT = 4096
"""The largest size that an attribute can name."""


def _equal_graph(name: str, case: Case, write: WriteNode) -> Rewritten:
    graph = case.graph
    equal = written_anew(graph, Draft(graph.inputs), range(len(graph.inputs)), write)
    other = Case(equal, case.point, case.stratum)
    return Rewritten(name, "graph", other, case.cotangent(0), lambda gradients: gradients)


def _node(name: str, fits: Callable[[Node], bool], write_other: Callable[[Draft, Node, list[int]], int]) -> Rewrite:
    """One node that fits is written in another way."""

    def apply(case: Case) -> Rewritten | None:
        fitting = [position for position, node in enumerate(case.graph.nodes) if fits(node)]
        if not fitting:
            return None
        chosen = fitting[picked(case, len(fitting))]

        def write(draft: Draft, position: int, node: Node, operands: list[int]) -> int:
            return write_other(draft, node, operands) if position == chosen else draft.copy(node, operands)

        return _equal_graph(name, case, write)

    return Rewrite(name, "graph", apply)


def _operand(name: str, around: Callable[[Draft, int, Shape], int]) -> Rewrite:
    """One floating-point operand of one node goes through nodes that give it back."""

    def apply(case: Case) -> Rewritten | None:
        edges = [
            (position, slot)
            for position, node in enumerate(case.graph.nodes)
            for slot, kind in enumerate(VOCABULARY[node.op].operands)
            if kind == "float"
        ]
        if not edges:
            return None
        chosen, slot = edges[picked(case, len(edges))]

        def write(draft: Draft, position: int, node: Node, operands: list[int]) -> int:
            if position == chosen:
                operands[slot] = around(draft, operands[slot], case.shapes[node.operands[slot]])
            return draft.copy(node, operands)

        return _equal_graph(name, case, write)

    return Rewrite(name, "graph", apply)


def _is_swappable(node: Node) -> bool:
    return node.op in COMMUTATIVE and len(set(node.operands)) > 1


def _swapped(draft: Draft, node: Node, operands: list[int]) -> int:
    return draft.copy(node, operands[::-1])


def _sum_with_negative(draft: Draft, _node: Node, operands: list[int]) -> int:
    return draft.add("add", operands[0], draft.add("neg", operands[1]))


def _negated_twice(draft: Draft, value: int, _shape: Shape) -> int:
    return draft.add("neg", draft.add("neg", value))


def _scaled_twice(draft: Draft, value: int, _shape: Shape) -> int:
    return draft.add("scale", draft.add("scale", value, factor=2.0), factor=0.5)


def _reshaped_twice(draft: Draft, value: int, shape: Shape) -> int:
    return draft.add("reshape", draft.add("reshape", value, shape=other_shape(shape)), shape=shape)


def _used_elsewhere(draft: Draft, value: int, _shape: Shape) -> int:
    draft.add("sin", value)
    return value


def other_shape(shape: Shape) -> Shape:
    """A shape of as many elements: flat where that can be said and is another one, else with axes reversed or one more."""
    count = math.prod(shape)
    if len(shape) != 1 and count <= MOST_FLAT:
        return (count,)
    return shape[::-1] if len(shape) > 1 else (1, *shape)


def _listed_twice(case: Case) -> Rewritten:
    """The cotangent u of the first output becomes 2u at one of its places and -u at the other."""
    graph, (first, *others) = case.graph, case.cotangent(0)
    repeated = Graph(graph.inputs, graph.nodes, (*graph.outputs, graph.outputs[0]))
    other = Case(repeated, case.point, case.stratum)
    return Rewritten(_LISTED_TWICE, "graph", other, (2 * first, *others, -first), lambda gradients: gradients)


_LISTED_TWICE = "with an output listed twice"

REWRITES = (
    _operand("with a double negation", _negated_twice),
    _node("with operands swapped", _is_swappable, _swapped),
    _operand("with a scale by 2 and back", _scaled_twice),
    _node("with a difference as a sum", lambda node: node.op == "sub", _sum_with_negative),
    _operand("with a reshape and back", _reshaped_twice),
    _operand("with a dead branch", _used_elsewhere),
    Rewrite(_LISTED_TWICE, "graph", _listed_twice),
)
