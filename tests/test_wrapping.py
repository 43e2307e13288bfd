"""A part of a program within a transform: how it is written, when it is asked about, and that faults in it are seen."""

from __future__ import annotations

import functools
import importlib
from itertools import islice

import numpy as np
import pytest

from autograd_conformance import corpus
from autograd_conformance.adapters.translator import compile_source, expression, wrapped_source
from autograd_conformance.case import Case
from autograd_conformance.generation.strategies import independent_cases
from autograd_conformance.graph import Graph, MalformedGraph, Node
from autograd_conformance.judge import Judged, judge_case, question_in, questions_about
from autograd_conformance.laws import LAWS
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.reference.interpreter import evaluate
from autograd_conformance.rewrites import stopped, wrapped
from autograd_conformance.rewrites.wrapping import WRAPPED_IN
from autograd_conformance.worker.questions import question_from_plain, question_to_plain
from autograd_conformance.worker.serve import Server
from autograd_conformance.wrapping import FORMS, KINDS, RULES, Wrapping, boundary, wrapping_from_plain
from tests.miniatures import ADAPTERS, miniature
from tests.miniatures.wrappers import CASE, CHAIN, WRAPPER_FAULTS

GRADIENTS, DERIVATIVES = "wrapped_graphs_have_equal_gradients", "wrapped_graphs_have_equal_derivatives"
STOPPED = "stopped_gradients_are_zero"
ABOUT = {name: LAWS[name] for name in (GRADIENTS, DERIVATIVES, STOPPED)}
TABLE = {"sin": "np.sin({0})", "mul": "{0} * {1}", "exp": "np.exp({0})", "add": "{0} + {1}"}

pytestmark = pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad=True:UserWarning")
"""What a reentrant checkpoint says when nothing is differentiated."""


def test_a_part_takes_and_returns_what_crosses_its_ends() -> None:
    assert boundary(CHAIN, 1, 3) == ((1, 2), (3, 4))
    assert boundary(CHAIN, 0, 4) == ((0, 1), (3, 5))
    assert boundary(CHAIN, 2, 3) == ((3,), (4,))


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (1, 3), (0, 4), (3, 4)])
def test_a_wrapped_program_computes_the_same(start: int, stop: int) -> None:
    """The part is a function of its own, and what wraps it stands between it and the rest."""
    source = wrapped_source(
        CHAIN,
        Wrapping("checkpoint", 0, start, stop),
        "def wrapped(function):\n    seen.append(function)\n    return function",
        lambda node, operands: expression(TABLE, node, operands),
    )
    seen: list[object] = []
    function = compile_source(source, {"np": np, "seen": seen})
    x, y = CASE.point
    product = np.sin(x) * y
    last, middle = function(x, y)
    np.testing.assert_array_equal(last, product + np.exp(product))
    np.testing.assert_array_equal(middle, product)
    assert len(seen) == 1


def test_a_rule_is_given_its_factor() -> None:
    source = wrapped_source(
        CHAIN, Wrapping("custom vjp", 0, 0, 4, 2), "", lambda node, operands: expression(TABLE, node, operands)
    )
    assert "wrapped_part = wrapped(part, 2)" in source


def test_a_wrapping_crosses_the_wire() -> None:
    (asked, *_) = [
        each for each in questions_about(estimate(CASE), "eager", ("float64",), ABOUT, "all") if each.wrapping
    ]
    assert question_from_plain(question_to_plain(asked)).wrapping == asked.wrapping


@pytest.mark.parametrize(
    "plain",
    [
        "checkpoint",
        {"kind": "checkpoint", "form": 0, "start": 0, "stop": 5, "factor": 1},
        {"kind": "checkpoint", "form": 0, "start": 2, "stop": 2, "factor": 1},
        {"kind": "checkpoint", "form": 0, "start": -1, "stop": 2, "factor": 1},
        {"kind": "__import__", "form": 0, "start": 0, "stop": 2, "factor": 1},
    ],
)
def test_what_is_no_wrapping_is_refused(plain: object) -> None:
    with pytest.raises(MalformedGraph):
        wrapping_from_plain(plain, CHAIN)


def test_reductions_ask_about_every_kind_and_form() -> None:
    """Rules round the whole graph multiply; round a part they do not."""
    found = [each.wrapping for each in wrapped(CASE, "all")]
    assert {(each.kind, each.form) for each in found if each} == {
        (kind, form) for kind in KINDS for form in range(FORMS)
    }
    for each in found:
        assert each is not None
        is_multiplied = each.kind in RULES and (each.start, each.stop) == (0, 4)
        assert each.factor == (2 if is_multiplied else 1)


def test_a_stopped_part_is_held_at_its_values() -> None:
    """What it leads to is another input, last of all, at which the outputs are the same."""
    (found,) = stopped(CASE, "all")
    assert found.wrapping is not None
    assert found.held is not None
    assert found.held.graph.inputs[:2] == CHAIN.inputs
    assert len(found.held.graph.nodes) == 4 - (found.wrapping.stop - found.wrapping.start)
    before, after = (evaluate(each.graph, [array[None] for array in each.point]) for each in (CASE, found.held))
    np.testing.assert_array_equal(before.flat_outputs(), after.flat_outputs())


def test_a_share_of_the_cases_is_wrapped_in_turn() -> None:
    cases = list(islice(independent_cases(seed=3, shortest=1, longest=2), 400))
    found = [each for case in cases for each in wrapped(case, "one in three")]
    assert len(cases) / WRAPPED_IN["one in three"] / 2 < len(found) < 2 * len(cases) / WRAPPED_IN["one in three"]
    assert {each.wrapping.kind for each in found if each.wrapping} == set(KINDS)
    assert not any(wrapped(case, "none") for case in cases)


def test_only_numbers_cross_the_ends_of_a_part() -> None:
    """A condition and what it selects are wrapped together, or not at all."""
    graph = Graph(((2,), (2,)), (Node("greater", (0, 1)), Node("where", (2, 0, 1)), Node("sin", (3,))), (4,))
    for numbers in ((0.5, 0.25), (1.5, -0.5), (0.75, 2.0), (-1.0, 0.125)):
        case = Case(graph, (np.array(numbers), np.array([0.0, 1.0])))
        for each in wrapped(case, "all"):
            assert each.wrapping is not None
            assert (each.wrapping.start, each.wrapping.stop) != (0, 1)
            assert (each.wrapping.start, each.wrapping.stop)[0] != 1


estimated = functools.cache(estimate)


def judged(adapter: type, mode: str, case: Case, laws: tuple[str, ...] = tuple(ABOUT)) -> Judged:
    server, about = Server(adapter), {name: ABOUT[name] for name in laws}
    asked = questions_about(estimated(case), mode, ("float64",), about, "all")
    answers = [server.answer(question_to_plain(each)) for each in asked]
    again = question_in(estimated(case), mode, "float64", about, "all")
    return judge_case(
        estimated(case), f"x:{mode}", ("float64",), about, answers,
        lambda *_: server.answer(question_to_plain(again)), "all",
    )  # fmt: skip


CAUGHT = {
    "CheckpointLosesGradient": (GRADIENTS, "disagree"),
    "CheckpointWrongAtSecondOrder": (DERIVATIVES, "disagree"),
    "RuleIgnored": (GRADIENTS, "disagree"),
    "RuleRaises": (GRADIENTS, "error"),
    "StopIgnored": (STOPPED, "disagree"),
    "CarryGradientDropped": (GRADIENTS, "disagree"),
    "WrongBranch": (GRADIENTS, "disagree"),
    "ViewGradientLost": (GRADIENTS, "disagree"),
    "WriteForgotten": (GRADIENTS, "disagree"),
}
OF_TORCH = ("ViewGradientLost", "WriteForgotten")
"""Of what the others do not have."""


FRAMEWORKS = {"Torch": "eager", "Jax": "jit", "TensorFlow": "eager"}
"""With the mode that takes least time."""
PAIRS = [
    (fault, framework) for fault in WRAPPER_FAULTS for framework in FRAMEWORKS
    if framework == "Torch" or (CAUGHT[fault][0] != DERIVATIVES and fault not in OF_TORCH)
]  # fmt: skip
"""Where every word in every wrapper is compiled anew, derivatives take minutes."""


@pytest.mark.parametrize(("fault", "framework"), PAIRS)
def test_a_faulty_wrapper_is_caught(fault: str, framework: str) -> None:
    """By the law that should, and gradients of plain programs are not called wrong."""
    pytest.importorskip(framework.lower())
    law, verdict = CAUGHT[fault]
    found = judged(miniature(WRAPPER_FAULTS[fault], framework), FRAMEWORKS[framework], CASE, (GRADIENTS, law))
    assert found.verdicts["float64", law].name == verdict
    assert found.verdicts["float64", "adapter_answers"].name == "agree"
    if law != GRADIENTS:
        assert found.verdicts["float64", GRADIENTS].name == "agree"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_wrappers_change_nothing(framework: str) -> None:
    pytest.importorskip(framework.lower())
    module, _, name = ADAPTERS[framework].partition(":")
    adapter = getattr(importlib.import_module(f"autograd_conformance.adapters.{module}"), name)
    laws = tuple(ABOUT) if framework == "Torch" else (GRADIENTS, STOPPED)
    found = judged(adapter, FRAMEWORKS[framework], CASE, laws)
    assert {law: verdict.name for (_, law), verdict in found.verdicts.items()} == dict.fromkeys(
        ("adapter_answers", *laws), "agree"
    )


def test_a_plain_derivative_that_is_wrong_is_no_fault_of_the_wrapper() -> None:
    """Torch loses the tangent of a scattered product; round it, a rule that pulls back twice gives the right one."""
    pytest.importorskip("torch")
    from autograd_conformance.adapters.torch import TorchAdapter

    case = corpus.read(next(path for path in corpus.shipped() if path.name == "scatter-mul.json"))
    found = judged(TorchAdapter, "eager", case, (DERIVATIVES,))
    assert found.verdicts["float64", DERIVATIVES].name in ("agree", "unsupported")


def test_a_plain_gradient_that_is_wrong_is_no_fault_of_a_stop() -> None:
    """Torch's hard_sigmoid rounds 1/6 to float32, also in float64, and beside whatever is stopped."""
    pytest.importorskip("torch")
    from autograd_conformance.adapters.torch import TorchAdapter

    graph = Graph(((), (), ()), (Node("hard_sigmoid", (0,)), Node("xlog1py", (1, 2))), (3, 4))
    found = judged(TorchAdapter, "eager", Case(graph, (np.array(-1.0), np.array(1.0), np.array(1.0))), (STOPPED,))
    assert ("float64", STOPPED) not in found.verdicts
