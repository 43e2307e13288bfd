"""The misbehaving adapters are right wherever they do not misbehave."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from autograd_conformance.graph import Graph, Node
from tests import misbehaving

CLASSES = [
    value
    for value in vars(misbehaving).values()
    if inspect.isclass(value) and issubclass(value, misbehaving.Honest) and value is not misbehaving.CannotBeMade
]
GRAPH = Graph(
    inputs=((3, 1), (2,)),
    nodes=(
        Node("mul", (0, 1)),
        Node("square", (2,)),
        Node("sin", (3,)),
        Node("sub", (4, 1)),
        Node("scale", (5,), {"factor": 0.5}),
        Node("shift", (6,), {"offset": 2}),
        Node("neg", (7,)),
        Node("add", (8, 2)),
    ),
    outputs=(9, 2),
)
X, Y = np.array([[0.5], [-0.25], [0.75]]), np.array([1.5, -0.5])


def answer(adapter, graph):
    leaves = [adapter.native(x, "float64") for x in (X, Y)]
    program = adapter.translate(graph, "float64")
    cotangents = [np.ones_like(y) for y in adapter.forward(program, leaves)]
    return adapter.vjp(program, leaves, cotangents)


@pytest.mark.parametrize("adapter", CLASSES)
def test_it_is_right_where_it_behaves(adapter):
    outputs, gradients = answer(adapter("eager"), GRAPH)
    product = X * Y
    inner = -0.5 * np.cos(product**2) * 2 * product + 2
    np.testing.assert_allclose(outputs[0], 0.5 * Y - 0.5 * np.sin(product**2) - 2 + product, rtol=1e-14)
    np.testing.assert_allclose(gradients[0], (inner * Y).sum(axis=1, keepdims=True), rtol=1e-14)
    np.testing.assert_allclose(gradients[1], (inner * X + 0.5).sum(axis=0), rtol=1e-14)


def test_the_culprit_sets_it_off():
    graph = Graph(GRAPH.inputs, (Node("tanh", (0,)),), (2,))
    _, right = answer(misbehaving.Honest("eager"), graph)
    np.testing.assert_allclose(right[0], 1 - np.tanh(X) ** 2, rtol=1e-14)
    with pytest.raises(ValueError, match="tired"):
        answer(misbehaving.Raises("eager"), graph)
    second = misbehaving.SecondCallDiffers("eager")
    np.testing.assert_array_equal(2 * answer(second, graph)[1][0], answer(second, graph)[1][0])
