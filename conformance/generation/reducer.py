"""From a failing case to a smaller one that fails in the same way.

Works on graphs, not on genes, so random, corpus and user cases share one way to a minimal case.  Every candidate is a
valid case over an exact point; the caller says whether it still fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.generation.pruning import prune
from autograd_conformance.graph import Attribute, Graph, MalformedGraph, Node
from autograd_conformance.ops import check
from autograd_conformance.reference.interpreter import evaluate

GRID = 32.0
"""Values that become inputs are rounded to multiples of 1 / GRID, so that the reduced point is exact everywhere."""


@dataclass(frozen=True, eq=False)
class Reduction:
    """``case`` fails like the one it came from; ``node`` is the position in the original graph of the node that fails
    alone, None where it takes several; ``calls`` counts the candidates tried.
    """

    case: Case
    node: int | None
    calls: int


class _OutOfCalls(Exception):
    pass


def reduce_case(case: Case, fails: Callable[[Case], bool], most_calls: int = 150) -> Reduction:
    """The smallest case found within ``most_calls`` candidates; ``case`` itself if none fails."""
    calls = 0
    seen = {case.id}

    def tried(candidate: Case) -> bool:
        nonlocal calls
        if candidate.id in seen:
            return False
        seen.add(candidate.id)
        if calls >= most_calls:
            raise _OutOfCalls
        calls += 1
        return fails(candidate)

    smallest, node = case, None
    try:
        for position, candidate in _single_nodes(case):
            if tried(candidate):
                smallest, node = candidate, position
                break
        progress = True
        while progress:
            progress = False
            for candidate in _smaller(smallest):
                if tried(candidate):
                    smallest, progress = candidate, True
                    break
    except _OutOfCalls:
        pass
    return Reduction(smallest, node, calls)


def _single_nodes(case: Case) -> Iterator[tuple[int, Case]]:
    """Each node alone, its operands as inputs; last nodes first."""
    values = _values(case)
    for position in range(len(case.graph.nodes) - 1, -1, -1):
        candidate = _around(case, values, {position})
        if candidate is not None:
            yield position, candidate


def _smaller(case: Case) -> Iterator[Case]:
    """Candidates one step smaller, biggest steps first."""
    graph, values = case.graph, _values(case)
    if len(graph.outputs) > 1:
        for output in graph.outputs:
            yield from _valid(Graph(graph.inputs, graph.nodes, (output,)), case)
    if len(graph.nodes) > 2:
        yield from _pairs(case, values)
    if len(graph.nodes) > 1:
        for number in range(len(graph.inputs), graph.value_count):
            yield from _valid(Graph(graph.inputs, graph.nodes, (number,)), case)
        every = set(range(len(graph.nodes)))
        for position in every:
            candidate = _around(case, values, every - {position}, keep_outputs=True)
            if candidate is not None:
                yield candidate
    yield from _bypassed(case)
    yield from _smaller_shapes(case)
    yield from _simpler_numbers(case)


def _pairs(case: Case, values: list[np.ndarray]) -> Iterator[Case]:
    """Each node together with one that feeds it."""
    producers = {n: position for position, (results, _) in enumerate(case.graph.numbered_nodes()) for n in results}
    for position, node in enumerate(case.graph.nodes):
        for feeder in sorted({producers[number] for number in node.operands if number in producers}):
            candidate = _around(case, values, {feeder, position})
            if candidate is not None:
                yield candidate


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
        if len(kept) > 3:
            return None
        more = {producers[number] for number in needed if values[number].dtype == bool}
        return _around(case, values, kept | more, keep_outputs)
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
    candidates = list(_valid(Graph(shapes, tuple(nodes), outputs), Case(graph, point, case.stratum)))
    return candidates[0] if candidates else None


def _bypassed(case: Case) -> Iterator[Case]:
    """Each node replaced by an operand of the same shape."""
    graph, shapes = case.graph, case.shapes
    for position, (results, node) in enumerate(graph.numbered_nodes()):
        if node.results != 1:
            continue
        for operand in dict.fromkeys(node.operands):
            if shapes[operand] != shapes[results[0]]:
                continue
            swap = {results[0]: operand}
            nodes = tuple(
                Node(
                    other.op,
                    tuple(swap.get(number, number) for number in other.operands),
                    other.attributes,
                    other.results,
                )
                for other in graph.nodes
            )
            outputs = tuple(swap.get(number, number) for number in graph.outputs)
            if position < len(nodes):
                yield from _valid(Graph(graph.inputs, nodes, outputs), case)


def _smaller_shapes(case: Case) -> Iterator[Case]:
    """One size of the inputs, wherever it occurs, made smaller."""
    sizes = sorted({size for shape in case.graph.inputs for size in shape if size > 1}, reverse=True)
    for size in sizes:
        for smaller in {1, 2, size - 1} - {size}:
            shapes = tuple(tuple(smaller if s == size else s for s in shape) for shape in case.graph.inputs)
            point = tuple(
                array[tuple(slice(0, s) for s in shape)] for array, shape in zip(case.point, shapes, strict=True)
            )
            nodes = tuple(
                Node(
                    node.op,
                    node.operands,
                    {k: _resized(v, size, smaller) for k, v in node.attributes.items()},
                    node.results,
                )
                if "shape" in node.attributes
                else node
                for node in case.graph.nodes
            )
            yield from _valid(Graph(shapes, nodes, case.graph.outputs), Case(case.graph, point, case.stratum))


def _resized(value: Attribute, size: int, smaller: int) -> Attribute:
    return tuple(smaller if item == size else item for item in value) if isinstance(value, tuple) else value


def _simpler_numbers(case: Case) -> Iterator[Case]:
    """All inputs, then single inputs, rounded to coarser grids."""
    for grid in (1.0, 2.0, 8.0):
        rounded = tuple(np.round(array * grid) / grid for array in case.point)
        if not all(np.array_equal(new, old) for new, old in zip(rounded, case.point, strict=True)):
            yield Case(case.graph, rounded, case.stratum)
        for number, (new, old) in enumerate(zip(rounded, case.point, strict=True)):
            if len(case.point) > 1 and not np.array_equal(new, old):
                yield Case(case.graph, (*case.point[:number], new, *case.point[number + 1 :]), case.stratum)


def _valid(graph: Graph, source: Case) -> Iterator[Case]:
    """The pruned case over ``graph`` with the point of ``source``, if it is one."""
    try:
        candidate = prune(Case(graph, source.point, source.stratum))
        check(candidate.graph)
    except MalformedGraph:
        return
    if candidate.graph.inputs and candidate.graph.nodes:
        yield candidate


def _values(case: Case) -> list[np.ndarray]:
    """Every value of the graph at the point, in float64."""
    known = evaluate(case.graph, [array[None] for array in case.point], keep_values=True).values
    return [value[0] if value.dtype == bool else value[0].astype(np.float64) for value in known]


def _on_grid(array: np.ndarray) -> np.ndarray:
    return np.round(array * GRID) / GRID
