"""Small independent movements of the copies of a point: what hangs on a hair comes out differently in some of them."""

from __future__ import annotations

import math

import numpy as np

from autograd_conformance.graph import Shape
from autograd_conformance.ops.op import Array, Rounding

COPIES = 6
"""Of a point; the first is the point itself."""
MOVE = 2.0**-4
"""By how much the elements of the others lie apart from it at most."""
SIZE = 2.0**-12
"""Of the noise, relative."""
WIDTH = 6_000
"""Numbers of the table for each copy; the values of most graphs need fewer."""

_EVEN = 2 * np.random.Generator(np.random.PCG64(20)).random((COPIES, WIDTH)) - 1
_EVEN[0] = 0
_MOVES, _FACTORS = MOVE * _EVEN, 1 + SIZE * _EVEN


class Jitter(Rounding):
    """Independent noise in every copy but the first: shows decisions that rounding could turn over.

    The numbers are read one after the other from a table, from a place that ``seed`` says: to draw them anew takes longer
    than most ops.
    """

    def __init__(self, seed: int) -> None:
        self._place = seed % WIDTH

    def moves(self, shape: Shape) -> Array:
        """What a point of this shape is moved by: (COPIES, *shape)."""
        return self._read(_MOVES, (COPIES, *shape))

    def __call__(self, value: Array) -> Array:
        return value * self._read(_FACTORS, value.shape)

    def _read(self, table: Array, shape: Shape) -> Array:
        start = self._place
        self._place = end = start + math.prod(shape[1:])
        if end > WIDTH:
            self._place = end % WIDTH
            return table[:, np.arange(start, end) % WIDTH].reshape(shape)
        return table[:, start:end].reshape(shape)
