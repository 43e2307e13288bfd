"""How much of a case is asked where every form of it is a compilation."""

from __future__ import annotations

from itertools import islice

from autograd_conformance.case import Case
from autograd_conformance.corpus import STRATUM
from autograd_conformance.generation import style
from autograd_conformance.generation.strategies import balanced
from autograd_conformance.judge import judge_case, questions_about
from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import HIGHER, with_stratum
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.variants import COMPILED, CORE, HIGHEST_COMPILED, asks_forward, derivations_about
from autograd_conformance.word import order_of
from tests.asking import AskedHere
from tests.misbehaving import WrongOutputsWithGradient

OPS = tuple(VOCABULARY[name] for name in ("add", "mul", "sin", "square", "sub", "tanh"))


def drawn(stratum: str, count: int) -> list[Case]:
    return list(islice(balanced(OPS, 3, stratum, style.SMALL), count))


def highest(cases: list[Case], dtype: str, share: str) -> int:
    asked = (derivations_about(case, dtype, LAWS, share) for case in cases)  # type: ignore[arg-type]
    return max((order_of(each.word) for derivations in asked for each in derivations), default=0)


def test_orders_where_a_word_is_a_compilation() -> None:
    """A few of the cases of single ops are asked every order, random graphs no higher one, float32 the first."""
    single, core = drawn(HIGHER, 60), drawn(CORE, 200)
    assert highest(single, "float64", "one in three") == highest(core, "float64", "one in three") == 4
    assert highest(single, "float32", "one in three") == 2
    for share in COMPILED:
        assert highest(single, "float64", share) == 4
        assert highest(core, "float64", share) == HIGHEST_COMPILED
        assert highest(single + core, "float32", share) == 1
    assert highest([with_stratum(core[0], "")], "float32", "all") == 2


def test_the_forward_call_is_asked_of_some_graphs() -> None:
    cases = drawn(CORE, 80)
    assert all(asks_forward(case, "one in three") and asks_forward(case, "all") for case in cases)
    assert all(asks_forward(with_stratum(case, STRATUM), "none") for case in cases)
    assert 5 <= sum(asks_forward(case, "none") for case in cases) <= 40


def test_outputs_are_judged_without_a_forward_call() -> None:
    """Those that come with the gradient are; nothing else is said of the call that was not made."""
    asked = AskedHere(WrongOutputsWithGradient)
    case = next(
        case for case in drawn(CORE, 80) if not asks_forward(case, "one in eight") and "tanh" in case.graph.op_names
    )
    known = estimate(case)
    questions = questions_about(known, "eager", ("float64",), LAWS, "one in eight")
    assert not questions[0].wants_forward
    answers = asked.investigator.ask(asked.planned, questions)
    judged = judge_case(known, "here:eager", ("float64",), LAWS, answers, lambda dtype: answers[0], "one in eight")
    verdicts = {law: verdict.name for (_, law), verdict in judged.verdicts.items()}
    assert verdicts["forward_matches_numpy"] == "disagree"
    assert verdicts["vjp_matches_finite_differences"] in ("agree", "weak")
