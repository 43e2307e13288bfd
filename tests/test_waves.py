"""Functions with waves shorter than the reference's steps: it finds shorter ones, or gives no number; never a false claim.

Differences of a wave over steps longer than itself are numbers without meaning, and now and then they agree with each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_conformance.adapters.tape import TapeAdapter
from autograd_conformance.case import Case
from autograd_conformance.generation.terms import Term, graph_of
from autograd_conformance.laws import LAWS
from autograd_conformance.reference import confirmation, multiprecision
from autograd_conformance.reference import estimate as estimating
from autograd_conformance.reference.estimate import FIRST_STEPS, TOO_FAST, Estimate, Ladder, estimate
from autograd_conformance.reference.interpreter import EXTENDED
from autograd_conformance.reference.probes import Probes, probes_of
from autograd_conformance.second_opinion import confirmed
from autograd_conformance.variants import HIGHER
from autograd_conformance.verdict import Beside, Compared, Verdict
from autograd_conformance.worker.serve import Server
from tests.waves import BELOW_ROUNDING, WAVES, judged, waves

VJP = "vjp_matches_finite_differences"
EXPONENTS = (*range(0, 36, 5), 9, 12, 28, 31, 34, 37, 41, 46, 52, 55)


def verdicts(case: Case, change: Callable[[np.ndarray], np.ndarray] | None = None) -> dict[str, Verdict]:
    """Of the suite's own engine; ``change``: of every gradient it returns."""
    return judged(Server(_changed(change) if change else TapeAdapter), "eager", case)


def _changed(change: Callable[[np.ndarray], np.ndarray]) -> type[TapeAdapter]:
    class Changed(TapeAdapter):
        def vjp(self, *given: Any) -> Any:
            outputs, gradients = super().vjp(*given)
            return outputs, tuple(change(each) for each in gradients)

    return Changed


@pytest.mark.parametrize("exponent", sorted(EXPONENTS))
@pytest.mark.parametrize("name", WAVES)
def test_what_is_claimed_is_so(name: str, exponent: int) -> None:
    """Beside 140 digits, whose step is shorter than all these waves."""
    case = waves(WAVES[name], exponent)
    found = estimate(case)
    if found.problem or found.noise("float64").problem:
        assert exponent >= 7
        return
    for place, direction in enumerate(found.directions):
        exact = multiprecision.derivative(case, found.cotangents[0], direction)
        assert exact is not None
        assert abs(found.derivative.value[0, place] - exact[0]) <= found.derivative.error[0, place] + exact[1]


@pytest.mark.parametrize("exponent", sorted(EXPONENTS))
@pytest.mark.parametrize("name", [*WAVES, "below rounding"])
def test_a_sound_engine_raises_no_alarm(name: str, exponent: int) -> None:
    """In derivatives of every order."""
    case = waves(WAVES.get(name, BELOW_ROUNDING), exponent, HIGHER)
    assert not [law for law, verdict in verdicts(case).items() if verdict.name == "disagree"]


@pytest.mark.parametrize("exponent", [10, 20, 30])
def test_a_wrong_rule_for_waves_is_found(exponent: int) -> None:
    """Steps that are short enough show the derivative to as many digits as rounding leaves."""
    case = waves(WAVES["not analytic"], exponent)
    assert verdicts(case)[VJP].name == "agree"
    assert verdicts(case, lambda gradient: gradient * (1 + 1e-4))[VJP].name == "disagree"


def test_of_waves_shorter_than_rounding_nothing_is_said() -> None:
    found = estimate(waves(WAVES["sine"], 49))
    assert found.problem == TOO_FAST
    assert verdicts(found.case)[VJP].name == "inconclusive"


@pytest.mark.parametrize("exponent", [2, 12, 18, 24, 30])
def test_the_first_ladder_that_serves_is_taken(exponent: int) -> None:
    """Its last step is shorter than a wave, and that of the one before is not."""
    longest = 2.0 ** (5 - exponent)
    taken = estimate(waves(WAVES["not analytic"], exponent))._attempt.first_step
    assert taken == max(step for step in FIRST_STEPS if step <= longest)


@pytest.mark.parametrize("exponent", [12, 20, 30])
def test_waves_of_a_difference_are_seen(exponent: int) -> None:
    """A probe along equal parts of both would not move it; numbers of one size, since probes go by that too."""
    point = np.array([1.25, 1.5]), np.array([1.75, 1.375])
    case = Case(graph_of(lambda x, y: ((x - y) * (1.25 * 2.0**exponent)).sin(), (2,), (2,)), point)
    assert estimate(case)._attempt.first_step <= 2.0 ** (5 - exponent)


def test_without_probes_claims_are_false(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they are for: differences that agree by chance, on the graph that showed it."""
    case = Case(
        graph_of(lambda x: x.exp().square().exp().total("max").sin(), (2, 3)),
        (np.array([[1.5625, 1.1875, 1.125], [0.65625, 1.0, 1.4375]]),),
    )
    assert 1e10 < abs(float(estimate(case).derivative.value[0, 0])) < 1e12
    monkeypatch.setattr(Probes, "contradict", lambda *_: False)
    deceived = estimate(case).derivative
    assert abs(float(deceived.value[0, 0])) + deceived.error[0, 0] < 1e3


def test_a_function_without_slope_is_not_taken_for_waves() -> None:
    """In (x y)^2 at y = 0 nothing is of first order, and a probe along both shows what is of third."""
    case = Case(graph_of(lambda x, y: (x * y).square(), (2,), (2,)), (np.array([1.0, 0.5]), np.array([0.0, 1.0])))
    assert not estimate(case).problem


@pytest.mark.parametrize("exponent", [14, 20, 24])
def test_waves_beside_a_large_slope_are_seen(exponent: int) -> None:
    """By the longer probe: of 10^6 x the shorter one leaves too few digits."""
    case = waves(lambda x, k: x.summed(0) * 1e6 + ((x.abs() * k).sin() * (1 / k)).summed(0), exponent)
    found = estimate(case)
    exact = [multiprecision.derivative(case, found.cotangents[0], direction) for direction in found.directions]
    assert all(
        each is not None
        and abs(found.derivative.value[0, place] - each[0]) <= found.derivative.error[0, place] + each[1]
        for place, each in enumerate(exact)
    )


@pytest.mark.parametrize("size", [2.0**-30, 1.0, 1000.0, 2.0**40])
def test_probes_are_exact_where_numbers_are_doubles(size: float) -> None:
    """The moved point less the point is the move."""
    point = (size * (1 + np.random.default_rng(0).random(48))).astype(EXTENDED)
    moves = probes_of(point, 2.0**-9, 48).moves
    assert len(moves) == 3
    assert np.array_equal((point + moves) - point, moves)


POLES: dict[str, Callable[[Term], Term]] = {
    "pole": lambda x: x.reciprocal(),
    "squared pole": lambda x: x.square().reciprocal(),
    "step": lambda x: (x * 2.0**100).tanh(),
    "cusp": lambda x: x.square().log(),
}


@pytest.mark.parametrize("among", [False, True])
@pytest.mark.parametrize("name", POLES)
def test_steps_do_not_cross_what_is_nearer_than_they_are_long(name: str, among: bool) -> None:
    """Of tiny elements, alone or beside others: differences over a pole are finite, and nothing like the derivative."""
    point = np.array([1.25, 1.5, 1.75]) * 2.0**-100
    if among:
        point[1] = 0.75
    case = Case(graph_of(lambda x: POLES[name](x).summed(0), (3,)), (point,))
    assert estimate(case).problem
    assert not [law for law, verdict in verdicts(case).items() if verdict.name == "disagree"]


def test_a_probe_that_crosses_a_kink_says_nothing() -> None:
    """Beside an element of 2^60 its steps are longer than those of a ladder, which does not cross."""
    graph = graph_of(lambda x, y: x * 2.0**-60 + (y - 0.75).abs(), (1,), (1,))
    assert not estimate(Case(graph, (np.array([1.25 * 2.0**60]), np.array([1.0])))).problem


@pytest.mark.parametrize("exponent", [-90, -60, -20, 20, 60, 120])
@pytest.mark.parametrize("op", ["square", "sin", "tanh", "expm1", "sqrt", "reciprocal", "log"])
def test_points_of_any_size_raise_no_alarm(op: str, exponent: int) -> None:
    """They may be judged, weakly or not at all, but never wrongly."""
    size = 2.0**exponent
    unbounded = op in ("square", "sqrt", "reciprocal", "log")
    point = np.array([[1.25, 1.5, 1.75], [1.125, 1.0625, 1.875]]) * size
    graph = graph_of(lambda x: (x if unbounded else x * (1 / size)).apply(op)[0], (2, 3))
    found = verdicts(Case(graph, (point,), HIGHER))
    assert not [law for law, verdict in found.items() if verdict.name in ("disagree", "error")]


def test_a_second_ladder_has_steps_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finer ones too."""
    taken = []

    class Recorded(Ladder):
        def __init__(self, case: Case, directions: np.ndarray, first_step: float) -> None:
            taken.append(first_step)
            super().__init__(case, directions, first_step)

    monkeypatch.setattr(estimating, "Ladder", Recorded)
    monkeypatch.setattr(confirmation, "Ladder", Recorded)
    confirmation.second_ladder(waves(WAVES["sine"], 20), np.ones(6), np.eye(6)[0])
    assert len(taken) > 1
    assert not set(taken) & set(FIRST_STEPS)


def test_a_second_ladder_knows_of_waves_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no digits to ask for, and no analytic function."""
    monkeypatch.setattr(multiprecision, "derivative", lambda *_: None)
    case = waves(WAVES["not analytic"], 29)
    exact = estimate(case).derivative
    value, error, how = confirmation.confirm(case, estimate(case).cotangents[0], np.eye(6)[0])
    assert how == confirmation.SECOND_LADDER
    assert abs(value - exact.value[0, 0]) <= error + exact.error[0, 0] <= 1e-6 * abs(value)


def test_a_second_opinion_that_leaves_both_possible_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Compared("here", 2.0, 1.0, 1e-3, 1e-3, 1.0, Beside(1.0, 1e-3))
    for error, word in ((0.5, "disagree"), (1.5, "inconclusive")):
        found: Estimate = estimate(waves(WAVES["sine"], 0))
        monkeypatch.setattr("autograd_conformance.second_opinion.confirm", lambda *_, e=error: (1.25, e, "witness"))
        assert confirmed(LAWS[VJP], found, finding).name == word
