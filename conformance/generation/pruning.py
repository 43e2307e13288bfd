"""Leaving out what no output needs."""

from __future__ import annotations

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node


def prune(case: Case, keep_inputs: bool = False) -> Case:
    """The same case without dead nodes and, unless ``keep_inputs``, without unused inputs."""
    graph = case.graph
    needed = set(graph.outputs)
    numbered = list(graph.numbered_nodes())
    for results, node in reversed(numbered):
        if needed.intersection(results):
            needed.update(node.operands)
    kept_inputs = [number for number in range(len(graph.inputs)) if keep_inputs or number in needed]
    renumber = {number: position for position, number in enumerate(kept_inputs)}
    nodes: list[Node] = []
    following = len(kept_inputs)
    for results, node in numbered:
        if not needed.intersection(results):
            continue
        operands = tuple(renumber[number] for number in node.operands)
        nodes.append(Node(node.op, operands, node.attributes, node.results))
        for number in results:
            renumber[number] = following
            following += 1
    outputs = tuple(renumber[number] for number in graph.outputs)
    shapes = tuple(graph.inputs[number] for number in kept_inputs)
    return Case(Graph(shapes, tuple(nodes), outputs), tuple(case.point[number] for number in kept_inputs), case.stratum)
