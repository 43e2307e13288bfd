"""The reference's answer for one case: value, derivative, error of both, and how strongly rounding moves them.

For cotangent u and direction v the quantity is phi'(0) with phi(t) = <u, f(x + t v)>, from central differences of the
forward graph alone.  Where the inputs are few the directions are all unit vectors, and the whole gradient is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from autograd_conformance.case import Case, flatten, unflatten
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Array
from autograd_conformance.reference.interpreter import EXACT, EXTENDED, UNIT, Evaluation, evaluate
from autograd_conformance.reference.ladder import Extrapolated, extrapolate
from autograd_conformance.reference.noise import FrozenNoise

LEVELS = 6
FIRST_STEPS = (2.0**-4, 2.0**-10)
"""The ladder starts at the first; where a decision lies closer to the point than that, it starts again at the second."""
SHARP = 2.0**-33
"""Error beside the largest derivative above which the second ladder is asked too."""
FEWEST_LEVELS = 3
REPLICATES = 8
NOISE_SIZES = (2.0**-23, 2.0**-40)
"""Relative size of the frozen noise.  The first stands for every dtype; where it turns a decision over, the second still
serves float64 and lower precision is inconclusive."""
MOST_ELEMENTS_WHOLE = 48
DIRECTIONS = 6
MOST_JACOBIAN_ROWS = 6


@dataclass(frozen=True, eq=False)
class Derivative:
    """Directional derivatives of q functionals in p directions, each array of shape (q, p).

    ``error`` is the reference's own; ``noise`` is the movement per unit of relative rounding (s_g of the method).
    """

    value: Array
    error: Array
    noise: Array

    def __getitem__(self, functional: int) -> Derivative:
        return Derivative(self.value[functional], self.error[functional], self.noise[functional])


@dataclass(frozen=True, eq=False)
class Estimate:
    """Everything a law may compare with.

    ``outputs`` and ``output_noise``: (m,) over all outputs side by side.  ``directions``: (p, n); ``is_whole`` when they
    are the unit vectors.  ``cotangents``: (q, m) functionals u, w and u + w.  ``jacobian``: functionals are the unit
    cotangents, None where outputs are many.  ``differences``: (levels, functionals, p) central differences by step, the
    rows of the Jacobian after the cotangents.  ``problem`` says why there is no derivative here.
    """

    case: Case
    outputs: Array
    output_noise: Array
    directions: Array
    is_whole: bool
    cotangents: Array
    derivative: Derivative
    jacobian: Derivative | None
    steps: Array
    differences: Array
    noise_size: float
    problem: str = ""

    def holds_for(self, unit_roundoff: float) -> bool:
        """Whether decisions are known to survive rounding of this size."""
        return unit_roundoff <= self.noise_size

    @cached_property
    def is_constant(self) -> bool:
        """Whether no derivative differs from zero, so that a pass would prove nothing."""
        return bool(np.all(np.abs(self.derivative.value) <= self.derivative.error))


def estimate(case: Case) -> Estimate:
    """Estimate value and first derivative of ``case``; never raises for a valid case."""
    is_whole = case.element_count <= MOST_ELEMENTS_WHOLE
    directions = np.eye(case.element_count) if is_whole else case.directions(DIRECTIONS)
    first, second = flatten(case.cotangent(0)), flatten(case.cotangent(1))
    cotangents = np.stack([first, second, first + second])
    rows = len(first) if is_whole and len(first) <= MOST_JACOBIAN_ROWS else 0
    functionals = np.concatenate([cotangents, np.eye(len(first))[:rows]]).astype(EXTENDED)
    best = None
    for first_step in FIRST_STEPS:
        attempt = _Attempt(case, directions, functionals, first_step)
        if best is None or attempt.is_better_than(best):
            best = attempt
        elif not attempt.problem:
            best.take_sharper(attempt)
        if not best.problem and best.is_sharp():
            break
    assert best is not None
    return best.finish(cotangents, rows, is_whole)


class _Attempt:
    """One ladder over one case."""

    def __init__(self, case: Case, directions: Array, functionals: Array, first_step: float) -> None:
        self.case = case
        self.directions = directions
        self.functionals = functionals
        self.steps = (first_step * 2.0 ** -np.arange(LEVELS)).astype(EXTENDED)
        self.problem = ""
        clean = self._clean()
        self.centre = clean.flat_outputs()[0]
        self.noise_size = NOISE_SIZES[-1]
        if not clean.is_valid[0]:
            self.problem = "the value is not finite here"
        with np.errstate(all="ignore"):
            self._measure_noise(clean)
            self.result = self._extrapolate(clean)

    def is_better_than(self, other: _Attempt) -> bool:
        return bool(self.problem) < bool(other.problem)

    def is_sharp(self) -> bool:
        """Whether the error is small beside the largest derivative; a pole nearby asks for smaller steps."""
        value, error = self.result.value, self.result.error
        return bool(np.max(error, initial=0.0) <= SHARP * np.max(np.abs(value), initial=0.0)) or not error.any()

    def take_sharper(self, other: _Attempt) -> None:
        """Keep, element by element, whichever ladder claims the smaller error."""
        mine, theirs = self.result, other.result
        value = np.where(theirs.error < mine.error, theirs.value, mine.value)
        self.result = replace(mine, value=value, error=np.minimum(theirs.error, mine.error))

    def _clean(self) -> Evaluation:
        """Centre row, then forward and backward rows, level by level."""
        moves = (self.steps[:, None, None] * self.directions).reshape(
            LEVELS * len(self.directions), self.case.element_count
        )
        offsets = np.concatenate([np.zeros((1, self.case.element_count), EXTENDED), moves, -moves])
        return evaluate(self.case.graph, self._points(offsets))

    def _points(self, offsets: Array) -> tuple[Array, ...]:
        point = flatten(self.case.point).astype(EXTENDED)
        return unflatten(point + offsets, self.case.graph.inputs)

    def _measure_noise(self, clean: Evaluation) -> None:
        """Spread of values and derivatives over replicates, per unit of noise."""
        step = self.steps[-1]
        moves = step * self.directions
        offsets = np.concatenate([np.zeros((1, self.case.element_count), EXTENDED), moves, -moves])
        rows, count = offsets.shape[0], self.directions.shape[0]
        points = self._points(np.tile(offsets, (REPLICATES, 1)))
        clean_rows = clean.flat_outputs()
        last = 1 + (LEVELS - 1) * count
        backward = last + LEVELS * count
        clean_phi = clean_rows @ self.functionals.T
        clean_slope = (clean_phi[last : last + count] - clean_phi[backward : backward + count]) / (2 * step)
        for size in NOISE_SIZES:
            generator = np.random.Generator(np.random.PCG64([self.case.seed, 77]))
            noise = FrozenNoise(size, REPLICATES, rows, generator)
            noisy = evaluate(self.case.graph, points, noise, clean.decisions)
            if noisy.is_valid.all():
                self.noise_size = size
                break
        else:
            self.problem = self.problem or "a decision (a tie, a kink) hangs on rounding here"
        with np.errstate(all="ignore"):
            outputs = noisy.flat_outputs().reshape(REPLICATES, rows, -1)
            self.output_noise = _spread(outputs[:, 0] - self.centre, size)
            phi = outputs @ self.functionals.T
            self.phi_noise = _spread(phi[:, 0] - clean_phi[0], size)
            slope = (phi[:, 1 : 1 + count] - phi[:, 1 + count :]) / (2 * step)
            self.slope_noise = _spread(slope - clean_slope, size).T

    def _extrapolate(self, clean: Evaluation) -> Extrapolated:
        count = self.directions.shape[0]
        phi = (clean.flat_outputs() @ self.functionals.T)[1:].reshape(2, LEVELS, count, len(self.functionals))
        usable = np.asarray(clean.is_valid[1:].reshape(2, LEVELS, count).all(axis=0))
        noise = UNIT * (self.phi_noise + np.abs(clean.flat_outputs()[0]) @ np.abs(self.functionals.T)).astype(float)
        found = extrapolate(phi[0], phi[1], self.steps, usable, noise)
        if count and found.levels.min() < FEWEST_LEVELS:
            self.problem = (
                self.problem or "a decision (a tie, a kink, the end of a domain) lies too close to this point"
            )
        return found

    def finish(self, cotangents: Array, rows: int, is_whole: bool) -> Estimate:
        whole = Derivative(self.result.value, self.result.error, self.slope_noise)
        plain = slice(0, len(cotangents))
        unit = slice(len(cotangents), None)
        return Estimate(
            case=self.case,
            outputs=self.centre,
            output_noise=self.output_noise,
            directions=self.directions,
            is_whole=is_whole,
            cotangents=cotangents,
            derivative=Derivative(whole.value[plain], whole.error[plain], whole.noise[plain]),
            jacobian=Derivative(whole.value[unit], whole.error[unit], whole.noise[unit]) if rows else None,
            steps=self.steps.astype(float),
            differences=self.result.differences,
            noise_size=self.noise_size,
            problem=self.problem,
        )


def _spread(differences: Array, size: float) -> Array:
    """Twice the root mean square over replicates, per unit of noise."""
    return (2 * np.sqrt(np.mean(np.square(differences), axis=0)) / size).astype(float)


def confirm(case: Case, cotangent: Array, direction: Array) -> tuple[float, float, str]:
    """A second opinion on one directional derivative: value, error, and how it was found.

    The complex step Im f(x + i h v) / h (Squire and Trapp 1998) where every op is analytic, else a ladder with other
    steps.
    """
    if all(VOCABULARY[node.op].is_analytic for node in case.graph.nodes):
        step = 2.0**-60
        imaginary = 1j * (step * direction).astype(np.result_type(EXTENDED, np.complex64))
        points = unflatten((flatten(case.point) + imaginary)[None], case.graph.inputs)
        found = evaluate(case.graph, points, EXACT).flat_outputs()[0]
        value = float((found.imag @ cotangent.astype(EXTENDED)) / step)
        scale = float(np.abs(found.imag / step) @ np.abs(cotangent))
        if np.isfinite(value):
            return value, 2.0**10 * UNIT * scale, "complex step"
    for first_step in FIRST_STEPS:
        attempt = _Attempt(case, direction[None], cotangent[None].astype(EXTENDED), 0.6875 * first_step)
        if not attempt.problem:
            return float(attempt.result.value[0, 0]), float(attempt.result.error[0, 0]), "second ladder"
    return float("nan"), float("inf"), "second ladder"
