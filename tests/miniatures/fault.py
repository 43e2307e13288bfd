"""What a fault is: an adapter to be mixed in before a real one, wrong where ``affects`` says and right elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from autograd_conformance.adapter import Native, Program
from autograd_conformance.adapters.translator import TranslatingAdapter, literal, source_of
from autograd_conformance.graph import Graph, Node, Shape
from autograd_conformance.ops import check
from autograd_conformance.wrapping import Wrapper

FRAMEWORKS = ("Torch", "Jax", "TensorFlow")


class Fault(TranslatingAdapter):
    """Writes another program for the graphs it affects.  Graphs without one of ``ops`` are translated as ever."""

    words: ClassVar[str]
    ops: ClassVar[tuple[str, ...]]
    frameworks: ClassVar[tuple[str, ...]] = FRAMEWORKS
    """Where the fault is possible at all."""
    torch_modes: ClassVar[tuple[str, ...]] = ("eager",)
    """Of torch's modes those the fault can be in: custom rules are written for its engine."""
    is_of_rewrites: ClassVar[bool] = False
    """Whether it is looked for in rewritten cases alone: graphs that have it are hardly ever drawn."""

    @classmethod
    def faulty_nodes(cls, graph: Graph) -> list[Node]:
        return [node for node in graph.nodes if node.op in cls.ops]

    @classmethod
    def affects(cls, graph: Graph) -> bool:
        """Whether the program of this graph has the fault."""
        return bool(cls.faulty_nodes(graph))

    @classmethod
    def members(cls, adapter: type[TranslatingAdapter]) -> Mapping[str, Any]:
        """Attributes of the miniature besides the usual ones."""
        return {}

    def wrappers(self) -> Mapping[str, Sequence[Wrapper]]:
        """None: a fault is written into plain programs only."""
        return {}

    def write_source(self, graph: Graph) -> str:
        return self.write_faulty_source(graph) if self.affects(graph) else super().write_source(graph)

    def write_faulty_source(self, graph: Graph) -> str:
        raise NotImplementedError

    def definitions_with_words(self, graph: Graph) -> list[str]:
        return [self.words, *self.definitions_of(graph)]


class FaultyRule(Fault):
    """A fault in the rule of ops that take floats and have one result.

    ``alter`` is the source of the rule; the attributes of the op are its keyword arguments, and ``function`` is the op
    where the rule ``wants_function``.
    """

    alter: ClassVar[str]
    wants_function: ClassVar[bool] = False

    @classmethod
    def is_wrong_for(cls, *shapes: Shape) -> bool:
        """Whether the rule is wrong for operands of these shapes."""
        return True

    @classmethod
    def faulty_nodes(cls, graph: Graph) -> list[Node]:
        found = super().faulty_nodes(graph)
        shapes = check(graph) if found else ()
        return [node for node in found if cls.is_wrong_for(*(shapes[number] for number in node.operands))]

    def write_faulty_source(self, graph: Graph) -> str:
        faulty = self.faulty_nodes(graph)

        def write_node(node: Node, operands: Sequence[str]) -> str:
            if node not in faulty:
                return self.write_node(node, operands)
            return f"faulty_{node.op}_{faulty.index(node)}({', '.join(operands)})"

        rules = [self._rule(node, f"{node.op}_{number}") for number, node in enumerate(faulty)]
        return source_of(graph, write_node, definitions=[*self.definitions_with_words(graph), self.alter, *rules])

    def _rule(self, node: Node, name: str) -> str:
        operands = [f"x{slot}" for slot in range(len(node.operands))]
        more = "".join(f", {attribute}={literal(value)}" for attribute, value in node.attributes.items())
        more += f", function=plain_{name}" if self.wants_function else ""
        return (
            f"def plain_{name}({', '.join(operands)}):\n"
            f"    return {self.write_node(node, operands)}\n\n\n"
            f"def alter_{name}(pull, operands, cotangent):\n"
            f"    return alter(pull, operands, cotangent{more})\n\n\n"
            f"faulty_{name} = with_vjp(plain_{name}, alter_{name})\n"
        )


class FaultyCall(Fault):
    """A fault in what is done with the gradients of a right program; no script shows it."""

    def write_faulty_source(self, graph: Graph) -> str:
        return super(Fault, self).write_source(graph)

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[tuple[Native, ...], tuple[Native | None, ...]]:
        outputs, gradients = super().vjp(program, leaves, cotangents)
        return outputs, self.spoil(leaves, tuple(gradients)) if self.affects(program.graph) else gradients

    def spoil(self, leaves: Sequence[Native], gradients: tuple[Native | None, ...]) -> tuple[Native | None, ...]:
        raise NotImplementedError
