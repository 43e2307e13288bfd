"""Laws that compare a framework's numbers with the reference's."""

from __future__ import annotations

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.laws.law import law
from autograd_conformance.measurement import FIRST, ROWS, Measurement, WrongForm
from autograd_conformance.precision import UNIT_ROUNDOFF
from autograd_conformance.reference.estimate import Derivative, Estimate
from autograd_conformance.verdict import Compared, Finding, Undecided, Violated, bounds, compare


def undecided(estimate: Estimate, dtype: str) -> Undecided | None:
    """Why nothing can be said about derivatives at this point in this dtype, if so."""
    if estimate.problem:
        return Undecided(estimate.problem)
    if not estimate.holds_for(UNIT_ROUNDOFF[dtype]):
        return Undecided(f"rounding to {dtype} could turn a decision over here")
    return None


@law("f(x) = NumPy's f(x)", confirms="value")
def forward_matches_numpy(estimate: Estimate, measured: Measurement) -> Finding | None:
    """The outputs are those of the NumPy meaning of the graph."""
    if stop := undecided(estimate, measured.dtype):
        return stop
    try:
        outputs = measured.outputs
    except WrongForm as form:
        return Violated(str(form))
    bound = bounds(np.zeros(len(outputs)), estimate.output_noise, estimate.outputs, measured.dtype)
    found = compare(outputs, estimate.outputs, np.zeros(len(outputs)), bound)
    if found is None:
        return None
    worst, gap, is_weak = found
    where = element_name(measured.case, worst, "output")
    return Compared(
        where, float(outputs[worst]), float(estimate.outputs[worst]), 0.0, float(bound[worst]), gap, is_weak, (0, worst)
    )


@law("<J'u, v> = d/dt <u, f(x + t v)> at t = 0")
def vjp_matches_finite_differences(estimate: Estimate, measured: Measurement) -> Finding | None:
    """The vector-Jacobian product is the finite-difference gradient of <u, f>, element by element."""
    return _compare_row(estimate, measured, FIRST, estimate.derivative[FIRST], "<u, f>")


@law("(J'e_i)_j = d f_i / d x_j for every i and j")
def jacobian_matches_finite_differences(estimate: Estimate, measured: Measurement) -> Finding | None:
    """Every row of the Jacobian, pulled back by unit cotangents, where outputs are few."""
    if estimate.jacobian is None:
        return None
    findings = [
        _compare_row(estimate, measured, ROWS + row, estimate.jacobian[row], f"output element {row}")
        for row in range(estimate.jacobian.value.shape[0])
    ]
    return worst_of([finding for finding in findings if finding is not None])


def _compare_row(
    estimate: Estimate, measured: Measurement, cotangent: int, reference: Derivative, functional: str
) -> Finding | None:
    if stop := undecided(estimate, measured.dtype):
        return stop
    try:
        gradient = measured.gradient(cotangent)
    except WrongForm as form:
        return Violated(str(form))
    along = gradient if estimate.is_whole else estimate.directions @ gradient
    bound = bounds(reference.error, reference.noise, reference.value, measured.dtype)
    found = compare(along, reference.value, reference.error, bound)
    if found is None:
        return None
    worst, gap, is_weak = found
    target = element_name(measured.case, worst, "input") if estimate.is_whole else f"direction {worst}"
    return Compared(
        where=f"d {functional} / d {target}",
        measured=float(along[worst]),
        reference=float(reference.value[worst]),
        error=float(reference.error[worst]),
        bound=float(bound[worst]),
        gap=gap,
        is_weak=is_weak,
        position=(cotangent, worst),
    )


def worst_of(findings: list[Finding]) -> Finding | None:
    """A violation, else the comparison farthest out, else what could not be decided."""
    for finding in findings:
        if isinstance(finding, (Violated, Undecided)):
            return finding
    compared = [finding for finding in findings if isinstance(finding, Compared)]
    return max(compared, key=lambda finding: finding.ratio, default=None)


def element_name(case: Case, position: int, kind: str) -> str:
    """``input 0 [1, 2]`` for a position among all inputs (or outputs) side by side."""
    shapes = case.graph.inputs if kind == "input" else case.output_shapes
    for number, shape in enumerate(shapes):
        size = int(np.prod(shape, dtype=np.int64))
        if position < size:
            index = [int(part) for part in np.unravel_index(position, shape)] if shape else []
            return f"{kind} {number} {index}" if index else f"{kind} {number}"
        position -= size
    return f"{kind} element {position}"
