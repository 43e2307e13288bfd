"""Central differences of any order along several directions at once.

D^n g[d1, ..., dn] is a signed sum of n-th derivatives along the lines d1 + s2 d2 + ... + sn dn over all signs s
(polarisation), and each of those has a central difference whose error is a series in h^2.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from autograd_conformance.ops.op import Array


@dataclass(frozen=True, eq=False)
class Difference:
    """D^n[fixed..., last] for every ``last`` direction: ``fixed`` (n - 1, elements), ``last`` (p, elements)."""

    fixed: Array
    last: Array

    @property
    def order(self) -> int:
        return len(self.fixed) + 1

    @cached_property
    def lines(self) -> Array:
        """(signs, p, elements): the lines to differentiate along."""
        return np.asarray(self.last + (self._signs @ self.fixed)[:, None])

    @cached_property
    def _signs(self) -> Array:
        return np.array(list(itertools.product((1.0, -1.0), repeat=self.order - 1))).reshape(
            2 ** (self.order - 1), self.order - 1
        )

    @cached_property
    def offsets(self) -> Array:
        """(k,) steps along a line, without the centre."""
        places = np.arange(self.order + 1) - self.order / 2
        return places[places != 0]

    @cached_property
    def _weights(self) -> Array:
        """(order + 1,) binomial coefficients with alternating signs, from the highest place downwards made positive."""
        return np.array([(-1.0) ** (self.order - k) * math.comb(self.order, k) for k in range(self.order + 1)])

    @property
    def row_count(self) -> int:
        return int(self.lines.shape[0] * self.lines.shape[1] * len(self.offsets))

    def moves(self, step: float) -> Array:
        """Every row of the stencil besides the centre: (row_count, elements), lines, then directions, then offsets."""
        moves = self.lines[:, :, None] * (step * self.offsets)[:, None]
        return np.asarray(moves.reshape(self.row_count, -1))

    def of(self, phi: Array, step: float) -> Array:
        """The difference from phi at the centre and at every move: (..., 1 + row_count, q) to (..., p, q)."""
        *leading, _, functionals = phi.shape
        signs, count, _ = self.lines.shape
        rows = phi[..., 1:, :].reshape(*leading, signs, count, len(self.offsets), functionals)
        weights = self._weights.astype(phi.dtype)
        if self.order % 2 == 0:
            middle = self.order // 2
            along = np.einsum("k,...kq->...q", np.delete(weights, middle), rows)
            along = along + weights[middle] * phi[..., None, None, 0, :]
        else:
            along = np.einsum("k,...kq->...q", weights, rows)
        together = np.einsum("s,...spq->...pq", np.prod(self._signs, axis=1).astype(phi.dtype), along)
        return np.asarray(together / (signs * math.factorial(self.order) * phi.dtype.type(step) ** self.order))

    def amplification(self, step: float) -> float:
        """What a rounding error of phi becomes in the difference."""
        return float(np.abs(self._weights).sum()) / (math.factorial(self.order) * float(step) ** self.order)

    def usable(self, is_valid: Array) -> Array:
        """(p,) whether every row of a direction is, from (row_count,)."""
        signs, count, _ = self.lines.shape
        return np.asarray(is_valid.reshape(signs, count, -1).all(axis=(0, 2)))
