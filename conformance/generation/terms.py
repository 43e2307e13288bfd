"""Graphs written down as expressions: every op of the vocabulary is a method, and arithmetic is arithmetic."""

from __future__ import annotations

from collections.abc import Callable

from autograd_conformance.graph import Attribute, Graph, Node, Shape
from autograd_conformance.ops import VOCABULARY

Expression = Callable[..., "Term"]
"""From the leaves to the result."""


def graph_of(expression: Expression, *shapes: Shape) -> Graph:
    """The graph of an expression over leaves of these shapes."""
    nodes: list[Node] = []
    result = expression(*(Term(nodes, number, len(shapes)) for number in range(len(shapes))))
    return Graph(shapes, tuple(nodes), (result.number,))


class Term:
    """A value of a graph that is being written; every op of the vocabulary is a method of its first operand."""

    def __init__(self, nodes: list[Node], number: int, leaves: int) -> None:
        self.nodes = nodes
        self.number = number
        self.leaves = leaves

    def apply(self, op: str, *others: Term, **attributes: Attribute) -> tuple[Term, ...]:
        """All results of an op."""
        first = self.leaves + sum(node.results for node in self.nodes)
        node = Node(op, (self.number, *(other.number for other in others)), attributes, VOCABULARY[op].results)
        self.nodes.append(node)
        return tuple(Term(self.nodes, first + place, self.leaves) for place in range(node.results))

    def __getattr__(self, op: str) -> Callable[..., Term]:
        """An op of one result."""
        if op not in VOCABULARY:
            raise AttributeError(op)
        return lambda *others, **attributes: self.apply(op, *others, **attributes)[0]

    def __add__(self, other: Term | float) -> Term:
        return self.add(other) if isinstance(other, Term) else self.shift(offset=float(other))

    def __sub__(self, other: Term | float) -> Term:
        return self.sub(other) if isinstance(other, Term) else self.shift(offset=-float(other))

    def __mul__(self, other: Term | float) -> Term:
        return self.mul(other) if isinstance(other, Term) else self.scale(factor=float(other))

    def __truediv__(self, other: Term) -> Term:
        return self.div(other)

    def __matmul__(self, other: Term) -> Term:
        return self.matmul(other)

    def __neg__(self) -> Term:
        return self.neg()

    @property
    def turned(self) -> Term:
        """Of two axes, the other way round."""
        return self.transpose(permutation=(1, 0))

    def shaped(self, *shape: int) -> Term:
        return self.reshape(shape=shape)

    def summed(self, *axes: int) -> Term:
        return self.sum(axes=axes, keepdims=False)

    def total(self, op: str = "sum") -> Term:
        """Of each row, the axis kept."""
        return self.apply(op, axes=(1,), keepdims=True)[0]

    def joined(self, other: Term, axis: int = 0) -> Term:
        return self.concatenate(other, axis=axis)

    def parts(self) -> tuple[Term, ...]:
        return self.apply("split", axis=1, at=1)

    def rows(self) -> tuple[Term, ...]:
        return self.apply("unstack", axis=0)

    def padded(self, before: int, after: int) -> Term:
        """With rows of zeros."""
        return self.pad_constant(widths=((before, after), (0, 0)), value=0.0)

    def constant(self, value: float) -> Term:
        """An array of one number that nobody sees to be one."""
        return self * 0.0 + value
