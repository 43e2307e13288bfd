"""Graphs written down as expressions: every op of the vocabulary is a method, and arithmetic is arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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

    def __getattr__(self, op: str) -> Callable[..., Any]:
        if op not in VOCABULARY:
            raise AttributeError(op)

        def apply(*others: Term, **attributes: Attribute) -> Any:
            results = VOCABULARY[op].results
            first = self.leaves + sum(node.results for node in self.nodes)
            self.nodes.append(Node(op, (self.number, *(other.number for other in others)), attributes, results))
            made = tuple(Term(self.nodes, first + place, self.leaves) for place in range(results))
            return made if results > 1 else made[0]

        return apply

    def __add__(self, other: Term | float) -> Term:
        made: Term = self.add(other) if isinstance(other, Term) else self.shift(offset=float(other))
        return made

    def __sub__(self, other: Term | float) -> Term:
        made: Term = self.sub(other) if isinstance(other, Term) else self.shift(offset=-float(other))
        return made

    def __mul__(self, other: Term | float) -> Term:
        made: Term = self.mul(other) if isinstance(other, Term) else self.scale(factor=float(other))
        return made

    def __truediv__(self, other: Term) -> Term:
        made: Term = self.div(other)
        return made

    def __matmul__(self, other: Term) -> Term:
        made: Term = self.matmul(other)
        return made

    def __neg__(self) -> Term:
        made: Term = self.neg()
        return made

    @property
    def turned(self) -> Term:
        """Of two axes, the other way round."""
        made: Term = self.transpose(permutation=(1, 0))
        return made

    def shaped(self, *shape: int) -> Term:
        made: Term = self.reshape(shape=shape)
        return made

    def summed(self, *axes: int) -> Term:
        made: Term = self.sum(axes=axes, keepdims=False)
        return made

    def total(self, op: str = "sum") -> Term:
        """Of each row, the axis kept."""
        made: Term = getattr(self, op)(axes=(1,), keepdims=True)
        return made

    def repeated(self, *shape: int) -> Term:
        made: Term = self.broadcast_to(shape=shape)
        return made

    def joined(self, other: Term, axis: int = 0) -> Term:
        made: Term = self.concatenate(other, axis=axis)
        return made

    def parts(self) -> tuple[Term, Term]:
        made: tuple[Term, Term] = self.split(axis=1, at=1)
        return made

    def rows(self) -> tuple[Term, Term]:
        made: tuple[Term, Term] = self.unstack(axis=0)
        return made

    def padded(self, before: int, after: int) -> Term:
        """With rows of zeros."""
        made: Term = self.pad_constant(widths=((before, after), (0, 0)), value=0.0)
        return made

    def cut(self, start: int, stop: int, columns: int) -> Term:
        """Some of its rows."""
        made: Term = self.slice(slices=((start, stop - start, 1), (0, columns, 1)))
        return made

    def constant(self, value: float) -> Term:
        """An array of one number that nobody sees to be one."""
        return self * 0.0 + value
