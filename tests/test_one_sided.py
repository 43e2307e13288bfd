"""One-sided derivatives: the reference's words for kinks, ends of domains and jumps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.kinks import sides_at
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.reference.one_sided import OneSided, one_sided

INF, NAN = math.inf, math.nan
LISTED = [(op.name, point.name) for op in VOCABULARY.values() for point in op.special if point.nature != "smooth"]


def of_one(op: str, at: float, **attributes: float) -> OneSided:
    graph = Graph(((),), (Node(op, (0,), attributes),), (1,))
    return one_sided(Case(graph, (np.array(at),), "kinks"))


@pytest.mark.parametrize(
    ("op", "at", "below", "above"),
    [
        ("relu", 0.0, 0.0, 1.0),
        ("abs", 0.0, -1.0, 1.0),
        ("abs", 2.0**-10, 1.0, 1.0),
        ("relu6", 6.0, 1.0, 0.0),
        ("sqrt", 0.0, NAN, INF),
        ("log", 0.0, NAN, INF),
        ("rsqrt", 0.0, NAN, -INF),
        ("cbrt", 0.0, INF, INF),
        ("arccos", 1.0, -INF, NAN),
        ("i0e", 0.0, 1.0, -1.0),
        ("selu", 0.0, 1.7580993408473766, 1.0507009873554805),
        ("sin", 0.5, math.cos(0.5), math.cos(0.5)),
    ],
)
def test_derivatives_of_one_number(op: str, at: float, below: float, above: float) -> None:
    """Known by hand; infinite where quotients grow without end, none beyond the end of the domain."""
    found = of_one(op, at)
    for side, known in ((found.below[0], below), (found.above[0], above)):
        if math.isfinite(known):
            assert abs(side - known) <= found.error[0] + 4 * np.finfo(float).eps * abs(known)
        else:
            assert side == known or (math.isnan(known) and math.isnan(side))
    assert found.is_differentiable is (below == above and math.isfinite(below))


def test_a_jump_has_no_derivative_on_its_side() -> None:
    found = of_one("hardshrink", 0.5, width=0.5)
    assert found.below[0] == 0.0
    assert math.isnan(found.above[0])


def test_elements_beside_an_infinite_one_are_told_apart() -> None:
    """Log of (0, 1): infinite from above by the one, nothing to say by the other, whose sum stays infinite."""
    graph = Graph(((2,),), (Node("log", (0,)),), (1,))
    found = one_sided(Case(graph, (np.array([0.0, 1.0]),), "kinks"))
    assert found.above[0] == INF
    assert np.isnan(found.above[1])
    assert list(found.is_known) == [True, False]


def test_a_value_that_hangs_on_rounding_has_none() -> None:
    found = sides_at("pinv", "rank one")
    assert np.isnan(found.below).all()
    assert not found.is_known.any()


def test_what_is_the_same_along_every_axis_may_bend_between_them() -> None:
    """max(x, y) - max(x, -y): its derivatives by x and by y are the same from both sides at 0, and not those along x + y."""
    nodes = (Node("neg", (1,)), Node("maximum", (0, 1)), Node("maximum", (0, 2)), Node("sub", (3, 4)))
    found = one_sided(Case(Graph(((), ()), nodes, (5,)), (np.array(0.0), np.array(0.0)), "kinks"))
    np.testing.assert_allclose(found.above, [0.0, 1.0], atol=1e-12)
    np.testing.assert_allclose(found.below, [0.0, 1.0], atol=1e-12)
    assert not found.is_differentiable


def test_listed_points_are_kinks_and_ends() -> None:
    """But those where only derivatives of higher order bend, or the elements of a result swap places in a sum."""
    differentiable = {op for op, point in LISTED if sides_at(op, point).is_differentiable}
    assert differentiable == {
        "celu", "eigvalsh_of_symmetrised", "elu", "huber_loss", "i1e", "smooth_l1_loss", "softsign", "sort",
        "sort_descending", "sparse_plus", "svdvals", "triplet_margin_loss",
    }  # fmt: skip


def test_no_derivative_is_claimed_with_an_unknown_error() -> None:
    """A number on one side only has that side's error."""
    for op, point in LISTED:
        sides = sides_at(op, point)
        assert np.isfinite(sides.error[sides.is_known]).all(), (op, point)
