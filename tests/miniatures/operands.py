"""Faults in the gradient that an op hands to its first operand: any op can have them, whatever its rule.

The fault is an identity with a faulty rule round the operand, so it does not matter how many results the op has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from autograd_conformance.adapters.translator import source_of
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY
from tests.miniatures.fault import Fault


class FaultyOperand(Fault):
    """A fault in the gradient of the first operand that has one; ``alter`` is the source of its rule."""

    ops = ()
    alter: ClassVar[str]

    def write_faulty_source(self, graph: Graph) -> str:
        def write_node(node: Node, operands: Sequence[str]) -> str:
            if node.op not in self.ops:
                return self.write_node(node, operands)
            faulty = VOCABULARY[node.op].operands.index("float")
            written = [f"faulty({name})" if slot == faulty else name for slot, name in enumerate(operands)]
            return self.write_node(node, written)

        wrap = "def same(x):\n    return 1 * x\n\n\nfaulty = with_vjp(same, alter)"
        return source_of(graph, write_node, definitions=[*self.definitions_with_words(graph), self.alter, wrap])


class OnePercent(FaultyOperand):
    """The gradient of one op's first operand is a hundredth too large."""

    alter = """
def alter(pull, operands, cotangent):
    return [1.01 * cotangent]
"""


class OneElement(FaultyOperand):
    """The last element of the gradient of one op's first operand is half as large again."""

    alter = """
def alter(pull, operands, cotangent):
    more = 0.5 * cotangent
    for axis in range(len(cotangent.shape)):
        more = where(iota(cotangent, axis) < size(cotangent, axis) - 1, 0 * cotangent, more)
    return [cotangent + more]
"""


class AxesSwapped(FaultyOperand):
    """The gradient of one op's first operand is written with its axes in the opposite order; a vector has but one."""

    alter = """
def alter(pull, operands, cotangent):
    return [turned(cotangent)]
"""


class OffByOne(FaultyOperand):
    """The gradient of one op's first operand lies one position too far along its last axis."""

    alter = """
def alter(pull, operands, cotangent):
    return [roll(cotangent, len(cotangent.shape) - 1) if len(cotangent.shape) else cotangent]
"""


PLANTED: tuple[type[FaultyOperand], ...] = (OnePercent, OneElement, AxesSwapped, OffByOne)
