"""The adapter of the suite's own engine, against the torch adapter on small graphs written by hand."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd_conformance.adapter import Adapter, Unsupported
from autograd_conformance.adapters.tape import TapeAdapter
from autograd_conformance.coverage import Ledger
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.word import FORWARD, JVP, REVERSE, WORDS, has_reverse, tangent_count
from autograd_conformance.worker.description import Description
from tests.test_adapters import GROUPS, WIRING, adapter_for, measure, point_of, side_by_side

TAPE = TapeAdapter("eager")
TORCH = adapter_for("torch", "eager")


CORE = (
    "neg reciprocal square sqrt exp log log1p sin cos arctan arcsin arccos arctanh tanh expm1 sigmoid softplus scale shift "
    "add sub mul div power maximum minimum relu abs clip greater where sum mean prod max logsumexp var softmax log_softmax "
    "cumsum cumprod reshape transpose broadcast_to concatenate split pad flip slice take scatter_add sort "
    "matmul einsum det solve conv1d max_pool1d"
)
"""What the engine promises; the rest of the vocabulary is for real frameworks."""
WITHIN_THE_CORE = {
    name: group for name, group in GROUPS.items() if {op for op, _, _ in group} <= set(TapeAdapter.table.expressions)
}


def test_the_core_is_lowered_and_nothing_else() -> None:
    assert set(TapeAdapter.table.expressions) == set(CORE.split())
    assert set(CORE.split()) < set(VOCABULARY)


def test_what_the_tape_does_not_have_is_no_gap_in_its_coverage() -> None:
    """The floor counts an op that an adapter does not lower as one with a reason."""
    made = Ledger({"tape:eager": ("float64", "float32")})
    lowered = tuple(op for op in VOCABULARY if TAPE.lowers(op))
    described = Description("tape", "eager", {}, (), {}, {}, "", {}, lowered)
    short = [op for op in VOCABULARY if made.record(described, "tape:eager", op, 5).is_below_floor]
    assert set(short) == set(CORE.split())


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
@pytest.mark.parametrize("group", WITHIN_THE_CORE)
def test_the_tape_agrees_with_torch(group: str, dtype: str, tolerance: float) -> None:
    graph = side_by_side(WITHIN_THE_CORE[group])
    point = point_of(graph.inputs, group == "positive")
    outputs, _, gradients = measure(adapter_for("torch", "eager"), graph, point, dtype)
    found_outputs, _, found_gradients = measure(TAPE, graph, point, dtype)
    for found, expected in zip((*found_outputs, *found_gradients), (*outputs, *gradients), strict=True):
        if expected is None:
            assert found is None
        else:
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("word", [word for word in WORDS if has_reverse(word) or word == JVP])
@pytest.mark.parametrize("group", WITHIN_THE_CORE)
def test_derivatives_of_every_word_are_those_of_torch(group: str, word: str) -> None:
    """Of its reverse mode: differentiating its forward mode is wrong or refused for a few ops."""
    graph = side_by_side(WITHIN_THE_CORE[group])
    point = point_of(graph.inputs, group == "positive")
    trusted = JVP if word == JVP else "r" * len(word)
    for found, expected in zip(derived(TAPE, graph, point, word), derived(TORCH, graph, point, trusted), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("word", [word for word in WORDS if word.count("f") > 1])
def test_forward_over_forward(word: str) -> None:
    """By hand: torch's dual numbers have one level."""
    point = [np.array([0.5, -0.25])]
    (first,) = derived(TAPE, QUARTIC, point, word)
    moved = np.prod([one[0] for one in tangents_of(point, tangent_count(word))], axis=0)
    factor = {2: 12 * point[0] ** 2, 3: 24 * point[0]}[len(word)]
    weight = cotangents_of(QUARTIC, point)[0] if has_reverse(word) else 1.0
    np.testing.assert_allclose(first, factor * moved * weight, rtol=1e-14)


QUARTIC = Graph(((2,),), (Node("square", (0,)), Node("square", (1,))), (2,))


def cotangents_of(graph: Graph, point: list[np.ndarray]) -> list[np.ndarray]:
    """Numbers of one sign, other than one, shaped like the outputs."""
    program = TAPE.translate(graph, "float64")
    shapes = [y.shape for y in TAPE.forward(program, [TAPE.native(x, "float64") for x in point])]
    random = np.random.default_rng(2)
    return [random.uniform(0.5, 1.5, shape) for shape in shapes]


def tangents_of(point: list[np.ndarray], count: int) -> list[list[np.ndarray]]:
    random = np.random.default_rng(3)
    return [[random.uniform(-1, 1, x.shape) for x in point] for _ in range(count)]


def derived(adapter: Adapter, graph: Graph, point: list[np.ndarray], word: str) -> list[np.ndarray]:
    """What a word names, zeros for what is not connected."""
    program = adapter.translate(graph, "float64")
    cotangents = cotangents_of(graph, point)
    tangents = tangents_of(point, tangent_count(word))
    leaves, seeds, *moves = (
        [adapter.native(x, "float64") for x in arrays] for arrays in (point, cotangents, *tangents)
    )
    found = adapter.derive(program, leaves, word, seeds, moves)
    like = point if has_reverse(word) else cotangents
    zeros = [adapter.native(np.zeros(x.shape), "float64") for x in like]
    return [adapter.export(zero if y is None else zero + y)[1] for zero, y in zip(zeros, found, strict=True)]


@pytest.mark.parametrize("form", [FORWARD, REVERSE])
def test_whole_jacobians_of_several_leaves(form: str) -> None:
    """Every block lies where its output and its leaf say, and the Hessian's where its two leaves do."""
    adapter = TapeAdapter("eager")
    graph = Graph(((2,), ()), (Node("mul", (0, 1)), Node("square", (1,))), (2, 3))
    program = adapter.translate(graph, "float64")
    leaves = [adapter.native(np.array(value), "float64") for value in ([3.0, 5.0], 7.0)]
    found = [[adapter.export(each)[1] for each in row] for row in adapter.jacobian(program, leaves, form)]
    exact = [[7.0 * np.eye(2), np.array([3.0, 5.0])], [np.zeros(2), np.array(14.0)]]
    for row, wanted in zip(found, exact, strict=True):
        for block, right in zip(row, wanted, strict=True):
            np.testing.assert_array_equal(block, right)
    seeds = [adapter.native(np.array(value), "float64") for value in ([2.0, 4.0], 1.0)]
    hessian = [[adapter.export(each)[1] for each in row] for row in adapter.hessian(program, leaves, seeds)]
    second = [[np.zeros((2, 2)), np.array([2.0, 4.0])], [np.array([2.0, 4.0]), np.array(2.0)]]
    for row, wanted in zip(hessian, second, strict=True):
        for block, right in zip(row, wanted, strict=True):
            np.testing.assert_array_equal(block, right)


def test_outputs_may_repeat_be_inputs_and_leave_inputs_unused() -> None:
    point = point_of(WIRING.inputs)
    _, _, expected = measure(adapter_for("torch", "eager"), WIRING, point)
    _, _, found = measure(TAPE, WIRING, point)
    assert found[2] is None
    for number in (0, 1, 3):
        np.testing.assert_allclose(found[number], expected[number], rtol=1e-12)


def test_bfloat16_is_said_to_be_missing() -> None:
    assert TAPE.lacks() == {"bfloat16": "NumPy has no bfloat16"}
    with pytest.raises(Unsupported, match="no bfloat16"):
        TAPE.translate(Graph(((2,),), (Node("sin", (0,)),), (1,)), "bfloat16")
    with pytest.raises(Unsupported, match="no bfloat16"):
        TAPE.native(np.ones(2), "bfloat16")


def test_the_script_shows_the_same_numbers(tmp_path: Path) -> None:
    graph = Graph(((2, 3), (0, 2)), (Node("tanh", (0,)), Node("neg", (1,))), (2, 3))
    point = point_of(graph.inputs)
    outputs, cotangents, gradients = measure(TAPE, graph, point)
    (tmp_path / "script.py").write_text(TAPE.script(TAPE.translate(graph, "float64"), point, cotangents))
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
    )
    first, *lines = done.stdout.splitlines()
    assert first.startswith("tape, NumPy ")
    for line, expected in zip(lines, (*outputs, *gradients), strict=True):
        found = np.array(ast.literal_eval(line.split(" ", 1)[1])).reshape(expected.shape)
        np.testing.assert_array_equal(found, expected)
