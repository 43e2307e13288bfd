"""Laws about how vector-Jacobian products combine; they need no finite difference, only the measured noise."""

from __future__ import annotations

import numpy as np

from autograd_conformance.graph import Graph, Node
from autograd_conformance.laws.law import law
from autograd_conformance.laws.numbers import element_name, undecided, worst_of
from autograd_conformance.measurement import DOUBLE, FIRST, SECOND, SUM, Measurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import Compared, Finding, Violated, bounds, compare


@law("J'(u + w) = J'u + J'w, J'(2u) = 2 J'u", confirms="nothing")
def vjp_is_linear(estimate: Estimate, measured: Measurement) -> Finding | None:
    """The vector-Jacobian product is additive and homogeneous in its cotangent."""
    try:
        first, second = measured.gradient(FIRST), measured.gradient(SECOND)
        combined, doubled = measured.gradient(SUM), measured.gradient(DOUBLE)
    except WrongForm as form:
        return Violated(str(form))
    noise = estimate.derivative.noise
    every = noise[FIRST] + noise[SECOND] + noise[SUM]
    scale = sum(np.abs(estimate.derivative.value[row]) for row in (FIRST, SECOND, SUM))
    additive = _same(estimate, measured, combined, first + second, every, scale, "J'(u + w) against J'u + J'w")
    homogeneous = _same(
        estimate, measured, doubled, 2 * first, 4 * noise[FIRST], 4 * np.abs(first), "J'(2u) against 2 J'u"
    )
    return worst_of([finding for finding in (additive, homogeneous) if finding is not None])


@law("gradient of f + f = 2 gradient of f", wants_doubled=True)
def fan_out_accumulates(estimate: Estimate, measured: Measurement) -> Finding | None:
    """Adding every output to itself doubles every gradient: contributions of all uses are summed."""
    try:
        gradient = measured.gradient(FIRST)
    except WrongForm as form:
        return Violated(str(form))
    reference = 2 * estimate.derivative.value[FIRST]
    error, noise = 2 * estimate.derivative.error[FIRST], 2 * estimate.derivative.noise[FIRST]
    return _same(estimate, measured, gradient, reference, noise, np.abs(reference), "gradient of f + f", error)


def doubled(graph: Graph) -> Graph:
    """The graph with every output added to itself."""
    first = graph.value_count
    nodes = tuple(Node("add", (output, output)) for output in graph.outputs)
    return Graph(graph.inputs, graph.nodes + nodes, tuple(range(first, first + len(nodes))))


def _same(
    estimate: Estimate,
    measured: Measurement,
    left: np.ndarray,
    right: np.ndarray,
    noise: np.ndarray,
    scale: np.ndarray,
    what: str,
    error: np.ndarray | None = None,
) -> Finding | None:
    if stop := undecided(estimate, measured.dtype):
        return stop
    if not estimate.is_whole:
        left, right = (side if side.shape == noise.shape else estimate.directions @ side for side in (left, right))
        scale = scale if scale.shape == noise.shape else np.abs(right)
    error = np.zeros(len(noise)) if error is None else error
    bound = bounds(error, noise, scale, measured.dtype)
    found = compare(left, right, error, bound)
    if found is None:
        return None
    worst, gap, is_weak = found
    target = element_name(measured.case, worst, "input") if estimate.is_whole else f"direction {worst}"
    return Compared(
        f"{what}, {target}", float(left[worst]), float(right[worst]), float(error[worst]), float(bound[worst]), gap,
        is_weak, (FIRST, worst),
    )  # fmt: skip
