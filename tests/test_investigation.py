"""What is found out about failures: a graph is reduced once, and every point keeps its own record."""

from __future__ import annotations

from autograd_conformance.expectation import Entry, Expectation, Expectations
from autograd_conformance.generation.points import moved
from autograd_conformance.investigation import Investigated, Investigator
from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import SINGLE, Singles
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.settings import Settings
from autograd_conformance.writing import signature_of
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


def test_what_is_foreseen_is_reduced_to_its_node_alone() -> None:
    """That is what it is known by; what depends on the point, or is off by more than is known, is reduced to the end."""
    asked = AskedHere(HalvesGradients)
    case = next(
        found
        for number in range(20)
        if len((found := Singles(Settings()).case(VOCABULARY["tanh"], number, 0)).graph.nodes) > 1
    )
    judged = asked.investigator.judge(asked.planned, case, ("float64",), LAW)

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
