"""In float16 small values are in the way only of ops that may divide by them."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_conformance.case import flatten, unflatten
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.small import NEVER_DIVIDING
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.reference.interpreter import EXTENDED, evaluate
from tests.adversarial import SPREAD, WHOLE, Step, build, scale
from tests.drawing import shapes_of, single

TINY = 2.0**-16
MODERATE = 64.0


def steepest(name: str) -> float:
    """The largest slope of an op alone at several points, all numbers of which are tiny, over a smaller step."""
    largest = 0.0
    for seed, shape in enumerate(shape for shape in shapes_of(VOCABULARY[name]) if 0 not in shape):
        drawn = single(name, shape, seed)
        flat = flatten(tuple((np.abs(array) + 0.5) * TINY for array in drawn.point)).astype(EXTENDED)
        step = TINY / 16
        moves = step * np.eye(flat.size)
        found = evaluate(drawn.graph, unflatten(np.concatenate([flat + moves, flat - moves]), drawn.graph.inputs))
        above, below = found.flat_outputs().reshape(2, flat.size, -1)
        largest = max(largest, float(np.max(np.abs(above - below), initial=0.0)) / (2 * step))
    return largest


def test_the_list_names_ops_of_the_vocabulary() -> None:
    """And moves data, the most usual thing to do with small values."""
    assert set(VOCABULARY) >= NEVER_DIVIDING
    assert {"reshape", "take", "sum", "mul", "tanh"} <= NEVER_DIVIDING


@pytest.mark.parametrize("name", sorted(NEVER_DIVIDING - {"greater"}))
def test_what_never_divides_has_no_pole_at_small_values(name: str) -> None:
    """Its derivative there is moderate."""
    assert steepest(name) < MODERATE


@pytest.mark.parametrize("name", ["reciprocal", "log", "sqrt", "rsqrt", "div", "digamma", "logit"])
def test_what_has_a_pole_there_is_seen_to_have_one(name: str) -> None:
    """By the same measurement."""
    assert name not in NEVER_DIVIDING
    assert steepest(name) > MODERATE


@pytest.mark.parametrize(
    ("step", "is_judged"),
    [
        ("sin", True),
        ("softplus", True),
        (("cumsum", {"axis": 0}), True),
        (("mean", WHOLE), True),
        (("prod", WHOLE), False),
        (("cumprod", {"axis": 0}), False),
        ("sinc", False),
    ],
)
def test_small_values_are_in_the_way_of_ops_that_may_divide(step: Step, is_judged: bool) -> None:
    """Products are moderate, and frameworks divide them by what they are made of."""
    problem = estimate(build([SPREAD], scale(TINY), step, scale(2.0**12))).noise("float16").problem
    assert ("no reciprocal in float16" in problem) is not is_judged


def test_a_value_on_its_way_to_a_division_is_judged_there() -> None:
    """Not where it arises; and what divides by something of moderate size is judged."""
    small = [("scale", (0,), {"factor": TINY}), ("shift", {"offset": 1.0}), "reciprocal"]
    assert not estimate(build([SPREAD], *small)).noise("float16").problem
    moved = [("scale", (0,), {"factor": TINY}), "abs", "log"]
    assert "no reciprocal" in estimate(build([SPREAD], *moved)).noise("float16").problem
