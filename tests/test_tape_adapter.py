"""The adapter of the suite's own engine, against the torch adapter on small graphs written by hand."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd_conformance.adapter import Unsupported
from autograd_conformance.adapters.tape import TapeAdapter
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY
from tests.test_adapters import GROUPS, WIRING, adapter_for, measure, point_of, side_by_side

TAPE = TapeAdapter("eager")


def test_every_op_of_the_vocabulary_is_lowered() -> None:
    assert set(TapeAdapter.table.expressions) == set(VOCABULARY)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
@pytest.mark.parametrize("group", GROUPS)
def test_the_tape_agrees_with_torch(group: str, dtype: str, tolerance: float) -> None:
    graph = side_by_side(GROUPS[group])
    point = point_of(graph.inputs, group == "positive")
    outputs, _, gradients = measure(adapter_for("torch", "eager"), graph, point, dtype)
    found_outputs, _, found_gradients = measure(TAPE, graph, point, dtype)
    for found, expected in zip((*found_outputs, *found_gradients), (*outputs, *gradients), strict=True):
        if expected is None:
            assert found is None
        else:
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


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
