"""One-sided derivatives at a point, from values of the forward graph alone: where a function has a kink or its domain ends.

Difference quotients (f(x + h v) - f(x)) / h have an error that is a series in h, and are extrapolated as central ones are.
Where they grow without end the derivative is infinite, and where the function has no value on a side there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograd_conformance.case import Case, flatten, unflatten
from autograd_conformance.ops.op import Array
from autograd_conformance.reference.interpreter import EXTENDED, UNIT, evaluate
from autograd_conformance.reference.ladder import refine

LEVELS = 8
FIRST_STEPS = (2.0**-5, 2.0**-22)
"""The second sees kinks close to one another."""
SHARP = 2.0**-20
"""A derivative is known where its error is no more than this beside the largest one."""
LASTING = 0.9
"""Quotients whose changes shrink by less than this from step to step do not converge."""
JUMP = 1.9
"""Quotients that grow by so much each time the step is halved, and no less as it goes to 0, show a jump."""
SEEN = 64.0
"""Changes below so many roundings say nothing."""
LINEAR = 2
"""Directions besides the unit vectors, along which a differentiable function has the slope that these foretell."""


@dataclass(frozen=True, eq=False)
class OneSided:
    """Derivatives of the sum of all outputs by each input element (n,), from below and from above, and their errors.

    Infinite where quotients grow without end, nan where there is none or none is known.  ``is_differentiable``: both are the
    same everywhere, and linear.
    """

    below: Array
    above: Array
    error: Array
    is_differentiable: bool

    @property
    def lowest(self) -> Array:
        """(n,) the least that lies between both sides, errors aside; nan where neither is known."""
        return np.fmin(self.below, self.above)

    @property
    def highest(self) -> Array:
        return np.fmax(self.below, self.above)

    @property
    def is_known(self) -> Array:
        """(n,) whether not every number lies between both sides, and some does."""
        return ~np.isnan(self.lowest) & ~((self.lowest == -np.inf) & (self.highest == np.inf))


def one_sided(case: Case) -> OneSided:
    """The derivatives at the case's point; none where the value there hangs on rounding."""
    count = case.element_count
    if not _is_determined(case):
        nothing = np.full(count, np.nan)
        return OneSided(nothing, nothing, np.full(count, np.inf), is_differentiable=False)
    directions = np.concatenate([np.eye(count), case.directions(LINEAR)])
    above, below = (_sharpest(case, side * directions) for side in (1.0, -1.0))
    (right, right_error), (left, left_error) = above, (-below[0], below[1])
    with np.errstate(all="ignore"):
        either = np.where(np.isnan(left), right_error, np.maximum(right_error, left_error))
        error = np.where(np.isnan(right), left_error, either)
        is_same = np.abs(right - left) <= right_error + left_error
        slope = right[:count]
        foretold = np.abs(directions[count:]) @ right_error[:count]
        is_linear = np.abs(directions[count:] @ slope - right[count:]) <= right_error[count:] + foretold
    return OneSided(left[:count], right[:count], error[:count], bool(is_same.all() and is_linear.all()))


def _is_determined(case: Case) -> bool:
    """Whether double precision finds the same outputs as the reference's own arithmetic, to half the digits."""
    fine, coarse = (
        evaluate(case.graph, [array[None].astype(kind) for array in case.point]).flat_outputs()
        for kind in (EXTENDED, np.float64)
    )
    return bool(np.allclose(fine.astype(float), coarse, rtol=SHARP, atol=SHARP, equal_nan=True))


def _sharpest(case: Case, directions: Array) -> tuple[Array, Array]:
    """The limit of quotients along each direction and its error, whichever ladder claims the smaller one; infinite where
    they grow on all of them.
    """
    ladders = [_limits(case, directions, first) for first in FIRST_STEPS]
    infinite = np.stack([np.where(np.isinf(value), value, 0.0) for value, _ in ladders])
    is_infinite = (infinite == infinite[0]).all(axis=0) & (infinite[0] != 0)
    errors = np.stack([np.where(np.isinf(value), np.inf, error) for value, error in ladders])
    best, every = errors.argmin(axis=0), np.arange(len(directions))
    value, error = np.stack([value for value, _ in ladders])[best, every], errors[best, every]
    largest = np.max(np.abs(value), initial=0.0, where=np.isfinite(error))
    value, error = np.where(is_infinite, infinite[0], value), np.where(is_infinite, 0.0, error)
    is_known = error <= SHARP * max(largest, 1.0)
    return np.where(is_known, value, np.nan), np.where(is_known, error, np.inf)


def _limits(case: Case, directions: Array, first_step: float) -> tuple[Array, Array]:
    """By one ladder: (p,) limits and their errors."""
    steps = (first_step * 2.0 ** -np.arange(LEVELS)).astype(EXTENDED)
    count, elements = directions.shape
    moves = (steps[:, None, None] * directions).reshape(LEVELS * count, elements)
    points = flatten(case.point).astype(EXTENDED) + np.concatenate([np.zeros((1, elements)), moves])
    with np.errstate(all="ignore"):
        values = evaluate(case.graph, unflatten(points, case.graph.inputs)).flat_outputs()
        quotients = _changes(values[0], values[1:]).reshape(LEVELS, count) / steps[:, None]
        rounding = np.array([UNIT * np.max(np.abs(values), initial=0.0, where=np.isfinite(values))], float)
        amplification = (1 / steps).astype(float)
        found = refine(quotients[:, :, None], amplification, np.isfinite(quotients), rounding, power=1)
        value, error = found.value[0], found.error[0]
        grows = _grows(quotients, (amplification * rounding)[:, None])
        value = np.where(grows, np.sign(quotients[-1]) * np.inf, value)
    return value.astype(float), np.where(grows, 0.0, error).astype(float)


def _changes(centre: Array, moved: Array) -> Array:
    """(K,) how the sum of all outputs changes from that of the centre (m,) to those of the moves (K, m).

    From an infinite output to a finite one it is infinite, and from a finite to an infinite one nothing that can be said;
    neither can it where an output stays infinite and no other leaves there.
    """
    stays = moved == centre
    change = np.where(stays, 0.0, moved - centre)
    change[np.isinf(moved) & ~stays] = np.nan
    total = change.sum(axis=1)
    return np.asarray(np.where(np.isfinite(centre).all() | np.isinf(total), total, np.nan))


def _grows(quotients: Array, noise: Array) -> Array:
    """(p,) whether quotients grow without end, or are infinite from the start; not where the function jumps."""
    endless = np.isinf(quotients).all(axis=0) & (quotients == quotients[-1]).all(axis=0)
    jumps = np.abs(quotients[-1]) > JUMP * np.abs(quotients[-2])
    changes = np.diff(quotients, axis=0)
    is_seen = (np.abs(changes) > SEEN * (noise[1:] + noise[:-1])).all(axis=0)
    is_lasting = (np.abs(changes[1:]) >= LASTING * np.abs(changes[:-1])).all(axis=0)
    is_one_way = (np.sign(changes) == np.sign(quotients[-1])).all(axis=0)
    return np.asarray(endless | (is_seen & is_lasting & is_one_way & ~jumps & np.isfinite(quotients).all(axis=0)))
