"""Frozen noise: what rounding does to a derivative, measured by imitating where frameworks round.

The same random factors are used over a whole difference stencil, so that the perturbed graph is again a smooth function
and its finite difference shows how far rounding of relative size d moves the derivative.  The spread is linear in d, hence
one measurement serves float64 and float32; lower precision is measured with d as large as its roundoff.
"""

from __future__ import annotations

import numpy as np

from autograd_conformance.ops.op import Array, Rounding
from autograd_conformance.ops.small import NEVER_DIVIDING

AT_ONCE = 2048
"""Random numbers drawn in one call."""


class FrozenNoise(Rounding):
    """The rounding of R replicates of a stencil of M rows, laid out as R * M copies, centre row first in each replicate.

    Value noise multiplies by 1 + d eta.  Tangent noise replaces a value by centre + (1 + d eta')(value - centre) and
    stands for the rounding of adjoints.  eta is uniform on [-1, 1] with unit root mean square.

    ``least`` is the absolute rounding error of results too small to be normal numbers (an exact zero has none) and
    ``least_adjoint`` that of adjoints; what the latter adds to a derivative is gathered in ``lost``, (R * M,), for every
    functional alike.

    ``largest`` and ``smallest`` are magnitudes met where there is a ``least``; the smallest only in ops that may divide.

    ``order`` is that of the difference the stencil is for: a rule that computes the derivative from the output, with an
    absolute error, makes one of that size in every derivative up to it, which grows like that of tanh: 1, 2, 4, 16.
    """

    def __init__(
        self,
        size: float,
        replicates: int,
        rows: int,
        generator: np.random.Generator,
        least: float = 0.0,
        least_adjoint: float = 0.0,
        order: int = 1,
    ) -> None:
        self.size = size
        self.replicates = replicates
        self.rows = rows
        self.least = least
        self.least_adjoint = least_adjoint
        self.order = order
        self.largest, self.smallest = 0.0, np.inf
        self._may_divide = True
        self.lost: Array = np.zeros(replicates * rows)
        self._generator = generator
        self._factors: Array = np.empty(0)

    def enter(self, op: str) -> None:
        self._may_divide = op not in NEVER_DIVIDING

    def __call__(self, value: Array) -> Array:
        if self.rows == 1 and not self.least:
            self._factor(value)  # for the tangent that is not there, so that values get the same numbers as ever
            return value * self._factor(value)
        shaped = value.reshape(self.replicates, self.rows, *value.shape[1:])
        centre = shaped[:, :1]
        moved = shaped - centre
        if self.least and value.size:
            magnitude = np.abs(centre[:1])
            self.largest = max(self.largest, float(magnitude.max()))
            if self._may_divide:
                self.smallest = min(self.smallest, float(magnitude.min(where=magnitude > 0, initial=np.inf)))
            lost = moved * (self._factor(centre) - 1) * (self.least_adjoint / self.size)
            self.lost += lost.reshape(value.shape[0], -1).sum(axis=1)
        moved *= self._factor(centre)
        moved += centre
        moved *= self._factor(centre)
        if self.least:
            moved += (centre != 0) * (self._factor(centre) - 1) * (self.least / self.size)
        return moved.reshape(value.shape)

    def normwise(self, value: Array, axes: tuple[int, ...]) -> Array:
        if value.size == 0:
            return value
        shaped = value.reshape(self.replicates, self.rows, *value.shape[1:])
        centre = shaped[:, :1]
        change = shaped - centre
        largest = np.max(np.abs(centre), axis=axes, keepdims=True)
        largest_change = np.max(np.abs(change), axis=axes, keepdims=True)
        sign = np.sign(np.sum(change, axis=axes, keepdims=True))
        eta, other = self._factor(centre) - 1, self._factor(centre) - 1
        noisy = shaped + largest * eta + sign * largest_change * other
        return noisy.reshape(value.shape)

    def absolute(self, value: Array, movement_of: Array, scale: Array | float) -> Array:
        shaped = movement_of.reshape(self.replicates, self.rows, *movement_of.shape[1:])
        centre = shaped[:, :1]
        moved = shaped - centre
        movement = moved * (self._factor(centre) - 1)
        for power in range(2, self.order + 1):
            movement += moved**power * (self._factor(centre) - 1)
        return value + movement.reshape(value.shape) * scale

    def _factor(self, centre: Array) -> Array:
        """Numbers 1 + d eta, one for each element of the centre rows of all replicates."""
        if self._factors.size < centre.size or self._factors.dtype != centre.dtype:
            uniform = self._generator.random(max(centre.size, AT_ONCE))
            uniform -= 0.5
            uniform *= 2 * np.sqrt(3.0) * self.size
            self._factors = 1 + uniform.astype(centre.dtype)
        taken, self._factors = self._factors[: centre.size], self._factors[centre.size :]
        return taken.reshape(centre.shape)


class InFormat(Rounding):
    """The rounding of one dtype itself, in the order and the steps of the NumPy meaning, which need not be a framework's.

    It shows where values that differ come to be the same number, so that a variance of them is nothing and its reciprocal
    infinite; random noise never makes two numbers equal.
    """

    def __init__(self, dtype: str) -> None:
        self._round = {"float16": _to_float16, "bfloat16": _to_bfloat16}[dtype]

    def __call__(self, value: Array) -> Array:
        return self._round(value)

    def normwise(self, value: Array, axes: tuple[int, ...]) -> Array:
        return self._round(value)


def _to_float16(value: Array) -> Array:
    return value.astype(np.float16).astype(np.float64)


def _to_bfloat16(value: Array) -> Array:
    """To the nearest of the numbers whose last sixteen bits are zero in float32, ties to even."""
    bits = value.astype(np.float32).reshape(-1).view(np.uint32)
    nearest = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(0xFFFF0000)
    return nearest.view(np.float32).reshape(value.shape).astype(np.float64)
