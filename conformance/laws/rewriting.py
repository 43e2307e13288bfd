"""Laws about one function in several forms; they need no reference, only the measured noise.

The rewrites are exact (`autograd_conformance.rewrites`), so both gradients may lie where rounding puts them and no farther.
"""

from __future__ import annotations

from autograd_conformance.laws.law import rewritten_law
from autograd_conformance.laws.numbers import gradients_apart, undecided
from autograd_conformance.measurement import FIRST, Measurement, RewrittenMeasurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import Finding, Violated


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
        plain = measured.gradient(FIRST)
    except WrongForm:
        return None
    try:
        again = other.gradient
    except WrongForm as form:
        return Violated(f"{name}, {form}")
    return gradients_apart(estimate, measured.dtype, again, plain, name)
