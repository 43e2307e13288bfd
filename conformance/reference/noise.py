"""Frozen noise: what rounding does to a derivative, measured by imitating where frameworks round.

The same random factors are used over a whole difference stencil, so that the perturbed graph is again a smooth function
and its finite difference shows how far rounding of relative size d moves the derivative.  The spread is linear in d, hence
one measurement serves every dtype.
"""

from __future__ import annotations

import numpy as np

from autograd_conformance.ops.op import Array


class FrozenNoise:
    """The rounding of R replicates of a stencil of M rows, laid out as R * M copies, centre row first in each replicate.

    Value noise multiplies by 1 + d eta.  Tangent noise replaces a value by centre + (1 + d eta')(value - centre) and
    stands for the rounding of adjoints.  eta is uniform on [-1, 1] with unit root mean square.
    """

    is_noisy = True

    def __init__(self, size: float, replicates: int, rows: int, generator: np.random.Generator) -> None:
        self.size = size
        self.replicates = replicates
        self.rows = rows
        self._generator = generator

    def __call__(self, value: Array) -> Array:
        shaped = value.reshape(self.replicates, self.rows, *value.shape[1:])
        centre = shaped[:, :1]
        moved = centre + (shaped - centre) * (1 + self._eta(value))
        return (moved * (1 + self._eta(value))).reshape(value.shape)

    def normwise(self, value: Array, axes: tuple[int, ...]) -> Array:
        if value.size == 0:
            return value
        shaped = value.reshape(self.replicates, self.rows, *value.shape[1:])
        centre = shaped[:, :1]
        change = shaped - centre
        largest = np.max(np.abs(centre), axis=axes, keepdims=True)
        largest_change = np.max(np.abs(change), axis=axes, keepdims=True)
        sign = np.sign(np.sum(change, axis=axes, keepdims=True))
        noisy = shaped + largest * self._eta(value) + sign * largest_change * self._eta(value)
        return noisy.reshape(value.shape)

    def absolute(self, value: Array, movement_of: Array, scale: Array | float) -> Array:
        shaped = movement_of.reshape(self.replicates, self.rows, *movement_of.shape[1:])
        movement = ((shaped - shaped[:, :1]) * self._eta(movement_of)).reshape(value.shape)
        return value + movement * scale

    def _eta(self, value: Array) -> Array:
        uniform = self._generator.random((self.replicates, 1, *value.shape[1:]))
        return ((2 * uniform - 1) * (np.sqrt(3.0) * self.size)).astype(value.dtype)


class Jitter:
    """Independent noise in every copy but the first: shows decisions that rounding could turn over."""

    is_noisy = True

    def __init__(self, size: float, generator: np.random.Generator) -> None:
        self._size = size
        self._generator = generator

    def __call__(self, value: Array) -> Array:
        eta = np.asarray(2 * self._generator.random(value.shape) - 1)
        eta[0] = 0
        return value * (1 + self._size * eta)

    def normwise(self, value: Array, axes: tuple[int, ...]) -> Array:
        return value

    def absolute(self, value: Array, movement_of: Array, scale: Array | float) -> Array:
        return value
