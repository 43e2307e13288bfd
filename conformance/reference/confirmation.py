"""A second opinion on one directional derivative or one output, reached in another way than the reference's."""

from __future__ import annotations

import numpy as np

from autograd_conformance.case import Case, flatten, unflatten
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Array
from autograd_conformance.reference import multiprecision
from autograd_conformance.reference.estimate import FIRST_STEPS, Ladder, best_attempt
from autograd_conformance.reference.interpreter import EXACT, EXTENDED, UNIT, evaluate
from autograd_conformance.reference.ladder import ITS_STEPS, SECOND_LADDER

MPMATH = multiprecision.NAME
COMPLEX_STEP = "complex step"
PLAIN = "float64 evaluation"


def confirm(case: Case, cotangent: Array, direction: Array) -> tuple[float, float, str]:
    """A directional derivative: value, error, and how it was found.

    Differences of the graph written anew in 140 digits where every op has such a meaning and no decision is near; else the
    complex step Im f(x + i h v) / h (Squire and Trapp 1998) where every op is analytic; else a ladder with other steps.
    """
    found = multiprecision.derivative(case, cotangent, direction)
    if found is not None:
        return float(found[0]), float(found[1]), MPMATH
    return complex_step(case, cotangent, direction) or second_ladder(case, cotangent, direction)


def confirm_output(case: Case, position: int) -> tuple[float, float, str]:
    """An output element: value, error, and how it was found."""
    found = multiprecision.value(case)
    if found is not None:
        return float(found[position]), 0.0, MPMATH
    plain = evaluate(case.graph, [array[None] for array in case.point]).flat_outputs()[0]
    return float(plain[position]), 0.0, PLAIN


def complex_step(case: Case, cotangent: Array, direction: Array) -> tuple[float, float, str] | None:
    """None where an op is not analytic or the step leaves its domain."""
    if not all(VOCABULARY[node.op].is_analytic for node in case.graph.nodes):
        return None
    step = 2.0**-60
    imaginary = 1j * (step * direction).astype(np.result_type(EXTENDED, np.complex64))
    points = unflatten((flatten(case.point) + imaginary)[None], case.graph.inputs)
    found = evaluate(case.graph, points, EXACT).flat_outputs()[0]
    value = float((found.imag @ cotangent.astype(EXTENDED)) / step)
    scale = float(np.abs(found.imag / step) @ np.abs(cotangent))
    return (value, 2.0**10 * UNIT * scale, COMPLEX_STEP) if np.isfinite(value) else None


def second_ladder(case: Case, cotangent: Array, direction: Array) -> tuple[float, float, str]:
    """With steps 0.6875 times as large; nan where they show no derivative either."""
    ladder = Ladder(case, direction[None], ITS_STEPS * FIRST_STEPS[0])
    attempt = best_attempt(ladder, cotangent[None].astype(EXTENDED), 1)
    if attempt.problem:
        return float("nan"), float("inf"), SECOND_LADDER
    return float(attempt.result.value[0, 0]), float(attempt.result.error[0, 0]), SECOND_LADDER
