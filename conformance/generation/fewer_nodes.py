"""Cases with fewer nodes or fewer outputs: single nodes and pairs with their operands as inputs, halves, earlier outputs,
nodes turned into inputs, nodes bypassed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.generation.pruning import prune
from autograd_conformance.graph import Graph, MalformedGraph, Node
from autograd_conformance.ops import check
from autograd_conformance.reference.interpreter import evaluate

DIGITS = 7
"""Binary digits of a value that becomes an input, so that the reduced point is exact in every dtype."""
FINEST = 2.0**-14
"""Such values are multiples of it, the smallest normal number of float16."""


def single_nodes(case: Case) -> Iterator[tuple[int, Case]]:
    """Each node alone, its operands as inputs; last nodes first."""
    values = _values(case)
    for position in range(len(case.graph.nodes) - 1, -1, -1):
        candidate = _around(case, values, {position})
        if candidate is not None:
            yield position, candidate


def with_fewer_nodes(case: Case) -> Iterator[Case]:
    """Candidates with fewer nodes or outputs, biggest steps first."""
    graph = case.graph
    count = len(graph.nodes)
    if len(graph.outputs) > 1:
        for output in graph.outputs:
            yield from valid(Graph(graph.inputs, graph.nodes, (output,)), case)
    if count > 1:
        values = _values(case)
        if count > 2:
            yield from _pairs(case, values)
            yield from _halves(case, values)
        for number in range(len(graph.inputs), graph.value_count):
            yield from valid(Graph(graph.inputs, graph.nodes, (number,)), case)
        for position in range(count):
            candidate = _around(case, values, set(range(count)) - {position}, keep_outputs=True)
            if candidate is not None:
                yield candidate
    if len(graph.outputs) > 2:
        for place in range(len(graph.outputs)):
            yield from valid(Graph(graph.inputs, graph.nodes, graph.outputs[:place] + graph.outputs[place + 1 :]), case)
    yield from _bypassed(case)


def valid(graph: Graph, source: Case) -> Iterator[Case]:
    """The pruned case over ``graph`` with the point of ``source``, if it is one."""
    try:
        candidate = prune(Case(graph, source.point, source.stratum))
        check(candidate.graph)
    except MalformedGraph:
        return
    if candidate.graph.inputs and candidate.graph.nodes:
        yield candidate


def _pairs(case: Case, values: list[np.ndarray]) -> Iterator[Case]:
    """Each node together with one that feeds it."""
    producers = {n: position for position, (results, _) in enumerate(case.graph.numbered_nodes()) for n in results}
    for position, node in enumerate(case.graph.nodes):
        for feeder in sorted({producers[number] for number in node.operands if number in producers}):
            candidate = _around(case, values, {feeder, position})
            if candidate is not None:
                yield candidate


def _halves(case: Case, values: list[np.ndarray]) -> Iterator[Case]:
    """The later part of the graph, its first part as inputs: a half, a quarter less, and so on."""
    count = len(case.graph.nodes)
    spare = count // 2
    while spare > 1:
        candidate = _around(case, values, set(range(spare, count)), keep_outputs=True)
        if candidate is not None:
            yield candidate
        spare //= 2


def _around(case: Case, values: list[np.ndarray], kept: set[int], keep_outputs: bool = False) -> Case | None:
    """The nodes at ``kept`` with everything else they need turned into inputs; None where that is no valid case."""
    graph = case.graph
    producers = {number: position for position, (results, _) in enumerate(graph.numbered_nodes()) for number in results}
    needed: list[int] = []
    for position in sorted(kept):
        for number in graph.nodes[position].operands:
            if producers.get(number, -1) not in kept and number not in needed:
                needed.append(number)
    if keep_outputs:
        needed += [number for number in graph.outputs if producers.get(number, -1) not in kept and number not in needed]
    if any(values[number].dtype == bool for number in needed):
        more = {producers[number] for number in needed if values[number].dtype == bool}
        whole = kept | more
        return None if len(whole) == len(graph.nodes) else _around(case, values, whole, keep_outputs)
    renumber = {number: position for position, number in enumerate(needed)}
    nodes: list[Node] = []
    following, last = len(needed), []
    for position, (results, node) in enumerate(graph.numbered_nodes()):
        if position not in kept:
            continue
        nodes.append(Node(node.op, tuple(renumber[number] for number in node.operands), node.attributes, node.results))
        for number in results:
            renumber[number] = following
            following += 1
        last = [renumber[number] for number in results]
    outputs = tuple(renumber[number] for number in graph.outputs) if keep_outputs else tuple(last)
    shapes = tuple(values[number].shape for number in needed)
    point = tuple(_on_grid(values[number]) if number in producers else values[number] for number in needed)
    candidates = list(valid(Graph(shapes, tuple(nodes), outputs), Case(graph, point, case.stratum)))
    return candidates[0] if candidates else None


def _bypassed(case: Case) -> Iterator[Case]:
    """Each result replaced by an operand of its node, wherever the graph stays valid."""
    graph = case.graph
    for results, node in graph.numbered_nodes():
        for result in results:
            for operand in dict.fromkeys(node.operands):
                nodes = tuple(
                    Node(
                        other.op,
                        tuple(operand if number == result else number for number in other.operands),
                        other.attributes,
                        other.results,
                    )
                    for other in graph.nodes
                )
                outputs = tuple(operand if number == result else number for number in graph.outputs)
                yield from valid(Graph(graph.inputs, nodes, outputs), case)


def _values(case: Case) -> list[np.ndarray]:
    """Every value of the graph at the point, in float64."""
    known = evaluate(case.graph, [array[None] for array in case.point], keep_values=True).values
    return [np.asarray(value[0], dtype=bool if value.dtype == bool else np.float64) for value in known]


def _on_grid(array: np.ndarray) -> np.ndarray:
    """To DIGITS binary digits and multiples of FINEST.

    What is not exact there becomes an odd multiple, lest it meet a simpler number: 2.19 - 2.1875 must not become 0.
    """
    _, exponents = np.frexp(array)
    grid = np.maximum(np.ldexp(1.0, np.where(np.isfinite(array), exponents, 0) - DIGITS), FINEST)
    multiples = array / grid
    odd = 2 * np.floor(multiples / 2) + 1
    return np.asarray(np.where(multiples == np.round(multiples), array, odd * grid))
