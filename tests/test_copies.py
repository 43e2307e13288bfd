"""Computing only the copies that move changes nothing, and a second glance sees the noise that is measured."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from autograd_conformance.case import Case
from autograd_conformance.generation.strategies import independent_cases
from autograd_conformance.graph import Graph
from autograd_conformance.ops.op import Array
from autograd_conformance.reference import copies
from autograd_conformance.reference import estimate as estimates
from autograd_conformance.reference.copies import Moved
from autograd_conformance.reference.estimate import Estimate, estimate
from autograd_conformance.reference.interpreter import Evaluation, evaluate

KNOWN_TO = 2.0**-10
"""Doubles leave a movement of 2^-23 over a step of 2^-9 known to 2^-21 of the value, and a graph may cancel digits more."""
CASES = list(islice((case for case in independent_cases(seed=14) if case.element_count <= 48), 60))


def of_all_copies(case: Case, monkeypatch: pytest.MonkeyPatch) -> Estimate:
    with monkeypatch.context() as patched:
        patched.setattr(copies, "FEWEST", 1 << 30)
        patched.setattr(estimates, "evaluate", evaluate_all)
        return estimate(case)


def evaluate_all(graph: Graph, given: Moved) -> Evaluation:
    """With every copy of every input written down."""
    inputs: list[Array] = []
    for array, is_there in zip(given.inputs, given.flags, strict=True):
        assert len(array) == np.count_nonzero(is_there)
        whole = np.repeat(array[:1], len(is_there), axis=0)
        whole[is_there] = array
        inputs.append(whole)
    return evaluate(graph, inputs)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_estimate_is_that_of_all_copies(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Usable steps to the letter; numbers too, but for the order in which a sum is taken over more or fewer copies."""
    some, every = estimate(case), of_all_copies(case, monkeypatch)
    assert some.problem == every.problem
    np.testing.assert_array_equal(some.outputs, every.outputs)
    if not some.problem:
        apart = np.abs(some.derivative.value - every.derivative.value)
        assert np.all(apart <= every.derivative.error)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_noise_along_a_few_directions_is_what_is_measured_along_all(case: Case) -> None:
    """The replicates are the same, so a bound at a second glance is never above the real one, which is linear noise's."""
    found = estimate(case)
    if found.problem or found.noise("float64").problem:
        return
    few = tuple(range(0, len(found.directions), 3))
    glance, whole = found.at_a_second_glance(few).noise("float64"), found.at_a_second_glance(None).noise("float64")
    others = [number for number in range(len(found.directions)) if number not in few]
    assert not glance.derivative[:, others].any()
    assert not glance.jacobian[:, others].any()
    if whole.outputs.any() and glance.outputs.any():
        np.testing.assert_allclose(glance.outputs, whole.outputs, rtol=KNOWN_TO)
        np.testing.assert_allclose(glance.derivative[:, few], whole.derivative[:, few], rtol=KNOWN_TO)
        np.testing.assert_allclose(glance.jacobian[:, few], whole.jacobian[:, few], rtol=KNOWN_TO)
    real = found.noise("float64")
    assert np.all(glance.derivative <= real.derivative * (1 + KNOWN_TO))
