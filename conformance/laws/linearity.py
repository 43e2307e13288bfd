"""Laws about how vector-Jacobian products combine; they need no finite difference, only the measured noise."""

from __future__ import annotations

import numpy as np

from autograd_conformance.graph import Graph, Node
from autograd_conformance.laws.law import law
from autograd_conformance.laws.numbers import along_directions, direction_name, undecided
from autograd_conformance.measurement import FIRST, SECOND, SUM, Measurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import Compared, Finding, Violated, bounds, compare


@law("J'(2u + w) = 2 J'u + J'w", wants_calls=True, confirms="nothing")
def vjp_is_linear(estimate: Estimate, measured: Measurement) -> Finding | None:
    """The vector-Jacobian product is additive and homogeneous in its cotangent."""
    if stop := undecided(estimate, measured.dtype):
        return stop
    try:
        first, second, combined = (
            along_directions(estimate, measured.gradient(which)) for which in (FIRST, SECOND, SUM)
        )
    except WrongForm as form:
        return Violated(str(form))
    noise, value = estimate.noise(measured.dtype).derivative, estimate.derivative.value
    moved = 2 * noise[FIRST] + noise[SECOND] + noise[SUM]
    scale = 2 * np.abs(value[FIRST]) + np.abs(value[SECOND]) + np.abs(value[SUM])
    bound = bounds(np.zeros(len(moved)), moved, scale, measured.dtype)
    with np.errstate(invalid="ignore"):  # a framework may answer inf and -inf
        together = 2 * first + second
    return _compared(estimate, combined, together, bound, "J'(2u + w) against 2 J'u + J'w")


@law("gradient of f + f = 2 gradient of f", wants_doubled=True)
def fan_out_accumulates(estimate: Estimate, measured: Measurement) -> Finding | None:
    """Adding every output to itself doubles every gradient: contributions of all uses are summed."""
    if stop := undecided(estimate, measured.dtype):
        return stop
    try:
        gradient = along_directions(estimate, measured.gradient(FIRST))
    except WrongForm as form:
        return Violated(str(form))
    reference = 2 * estimate.derivative.value[FIRST]
    error, noise = 2 * estimate.derivative.error[FIRST], 2 * estimate.noise(measured.dtype).derivative[FIRST]
    bound = bounds(error, noise, reference, measured.dtype)
    return _compared(estimate, gradient, reference, bound, "gradient of f + f", error)


def doubled(graph: Graph) -> Graph:
    """The graph with every output added to itself."""
    first = graph.value_count
    nodes = tuple(Node("add", (output, output)) for output in graph.outputs)
    return Graph(graph.inputs, graph.nodes + nodes, tuple(range(first, first + len(nodes))))


def _compared(
    estimate: Estimate,
    left: np.ndarray,
    right: np.ndarray,
    bound: np.ndarray,
    what: str,
    error: np.ndarray | None = None,
) -> Finding | None:
    found = compare(left, right, bound)
    if found is None:
        return None
    (worst,), gap, beside, beyond = found
    return Compared(
        f"{what}, {direction_name(estimate, worst)}",
        float(left[worst]),
        float(right[worst]),
        float(error[worst]) if error is not None else 0.0,
        float(bound[worst]),
        gap,
        beside,
        (FIRST, worst),
        beyond,
    )
