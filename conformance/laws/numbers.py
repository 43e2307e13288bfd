"""Laws that compare a framework's numbers with the reference's, or with its own in a finer dtype."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.laws.law import finer_law, law
from autograd_conformance.measurement import FIRST, ROWS, Measurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import DISAGREE_BEYOND, Compared, Finding, Undecided, Violated, bounds, compare


def undecided(estimate: Estimate, dtype: str) -> Undecided | None:
    """Why nothing can be said about derivatives at this point in this dtype, if so."""
    problem = estimate.problem or estimate.noise(dtype).problem
    return Undecided(problem) if problem else None


@law("f(x) = NumPy's f(x)", confirms="value")
def forward_matches_numpy(estimate: Estimate, measured: Measurement) -> Finding | None:
    """The outputs are those of the NumPy meaning of the graph, of the forward call and of the one with the gradient."""
    if stop := undecided(estimate, measured.dtype):
        return stop
    try:
        both = np.stack([measured.outputs, measured.outputs_of_vjp])
    except WrongForm as form:
        return Violated(str(form))
    error = np.zeros(both.shape[1])
    bound = bounds(error, estimate.noise(measured.dtype).outputs, estimate.outputs, measured.dtype)
    found = compare(both, np.broadcast_to(estimate.outputs, both.shape), np.broadcast_to(bound, both.shape))
    if found is None:
        return None
    (call, worst), gap, beside, _ = found
    outputs = both[call]
    where = ("vjp, " if call else "") + element_name(measured.case, worst, "output")
    return Compared(
        where,
        float(outputs[worst]),
        float(estimate.outputs[worst]),
        0.0,
        float(bound[worst]),
        gap,
        beside,
        (0, worst),
    )


@law("<J'u, v> = d/dt <u, f(x + t v)> at t = 0")
def vjp_matches_finite_differences(estimate: Estimate, measured: Measurement) -> Finding | None:
    """The vector-Jacobian product is the finite-difference gradient of <u, f>, element by element."""
    if stop := undecided(estimate, measured.dtype):
        return stop
    try:
        along = along_directions(estimate, measured.gradient(FIRST))
    except WrongForm as form:
        return Violated(str(form))
    reference = estimate.derivative[FIRST]
    bound = bounds(reference.error, estimate.noise(measured.dtype).derivative[FIRST], reference.value, measured.dtype)
    found = compare(along, reference.value, bound)
    if found is None:
        return None
    (worst,), gap, beside, beyond = found
    return Compared(
        where=f"d <u, f> / d {direction_name(estimate, worst)}",
        measured=float(along[worst]),
        reference=float(reference.value[worst]),
        error=float(reference.error[worst]),
        bound=float(bound[worst]),
        gap=gap,
        beside=beside,
        position=(FIRST, worst),
        beyond=beyond,
    )


@law("(J'e_i)_j = d f_i / d x_j for every i and j")
def jacobian_matches_finite_differences(estimate: Estimate, measured: Measurement) -> Finding | None:
    """Every row of the Jacobian, pulled back by unit cotangents, where outputs are few."""
    reference = estimate.jacobian
    if reference is None:
        return None
    if stop := undecided(estimate, measured.dtype):
        return stop
    try:
        rows = np.stack([measured.gradient(ROWS + row) for row in range(len(reference.value))])
    except WrongForm as form:
        return Violated(str(form))
    bound = bounds(reference.error, estimate.noise(measured.dtype).jacobian, reference.value, measured.dtype)
    found = compare(rows, reference.value, bound)
    if found is None:
        return None
    worst, gap, beside, beyond = found
    return Compared(
        where=f"d output element {worst[0]} / d {direction_name(estimate, worst[1])}",
        measured=float(rows[worst]),
        reference=float(reference.value[worst]),
        error=float(reference.error[worst]),
        bound=float(bound[worst]),
        gap=gap,
        beside=beside,
        position=(ROWS + worst[0], worst[1]),
        beyond=beyond,
    )


@finer_law("J'u in a coarser dtype = the certified J'u in float64")
def coarse_dtype_matches_float64(estimate: Estimate, measured: Measurement, finer: Measurement) -> Finding | None:
    """The gradient is the framework's own float64 gradient, element by element, once the reference has certified that."""
    if stop := undecided(estimate, measured.dtype):
        return stop
    try:
        coarse, fine = measured.gradient(FIRST), finer.gradient(FIRST)
    except WrongForm as form:
        return Violated(str(form))
    error = bounds(np.zeros(len(fine)), np.zeros(len(fine)), fine, finer.dtype)
    bound = bounds(error, _noise_of_elements(estimate, measured.dtype), fine, measured.dtype)
    found = compare(coarse, fine, bound)
    if found is None:
        return None
    (worst,), gap, beside, _ = found
    return Compared(
        where=f"d <u, f> / d {element_name(measured.case, worst, 'input')}, against {finer.dtype}",
        measured=float(coarse[worst]),
        reference=float(fine[worst]),
        error=float(error[worst]),
        bound=float(bound[worst]),
        gap=gap,
        beside=beside,
        position=(FIRST, worst),
    )


def _noise_of_elements(estimate: Estimate, dtype: str) -> np.ndarray:
    """Noise of each element of the gradient; where only some directions are known, no element moves more than the norm of
    them all, which random directions measure.
    """
    noise = estimate.noise(dtype).derivative[FIRST]
    if estimate.is_whole:
        return noise
    norm = np.sqrt(np.mean(np.square(noise)) / np.mean(np.square(estimate.directions)))
    return np.full(estimate.case.element_count, norm)


def outputs_apart(
    estimate: Estimate, measured: Measurement, other: np.ndarray, said: str, row: int = FIRST
) -> Compared | None:
    """The output of another call farthest from that of the first, in bounds that allow for the rounding of both."""
    values = estimate.outputs
    bound = bounds(np.zeros(len(values)), estimate.noise(measured.dtype).outputs, values, measured.dtype, sides=2.0)
    plain = measured.outputs_of_vjp
    found = apart(other, plain, bound, row, lambda worst: f"{element_name(measured.case, worst, 'output')}, {said}")
    return None if found is None else replace(found, beyond=())


def gradients_apart(
    estimate: Estimate, dtype: str, other: np.ndarray, plain: np.ndarray, said: str, row: int = FIRST
) -> Compared | None:
    """Where two gradients of one cotangent are farthest apart along the estimate's directions, by the rounding of both.

    ``other`` and ``plain`` are gradients (n,), ``row`` the position of the cotangent.
    """
    noise, values = estimate.noise(dtype).derivative[row], estimate.derivative.value[row]
    bound = bounds(np.zeros(len(values)), noise, values, dtype, sides=2.0)
    after, before = (along_directions(estimate, each) for each in (other, plain))
    return apart(after, before, bound, row, lambda worst: f"d <u, f> / d {direction_name(estimate, worst)}, {said}")


def apart(
    after: np.ndarray, before: np.ndarray, bound: np.ndarray, row: int, where: Callable[[int], str]
) -> Compared | None:
    """The element in which two calls differ most, beside its bound; no finite difference enters."""
    found = compare(after, before, bound)
    if found is None:
        return None
    (worst,), gap, beside, beyond = found
    numbers = float(after[worst]), float(before[worst]), 0.0, float(bound[worst])
    return Compared(where(worst), *numbers, gap, beside, (row, worst), beyond)


def is_within_reach(found: np.ndarray, value: np.ndarray, bound: np.ndarray) -> bool:
    """Whether the reference contradicts none of these numbers; else the law about them says so already."""
    with np.errstate(invalid="ignore"):
        return bool((np.abs(found - value) <= DISAGREE_BEYOND * bound).all())


def along_directions(estimate: Estimate, gradient: np.ndarray) -> np.ndarray:
    """The gradient along the estimate's directions: itself where they are the unit vectors."""
    return gradient if estimate.is_whole else estimate.directions @ gradient


def direction_name(estimate: Estimate, position: int) -> str:
    """The element a direction moves, or its number."""
    return element_name(estimate.case, position, "input") if estimate.is_whole else f"direction {position}"


def element_name(case: Case, position: int, kind: str) -> str:
    """``input 0 [1, 2]`` for a position among all inputs (or outputs) side by side."""
    shapes = case.graph.inputs if kind == "input" else case.output_shapes
    for number, shape in enumerate(shapes):
        size = math.prod(shape)
        if position < size:
            index = [position // math.prod(shape[axis + 1 :]) % extent for axis, extent in enumerate(shape)]
            return f"{kind} {number} {index}" if index else f"{kind} {number}"
        position -= size
    return f"{kind} element {position}"
