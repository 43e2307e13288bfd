"""The reference's derivatives of orders 1 to 4: closed forms, 140 digits, and what it says where it cannot know."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import pytest

from autograd_conformance.adapters.tape import TapeAdapter
from autograd_conformance.case import Case
from autograd_conformance.generation.strategies import cases, stream
from autograd_conformance.graph import Graph, Node
from autograd_conformance.judge import judge_case, question_in, questions_about
from autograd_conformance.laws import LAWS
from autograd_conformance.laws.words import WORD_LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.reference import multiprecision
from autograd_conformance.reference.difference import Difference
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.reference.higher import SECOND_LADDER, Differentials, tangents
from autograd_conformance.reference.interpreter import EXTENDED, UNIT
from autograd_conformance.worker.questions import question_to_plain
from autograd_conformance.worker.serve import Server

ORDERS = (1, 2, 3, 4)
X, Y = np.array([0.5, -0.25]), np.array([0.75, 0.125])


def graph_of(*nodes: Node, point: tuple[Any, ...], outputs: tuple[int, ...] = ()) -> Case:
    arrays = tuple(np.asarray(array, dtype=float) for array in point)
    last = len(arrays) + len(nodes) - 1
    return Case(Graph(tuple(array.shape for array in arrays), nodes, outputs or (last,)), arrays)


# Difference.


def multilinear(factors: np.ndarray, directions: np.ndarray) -> float:
    """The n-th derivative of the product of <a_i, x> along n directions: the permanent of all <a_i, d_j>."""
    products = factors @ directions.T
    return sum(
        math.prod(products[range(len(products)), order]) for order in itertools.permutations(range(len(products)))
    )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("point", [0.0, 0.25])
def test_a_polynomial_of_the_order_has_no_truncation(order: int, point: float) -> None:
    """A product of so many linear functions, of several functionals and last directions together."""
    random = np.random.default_rng(order)
    directions = random.integers(-4, 5, (order + 2, 3)) / 4
    factors = random.integers(-4, 5, (2, order, 3)) / 4
    difference = Difference(directions[: order - 1], directions[order - 1 :])
    for step in (1.0, 2.0**-4):
        moves = np.concatenate([np.zeros((1, 3)), difference.moves(step)]).astype(EXTENDED)
        assert len(moves) == 1 + difference.row_count
        phi = np.stack([np.prod((moves + point) @ each.T, axis=1) for each in factors], axis=1)
        found = difference.of(phi, step)
        assert found.shape == (3, 2)
        for last, functional in np.ndindex(3, 2):
            along = np.concatenate([difference.fixed, difference.last[last : last + 1]])
            exact = multilinear(factors[functional], along)
            assert abs(found[last, functional] - exact) <= 64 * UNIT * difference.amplification(step)


@pytest.mark.parametrize("order", ORDERS)
def test_a_polynomial_of_lower_degree_has_no_difference(order: int) -> None:
    """All numbers are dyadic, so that nothing is rounded."""
    directions = np.ones((order, 1))
    difference = Difference(directions[1:], directions[:1])
    moves = np.concatenate([np.zeros((1, 1)), difference.moves(2.0**-3)])
    assert difference.of((moves + 1) ** (order - 1), 2.0**-3) == 0


def test_a_row_out_of_the_domain_costs_its_direction_alone() -> None:
    difference = Difference(np.eye(3)[:1], np.eye(3)[1:])
    is_valid = np.ones(difference.row_count, dtype=bool)
    is_valid[-1] = False
    assert difference.usable(is_valid).tolist() == [True, False]


# Closed forms.


def waves(tangents_: np.ndarray) -> np.ndarray:
    """D^n of exp(y) sin(x) elementwise along n tangents (n, 2, elements), the first of each pair moving x."""
    total = np.zeros(2)
    for choice in itertools.product((0, 1), repeat=len(tangents_)):
        weights = [tangents_[number, which] for number, which in enumerate(choice)]
        total = total + np.prod(weights, axis=0) * np.sin(X + choice.count(0) * np.pi / 2)
    return np.exp(Y) * total


@pytest.mark.parametrize("order", ORDERS)
def test_mixed_partials_over_inputs_of_every_output(order: int) -> None:
    """Of exp(y) sin(x) and of sin(x) alone, for <u, f> and for every element of both outputs."""
    case = graph_of(Node("sin", (0,)), Node("exp", (1,)), Node("mul", (2, 3)), point=(X, Y), outputs=(4, 2))
    known = Differentials(case).of(order, "float64")
    assert not known.problem
    fixed = case.directions(order)[: order - 1]
    assert known.functionals.shape == (5, 4)
    for column, last in enumerate(known.last):
        along = np.stack([*fixed, last]).reshape(order, 2, 2)
        outputs = np.concatenate([waves(along), np.prod(along[:, 0], axis=0) * np.sin(X + order * np.pi / 2)])
        exact = (known.functionals @ outputs).astype(float)
        rounding = 8 * np.finfo(float).eps * (np.abs(known.functionals) @ np.abs(outputs) + 8)
        gap = np.abs(known.value[:, column] - exact).astype(float)
        assert np.all(gap <= known.error[:, column] + rounding)
        assert np.all(known.error[:, column] <= {1: 1e-14, 2: 1e-13, 3: 1e-11, 4: 1e-8}[order] * 100)


POINTS: dict[str, tuple[str, float, Callable[[int], float]]] = {
    "exp": ("exp", 1.0, lambda n: math.e),
    "log": ("log", 2.0, lambda n: (-1.0) ** (n - 1) * math.factorial(n - 1) / 2.0**n),
    "reciprocal": ("reciprocal", 0.5, lambda n: (-1.0) ** n * math.factorial(n) * 2.0 ** (n + 1)),
    "sqrt": ("sqrt", 1.0, lambda n: math.prod(0.5 - k for k in range(n))),
    "square": ("square", 3.0, lambda n: (6.0, 2.0, 0.0, 0.0)[n - 1]),
    "neg": ("neg", 3.0, lambda n: (-1.0, 0.0, 0.0, 0.0)[n - 1]),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("op", "point", "exact"), POINTS.values(), ids=POINTS)
def test_functions_known_by_hand(op: str, point: float, exact: Callable[[int], float], order: int) -> None:
    """The ladder's value within its error, and that of 140 digits to a rounding."""
    case = graph_of(Node(op, (0,)), point=(point,))
    known = Differentials(case).of(order, "float64")
    along = float(np.prod(case.directions(order)))
    weight = float(known.functionals[0, 0])
    wanted = weight * along * exact(order)
    assert abs(float(known.value[0, 0]) - wanted) <= known.error[0, 0] + 1e-15 * abs(wanted)
    found = multiprecision.derivative(case, known.functionals[0], *case.directions(order))
    assert found is not None
    assert abs(float(found[0]) - wanted) <= 1e-15 * abs(wanted) + found[1]
    assert found[1] <= 2 * UNIT * abs(wanted) + 1e-15


# Against 140 digits.

ANALYTIC = tuple(op for name, op in VOCABULARY.items() if op.is_analytic and name in multiprecision.MEANINGS)
GRAPHS = 200


def test_no_value_is_further_from_that_of_70_digits_than_its_error() -> None:
    """Random graphs of analytic ops, each in one order and of one functional along one direction."""
    beyond, ratios = [], {order: [] for order in ORDERS}
    for number, case in enumerate(islice(stream(cases(list(ANALYTIC), 3, 6), 71), GRAPHS)):
        order = ORDERS[number % 4]
        known = Differentials(case).of(order, "float64", is_glance=True)
        if known.problem or not known.value.size:
            continue
        row, column = case.seed % len(known.functionals), case.seed % len(known.last)
        fixed = case.directions(order)[: order - 1]
        exact = multiprecision.derivative(case, known.functionals[row], *fixed, known.last[column])
        if exact is None:
            continue
        found = Differentials(case).of(order, "float64")
        gap = abs(float(found.value[row, column] - exact[0]))
        ratios[order].append(gap / (found.error[row, column] + exact[1]) if gap else 0.0)
        beyond += [(order, case.id, ratios[order][-1])] if ratios[order][-1] > 1 else []
    print({order: f"{len(some)}, largest {max(some):.2g}" for order, some in ratios.items()})
    assert min(map(len, ratios.values())) > 30
    assert not beyond


@pytest.mark.parametrize("order", ORDERS)
def test_a_second_opinion_is_of_70_digits_where_all_ops_are_written_down(order: int) -> None:
    case = graph_of(Node("sin", (0,)), Node("mul", (2, 1)), point=(X, Y))
    differentials = Differentials(case)
    known = differentials.of(order, "float64")
    value, error, how = differentials.confirm(order, 1, 0)
    assert how == multiprecision.NAME
    assert abs(value - float(known.value[1, 0])) <= known.error[1, 0] + error + 1e-16 * abs(value)


def test_a_second_opinion_is_of_other_steps_where_they_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    case = graph_of(Node("sin", (0,)), point=(X,))
    monkeypatch.setattr(multiprecision, "MEANINGS", {})
    value, error, how = Differentials(case).confirm(2, 0, 0)
    known = Differentials(case).of(2, "float64")
    assert how == SECOND_LADDER
    assert abs(value - float(known.value[0, 0])) <= error + known.error[0, 0]


# Kinks, constants, lines.


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("distance", [0.0, 2.0**-40, 2.0**-12, 2.0**-5, 1.0])
def test_a_kink_nearby_gives_no_wrong_number(order: int, distance: float) -> None:
    """Of |x|**3, whose second derivative is continuous: a value within its error, or none at all."""
    case = graph_of(Node("abs", (0,)), Node("square", (1,)), Node("mul", (1, 2)), point=(distance,))
    known = Differentials(case).of(order, "float64")
    if known.problem:
        assert distance < 1.0
        return
    exact = math.perm(3, order) * distance ** max(3 - order, 0) * float(np.prod(case.directions(order)))
    assert abs(float(known.value[0, 0]) - float(known.functionals[0, 0]) * exact) <= known.error[0, 0]


@pytest.mark.parametrize("order", ORDERS)
def test_a_jump_in_any_derivative_shows_in_140_digits_even_where_no_op_declares_it(
    monkeypatch: pytest.MonkeyPatch, order: int
) -> None:
    """Relu to the n-th power: one-sided differences tell."""
    nodes = [Node("relu", (0,)), *(Node("mul", (1, number)) for number in range(1, order))]
    case = graph_of(*nodes, point=(0.0,))
    one = np.ones(1)
    assert multiprecision.derivative(case, one, *[one] * order) is None
    original = multiprecision._evaluate
    monkeypatch.setattr(multiprecision, "_evaluate", lambda *arguments: (*original(*arguments)[:2], []))
    found = multiprecision.derivative(case, one, *[one] * order)
    assert found is not None
    assert np.isnan(found[0])


STRAIGHT = {
    "a line": graph_of(Node("scale", (0,), {"factor": 3.0}), Node("shift", (1,), {"offset": 0.1}), point=(X,)),
    "a constant": graph_of(Node("sub", (0, 0)), Node("shift", (1,), {"offset": 0.1}), point=(X,)),
    "a sum": graph_of(Node("sum", (0,), {"axes": (0,), "keepdims": False}), point=(X,)),
}


@pytest.mark.parametrize("case", STRAIGHT.values(), ids=STRAIGHT)
def test_what_has_no_second_derivative_is_weak_and_not_inconclusive(case: Case) -> None:
    """Zero is all there is to compare with."""
    server, known = Server(TapeAdapter), estimate(case)
    laws = {law.name: LAWS[law.name] for law in WORD_LAWS if law.order > 1}
    asked = questions_about(known, "eager", ("float64",), laws, "all")
    answers: list[Any] = [server.answer(question_to_plain(one)) for one in asked]

    def other(dtype: str, words: frozenset[str]) -> Any:
        return server.answer(question_to_plain(question_in(known, "eager", dtype, laws, "all", always=words)))

    judged = judge_case(known, "tape:eager", ("float64",), laws, answers, other, "all")
    words = {law: verdict.name for (_, law), verdict in judged.verdicts.items() if law in laws}
    assert words == dict.fromkeys(laws, "weak")


def test_tangents_are_shaped_like_the_inputs_and_the_same_for_every_order() -> None:
    case = graph_of(Node("mul", (0, 1)), point=(X, Y))
    four = tangents(case, 4)
    assert [[part.shape for part in one] for one in four] == [[(2,), (2,)]] * 4
    np.testing.assert_array_equal(tangents(case, 2), four[:2])
