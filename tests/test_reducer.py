"""The reducer: small, valid, within its budget, and always an end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest

from autograd_conformance.case import Case
from autograd_conformance.generation.reducer import reduce_case
from autograd_conformance.generation.strategies import cases, stream
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY, check
from autograd_conformance.reference.interpreter import evaluate

NAMES = tuple(sorted(VOCABULARY))


@pytest.fixture(scope="module")
def many() -> list[Case]:
    return list(islice(stream(cases(shortest=8), 21), 500))


def holds(name: str) -> Callable[[Case], bool]:
    """A planted failure: the op is there and works on more than one element."""

    def fails(case: Case) -> bool:
        shapes = case.shapes
        return any(node.op == name and np.prod(shapes[node.operands[-1]]) > 1 for node in case.graph.nodes)

    return fails


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_op_is_found(many: list[Case], name: str) -> None:
    """Down to the op itself, with the comparison that makes its condition where it needs one."""
    for case in [case for case in many if holds(name)(case)][:3]:
        reduction = reduce_case(case, holds(name))
        assert len(reduction.case.graph.nodes) <= 2
        assert holds(name)(reduction.case)
        check(reduction.case.graph)
        values = evaluate(reduction.case.graph, [array[None] for array in reduction.case.point])
        assert all(
            array.shape == shape for array, shape in zip(reduction.case.point, reduction.case.graph.inputs, strict=True)
        )
        assert len(values.outputs) == 1


def test_reduction_is_cheap_and_names_the_node(many: list[Case]) -> None:
    """A handful of candidates for a failure of one op; the node is the position in the graph given."""
    calls = []
    for case in many[:60]:
        position = len(case.graph.nodes) // 2
        name = case.graph.nodes[position].op
        if not holds(name)(case):
            continue
        reduction = reduce_case(case, lambda c, name=name: holds(name)(c), 1_000)  # type: ignore[misc]
        calls.append(reduction.calls)
        assert reduction.node is not None
        assert case.graph.nodes[reduction.node].op in {name, "where"}
    print(f"median {np.median(calls)} calls, most {max(calls)}")
    assert np.median(calls) <= 30


def test_two_interacting_ops_stay_together(many: list[Case]) -> None:
    """A failure of a pair reduces to the pair, and no single node is named."""

    def fails(case: Case) -> bool:
        producers = {n: node.op for results, node in case.graph.numbered_nodes() for n in results}
        return any(
            node.op in {"sum", "mean", "prod"} and producers.get(node.operands[0]) in {"exp", "sin", "scale", "shift"}
            for node in case.graph.nodes
        )

    found = [case for case in many if fails(case)][:10]
    assert found
    for case in found:
        reduction = reduce_case(case, fails)
        assert len(reduction.case.graph.nodes) == 2
        assert reduction.node is None


@pytest.mark.parametrize("budget", [0, 1, 7])
def test_the_budget_is_respected(many: list[Case], budget: int) -> None:
    """Each candidate may cost a process."""
    seen = []
    for case in many[:10]:
        seen.clear()
        reduction = reduce_case(case, lambda candidate: seen.append(candidate.id) is not None, budget)
        assert reduction.calls == len(seen) <= budget


def test_no_candidate_is_tried_twice_and_all_are_valid(many: list[Case]) -> None:
    """Also when everything fails and when nothing but the original does."""
    for outcome in (True, False):
        for case in many[:15]:
            seen: list[Case] = []

            def fails(candidate: Case, seen: list[Case] = seen, outcome: bool = outcome) -> bool:
                seen.append(candidate)
                return outcome

            reduce_case(case, fails, 400)
            assert len({candidate.id for candidate in seen}) == len(seen)
            for candidate in seen:
                check(candidate.graph)
                assert [array.shape for array in candidate.point] == list(candidate.graph.inputs)


def test_a_case_that_never_fails_comes_back(many: list[Case]) -> None:
    """A flaky failure leaves the case as it was."""
    reduction = reduce_case(many[0], lambda case: False, 50)
    assert reduction.case is many[0]
    assert reduction.node is None


def test_reduction_ends_when_everything_fails(many: list[Case]) -> None:
    """Every accepted candidate is smaller, so there is a last one; `where` keeps the comparison that feeds it."""
    for case in many[:40]:
        reduction = reduce_case(case, lambda candidate: True, 10_000)
        assert reduction.calls < 400
        assert len(reduction.case.graph.nodes) == (2 if "where" in reduction.case.graph.op_names else 1)


def test_numbers_become_simpler_as_long_as_it_fails() -> None:
    """A failure that needs a negative input ends at a whole negative number."""
    case = Case(Graph(((3,),), (Node("sin", (0,)),), (1,)), (np.array([0.40625, -1.15625, 1.71875]),))
    reduced = reduce_case(case, lambda candidate: bool(np.min(candidate.point[0], initial=0) < 0)).case
    assert np.array_equal(reduced.point[0], np.round(reduced.point[0]))
    assert reduced.point[0].size <= 2
