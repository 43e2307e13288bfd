"""Faults in what is handed back: the program is right, the gradients are spoilt afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_conformance.adapter import Native, Program
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


class LayoutIgnored(FaultyCall):
    """The cotangent's storage is read as if it were contiguous; arrays of JAX and TensorFlow always are."""

    ops = ("exp",)
    frameworks = ("Torch",)

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[Gradients, Gradients]:
        if self.affects(program.graph):
            cotangents = [_as_if_contiguous(one) for one in cotangents]
        return super(FaultyCall, self).vjp(program, leaves, cotangents)


def _as_if_contiguous(array: Native) -> Native:
    """As many elements from where it begins, however they were meant."""
    strides = [1] * array.dim()
    for axis in range(array.dim() - 1, 0, -1):
        strides[axis - 1] = strides[axis] * array.shape[axis]
    room = array.untyped_storage().size() // array.element_size() - array.storage_offset()
    return array if room < array.numel() else array.as_strided(array.shape, strides)
