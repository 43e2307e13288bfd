"""Faults in what is handed back: the program is right, the gradients are spoilt afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_conformance.adapter import Native
from autograd_conformance.graph import Graph
from tests.miniatures.fault import FaultyCall

Gradients = tuple[Native | None, ...]


class GradientsAccumulated(FaultyCall):
    """The gradients of earlier calls on the same leaves are added: nobody sets them back to zero."""

    ops = ("mul",)

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        self._leaves: Sequence[Native] = ()
        self._sums: Gradients = ()

    def spoil(self, leaves: Sequence[Native], gradients: Gradients) -> Gradients:
        if list(map(id, leaves)) == list(map(id, self._leaves)):
            pairs = zip(self._sums, gradients, strict=True)
            gradients = tuple(None if gradient is None else earlier + gradient for earlier, gradient in pairs)
        self._leaves, self._sums = leaves, gradients
        return gradients


class ScalarGradientIsVector(FaultyCall):
    """The gradient of an input without axes has one axis, of size 1."""

    ops = ()

    @classmethod
    def affects(cls, graph: Graph) -> bool:
        return () in graph.inputs

    def spoil(self, leaves: Sequence[Native], gradients: Gradients) -> Gradients:
        return tuple(g if g is None or len(g.shape) else g[None] for g in gradients)
