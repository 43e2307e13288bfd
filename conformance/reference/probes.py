"""Differences at steps far smaller than a ladder's, which show whether the ladder has seen the function at all.

Steps longer than a function's waves show what is no derivative, and may by chance, or where they are whole waves, agree
about it to many digits.  A probe is one central difference along a sum of all directions, in parts that differ.  It is too
coarse to take a derivative from, but nothing that a framework can tell from rounding escapes both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.interpreter import EXTENDED, UNIT

SHORTEST = 2.0**18 * UNIT
"""The shorter step beside the largest element of the point: no framework tells it from rounding, if the function is to be
judged at all, and 18 bits of a difference are left.  The longer one lies half-way to the ladder's steps.
"""
ROUNDINGS = 8.0
"""Roundings of the functional, as measured, that may be in a probe."""
OWN_ROUNDINGS = 64.0
"""Roundings of the derivative's own size besides: what is measured of a steep function is less than there is."""
BEND = 2.0**-24
"""Share of what is even in a probe that may be left in what is odd: what that has of higher order, where it has no slope."""
MOST_PARTS = 48


def probe_steps(largest: float, last_step: float) -> Array:
    """Both steps, for a point of elements up to ``largest`` and a ladder that ends at ``last_step``: powers of two, (2,)."""
    shortest = math.log2(SHORTEST) + max(0, math.frexp(largest)[1])
    return np.array([2.0**shortest, 2.0 ** ((shortest + math.log2(last_step)) // 2)], EXTENDED)


def parts_of(count: int) -> Array:
    """How much of each direction is in a probe's."""
    return _PARTS[:count]


_ODD = 2.0 * np.arange(MOST_PARTS) - MOST_PARTS + 1
_PARTS = np.random.Generator(np.random.PCG64(18)).permutation(_ODD) / 32
"""Dyadic, no two alike, none of them zero."""


@dataclass(frozen=True, eq=False)
class Probes:
    """``steps``: (2,); ``moved``: (2, 2, q), how far forward and backward steps move q functionals; ``parts``: (p,)."""

    steps: Array
    moved: Array
    parts: Array

    def contradict(self, value: Array, error: Array, rounding: Array, noise: Callable[[], Array]) -> bool:
        """Whether a derivative (q, p) is farther off than its error and rounding could take it.

        ``rounding``: (q,), that of the functionals' own values; ``noise``: what else moves them, asked for where it matters.
        """
        steps = self.steps[:, None]
        forward, backward = self.moved
        with np.errstate(all="ignore"):
            shown = (forward - backward) / (2 * steps)
            apart = np.abs(shown - value @ self.parts)
            allowed = error @ np.abs(self.parts) + BEND * np.abs(forward + backward) / (2 * steps)
            allowed = allowed + OWN_ROUNDINGS * UNIT / steps * np.abs(shown)
            spread = ROUNDINGS * UNIT / steps
            if not np.any(apart > allowed + spread * rounding):
                return False
            return bool(np.any(apart > allowed + spread * (rounding + noise())))
