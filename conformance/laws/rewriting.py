"""Laws about one function in several forms; they need no reference, only the measured noise.

The rewrites are exact (`autograd_conformance.rewrites`), so both gradients may lie where rounding puts them and no farther.
"""

from __future__ import annotations

import numpy as np

from autograd_conformance.laws.law import rewritten_law
from autograd_conformance.laws.numbers import along_directions, direction_name, undecided
from autograd_conformance.measurement import FIRST, Measurement, RewrittenMeasurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import Compared, Finding, Violated, bounds, compare


@rewritten_law("J'u of g = J'u of f where g = f", changes="graph")
def equal_graphs_have_equal_gradients(
    estimate: Estimate, measured: Measurement, other: RewrittenMeasurement
) -> Finding | None:
    """Swapped operands, double negation, a dead branch, an output listed twice and the like do not change the gradient."""
    return _compared(estimate, measured, other)


@rewritten_law("J'u of f(P y) by y = P'J'u of f by x where x = P y", changes="leaves")
def gradients_follow_their_leaves(
    estimate: Estimate, measured: Measurement, other: RewrittenMeasurement
) -> Finding | None:
    """Leaves that are split, joined, reshaped or rearranged have gradients that are so too."""
    return _compared(estimate, measured, other)


def _compared(estimate: Estimate, measured: Measurement, other: RewrittenMeasurement) -> Finding | None:
    """Both sides have the rounding of the graph as it was measured."""
    if stop := undecided(estimate, measured.dtype):
        return stop
    name = other.rewritten.name
    try:
        plain = along_directions(estimate, measured.gradient(FIRST))
    except WrongForm:
        return None
    try:
        again = along_directions(estimate, other.gradient)
    except WrongForm as form:
        return Violated(f"{name}, {form}")
    noise, value = estimate.noise(measured.dtype).derivative[FIRST], estimate.derivative.value[FIRST]
    bound = bounds(np.zeros(len(plain)), noise, value, measured.dtype, sides=2.0)
    found = compare(again, plain, bound)
    if found is None:
        return None
    (worst,), gap, weakness = found
    where = f"d <u, f> / d {direction_name(estimate, worst)}, {name}"
    measured_there, plain_there, bound_there = float(again[worst]), float(plain[worst]), float(bound[worst])
    return Compared(where, measured_there, plain_there, 0.0, bound_there, gap, weakness, (FIRST, worst))
