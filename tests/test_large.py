"""Cases of thousands of elements are drawn from a seed, well conditioned, and cheap for the reference."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from autograd_conformance.case import Case
from autograd_conformance.generation.large import KERNELS, large_cases
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY, check
from autograd_conformance.plan import LARGE, PlannedAdapter, Singles, budget, planned_cases
from autograd_conformance.reference import estimate as estimating
from autograd_conformance.reference.estimate import LARGE_COUNT, LARGE_DIRECTIONS, estimate
from autograd_conformance.settings import PROFILES, Settings
from tests.planning import Described

DRAWN = list(islice(large_cases(set(VOCABULARY), 1, LARGE), len(KERNELS)))


@pytest.mark.parametrize("case", DRAWN, ids=lambda case: case.graph.nodes[1].op)
def test_a_case_is_valid_and_large(case: Case) -> None:
    check(case.graph)
    assert case.stratum == LARGE
    assert 900 <= case.element_count <= 20_000


@pytest.mark.parametrize("case", DRAWN[:5], ids=lambda case: case.graph.nodes[1].op)
def test_the_reference_knows_its_derivative(case: Case) -> None:
    """Along a direction, in float64 and float32, and it is not 0."""
    found = estimate(case)
    assert not found.problem
    assert not found.noise("float64").problem
    assert not found.noise("float32").problem
    assert np.all(found.derivative.error < 1e-10 * np.max(np.abs(found.derivative.value)))


def test_fewer_directions_do_where_inputs_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(Graph(((LARGE_COUNT,),), (Node("sin", (0,)),), (1,)), (np.zeros(LARGE_COUNT),))
    assert len(estimate(case).directions) == LARGE_DIRECTIONS
    monkeypatch.setattr(estimating, "LARGE_COUNT", LARGE_COUNT + 1)
    assert len(estimate(case).directions) == estimating.DIRECTIONS


def test_the_same_seed_gives_the_same_cases_and_another_gives_others() -> None:
    again = [case.id for case in islice(large_cases(set(VOCABULARY), 1, LARGE), 4)]
    others = [case.id for case in islice(large_cases(set(VOCABULARY), 2, LARGE), 4)]
    assert again == [case.id for case in DRAWN[:4]]
    assert set(again).isdisjoint(others)


def test_sizes_change_from_turn_to_turn() -> None:
    drawn = list(islice(large_cases({"matmul"}, 1, LARGE), 6))
    assert {case.graph.nodes[1].op for case in drawn} == {"matmul"}
    assert len({case.graph.inputs for case in drawn}) == 6


def test_only_chosen_ops_have_cases() -> None:
    assert list(large_cases({"tanh"}, 1, LARGE)) == []
    assert budget(Settings(ops=("tanh",)), False, 0)[LARGE] == 0
    assert budget(Settings(ops=("matmul",)), False, 0)[LARGE] == PROFILES["default"].large_eager


def test_compiled_modes_and_small_searches_get_fewer() -> None:
    assert budget(Settings(), True, 0)[LARGE] == PROFILES["default"].large_compiled
    assert budget(Settings(examples=2), False, 0)[LARGE] == 2
    assert budget(Settings(replay_only=True), False, 0)[LARGE] == 0


def test_a_plan_ends_with_them() -> None:
    settings = Settings(examples=1, ops=("sum", "matmul"))
    adapter = PlannedAdapter(None, Described(), budget(settings, False, 0))  # type: ignore[arg-type]
    planned = list(planned_cases(settings, [adapter], [], Singles(settings)))
    assert [each.stratum for each in planned][-1] == LARGE
    assert sum(each.stratum == LARGE for each in planned) == 1
