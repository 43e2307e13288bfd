"""What is found out about failures: a graph is reduced once, and every point keeps its own record."""

from __future__ import annotations

from dataclasses import replace

from autograd_conformance.expectation import Entry, Expectations
from autograd_conformance.generation.points import moved
from autograd_conformance.investigation import Investigated, Investigator
from autograd_conformance.judge import ANSWERS, Judged
from autograd_conformance.known import Expectation
from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import SINGLE, Singles
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.settings import Settings
from autograd_conformance.verdict import Verdict
from autograd_conformance.writing import result_record, signature_of
from tests.asking import AskedHere
from tests.misbehaving import HalvesGradients

LAW = "vjp_matches_finite_differences"


def test_a_graph_is_reduced_once_for_all_its_points() -> None:
    """At another point only the node that failed alone is asked about, and the reduced case is the same."""
    asked = AskedHere(HalvesGradients)
    first = Singles(Settings()).case(VOCABULARY["tanh"], 0, 0)
    found = []
    for point in range(3):
        case = moved(first, point, SINGLE) if point else first
        judged = asked.investigator.judge(asked.planned, case, ("float64",), LAW)
        before = asked.questions
        investigated = asked.investigator.investigate(asked.planned, judged)
        found.append((investigated["float64", LAW], asked.questions - before))
    (least, _), *others = found
    assert least.reduced is not None
    assert least.calls
    for investigated, questions in others:
        assert investigated.reduced is least.reduced
        assert (investigated.signature, investigated.node) == (least.signature, least.node)
        assert not investigated.calls
        assert questions <= 2


def foreseeing(signature: str = "tanh", point: str = "*", largest_gap: float | None = None) -> Expectations:
    foreseen = Expectation(
        law=LAW, adapter="*", kind="disagree", signature=signature, point=point, largest_gap=largest_gap, reason="halved",
        link="unreported",
    )  # fmt: skip
    return Expectations((Entry("here.toml", 1, foreseen),))


def failing() -> tuple[AskedHere, Judged]:
    """A gradient of several nodes that is wrong, and the adapter that gave it."""
    asked, singles = AskedHere(HalvesGradients), Singles(Settings())
    drawn = (singles.case(VOCABULARY["tanh"], number, 0) for number in range(20))
    case = next(found for found in drawn if len(found.graph.nodes) > 1)
    return asked, asked.investigator.judge(asked.planned, case, ("float64",), LAW)


def test_a_crash_is_known_by_its_last_words() -> None:
    """Its process is not sacrificed again; one that says something else is reduced."""
    asked, judged = failing()
    case = judged.case
    judged.verdicts = {("float64", ANSWERS): Verdict("crash", "ended by SIGABRT: Check failed: a == b")}

    def found(detail: str) -> tuple[Investigated, int]:
        entry = Expectation(
            law=ANSWERS, adapter="*", kind="crash", signature="tanh", detail=detail, reason="aborts", link="unreported"
        )
        before, ask = asked.questions, asked.investigator.ask
        asked.investigator = Investigator(LAWS, estimate, ask, Expectations((Entry("here.toml", 1, entry),)))
        investigated = asked.investigator.investigate(asked.planned, judged)["float64", ANSWERS]
        return investigated, asked.questions - before

    known, questions = found("*a == b*")
    assert (known.signature, known.reduced, questions) == ("tanh", None, 0)
    assert known.node is not None
    assert case.graph.nodes[known.node].op == "tanh"
    for detail in ("*", "*a == c*"):
        assert found(detail)[1] > 0


def test_what_is_foreseen_is_reduced_to_its_node_alone() -> None:
    """That is what it is known by; what depends on the point, or is off by more than is known, is reduced to the end."""
    asked, judged = failing()
    case = judged.case

    def reduced(expectations: Expectations) -> Investigated:
        asked.investigator = Investigator(LAWS, estimate, asked.investigator.ask, expectations)
        return asked.investigator.investigate(asked.planned, judged)["float64", LAW]

    known = reduced(foreseeing())
    assert known.reduced is not None
    assert (known.signature, known.calls, known.is_minimal) == ("tanh", 1, False)
    anything = reduced(foreseeing("*"))
    assert (anything.reduced, anything.signature, anything.calls) == (None, signature_of(case), 0)
    for expectations in (Expectations(), foreseeing(point="zero"), foreseeing(largest_gap=1e-9)):
        least = reduced(expectations)
        assert (least.signature, least.is_minimal) == ("tanh", True)
        assert least.calls > 1


def test_what_stands_round_a_defect_makes_it_no_other() -> None:
    """An expectation is held against the gap of the reduced case; one that is larger there is held against its own."""
    asked, judged = failing()
    found = asked.investigator.investigate(asked.planned, judged)["float64", LAW]
    alone = found.reduced_judged
    assert alone is not None
    verdict, least = judged.verdicts["float64", LAW], alone.verdicts["float64", LAW].worst
    assert verdict.worst is not None
    assert least is not None
    for times, allowed in ((10.0, 2.0), (10.0, 0.5), (0.1, 2.0), (0.1, 0.05)):
        shown = replace(verdict, worst=replace(verdict.worst, gap=times * least.gap))
        result = result_record(
            judged.case, "core", "x:eager", LAW, "float64", shown, "", found.reduced, found.signature
        )
        known = foreseeing(largest_gap=allowed * float(least.gap)).match(found.as_known(result), {})
        assert (known is not None) == (min(times, 1.0) <= allowed)
