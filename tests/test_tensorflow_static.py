"""TensorFlow's static graph is asked with arrays of unknown leading size; which axis that becomes, the ops decide."""

from __future__ import annotations

import importlib.util

import pytest

from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import Singles
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.settings import Settings
from autograd_conformance.variants import variants_of
from autograd_conformance.worker.questions import Answered, question_to_plain
from autograd_conformance.worker.serve import Server

if importlib.util.find_spec("tensorflow") is None:
    pytest.skip("tensorflow is not installed", allow_module_level=True)

from autograd_conformance.adapters.tensorflow import TensorFlowAdapter
from autograd_conformance.adapters.tensorflow_ops import TABLE

GRAPHS = 6
SIZED = sorted(op for op, text in TABLE.definitions.items() if ".shape" in text and "tf.linalg.qr" not in text)
"""Ops whose programs are ours and look at a shape; the gradient of a QR decomposition wants a known one (an expectation)."""


@pytest.fixture(scope="module")
def server() -> Server:
    return Server(TensorFlowAdapter)


def test_many_ops_look_at_a_shape() -> None:
    assert {"attention", "conv_transpose2d", "unfold", "pad_replicate", "multi_margin_loss"} <= set(SIZED)


@pytest.mark.parametrize("op", SIZED)
def test_an_op_may_be_asked_with_its_last_size_unknown(server: Server, op: str) -> None:
    """As behind a transposition, where the unknown leading size of a placeholder comes last."""
    singles = Singles(Settings())
    for number in range(GRAPHS):
        case = singles.case(VOCABULARY[op], number, 0)
        scale = estimate(case).scale("float64")
        for variant in variants_of(case, LAWS, "all"):
            if variant.name == "with a leaf's axes reversed":
                question = variant.question("graph", "float64", scale, ())
                answer = server.answer(question_to_plain(question))
                assert isinstance(answer, Answered), (number, answer)
