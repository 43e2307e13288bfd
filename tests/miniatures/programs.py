"""Faults in how a program is put together, rather than in the rule of an op."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_conformance.adapters.translator import TranslatingAdapter, source_of
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import check
from tests.miniatures.fault import Fault


class FanOutOverwritten(Fault):
    """A value used more than once gets the cotangent of its last use only; being an output comes after all nodes."""

    ops = ()

    @classmethod
    def affects(cls, graph: Graph) -> bool:
        uses, last = cls._uses(graph)
        return any(uses.count(value) > (last[value] is not None) for value in uses)

    @staticmethod
    def _uses(graph: Graph) -> tuple[list[int], dict[int, tuple[int, int] | None]]:
        last: dict[int, tuple[int, int] | None] = {}
        uses: list[int] = []
        for position, node in enumerate(graph.nodes):
            for slot, value in enumerate(node.operands):
                if node.op != "greater":  # it has no cotangent to give
                    uses.append(value)
                    last[value] = (position, slot)
        return uses, last | dict.fromkeys(graph.outputs)

    def write_faulty_source(self, graph: Graph) -> str:
        _, last = self._uses(graph)

        def operand_name(value: int, position: int, slot: int) -> str:
            is_kept = last.get(value, (position, slot)) == (position, slot)
            return f"v{value}" if is_kept else f"stop_gradient(v{value})"

        definitions = self.definitions_with_words(graph)
        return source_of(graph, self.write_node, definitions=definitions, operand_name=operand_name)


class NoneForConnected(Fault):
    """The first input that one op depends on is not connected to anything: None, or zeros in JAX, which has no None."""

    ops = ("mul",)

    def write_faulty_source(self, graph: Graph) -> str:
        first_inputs = {number: number for number in range(len(graph.inputs))}
        lost = len(graph.inputs)
        for results, node in graph.numbered_nodes():
            first = min(first_inputs[value] for value in node.operands)
            first_inputs |= dict.fromkeys(results, first)
            if node.op in self.ops:
                lost = min(lost, first)
        statement = f"v{lost} = stop_gradient(v{lost})"
        definitions = self.definitions_with_words(graph)
        return source_of(graph, self.write_node, definitions=definitions, statements=[statement])


class WhereSwapped(Fault):
    """The branches of `where` exchange their cotangents; the value is right."""

    ops = ("where",)

    def write_faulty_source(self, graph: Graph) -> str:
        def write_node(node: Node, operands: Sequence[str]) -> str:
            written = self.write_node(node, operands)
            if node.op not in self.ops:
                return written
            condition, chosen, other = operands
            return f"with_gradient_of({self.write_node(node, (condition, other, chosen))}, {written})"

        return source_of(graph, write_node, definitions=[*self.definitions_with_words(graph), WITH_GRADIENT_OF])


WITH_GRADIENT_OF = """
def with_gradient_of(other, value):
    return stop_gradient(value) + (other - stop_gradient(other))
"""


class VarianceUnbiased(Fault):
    """The variance divides by n - 1, another framework's default: its value and its gradient agree, and are wrong."""

    ops = ("var",)

    def write_faulty_source(self, graph: Graph) -> str:
        shapes = check(graph)

        def write_node(node: Node, operands: Sequence[str]) -> str:
            written = self.write_node(node, operands)
            if node.op not in self.ops:
                return written
            axes: Any = node.attributes["axes"]
            count = math.prod(shapes[node.operands[0]][axis] for axis in axes)
            return f"{written} * {count / max(count - 1, 1)}"

        return source_of(graph, write_node, definitions=self.definitions_of(graph))


FOLDED = {"eager": "as written", "folded": "constants folded"}


class CompiledToConstant(Fault):
    """Modes other than eager fold one op into a constant, which gets no gradient; torch has a second mode for that."""

    ops = ("scale",)

    @classmethod
    def members(cls, adapter: type[TranslatingAdapter]) -> Mapping[str, Any]:
        return {"modes": FOLDED} if adapter.framework == "torch" else {}

    def write_faulty_source(self, graph: Graph) -> str:
        def write_node(node: Node, operands: Sequence[str]) -> str:
            written = self.write_node(node, operands)
            is_folded = node.op in self.ops and self.mode != "eager"
            return f"stop_gradient({written})" if is_folded else written

        return source_of(graph, write_node, definitions=self.definitions_with_words(graph))


class CurvatureWrong(Fault):
    """The first derivative of one op is right, those of higher order are not."""

    ops = ("expm1",)

    def write_faulty_source(self, graph: Graph) -> str:
        def write_node(node: Node, operands: Sequence[str]) -> str:
            written = self.write_node(node, operands)
            return f"bent({written})" if node.op in self.ops else written

        return source_of(graph, write_node, definitions=[*self.definitions_with_words(graph), BENT])


BENT = """
def bent(y):
    off = y - stop_gradient(y)
    return y + (1 + y) * off * off
"""
"""What is added is zero, and so is its first derivative, in forward and in reverse mode."""


class CompiledCurvatureWrong(CurvatureWrong):
    """Derivatives of higher order of one op are wrong in modes other than eager; torch has a second mode for that."""

    ops = ("arctan",)

    @classmethod
    def members(cls, adapter: type[TranslatingAdapter]) -> Mapping[str, Any]:
        return CompiledToConstant.members(adapter)

    def write_faulty_source(self, graph: Graph) -> str:
        return super().write_faulty_source(graph) if self.mode != "eager" else super(Fault, self).write_source(graph)


class JoinedLeafCut(Fault):
    """The second of two inputs that are concatenated at once is taken for a constant."""

    ops = ("concatenate",)
    is_of_rewrites = True

    @classmethod
    def faulty_nodes(cls, graph: Graph) -> list[Node]:
        inputs = range(len(graph.inputs))
        found = super().faulty_nodes(graph)
        return [node for node in found if set(node.operands) <= set(inputs) and len(set(node.operands)) == 2]

    def write_faulty_source(self, graph: Graph) -> str:
        faulty = self.faulty_nodes(graph)

        def operand_name(value: int, position: int, slot: int) -> str:
            return f"stop_gradient(v{value})" if slot == 1 and graph.nodes[position] in faulty else f"v{value}"

        definitions = self.definitions_with_words(graph)
        return source_of(graph, self.write_node, definitions=definitions, operand_name=operand_name)
