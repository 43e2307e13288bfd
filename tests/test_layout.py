"""Arrays that lie otherwise in memory: the same numbers, asked for where a framework has them, and seen when misread."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from autograd_conformance.adapter import LAYOUTS, Unsupported
from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node, Shape
from autograd_conformance.judge import judge_case, questions_about
from autograd_conformance.laws import LAWS
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.worker.questions import (
    Answer,
    Answered,
    Failed,
    answer_from_plain,
    answer_to_plain,
    question_from_plain,
    question_to_plain,
)
from autograd_conformance.worker.serve import Server
from tests.miniatures import miniature
from tests.miniatures.calls import LayoutIgnored
from tests.misbehaving import Honest, MisreadsExpanded, RefusesLayout

LAW = "layout_changes_nothing"
EXP = Case(Graph(((2, 3),), (Node("exp", (0,)),), (1,)), (np.arange(6.0).reshape(2, 3) / 4,))


def verdict(server: Server, case: Case, dtype: str) -> str:
    """The word for the law about layouts, asked as a run asks."""
    estimated = estimate(case)
    laws = {LAW: LAWS[LAW]}
    answers: list[Answer] = [
        answer_from_plain(answer_to_plain(server.answer(question_to_plain(question))))
        for question in questions_about(estimated, "eager", (dtype,), laws, "all")
    ]
    judged = judge_case(estimated, "asked:eager", (dtype,), laws, answers, lambda *_: answers[0], "all")
    return judged.verdicts[dtype, LAW].name if (dtype, LAW) in judged.verdicts else "not applied"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_storage_read_as_if_contiguous_is_seen(dtype: str) -> None:
    """By this law, where the real framework keeps it; with contiguous arrays the miniature is right."""
    torch = pytest.importorskip("autograd_conformance.adapters.torch")
    assert verdict(Server(miniature(LayoutIgnored, "Torch")), EXP, dtype) == "disagree"
    assert verdict(Server(torch.TorchAdapter), EXP, dtype) == "agree"


def test_without_layouts_the_law_is_not_applied() -> None:
    """Nothing is asked of a framework whose arrays lie in one way."""
    assert (
        verdict(Server(Honest), Case(Graph(((3,),), (Node("tanh", (0,)),), (1,)), (np.ones(3),)), "float64")
        == "not applied"
    )
    with pytest.raises(Unsupported):
        Honest("eager").arranged(np.ones(3), "sliced")


def test_an_expanded_cotangent_that_is_misread_is_seen() -> None:
    """One element stands for all; the contiguous cotangent of equal elements is the second that is pulled back."""
    case = Case(Graph(((3,),), (Node("tanh", (0,)),), (1,)), (np.ones(3),))
    assert verdict(Server(MisreadsExpanded), case, "float64") == "disagree"
    shifted = Case(Graph(((3,),), (Node("shift", (0,), {"offset": 0.5}),), (1,)), (np.ones(3),))
    assert verdict(Server(MisreadsExpanded), shifted, "float64") == "agree"
    assert all(np.ptp(array) == 0 for array in EXP.even_cotangent)


def test_what_is_raised_for_a_layout_is_the_law_s_alone() -> None:
    """The same question's other answers stay, and the error survives the wire."""
    case = Case(Graph(((3,),), (Node("tanh", (0,)),), (1,)), (np.ones(3),))
    server = Server(RefusesLayout)
    assert verdict(server, case, "float64") == "disagree"
    answer = server.answer(question_to_plain(questions_about(estimate(case), "eager", ("float64",), LAWS, "all")[0]))
    assert isinstance(answer, Answered)
    back = answer_from_plain(answer_to_plain(answer))
    assert isinstance(back, Answered)
    failed = back.layouts["sliced"]
    assert isinstance(failed, Failed)
    assert failed.message == "view size is not compatible"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (1, 2, 4), (0, 3)])
def test_torch_arranges_the_same_numbers(layout: str, shape: Shape) -> None:
    """As leaves, and where there are elements in an order of storage of their own."""
    torch = pytest.importorskip("autograd_conformance.adapters.torch")
    adapter = torch.TorchAdapter("eager")
    values = np.arange(float(np.prod(shape))).reshape(shape) if layout != "expanded" else np.full(shape, 0.75)
    arranged = adapter.arranged(adapter.native(values, "float32"), layout)
    name, found = adapter.export(arranged)
    assert name == "float32"
    np.testing.assert_array_equal(found, values)
    assert arranged.is_leaf
    if layout == "sliced" and values.size:
        assert arranged.storage_offset() == 1
    if len(shape) > 1 and min(shape) > 1:
        assert not arranged.is_contiguous()


def test_layouts_survive_the_wire() -> None:
    """As part of the question and of the answer."""
    asked = questions_about(estimate(EXP), "eager", ("float64",), LAWS, "all")[0]
    assert question_from_plain(question_to_plain(asked)).layouts == LAYOUTS
    assert question_from_plain(question_to_plain(dataclasses.replace(asked, layouts=()))).layouts == ()
    torch = pytest.importorskip("autograd_conformance.adapters.torch")
    answer = Server(torch.TorchAdapter).answer(question_to_plain(asked))
    assert isinstance(answer, Answered)
    back = answer_from_plain(answer_to_plain(answer))
    assert isinstance(back, Answered)
    assert tuple(back.layouts) == LAYOUTS
