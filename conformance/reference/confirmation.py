"""A second opinion on one directional derivative or value, reached in another way than the reference's."""

from __future__ import annotations

import numpy as np

from autograd_conformance.case import Case, flatten, unflatten
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Array
from autograd_conformance.reference.estimate import FIRST_STEPS, Attempt
from autograd_conformance.reference.interpreter import EXACT, EXTENDED, UNIT, evaluate


def confirm(case: Case, cotangent: Array, direction: Array) -> tuple[float, float, str]:
    """Value, error, and how it was found.

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
        attempt = Attempt(case, direction[None], cotangent[None].astype(EXTENDED), 1, 0.6875 * first_step)
        if not attempt.problem:
            return float(attempt.result.value[0, 0]), float(attempt.result.error[0, 0]), "second ladder"
    return float("nan"), float("inf"), "second ladder"
