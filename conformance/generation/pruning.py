"""Leaving out what no output needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node, Shape

NumberedNode = tuple[range, Node]
"""A node with the numbers of its result values."""


def prune(case: Case, keep_inputs: bool = False) -> Case:
    """The same case without dead nodes and, unless ``keep_inputs``, without unused inputs."""
    graph = case.graph
    kept = needed(list(graph.numbered_nodes()), graph.outputs)
    inputs: Sequence[int] = range(len(graph.inputs))
    if not keep_inputs:
        used = {*graph.outputs, *(number for _, node in kept for number in node.operands)}
        inputs = [number for number in inputs if number in used]
    pruned = renumbered(inputs, [graph.inputs[number] for number in inputs], kept, graph.outputs)
    return Case(pruned, tuple(case.point[number] for number in inputs), case.stratum)


def needed(numbered: Sequence[NumberedNode], outputs: Iterable[int]) -> list[NumberedNode]:
    """The nodes that the outputs need, in order."""
    wanted, kept = set(outputs), []
    for results, node in reversed(numbered):
        if not wanted.isdisjoint(results):
            wanted.update(node.operands)
            kept.append((results, node))
    return kept[::-1]


def renumbered(
    inputs: Iterable[int], shapes: Iterable[Shape], numbered: Iterable[NumberedNode], outputs: Iterable[int]
) -> Graph:
    """The graph of these values and nodes under numbers without gaps: inputs, of ``shapes``, come first."""
    numbers = {old: new for new, old in enumerate(inputs)}
    nodes = []
    for results, node in numbered:
        operands = tuple([numbers[number] for number in node.operands])
        nodes.append(Node(node.op, operands, node.attributes, node.results))
        for number in results:
            numbers[number] = len(numbers)
    return Graph(tuple(shapes), tuple(nodes), tuple(numbers[number] for number in outputs))
