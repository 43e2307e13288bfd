"""Romberg extrapolation of differences, every entry with an error estimate.

Source: the classical tableau in powers of h^2 (Ridders 1982, "Accurate computation of F'(x) and F'(x) F''(x)"), with the
rounding noise of the differentiated function carried along.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array

SECOND_LADDER = "second ladder"
"""What a second opinion by another ladder is called."""
ITS_STEPS = 0.6875
"""How long its steps are beside the first one's."""
FEWEST_LEVELS = 3
"""Usable steps without which a ladder says nothing."""
RIVAL = 64.0
"""An entry whose error is no more than so many times the least is a witness against it."""


@dataclass(frozen=True, eq=False)
class Extrapolated:
    """``value`` and ``error``: (q, p); ``levels``: (p,) usable steps; ``differences``: (L, q, p)."""

    value: Array
    error: Array
    levels: Array
    differences: Array

    def is_sharp(self, limit: float) -> bool:
        """Whether the error is this small beside the largest derivative; a pole nearby asks for smaller steps."""
        largest, error = np.max(np.abs(self.value), initial=0.0), np.max(self.error, initial=0.0)
        return bool(error <= limit * largest) or not self.error.any()


def problem_at(is_finite: bool, found: Callable[[], Extrapolated]) -> str:
    """Why a ladder says nothing at a point, if so; what it found is looked at only where the value is finite."""
    if not is_finite:
        return "the value is not finite here"
    if found().levels.min(initial=FEWEST_LEVELS) < FEWEST_LEVELS:
        return "a decision (a tie, a kink, the end of a domain) lies too close to this point"
    return ""


def extrapolate(
    forward: Array, backward: Array, steps: Array, usable: Array, noise: Array, is_final: bool = True
) -> Extrapolated:
    """Derivative from f(x + h v) and f(x - h v).

    ``forward``, ``backward``: (L, p, q) for L steps, p directions, q functionals; ``steps``: (L,) decreasing by halves;
    ``usable``: (L, p); ``noise``: (q,) absolute rounding error of one evaluation.  A level counts only if all smaller
    steps are usable too.  ``is_final``: claims are held against each other, see `refine`.
    """
    with np.errstate(all="ignore"):
        differences = (forward - backward) / (2 * steps[:, None, None])
    return refine(differences, (1 / steps).astype(float), usable, noise, is_final)


def refine(
    differences: Array, amplification: Array, usable: Array, noise: Array, is_final: bool = True, power: int = 2
) -> Extrapolated:
    """Differences at steps h decreasing by halves, whose error is a series in h^power, extrapolated to h = 0: h^2 for
    central ones of any derivative, h for one-sided ones.

    ``differences``: (L, p, q); ``amplification``: (L,) times ``noise`` is the rounding error of a difference.

    Where two terms of the series cancel by chance, an entry and its parent are alike and both far off.  Others then lie
    beyond both claims, so that one claim is false: with ``is_final`` the error is what it is if the other is true.
    """
    levels, directions, functionals = differences.shape
    kind = differences.dtype.type
    entries = _tableau(levels, kind, power)
    with np.errstate(all="ignore"):
        known = differences.reshape(levels, -1)
        counted = None if usable.all() else np.flip(np.logical_and.accumulate(np.flip(usable, 0), axis=0), 0)
        if counted is not None:
            known = np.where(np.repeat(counted, functionals, axis=1), known, 0)
        value = entries.value @ known
        error = np.abs(entries.disagreement @ known).astype(float)
        error += 2 * float(np.finfo(kind).eps) * np.abs(value).astype(float)
        spread = entries.spread @ (noise * amplification[:, None])
    error.reshape(len(error), directions, functionals)[...] += spread[:, None, :]
    if counted is not None:
        error[np.repeat(~counted[entries.coarsest], functionals, axis=1)] = np.inf
    error[np.isnan(error)] = np.inf
    best, every = error.argmin(axis=0), np.arange(directions * functionals)
    least = error[best, every]
    found = np.where(np.isinf(least), 0, value[best, every])
    if is_final:
        least = _corrected(value, error, found, least)
    return Extrapolated(
        found.reshape(directions, functionals).T,
        least.reshape(directions, functionals).T,
        np.full(directions, levels) if counted is None else counted.sum(axis=0),
        differences.transpose(0, 2, 1),
    )


def _corrected(value: Array, error: Array, found: Array, least: Array) -> Array:
    """The least error of each column, or as much as lets those be right that contradict it."""
    with np.errstate(all="ignore"):
        apart = np.abs(value - found).astype(float)
        contradicts = (error <= RIVAL * least) & (apart > error + least)
    return np.where(contradicts, apart + error, least).max(axis=0)


@dataclass(frozen=True, eq=False)
class _Tableau:
    """Every extrapolated entry as a sum over levels, order by order: matrices (entries, L).

    ``disagreement``: the entry less the parent farther from it.  ``spread``: noise carried along, all signs against us.
    ``coarsest``: the largest step an entry uses.
    """

    value: Array
    disagreement: Array
    spread: Array
    coarsest: Array


@functools.cache
def _tableau(levels: int, kind: type[np.floating[Any]], power: int) -> _Tableau:
    value = spread = np.eye(levels, dtype=kind)
    values, disagreements, spreads, coarsest = [], [], [], []
    for order in range(1, levels):
        weight = kind(2) ** (power * order)
        change = value[1:] - value[:-1]
        value = value[1:] + change / (weight - 1)
        spread = (weight * spread[1:] + spread[:-1]) / (weight - 1)
        values.append(value)
        disagreements.append(change * (weight / (weight - 1)))
        spreads.append(spread)
        coarsest.append(np.arange(levels - order))
    parts = (np.concatenate(values), np.concatenate(disagreements), np.concatenate(spreads).astype(float))
    return _Tableau(*parts, np.concatenate(coarsest))
