"""How much of a case is asked where every form of it is a compilation."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import ClassVar

from autograd_conformance.case import Case
from autograd_conformance.corpus import STRATUM
from autograd_conformance.expectation import Entry, Expectations
from autograd_conformance.generation import style
from autograd_conformance.generation.strategies import balanced, independent_cases
from autograd_conformance.judge import judge_case, questions_about
from autograd_conformance.judging import Judging
from autograd_conformance.known import Expectation
from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import HIGHER, with_stratum
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.rewrites.rewrite import FEW_NODES
from autograd_conformance.settings import Settings
from autograd_conformance.variants import (
    COMPILED,
    CORE,
    HIGHEST_COMPILED,
    asks_about_calls,
    asks_forward,
    derivations_about,
)
from autograd_conformance.word import order_of
from autograd_conformance.worker.questions import Answer, Question, Refused
from tests.asking import AskedHere
from tests.misbehaving import Honest, WrongOutputsWithGradient

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


def test_frozen_cases_where_a_word_is_a_compilation() -> None:
    """They are asked what is always asked of them, and no other word."""
    (case,) = drawn(STRATUM, 1)
    assert highest([case], "float64", "one in three") == 3
    for share in COMPILED:
        assert derivations_about(case, "float64", LAWS, share) == ()  # type: ignore[arg-type]
        assert {one.word for one in derivations_about(case, "float64", LAWS, share, {"rrrr"})} == {"rrrr"}  # type: ignore[arg-type]
    assert derivations_about(case, "float16", LAWS, "all", {"rrrr"}) == ()


def test_a_witness_is_asked_what_it_shows() -> None:
    """However rarely the word is asked: a run that did not ask would call the expectation stale."""

    class Rare(Honest):
        def rarely(self) -> Mapping[str, int]:
            return {"f": 1 << 62, "rr": 1 << 62}

    class Recorder:
        asked: ClassVar[list[Question]] = []

        def ask(self, questions: list[Question]) -> list[Answer]:
            self.asked += questions
            return [Refused("not in this test") for _ in questions]

    adapter = AskedHere(Rare).planned
    shown, other = drawn(STRATUM, 2)
    entry = Expectation(
        law="jvp_*", adapter="*", kind="disagree", signature="*", reason="known", link="unreported", witness="a.json"
    )
    known = Expectations((Entry("known.toml", 1, entry),), {"a.json": shown.id})
    judging = Judging(Settings(dtypes=("float64",)), {adapter.worker: Recorder()}, known)  # type: ignore[dict-item]
    assert len([*judging.judged(judging.hear(judging.asking(adapter, [shown, other])))]) == 2
    words: dict[bool, set[str]] = {True: set(), False: set()}
    for question in Recorder.asked:
        words[question.point is shown.point] |= {one.word for one in question.derivations}
    assert "f" in words[True]
    assert not words[True] & {"rr"}
    assert not words[False] & {"f", "rr"}


def test_the_forward_call_is_asked_of_some_graphs() -> None:
    """Of all small ones where that is no compilation: an op alone is told of by both calls."""
    cases = drawn(CORE, 80)
    assert all(asks_forward(case, "all") for case in cases)
    assert all(asks_forward(case, "one in three") for case in cases if len(case.graph.nodes) <= FEW_NODES)
    assert 5 <= sum(asks_forward(case, "none") for case in cases) <= 40
    large = [*islice(independent_cases(seed=5), 200)]
    assert 15 <= sum(asks_forward(case, "one in three") for case in large) <= 70


def test_large_graphs_are_asked_about_calls_less_often() -> None:
    small, large = drawn(CORE, 300), [*islice(independent_cases(seed=5), 300)]
    share = [sum(asks_about_calls(case, LAWS, "one in three") for case in cases) for cases in (small, large)]
    assert share[0] > 3 * share[1] > 0


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
    judged = judge_case(known, "here:eager", ("float64",), LAWS, answers, lambda *_: answers[0], "one in eight")
    verdicts = {law: verdict.name for (_, law), verdict in judged.verdicts.items()}
    assert verdicts["forward_matches_numpy"] == "disagree"
    assert verdicts["vjp_matches_finite_differences"] in ("agree", "weak")
