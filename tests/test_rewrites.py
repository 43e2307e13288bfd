"""A rewritten case is the same function of the same numbers, and its gradients are brought back to the case's own."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from autograd_conformance.case import Case, flatten
from autograd_conformance.generation.strategies import independent_cases
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import check
from autograd_conformance.reference.interpreter import evaluate
from autograd_conformance.rewrites import ONE_IN, REWRITES, Share, rewritten
from autograd_conformance.rewrites.rewrite import FEW_NODES, LESS_OFTEN

BOTH = {"graph", "leaves"}
DRAWN = list(islice(independent_cases(seed=31), 120))
DIFFERENCE = Case(Graph(((3,), (3,)), (Node("sub", (0, 1)),), (2,)), (np.arange(3.0), np.ones(3)))


def made(name: str) -> list[tuple[Case, object]]:
    found = [(case, REWRITES[name].apply(case)) for case in [*DRAWN, DIFFERENCE]]
    return [(case, one) for case, one in found if one is not None]


def outputs_of(case: Case) -> tuple[np.ndarray, ...]:
    return evaluate(case.graph, [array[None] for array in case.point]).outputs


@pytest.mark.parametrize("name", REWRITES)
def test_outputs_are_the_same_numbers(name: str) -> None:
    """But for the order in which NumPy adds: another layout, another order."""
    for case, other in made(name):
        check(other.case.graph)
        assert other.name == name
        for before, after in zip(outputs_of(case), outputs_of(other.case), strict=False):
            np.testing.assert_allclose(before, after, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", REWRITES)
def test_the_same_functional_is_pulled_back(name: str) -> None:
    """An output that is listed twice gets its cotangent in two parts."""
    for case, other in made(name):
        before = sum(np.sum(u * y) for u, y in zip(case.cotangent(0), outputs_of(case), strict=True))
        after = sum(np.sum(u * y) for u, y in zip(other.cotangent, outputs_of(other.case), strict=True))
        assert after == pytest.approx(before, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", [name for name, rewrite in REWRITES.items() if rewrite.changes == "leaves"])
def test_gradients_move_against_their_leaves(name: str) -> None:
    """<P'g, x> = <g, P x> for any g, where P takes the case's leaves to the new ones."""
    generator = np.random.Generator(np.random.PCG64(5))
    for case, other in made(name):
        gradient = tuple(generator.integers(-8, 9, size=array.shape).astype(float) for array in other.case.point)
        restored = other.restore(gradient)
        assert [array.shape for array in restored] == [array.shape for array in case.point]
        assert flatten(restored) @ flatten(case.point) == flatten(gradient) @ flatten(other.case.point)


@pytest.mark.parametrize("name", REWRITES)
def test_every_rewrite_changes_something(name: str) -> None:
    found = made(name)
    assert found
    assert all(other.case.id != case.id for case, other in found if case.element_count)


def test_every_rewrite_has_its_turn() -> None:
    """One a case, and each comes up."""
    chosen = [rewritten(case, BOTH, "one in three") for case in islice(independent_cases(seed=32), 3000)]
    assert {len(each) for each in chosen} == {0, 1}
    names = [each[0].name for each in chosen if each]
    assert set(names) >= set(REWRITES) - {"with a difference as a sum"}
    assert max(map(names.count, names)) <= len(names) // 4


def test_the_choice_depends_on_the_case_alone() -> None:
    case = DRAWN[0]
    again = Case(case.graph, case.point, "another stratum")
    assert [each.case.id for each in rewritten(case, BOTH, "all")] == [
        each.case.id for each in rewritten(again, BOTH, "all")
    ]


@pytest.mark.parametrize("share", ["one in three", "one in eight"])
@pytest.mark.parametrize("is_small", [True, False])
def test_a_share_of_the_cases_is_rewritten(share: Share, is_small: bool) -> None:
    """A smaller one of large graphs, unless every new graph is a compilation, of which there are few anyway."""
    drawn = islice(independent_cases(seed=31, shortest=1, longest=3 if is_small else 12), 1500)
    cases = [case for case in drawn if (len(case.graph.nodes) <= FEW_NODES) == is_small][:600]
    expected = len(cases) / ONE_IN[share] / (1 if is_small or share == "one in eight" else LESS_OFTEN)
    assert len(cases) == 600
    assert expected / 2 < sum(len(rewritten(case, BOTH, share)) for case in cases) < 2 * expected


def test_all_rewrites_are_those_that_apply() -> None:
    for case in DRAWN[:20]:
        applicable = {name for name, rewrite in REWRITES.items() if rewrite.apply(case) is not None}
        assert {each.name for each in rewritten(case, BOTH, "all")} == applicable


def test_only_what_laws_want_is_rewritten() -> None:
    case = DRAWN[0]
    assert rewritten(case, set(), "all") == ()
    assert {each.changes for each in rewritten(case, {"leaves"}, "all")} == {"leaves"}


def test_a_graph_without_a_place_is_not_rewritten() -> None:
    """One leaf without axes that is returned as it is: only its shape and the list of outputs can be changed."""
    case = Case(Graph(((),), (), (0,)), (np.array(0.5),))
    names = {each.name for each in rewritten(case, BOTH, "all")}
    assert names == {"with a leaf reshaped", "with an output listed twice"}
