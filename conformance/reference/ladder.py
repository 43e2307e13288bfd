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
    candidates, errors = [np.zeros_like(differences[:1])], [np.full((1, *differences.shape[1:]), np.inf)]
    for order in range(1, level_count):
        weight = 4.0**order
        with np.errstate(all="ignore"):
            change = tableau[1:] - tableau[:-1]
            refined = tableau[1:] + change / (weight - 1)
            # |refined - finer parent| is |change| / (weight - 1), |refined - coarser parent| is |change| times more
            disagreement = np.abs(change) * (weight / (weight - 1))
        spread = (weight * spread[1:] + spread[:-1]) / (weight - 1)
        valid = valid[1:] & valid[:-1]
        error = np.where(valid[:, :, None], disagreement + spread, np.inf).astype(float)
        candidates.append(refined)
        errors.append(np.where(np.isnan(error), np.inf, error))
        tableau = refined
    every, error = np.concatenate(candidates), np.concatenate(errors)
    best = np.argmin(error, axis=0)[None]
    value = np.take_along_axis(every, best, axis=0)[0]
    least = np.take_along_axis(error, best, axis=0)[0]
    return Extrapolated(value.T, least.T, counted.sum(axis=0), differences.transpose(0, 2, 1))
