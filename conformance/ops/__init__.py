"""The vocabulary: every op the suite knows, as entries of data.

`VOCABULARY` maps names to entries; `check` decides whether a graph from anywhere may be evaluated and translated.
"""

from __future__ import annotations

import math
from types import MappingProxyType

import numpy as np

from autograd_conformance.graph import MOST_ELEMENTS, Graph, MalformedGraph, Node, Shape
from autograd_conformance.ops import (
    activations,
    algebra,
    eigenvalues,
    elementwise,
    factorisations,
    indexing,
    layers,
    losses,
    matrices,
    products,
    rearranging,
    reductions,
    shapes,
    special,
    spectral,
    statistics,
    transcendental,
    windows,
)
from autograd_conformance.ops.op import Array, Exact, Op

_FAMILIES = (
    elementwise,
    reductions,
    shapes,
    algebra,
    transcendental,
    special,
    activations,
    statistics,
    indexing,
    rearranging,
    losses,
    layers,
    windows,
    products,
    matrices,
    factorisations,
    eigenvalues,
    spectral,
)

VOCABULARY = MappingProxyType({op.name: op for family in _FAMILIES for op in family.OPS})

MOST_WRITTEN = 16 * MOST_ELEMENTS
"""Elements one op may write down at once, and all values of a graph may have together."""

_EXACT = Exact()


def check(graph: Graph) -> tuple[Shape, ...]:
    """The shape of every value of ``graph``, inputs first.

    Raises MalformedGraph when an op is unknown, its operands or attributes do not fit, or a value would be too large.
    Nothing of the graph is turned into source before this has passed.
    """
    known: list[Shape] = list(graph.inputs)
    kinds: list[str] = ["float"] * len(graph.inputs)
    written = sum(math.prod(shape) for shape in known)
    for position, node in enumerate(graph.nodes):
        where = f"node {position} ({node.op})"
        op = _fitting_op(node, kinds, where)
        try:
            if op.extent(*(known[number] for number in node.operands), **node.attributes) > MOST_WRITTEN:
                raise MalformedGraph(f"{where}: too large; an op writes at most {MOST_WRITTEN} elements")
            placeholders = [
                np.ones((1, *known[number]), dtype=bool if kinds[number] == "bool" else float)
                for number in node.operands
            ]
            with np.errstate(all="ignore"):
                results = evaluate_op(op, node, _EXACT, placeholders)
        except MalformedGraph:
            raise
        except (ValueError, IndexError, TypeError, ZeroDivisionError) as failure:
            raise MalformedGraph(f"{where}: operands and attributes do not fit: {failure}") from None
        if any(result.size > MOST_ELEMENTS for result in results):
            raise MalformedGraph(f"{where}: a value would have more than {MOST_ELEMENTS} elements")
        written += sum(result.size for result in results)
        if written > MOST_WRITTEN:
            raise MalformedGraph(f"{where}: the values of a graph have at most {MOST_WRITTEN} elements together")
        known += [result.shape[1:] for result in results]
        kinds += [op.result] * op.results
    if any(kinds[number] != "float" for number in graph.outputs):
        raise MalformedGraph("outputs must be floating-point values")
    return tuple(known)


def evaluate_op(op: Op, node: Node, rounding: object, operands: list[Array]) -> tuple[Array, ...]:
    """Apply an op's meaning to batched operands; always a tuple."""
    results = op.meaning(rounding, *operands, **node.attributes)
    return results if isinstance(results, tuple) else (results,)


def _fitting_op(node: Node, kinds: list[str], where: str) -> Op:
    op = VOCABULARY.get(node.op)
    if op is None:
        raise MalformedGraph(f"{where}: no such op; `autograd-conformance list ops` names them")
    if tuple(kinds[number] for number in node.operands) != op.operands:
        raise MalformedGraph(f"{where}: needs operands {op.operands}")
    if node.results != op.results:
        raise MalformedGraph(f"{where}: has {op.results} results, not {node.results}")
    if set(node.attributes) != set(op.attributes):
        raise MalformedGraph(f"{where}: needs exactly the attributes {sorted(op.attributes)}")
    for name, is_valid in op.attributes.items():
        if not is_valid(node.attributes[name]):
            raise MalformedGraph(f"{where}: attribute {name} cannot be {node.attributes[name]!r}")
    return op
