"""Romberg extrapolation of central differences, every entry with an error estimate.

Source: the classical tableau in powers of h^2 (Ridders 1982, "Accurate computation of F'(x) and F'(x) F''(x)"), with the
rounding noise of the differentiated function carried along.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograd_conformance.ops.op import Array


@dataclass(frozen=True, eq=False)
class Extrapolated:
    """``value`` and ``error``: (q, p); ``levels``: (p,) usable steps; ``differences``: (L, q, p)."""

    value: Array
    error: Array
    levels: Array
    differences: Array


def extrapolate(forward: Array, backward: Array, steps: Array, usable: Array, noise: Array) -> Extrapolated:
    """Derivative from f(x + h v) and f(x - h v).

    ``forward``, ``backward``: (L, p, q) for L steps, p directions, q functionals; ``steps``: (L,) decreasing by halves;
    ``usable``: (L, p); ``noise``: (q,) absolute rounding error of one evaluation.  A level counts only if all smaller
    steps are usable too.
    """
    level_count = steps.shape[0]
    counted = np.flip(np.logical_and.accumulate(np.flip(usable, 0), axis=0), 0)
    with np.errstate(all="ignore"):
        differences = (forward - backward) / (2 * steps[:, None, None])
    row_noise = noise[None, None, :] / steps[:, None, None]
    tableau, spread = differences, np.broadcast_to(row_noise, differences.shape)
    valid = counted
    best = np.zeros(differences.shape[1:], dtype=differences.dtype)
    least = np.full(differences.shape[1:], np.inf)
    for order in range(1, level_count):
        weight = 4.0**order
        with np.errstate(all="ignore"):
            refined = tableau[1:] + (tableau[1:] - tableau[:-1]) / (weight - 1)
        spread = (weight * spread[1:] + spread[:-1]) / (weight - 1)
        valid = valid[1:] & valid[:-1]
        with np.errstate(all="ignore"):
            disagreement = np.maximum(np.abs(refined - tableau[1:]), np.abs(refined - tableau[:-1]))
        error = np.where(valid[:, :, None], disagreement + spread, np.inf).astype(float)
        for level in range(refined.shape[0]):
            better = error[level] < least
            best = np.where(better, refined[level], best)
            least = np.where(better, error[level], least)
        tableau = refined
    return Extrapolated(best.T, least.T, counted.sum(axis=0), differences.transpose(0, 2, 1))
