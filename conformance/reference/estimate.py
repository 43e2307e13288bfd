"""The reference's answer for one case: value, derivative, error of both, and how strongly rounding moves them.

For cotangent u and direction v the quantity is phi'(0) with phi(t) = <u, f(x + t v)>, from central differences of the
forward graph alone.  Where the inputs are few the directions are all unit vectors, and the whole gradient is known.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from autograd_conformance.case import Case, flatten
from autograd_conformance.ops.op import Array
from autograd_conformance.reference.conditioning import Conditioning, Noise, Stencil
from autograd_conformance.reference.copies import Moved
from autograd_conformance.reference.higher import Differential, Differentials
from autograd_conformance.reference.interpreter import EXTENDED, UNIT, evaluate
from autograd_conformance.reference.ladder import Extrapolated, extrapolate, problem_at
from autograd_conformance.reference.probes import Probes, probes_of

LEVELS = 6
FIRST_STEPS = tuple(2.0**-exponent for exponent in (4, 10, 16, 22, 28, 34))
"""The ladder starts at the first; where a decision lies closer than that, or it is not sharp, another one at the second, and
where probes contradict it at the next one that they do not contradict.
"""
MOST_LADDERS = 2
"""Tried without need of smaller steps."""
TOO_FAST = "the function varies faster here than differences can show"
SHARP = 2.0**-33
"""Error beside the largest derivative above which the second ladder is asked too."""
MOST_ELEMENTS_WHOLE = 48
DIRECTIONS = 6
LARGE_COUNT, LARGE_DIRECTIONS = 1000, 2
"""From so many elements on a ladder takes tenths of a second, and fewer directions do: each sees every element."""
MOST_JACOBIAN_ROWS = 6

Opinion = tuple[float, float, str]
"""A number that was reached in another way than the reference's, its error, and how."""


@dataclass(frozen=True, eq=False)
class Derivative:
    """Directional derivatives of q functionals in p directions, and the reference's own error: both (q, p)."""

    value: Array
    error: Array

    def __getitem__(self, functional: int) -> Derivative:
        return Derivative(self.value[functional], self.error[functional])


@dataclass(frozen=True, eq=False)
class Estimate:
    """Everything a law may compare with.

    ``outputs``: (m,) over all outputs side by side.  ``directions``: (p, n); ``is_whole`` when they are the unit vectors.
    ``cotangents``: (q, m) functionals u, w and 2u + w.  ``problem`` says why there is no derivative here.
    """

    case: Case
    cotangents: Array
    is_whole: bool
    is_glance: bool
    _attempt: Attempt
    differentials: Differentials
    """Derivatives of any order; those of order 1 along one tangent only."""
    _noise_at_a_glance: Noise | None = None
    opinions: dict[Hashable, Opinion] = field(default_factory=dict)
    """What was reached in other ways, and of what."""

    @property
    def outputs(self) -> Array:
        return self._attempt.centre

    @property
    def directions(self) -> Array:
        return self._attempt.directions

    @property
    def problem(self) -> str:
        return self._attempt.problem

    @property
    def row_count(self) -> int:
        """Rows of the Jacobian that are estimated."""
        return self._attempt.functional_count - len(self.cotangents)

    @cached_property
    def derivative(self) -> Derivative:
        """Of the functionals in `cotangents`."""
        return self._found(slice(0, len(self.cotangents)))

    @cached_property
    def jacobian(self) -> Derivative | None:
        """Of the unit cotangents; None where outputs are many."""
        return self._found(slice(len(self.cotangents), None)) if self.row_count else None

    def _found(self, functionals: slice) -> Derivative:
        found = self._attempt.glance if self.is_glance else self._attempt.result
        return Derivative(found.value[functionals], found.error[functionals])

    @property
    def steps(self) -> Array:
        return self._attempt.steps.astype(float)

    @property
    def differences(self) -> Array:
        """(levels, functionals, p): central differences by step, the rows of the Jacobian after the cotangents."""
        return self._attempt.glance.differences

    def noise(self, dtype: str) -> Noise:
        """How rounding in this dtype moves outputs and derivatives."""
        return self._noise_at_a_glance or self._attempt.conditioning.noise(dtype)

    def differential(self, order: int, dtype: str) -> Differential:
        """The derivative of this order along the case's tangents, with how rounding in this dtype moves it."""
        return self.differentials.of(order, dtype, self.is_glance)

    def scale(self, dtype: str) -> float:
        """What cotangents are multiplied with in this dtype, a power of two; 1 where no scale would do."""
        scale = self._attempt.conditioning.scale(dtype)
        return scale if scale > 0 else 1.0

    @cached_property
    def at_a_glance(self) -> Estimate:
        """The same with a cheap error and no noise: what agrees with less agrees with all."""
        return self._at_a_glance(self._attempt.conditioning.nothing)

    def at_a_second_glance(self, directions: tuple[int, ...] | None) -> Estimate:
        """At a glance, but with the noise of the outputs and of derivatives along these directions, None: along all."""
        return self._at_a_glance(self._attempt.conditioning.noise_along(directions))

    def _at_a_glance(self, noise: Noise) -> Estimate:
        return replace(self, is_glance=True, _noise_at_a_glance=noise)

    @cached_property
    def is_constant(self) -> bool:
        """Whether no derivative differs from zero, so that a pass would prove nothing."""
        return bool(np.all(np.abs(self.derivative.value) <= self.derivative.error))


def estimate(case: Case) -> Estimate:
    """Estimate value and first derivative of ``case``; never raises for a valid case."""
    is_whole = case.element_count <= MOST_ELEMENTS_WHOLE
    directions = np.eye(case.element_count) if is_whole else case.directions(_direction_count(case))
    ladder = Ladder(case, directions, FIRST_STEPS[0])
    case.learn_shapes(ladder.clean.shapes)
    first, second = flatten(case.cotangent(0)), flatten(case.even_cotangent)
    cotangents = np.array([first, second, 2 * first + second])
    rows = len(first) if is_whole and len(first) <= MOST_JACOBIAN_ROWS else 0
    plain = len(cotangents)
    functionals = np.eye(plain + rows, len(first), -plain, EXTENDED)
    functionals[:plain] = cotangents
    best = best_attempt(ladder, functionals, plain)
    return Estimate(case, cotangents, is_whole, False, best, Differentials(case, best.longest))


def best_attempt(first: Ladder, functionals: Array, plain: int) -> Attempt:
    """That of the first ladder that serves, with another one beside it where it is not sharp."""
    serves: list[Attempt] = []
    fails: list[Attempt] = []
    tried = 0
    for ladder in _ladders(first):
        attempt = Attempt(ladder, functionals, plain)
        (fails if attempt.problem else serves).append(attempt)
        tried += attempt.problem != TOO_FAST
        if tried == MOST_LADDERS or (serves and serves[0].is_sharp()):
            break
    if not serves:
        return fails[0]
    best, *others = serves
    best.sharper = others[0] if others else None
    if any(each.problem == TOO_FAST for each in fails):
        best.longest = best.first_step
    return best


def _ladders(first: Ladder) -> Iterator[Ladder]:
    """This one, then others of the same directions whose steps are smaller as those of `FIRST_STEPS` are."""
    yield first
    for step in FIRST_STEPS[1:]:
        yield Ladder(first.case, first.directions, first.first_step * (step / FIRST_STEPS[0]))


def _direction_count(case: Case) -> int:
    return DIRECTIONS if case.element_count < LARGE_COUNT else LARGE_DIRECTIONS


class Ladder:
    """A graph evaluated at its point, at every step from it along every direction, (p, n), and at its probes."""

    def __init__(self, case: Case, directions: Array, first_step: float) -> None:
        self.case = case
        self.directions = directions
        self.first_step = first_step
        self.steps = (first_step * 2.0 ** -np.arange(LEVELS)).astype(EXTENDED)
        self.probes = probes_of(flatten(case.point), float(self.steps[-1]), len(directions))
        self.clean = evaluate(case.graph, self._inputs())

    def _inputs(self) -> Moved:
        """Of every input the centre, then forward and backward rows, level by level, then those of the probes: of these
        copies those that move it.
        """
        steps, probes = self.steps.astype(float)[:, None, None], self.probes.moves @ self.directions
        copies = 2 * LEVELS * len(self.directions)
        inputs, flags, end = [], [], 0
        for array in self.case.point:
            start, end = end, end + array.size
            mine = self.directions[:, start:end]
            is_moved = np.ones(1 + copies + 2 * len(probes), bool)
            is_moved[1 : 1 + copies].reshape(2 * LEVELS, -1)[:] = moving = mine.any(axis=1)
            rows = (steps * mine[moving]).astype(EXTENDED)
            inputs.append(_moved(array, rows.reshape(math.prod(rows.shape[:2]), array.size), probes[:, start:end]))
            flags.append(is_moved)
        return Moved(inputs, flags)


def _moved(array: Array, *each: Array) -> Array:
    """The array, then with each of these moves, (k, elements), added and with them subtracted."""
    points = np.empty((1 + 2 * sum(map(len, each)), array.size), EXTENDED)
    centre = points[0]
    centre[:] = array.reshape(-1)
    start = 1
    for moves in each:
        middle, end = start + len(moves), start + 2 * len(moves)
        np.add(centre, moves, out=points[start:middle])
        np.subtract(centre, moves, out=points[middle:end])
        start = end
    return points.reshape(len(points), *array.shape)


class Attempt:
    """Derivatives from one ladder: at a glance at once, the result with measured noise when it is needed.

    Functionals beyond the ``plain`` ones are all outputs, one by one.
    """

    def __init__(self, ladder: Ladder, functionals: Array, plain: int) -> None:
        clean, directions = ladder.clean, ladder.directions
        self.directions = directions
        self.functional_count = len(functionals)
        self.first_step = ladder.first_step
        self.steps = ladder.steps
        self.sharper: Attempt | None = None
        """A ladder with other steps, of which the better elements are taken."""
        self.longest = np.inf
        """The longest first step that shows the function, where a longer one was contradicted."""
        self._lock = threading.RLock()
        count = len(directions)
        with np.errstate(all="ignore"):
            outputs = clean.flat_outputs()
            self.centre = outputs[0]
            phi = outputs @ functionals[:plain].T
            if len(functionals) > plain:
                phi = np.concatenate([phi, outputs], axis=1)
            first_probe = 1 + 2 * LEVELS * count
            self._phi = phi[1:first_probe].reshape(2, LEVELS, count, len(functionals))
            self._probed = phi[first_probe:].reshape(2, -1, len(functionals)) - phi[0]
            slope = (self._phi[0, -1] - self._phi[1, -1]) / (2 * self.steps[-1])
            self._rounding = np.abs(self.centre) @ np.abs(functionals.T)
        can_be_probed = clean.is_valid[first_probe:].reshape(2, -1).all(axis=0)
        if not can_be_probed.all():
            self._probed[:, ~can_be_probed] = np.nan
        self._usable = np.asarray(clean.is_valid[1:first_probe].reshape(2, LEVELS, count).all(axis=0))
        stencil = Stencil(
            functionals, plain, directions, float(self.steps[-1]), self.centre, slope, clean.decisions, clean.largest
        )
        self.conditioning = Conditioning(ladder.case, stencil)
        self.problem = problem_at(bool(clean.is_valid[0]), lambda: self._alone)
        if not self.problem and self._is_contradicted(ladder.probes):
            self.problem = TOO_FAST

    @cached_property
    def _alone(self) -> Extrapolated:
        """With the rounding of the functional's value alone in its error, and no other ladder asked."""
        return self._extrapolate(self._rounding, is_final=False)

    @cached_property
    def glance(self) -> Extrapolated:
        """The same once it is settled whether another ladder is asked."""
        return self._sharpest(self._alone, "glance")

    @property
    def result(self) -> Extrapolated:
        """With the measured noise of the functional in its error."""
        with self._lock:
            return self._measured

    @cached_property
    def _measured(self) -> Extrapolated:
        return self._sharpest(
            self._extrapolate(self._rounding + self.conditioning.phi_noise(), is_final=True), "result"
        )

    def is_sharp(self) -> bool:
        return self._alone.is_sharp(SHARP)

    def _is_contradicted(self, probes: Probes) -> bool:
        """Whether its steps show another function than far smaller ones."""
        found, noise = self._alone, self.conditioning.phi_noise
        summing = np.sqrt(len(self.centre))  # of so many terms one after the other
        return probes.contradict(self._probed, found.value, found.error, summing * self._rounding, noise)

    def _extrapolate(self, noise: Array, is_final: bool) -> Extrapolated:
        with np.errstate(all="ignore"):
            error = (UNIT * noise).astype(float)
            return extrapolate(self._phi[0], self._phi[1], self.steps, self._usable, error, is_final)

    def _sharpest(self, mine: Extrapolated, which: str) -> Extrapolated:
        """Element by element, whichever ladder claims the smaller error."""
        if self.sharper is None:
            return mine
        theirs: Extrapolated = getattr(self.sharper, which)
        value = np.where(theirs.error < mine.error, theirs.value, mine.value)
        return replace(mine, value=value, error=np.minimum(theirs.error, mine.error))
