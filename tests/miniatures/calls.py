"""Faults in what is handed back: the program is right, the gradients are spoilt afterwards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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


class FaultyDerivation(FaultyCall):
    """A fault in the answer to some words; gradients are right."""

    torch_modes = ("eager", "func")

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[Gradients, Gradients]:
        return super(FaultyCall, self).vjp(program, leaves, cotangents)

    def derive(
        self,
        program: Program,
        leaves: Sequence[Native],
        word: str,
        cotangents: Sequence[Native],
        tangents: Sequence[Sequence[Native]],
    ) -> Gradients:
        found = tuple(super().derive(program, leaves, word, cotangents, tangents))
        return self.spoil_word(word, found, tangents) if self.affects(program.graph) else found

    def spoil_word(self, word: str, found: Gradients, tangents: Sequence[Sequence[Native]]) -> Gradients:
        raise NotImplementedError


class ForwardModeScaled(FaultyDerivation):
    """Forward mode through one op is a millionth too large at every step; reverse mode is right."""

    ops = ("mul",)

    def spoil_word(self, word: str, found: Gradients, tangents: Sequence[Sequence[Native]]) -> Gradients:
        return tuple(None if one is None else one * (1 + 1e-6) ** word.count("f") for one in found)


class GradientOfGradientScaled(FaultyDerivation):
    """A gradient of a gradient is a millionth too large; forward mode, and what it is mixed with, is right."""

    ops = ("mul",)

    def spoil_word(self, word: str, found: Gradients, tangents: Sequence[Sequence[Native]]) -> Gradients:
        factor = 1 + 1e-6 if word.startswith("rr") else 1.0
        return tuple(None if one is None else one * factor for one in found)


class HessianSkewed(FaultyDerivation):
    """Something is added to the Hessian that is not symmetric, for leaves of more than two elements."""

    ops = ("mul",)

    def spoil_word(self, word: str, found: Gradients, tangents: Sequence[Sequence[Native]]) -> Gradients:
        if word != "rr":
            return found
        return tuple(one if one is None else one + self._turned(t) for one, t in zip(found, tangents[0], strict=True))

    def _turned(self, array: Native) -> Native:
        """A skew-symmetric matrix times the elements: those that follow less those that precede."""
        dtype, plain = self.export(array)
        flat = plain.ravel()
        return self.native((np.roll(flat, -1) - np.roll(flat, 1)).reshape(plain.shape), dtype)


class ThirdOrderDrifts(FaultyDerivation):
    """Three reverse steps are off by less than finite differences see; other words of that order are right."""

    ops = ("mul",)
    frameworks = ("Torch",)

    def spoil_word(self, word: str, found: Gradients, tangents: Sequence[Sequence[Native]]) -> Gradients:
        factor = 1 + 3e-12 if word == "rrr" else 1.0
        return tuple(None if one is None else one * factor for one in found)


class WholeJacobianScaled(FaultyDerivation):
    """A whole Jacobian is a millionth too large; the rows are right one by one."""

    ops = ("mul",)
    frameworks = ("Torch", "Jax")

    def spoil_word(self, word: str, found: Gradients, tangents: Sequence[Sequence[Native]]) -> Gradients:
        return found

    def jacobian(self, program: Program, leaves: Sequence[Native], form: str) -> Sequence[Gradients]:
        rows = super().jacobian(program, leaves, form)
        factor = 1 + 1e-6 if self.affects(program.graph) else 1.0
        return [tuple(one * factor for one in row) for row in rows]


class MixedPartialsLost(FaultyDerivation):
    """A whole Hessian has no second derivatives by two different leaves; every word is right."""

    ops = ("mul",)
    frameworks = ("Torch", "Jax")

    def spoil_word(self, word: str, found: Gradients, tangents: Sequence[Sequence[Native]]) -> Gradients:
        return found

    def hessian(self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> Sequence[Gradients]:
        found = super().hessian(program, leaves, cotangents)
        if not self.affects(program.graph):
            return found
        return [tuple(one * (row == column) for column, one in enumerate(each)) for row, each in enumerate(found)]


class ExamplesMixedUp(FaultyDerivation):
    """Every example of a batch gets the gradient of the one before."""

    ops = ("mul",)
    frameworks = ("Torch", "Jax")

    def spoil_word(self, word: str, found: Gradients, tangents: Sequence[Sequence[Native]]) -> Gradients:
        return found

    def per_example(self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> Gradients:
        found = super().per_example(program, leaves, cotangents)
        return tuple(map(self._rolled, found)) if self.affects(program.graph) else found

    def _rolled(self, array: Native) -> Native:
        dtype, plain = self.export(array)
        return self.native(np.roll(plain, 1, axis=0), dtype)


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
