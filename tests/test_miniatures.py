"""The faulty adapters are wrong exactly where they say, and right elsewhere."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from autograd_conformance.graph import Graph, Node
from autograd_conformance.word import HESSIAN, JACOBIANS, PER_EXAMPLE, tangent_count
from tests import miniatures
from tests.miniature_samples import IN_EVERY_MODE, SAMPLES, TOP, T, U, X, Y
from tests.miniatures import FAULTS, WORDS

MODES = [("Torch", "eager"), ("Jax", "jit"), ("Jax", "eager")]
MODES += [("TensorFlow", mode) for mode in ("eager", "function", "graph")]
CHEAP_MODES = [("Torch", "eager"), ("Jax", "eager"), ("TensorFlow", "eager")]
COMPILED = {"Torch": "folded", "Jax": "jit", "TensorFlow": "function"}

CLEAN = Graph(((3,), (3,)), (Node("arcsin", (0,)), Node("concatenate", (2, 1), {"axis": 0})), (3,))

CHOSEN = [(fault, *mode) for fault in IN_EVERY_MODE for mode in MODES]
CHOSEN += [
    (fault, framework, COMPILED[framework] if fault.startswith("Compiled") else mode)
    for fault in SAMPLES
    for framework, mode in CHEAP_MODES
    if fault not in IN_EVERY_MODE and framework in FAULTS[fault].frameworks
]


def gradients_of(adapter, graph, point, cotangent, dtype="float64", calls=1):
    program = adapter.translate(graph, dtype)
    leaves = [adapter.native(x, dtype) for x in point]
    for _ in range(calls):
        _, gradients = adapter.vjp(program, leaves, [adapter.native(cotangent, dtype)])
    return [None if g is None else adapter.export(g)[1] for g in gradients]


def derived(adapter, sample):
    program = adapter.translate(sample.graph, "float64")
    if sample.word == PER_EXAMPLE:
        points, seeds = (
            [np.stack([x, x + 1]) for x in sample.point],
            [np.stack([sample.cotangent, 2 * sample.cotangent])],
        )
        batch = (tuple(adapter.native(x, "float64") for x in some) for some in (points, seeds))
        return [adapter.export(g)[1] for g in adapter.per_example(program, *batch)]
    cotangents, tangent, leaves = (
        tuple(adapter.native(x, "float64") for x in some)
        for some in ([sample.cotangent], [T] * len(sample.point), sample.point)
    )
    if sample.word in JACOBIANS:
        return [adapter.export(g)[1] for g in adapter.jacobian(program, leaves, sample.word)[0]]
    if sample.word == HESSIAN:
        return [adapter.export(one)[1] for row in adapter.hessian(program, leaves, cotangents) for one in row]
    found = adapter.derive(program, leaves, sample.word, cotangents, [tangent] * tangent_count(sample.word))
    return [adapter.export(g)[1] for g in found]


def assert_gradients_are_right(adapter, mode, sample):
    real = type(adapter).__bases__[1](mode if mode != "folded" else "eager")
    found, right = (gradients_of(each, sample.graph, sample.point, sample.cotangent) for each in (adapter, real))
    np.testing.assert_allclose(found, right, rtol=1e-14)


def adapter_of(fault, framework, mode):
    pytest.importorskip(f"autograd_conformance.adapters.{framework.lower()}")
    return getattr(miniatures, fault + framework)(mode)


def test_every_fault_has_a_sample():
    assert set(SAMPLES) == set(FAULTS)


def test_there_are_36_faults_and_each_says_what_it_is_in_one_line():
    texts = {fault.__doc__ for fault in FAULTS.values()}
    assert len(texts) == 36
    assert all(text.endswith(".") and "\n" not in text for text in texts)


@pytest.mark.parametrize(("fault", "framework", "mode"), CHOSEN)
def test_a_miniature_is_wrong_as_described(fault, framework, mode):
    adapter = adapter_of(fault, framework, mode)
    sample = SAMPLES[fault]
    if sample.word:
        found = derived(adapter, sample)
        assert_gradients_are_right(adapter, mode, sample)
    else:
        found = gradients_of(adapter, sample.graph, sample.point, sample.cotangent, sample.dtype, sample.calls)
    tolerance = 1e-12 if sample.dtype == "float64" else 1e-6
    for gradient, wrong in zip(found, sample.wrong, strict=True):
        if wrong is None:
            assert gradient is None if framework != "Jax" else not gradient.any()
        else:
            np.testing.assert_allclose(gradient, wrong, rtol=tolerance)
            assert gradient.shape == wrong.shape


@pytest.mark.parametrize("fault", SAMPLES)
@pytest.mark.parametrize("framework", ["Torch", "Jax", "TensorFlow"])
def test_without_the_op_the_program_is_the_real_one(framework, fault):
    if framework not in FAULTS[fault].frameworks:
        with pytest.raises(AttributeError, match="no miniature"):
            getattr(miniatures, fault + framework)
        return
    mode = "graph" if framework == "TensorFlow" else "eager"
    adapter = adapter_of(fault, framework, mode)
    real = type(adapter).__bases__[1](mode)
    assert adapter.write_source(CLEAN) == real.write_source(CLEAN)
    if fault in IN_EVERY_MODE or framework == "Torch":
        gradients = gradients_of(adapter, CLEAN, [X, Y], np.concatenate([U, U]))
        np.testing.assert_allclose(gradients, [U / np.sqrt(1 - X**2), U], rtol=1e-12)


RIGHT = {
    "LastElementLost": (Graph(((),), (Node("exp", (0,)),), (1,)), [np.array(0.5)], [2 * np.exp(0.5)]),
    "SoftmaxWrongAxis": (Graph(((1,),), (Node("softmax", (0,), {"axis": 0}),), (1,)), [X[:1]], [np.zeros(1)]),
    "MatmulNotTransposed": (
        Graph(((1, 3), (3, 1)), (Node("matmul", (0, 1)),), (2,)),
        [X.reshape(1, 3), Y.reshape(3, 1)],
        [2 * Y.reshape(1, 3), 2 * X.reshape(3, 1)],
    ),
    "ProductByDividing": (
        Graph(((3,),), (Node("prod", (0,), {"axes": (0,), "keepdims": False}),), (1,)),
        [X],
        [2 * np.prod(X) / X],
    ),
    "VarianceUnbiased": (
        Graph(((1, 1),), (Node("var", (0,), {"axes": (0,), "keepdims": True}),), (1,)),
        [X[:1].reshape(1, 1)],
        [np.zeros((1, 1))],
    ),
    "GradientsAccumulated": (Graph(((3,), (3,)), (Node("mul", (0, 1)),), (2,)), [X, Y], [2 * Y, 2 * X]),
    "WrongInLowPrecision": (Graph(((),), (Node("sqrt", (0,)),), (1,)), [np.array(4.0)], [np.array(0.5)]),
    "SparseTakenForZero": (Graph(((),), (Node("sigmoid", (0,)),), (1,)), [np.array(0.0)], [np.array(0.5)]),
}
"""Graphs with the faulty op where the fault does not show, at the cotangent 2."""


@pytest.mark.parametrize("fault", RIGHT)
def test_a_fault_with_a_condition_is_right_outside_it(fault):
    adapter = adapter_of(fault, "Torch", "eager")
    graph, point, right = RIGHT[fault]
    (output,) = adapter.forward(adapter.translate(graph, "float64"), [adapter.native(x, "float64") for x in point])
    found = gradients_of(adapter, graph, point, np.full(tuple(output.shape), 2.0))
    for gradient, expected in zip(found, right, strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("framework", "mode"), MODES)
def test_the_forward_values_of_a_miniature_are_right(framework, mode):
    adapter = adapter_of("NoBroadcastSum", framework, mode)
    sample = SAMPLES["NoBroadcastSum"]
    program = adapter.translate(sample.graph, "float32")
    (found,) = adapter.forward(program, [adapter.native(x, "float32") for x in sample.point])
    np.testing.assert_array_equal(adapter.export(found)[1], sample.point[0] + sample.point[1])


@pytest.mark.parametrize("framework", ["Torch", "Jax", "TensorFlow"])
def test_broadcasting_against_no_elements_still_has_a_gradient(framework):
    mode = "graph" if framework == "TensorFlow" else "eager"
    graph = Graph(((0, 1), (2,)), (Node("mul", (0, 1)),), (2,))
    adapter = adapter_of("NoBroadcastSum", framework, mode)
    first, second = gradients_of(adapter, graph, [np.zeros((0, 1)), np.ones(2)], np.zeros((0, 2)))
    assert first.shape == (0, 1)
    np.testing.assert_array_equal(second, np.zeros(2))


def test_a_fault_of_compiled_modes_leaves_eager_alone():
    adapter = adapter_of("CompiledToConstant", "Torch", "eager")
    sample = SAMPLES["CompiledToConstant"]
    (found,) = gradients_of(adapter, sample.graph, sample.point, sample.cotangent)
    np.testing.assert_allclose(found, 4 * U)


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
    sample = SAMPLES["SliceShifted"]
    program = adapter.translate(sample.graph, "float64")
    (tmp_path / "script.py").write_text(adapter.script(program, sample.point, [sample.cotangent]))
    run = [sys.executable, "script.py"]
    printed = subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert f"gradient {sample.wrong[0].tolist()}" in printed


def test_every_framework_defines_the_same_words():
    """Writing in place is torch's alone."""
    defined = {
        framework: {line.split("(")[0] for line in text.splitlines() if line.startswith("def ")}
        for framework, text in WORDS.items()
    }
    assert defined["Jax"] == defined["TensorFlow"] == defined["Torch"] - {"def overwrite"}


def test_the_program_of_a_fault_in_the_call_is_the_real_one():
    adapter = adapter_of("GradientsAccumulated", "Torch", "eager")
    assert adapter.write_source(TOP) == type(adapter).__bases__[1]("eager").write_source(TOP)


def test_importing_the_miniatures_imports_no_framework():
    program = "import sys, tests.miniatures; print({'torch', 'jax', 'tensorflow'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "set()"
