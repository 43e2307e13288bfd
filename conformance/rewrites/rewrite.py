"""What a rewrite is, and how a graph is written anew with something changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from autograd_conformance.case import Case, Point
from autograd_conformance.graph import Attribute, Graph, Node, Shape
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.wrapping import Wrapping

Changes = Literal["graph", "leaves", "wrapping", "constants"]
Share = Literal["none", "one in three", "one in eight", "all"]
"""How many rewrites are asked about: one of so many cases, or all that apply to every case."""

FEW_NODES = 4
LESS_OFTEN = 6


def rarity(case: Case) -> int:
    """How many times less often than an op in a small context a case is asked in another form.

    What other forms show a kernel or a custom rule does wrong, and an op in a small context shows it at a fraction of the
    price, with nothing round it that could hide it.  Large graphs are for what only ops together do.
    """
    return LESS_OFTEN if len(case.graph.nodes) > FEW_NODES else 1


def one_in(case: Case, share: Share, counts: Mapping[Share, int]) -> int:
    """Of how many cases like this one is asked in another form: as many as ``counts`` says; of large graphs, where that is
    no compilation, of more.
    """
    return counts[share] * (rarity(case) if share == "one in three" else 1)


@dataclass(frozen=True, eq=False)
class Rewritten:
    """A case written in another way.

    ``cotangent`` stands for the case's first, and ``restore`` turns the gradients of the rewritten leaves into those of
    the case's own.
    """

    name: str
    changes: Changes
    case: Case
    cotangent: Point
    restore: Callable[[Point], Point]
    wrapping: Wrapping | None = None
    """What stands round a part of the program, where that is all that is written in another way."""
    held: Case | None = None
    """Where a part counts as constant: the case without it, its results as further inputs, the last ones."""


@dataclass(frozen=True, eq=False)
class Rewrite:
    """``name`` completes the sentence "the gradient is the same ...".  ``apply`` returns None where it has no place."""

    name: str
    changes: Changes
    apply: Callable[[Case], Rewritten | None]


@dataclass(eq=False)
class Draft:
    """A graph under construction over ``inputs``."""

    inputs: tuple[Shape, ...]
    nodes: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._count = len(self.inputs)

    def add(self, op: str, *operands: int, **attributes: Attribute) -> int:
        """Append an op; the number of its first result."""
        return self.copy(Node(op, (), attributes, VOCABULARY[op].results), operands)

    def copy(self, node: Node, operands: Sequence[int]) -> int:
        """Append a node with other operands; the number of its first result."""
        self.nodes.append(Node(node.op, tuple(operands), node.attributes, node.results))
        self._count += node.results
        return self._count - node.results


WriteNode = Callable[[Draft, int, Node, list[int]], int]
"""Writes the node at a position for operands numbered anew, and returns the number of its first result."""


def copied(draft: Draft, _position: int, node: Node, operands: list[int]) -> int:
    return draft.copy(node, operands)


def written_anew(graph: Graph, draft: Draft, leaves: Sequence[int], write: WriteNode = copied) -> Graph:
    """The graph over the draft's inputs, where ``leaves`` stand for its own."""
    numbers = list(leaves)
    for position, node in enumerate(graph.nodes):
        first = write(draft, position, node, [numbers[operand] for operand in node.operands])
        numbers += range(first, first + node.results)
    return Graph(draft.inputs, tuple(draft.nodes), tuple(numbers[output] for output in graph.outputs))


def picked(case: Case, count: int) -> int:
    """One of ``count`` places, by the case's content but not as its rewrite is."""
    return case.seed // 1021 % count
