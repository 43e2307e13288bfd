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
from autograd_conformance.coverage import Ledger
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.worker.description import Description
from tests.test_adapters import GROUPS, WIRING, adapter_for, measure, point_of, side_by_side

TAPE = TapeAdapter("eager")


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
    made = Ledger(("float64", "float32"), ("tape:eager",))
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
