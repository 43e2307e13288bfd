"""What is found out about failures: a graph is reduced once, and every point keeps its own record."""

from __future__ import annotations

from autograd_conformance.generation.points import moved
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import SINGLE, Singles
from autograd_conformance.settings import Settings
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
