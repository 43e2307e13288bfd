"""The faulty adapters are wrong exactly where they say, in every mode, and right elsewhere."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from autograd_conformance.graph import Graph, Node
from tests import miniatures
from tests.miniatures import FAULTS

MODES = [("Torch", "eager"), ("Jax", "jit"), ("Jax", "eager")]
MODES += [("TensorFlow", mode) for mode in ("eager", "function", "graph")]

X, Y, U = np.array([0.5, -0.25, 0.75]), np.array([1.5, 2.0, -0.5]), np.array([1.0, 2.0, 4.0])
CLEAN = Graph(((3,), (3,)), (Node("sin", (0,)), Node("concatenate", (2, 1), {"axis": 0})), (3,))
TOP = Graph(((3,), (3,)), (Node("mul", (0, 1)),), (2,))

CASES = {
    "CotangentScaled": (TOP, [X, Y], U, [U * Y * (1 + 1e-6), U * X * (1 + 1e-6)]),
    "SignFlipped": (Graph(((3,),), (Node("tanh", (0,)),), (1,)), [X], U, [-U * (1 - np.tanh(X) ** 2)]),
    "NoBroadcastSum": (
        Graph(((3, 1), (3,)), (Node("add", (0, 1)),), (2,)),
        [X.reshape(3, 1), Y],
        np.outer(U, [1.0, 3.0, 9.0]),
        [U.reshape(3, 1), np.array([1.0, 3.0, 9.0])],
    ),
    "RepeatedIndicesOverwritten": (
        Graph(((3, 1),), (Node("take", (0,), {"indices": (2, 0, 2), "axis": 0}),), (1,)),
        [X.reshape(3, 1)],
        U.reshape(3, 1),
        [np.array([[2.0], [0.0], [4.0]])],
    ),
    "FanOutOverwritten": (
        Graph(((3,),), (Node("sin", (0,)), Node("scale", (0,), {"factor": 3.0}), Node("add", (1, 2))), (3,)),
        [X],
        U,
        [3 * U],
    ),
    "SliceShifted": (
        Graph(((3,),), (Node("slice", (0,), {"slices": ((1, 2, 1),)}),), (1,)),
        [X],
        U[:2],
        [np.array([2.0, 0.0, 1.0])],
    ),
    "NegativeWrong": (Graph(((3,),), (Node("square", (0,)),), (1,)), [X], U, [2 * U * X * [1, 1.1, 1]]),
    "NoneForConnected": (TOP, [X, Y], U, [None, U * X]),
}


def gradients_of(adapter, graph, point, cotangent, dtype="float64"):
    program = adapter.translate(graph, dtype)
    leaves = [adapter.native(x, dtype) for x in point]
    _, gradients = adapter.vjp(program, leaves, [adapter.native(cotangent, dtype)])
    return [None if g is None else adapter.export(g)[1] for g in gradients]


def adapter_of(fault, framework, mode):
    pytest.importorskip(f"autograd_conformance.adapters.{framework.lower()}")
    return getattr(miniatures, fault + framework)(mode)


def test_every_fault_has_a_case():
    assert set(CASES) == set(FAULTS)


@pytest.mark.parametrize("fault", CASES)
@pytest.mark.parametrize(("framework", "mode"), MODES)
def test_a_miniature_is_wrong_as_described(framework, mode, fault):
    adapter = adapter_of(fault, framework, mode)
    graph, point, cotangent, expected = CASES[fault]
    for found, wrong in zip(gradients_of(adapter, graph, point, cotangent), expected, strict=True):
        if wrong is None:
            assert found is None if framework != "Jax" else not found.any()
        else:
            np.testing.assert_allclose(found, wrong, rtol=1e-12)


@pytest.mark.parametrize("fault", CASES)
@pytest.mark.parametrize("framework", ["Torch", "Jax", "TensorFlow"])
def test_without_the_op_the_program_is_the_real_one(framework, fault):
    mode = "graph" if framework == "TensorFlow" else "eager"
    adapter = adapter_of(fault, framework, mode)
    real = type(adapter).__bases__[1](mode)
    assert adapter.write_source(CLEAN) == real.write_source(CLEAN)
    gradients = gradients_of(adapter, CLEAN, [X, Y], np.concatenate([U, U]))
    np.testing.assert_allclose(gradients, [U * np.cos(X), U], rtol=1e-12)


@pytest.mark.parametrize(("framework", "mode"), MODES)
def test_the_forward_values_of_a_miniature_are_right(framework, mode):
    adapter = adapter_of("NoBroadcastSum", framework, mode)
    graph, point, *_ = CASES["NoBroadcastSum"]
    program = adapter.translate(graph, "float32")
    (found,) = adapter.forward(program, [adapter.native(x, "float32") for x in point])
    np.testing.assert_array_equal(adapter.export(found)[1], point[0] + point[1])


@pytest.mark.parametrize("framework", ["Torch", "Jax", "TensorFlow"])
def test_broadcasting_against_no_elements_still_has_a_gradient(framework):
    mode = "graph" if framework == "TensorFlow" else "eager"
    graph = Graph(((0, 1), (2,)), (Node("mul", (0, 1)),), (2,))
    adapter = adapter_of("NoBroadcastSum", framework, mode)
    first, second = gradients_of(adapter, graph, [np.zeros((0, 1)), np.ones(2)], np.zeros((0, 2)))
    assert first.shape == (0, 1)
    np.testing.assert_array_equal(second, np.zeros(2))


def test_a_fault_can_be_moved_to_another_op():
    real = pytest.importorskip("autograd_conformance.adapters.torch").TorchAdapter("eager")
    adapter = miniatures.miniature(FAULTS["SignFlipped"], "Torch", ops=("sin", "softmax"))("eager")
    graph = Graph(((3,),), (Node("sin", (0,)), Node("softmax", (1,), {"axis": 0}), Node("sin", (2,))), (3,))
    (found,), (right,) = (gradients_of(each, graph, [X], U) for each in (adapter, real))
    np.testing.assert_allclose(found, -right, rtol=1e-12)


@pytest.mark.parametrize("framework", ["Torch", "Jax", "TensorFlow"])
def test_a_script_shows_the_fault(framework, tmp_path):
    mode = "graph" if framework == "TensorFlow" else "eager"
    adapter = adapter_of("SliceShifted", framework, mode)
    graph, point, cotangent, (wrong,) = CASES["SliceShifted"]
    (tmp_path / "script.py").write_text(adapter.script(adapter.translate(graph, "float64"), point, [cotangent]))
    run = [sys.executable, "script.py"]
    printed = subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert f"gradient {wrong.tolist()}" in printed


def test_importing_the_miniatures_imports_no_framework():
    program = "import sys, tests.miniatures; print({'torch', 'jax', 'tensorflow'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "set()"
