"""Differences at steps far smaller than a ladder's, which show whether the ladder has seen the function at all.

Steps longer than a function's waves show what is no derivative, and may by chance, or where they are whole waves, agree
about it to many digits; so may steps across a pole.  A probe is one central difference along a sum of all directions, in
parts that differ.  It is too coarse to take a derivative from, but nothing that a framework can tell from rounding escapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.interpreter import EXTENDED, UNIT

SHORTEST = 2.0**18 * UNIT
"""The step of the shorter probes, beside 1 and beside each element of the point: no framework tells it from rounding, if the
function is to be judged at all, and 18 bits of a difference are left.  A longer one lies half-way to the ladder's steps.
"""
EXACT_TO = 12
"""Exponent of the largest element that 64 bits can move by a part of the shortest step."""
ROUNDINGS = 8.0
"""Roundings of the functional, as measured, that may be in a probe."""
OWN_ROUNDINGS = 2.0**10
"""Roundings of how far a probe moves it, besides: of nothing at the centre no rounding is measured there."""
CUBE = 8.0
"""How much more than with the cube of the step may be left of a probe that shows no slope but what is of higher order."""
MOST_PARTS = 48
"""As many directions as an estimate has at most."""

_ODD = 2.0 * np.arange(MOST_PARTS) - MOST_PARTS + 1
PARTS = np.random.Generator(np.random.PCG64(18)).permutation(_ODD) / 32
"""Of each direction in a probe's: dyadic, no two alike, none of them zero."""


@dataclass(frozen=True, eq=False)
class Probes:
    """``moves``: (k, p), how far each of k probes goes along each of p directions."""

    moves: Array

    def contradict(self, moved: Array, value: Array, error: Array, rounding: Array, noise: Callable[[], Array]) -> bool:
        """Whether a derivative (q, p) is farther off than its error and rounding could take it.

        ``moved``: (2, k, q), how far forward and backward moves take q functionals, nan where one cannot be made;
        ``rounding``: (q,), that of the functionals' own values; ``noise``: what else moves them, asked for where it matters.
        """
        forward, backward = moved
        with np.errstate(all="ignore"):
            shown = (forward - backward) / 2
            apart = np.abs(shown - self.moves @ value.T)
            allowed = np.abs(self.moves) @ error.T + OWN_ROUNDINGS * UNIT * np.abs(shown)
            if not np.any(apart > allowed + ROUNDINGS * UNIT * rounding):
                return False
            beyond = apart > allowed + ROUNDINGS * UNIT * (rounding + noise())
            return bool(np.any(beyond & ~self._has_no_slope(apart)))

    def _has_no_slope(self, apart: Array) -> Array:
        """(q,) Whether what is left over shrinks with the cube of the step, as of a determinant at 0."""
        shorter, longer = apart[:2]
        cube = (self.moves[0, 0] / self.moves[1, 0]) ** 3
        return (shorter <= CUBE * cube * longer) & np.all(apart[2:] <= CUBE**3 * shorter, axis=0)


def probes_of(point: Array, last_step: float, count: int) -> Probes:
    """For ``count`` directions, one for each element where they are as many, and a ladder that ends at ``last_step``."""
    exponents = np.frexp(point)[1]
    shortest = math.log2(SHORTEST) + max(0, int(exponents.max(initial=0)) - EXACT_TO)
    sizes = [2.0**shortest, 2.0 ** ((shortest + math.log2(last_step)) // 2)]
    if count == len(point):
        sizes.append(np.ldexp(SHORTEST, exponents))
    moves = np.empty((len(sizes), count), EXTENDED)
    for move, size in zip(moves, sizes, strict=True):
        np.multiply(size, PARTS[:count], out=move)
    return Probes(moves)
