"""Activation functions: the error function behind gelu, and what does not fit."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from autograd_conformance.graph import Graph, MalformedGraph, Node, Shape
from autograd_conformance.ops import check
from autograd_conformance.ops.activations import _erf
from autograd_conformance.reference.interpreter import EXTENDED, UNIT


@pytest.mark.parametrize("largest", [2.0**-10, 1.0, 4.0, 6.5, 40.0])
def test_the_error_function_is_right_to_a_few_units(largest: float) -> None:
    """Small and saturated arguments of both signs; each batch sums as many terms as its largest argument needs."""
    arguments = largest * np.arange(-32, 33) / 32
    with mpmath.workdps(40):
        gaps = [
            abs(mpmath.mpf(float(found)) + mpmath.mpf(float(found - EXTENDED(float(found)))) - mpmath.erf(argument))
            / max(mpmath.mpf(2) ** -80, abs(mpmath.erf(argument)))
            for argument, found in zip(arguments.tolist(), _erf(arguments.astype(EXTENDED)), strict=True)
        ]
    assert max(gaps) <= 16 * UNIT


def test_the_error_function_of_what_is_no_number_leaves_others_alone() -> None:
    found = _erf(np.array([np.nan, np.inf, -np.inf, 0.5], dtype=EXTENDED))
    assert np.isnan(found[0])
    np.testing.assert_allclose(found[1:3], [1, -1], rtol=16 * UNIT)
    assert found[3] == _erf(np.array([0.5], dtype=EXTENDED))[0]


@pytest.mark.parametrize(
    ("node", "shapes"),
    [
        (Node("glu", (0,), {"axis": 0}), [(3, 2)]),
        (Node("glu", (0,), {"axis": 2}), [(2, 2)]),
        (Node("softmin", (0,), {"axis": 1}), [(3,)]),
        (Node("prelu", (0, 1)), [(3, 2), (3,)]),
        (Node("prelu", (0, 1)), [(3, 2), ()]),
        (Node("prelu", (0, 1)), [(), (2,)]),
        (Node("celu", (0,), {"alpha": 0.0}), [(3,)]),
        (Node("softshrink", (0,), {"width": -0.5}), [(3,)]),
        (Node("elu", (0,), {"alpha": True}), [(3,)]),
    ],
)
def test_what_does_not_fit_is_refused(node: Node, shapes: list[Shape]) -> None:
    with pytest.raises(MalformedGraph):
        check(Graph(tuple(shapes), (node,), (len(shapes),)))
