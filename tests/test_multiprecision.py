"""The reference in 140 digits: every meaning twice, derivatives known by hand, kinks, and what it says of the estimate."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from types import MappingProxyType
from typing import Any

import mpmath
import numpy as np
import pytest

from autograd_conformance.case import Case, flatten
from autograd_conformance.generation.strategies import balanced, independent_cases
from autograd_conformance.graph import Graph, Node, Shape
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.reference import multiprecision
from autograd_conformance.reference.confirmation import confirm
from autograd_conformance.reference.estimate import Estimate, estimate
from autograd_conformance.reference.interpreter import EXTENDED, UNIT
from autograd_conformance.reference.interpreter import evaluate as evaluate_in_numpy
from autograd_conformance.reference.multiprecision import MEANINGS, Undefined, derivative, evaluate, has_meaning, value
from tests.drawing import shapes_of, single

WITHOUT_MEANING: set[str] = set()
EVERY = [(name, shape) for name in sorted(VOCABULARY) for shape in shapes_of(VOCABULARY[name])]


def graph_of(*nodes: Node, point: tuple[Any, ...], outputs: tuple[int, ...] = ()) -> Case:
    """The nodes on arrays given by value; the last result is the output."""
    arrays = tuple(np.asarray(array, dtype=float) for array in point)
    last = len(arrays) + sum(node.results for node in nodes) - 1
    return Case(Graph(tuple(array.shape for array in arrays), nodes, outputs or (last,)), arrays)


def gap_in_rounding(case: Case, known: Estimate) -> float:
    """The largest gap between both values, in what rounding of the reference's own arithmetic moves them."""
    exact = value(case)
    assert exact is not None
    rounding = UNIT * (known.noise("float64").outputs + np.abs(known.outputs))
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = np.where(exact == known.outputs, 0, np.abs(exact - known.outputs) / rounding)
    return float(np.max(gaps, initial=0.0))


def test_padding_nothing_is_the_identity() -> None:
    """An array without axes has no widths; its element stays a number."""
    case = graph_of(Node("pad", (0,), {"widths": ()}), point=(0.5,))
    assert value(case) == [0.5]


def test_ops_without_a_meaning() -> None:
    """A new op is written down in ``MEANINGS`` too, or named here."""
    assert {name for name in VOCABULARY if name not in MEANINGS} == WITHOUT_MEANING
    assert set(MEANINGS) <= set(VOCABULARY)


@pytest.mark.parametrize(("name", "shape"), EVERY)
def test_a_meaning_is_that_of_numpy(name: str, shape: Shape) -> None:
    """Same shape, and the same value but for rounding; sizes 0 and 1 and no axes included."""
    for seed in range(2):
        case = single(name, shape, seed)
        exact = evaluate(case.graph, case.point)
        in_numpy = evaluate_in_numpy(case.graph, [array[None].astype(EXTENDED) for array in case.point])
        assert [array.shape for array in exact] == [array.shape[1:] for array in in_numpy.outputs]
        assert all(type(element).__name__ == "mpf" for element in flatten(exact))
        known = estimate(case)
        assert np.array_equal(in_numpy.flat_outputs()[0], known.outputs, equal_nan=True)
        if not np.isfinite(known.outputs).all():
            assert value(case) is None
        else:
            assert gap_in_rounding(case, known) <= 4


def test_graphs_have_the_value_of_numpy() -> None:
    """Whole graphs, every op among them."""
    gaps, seen = [], set()
    for case in islice(balanced(tuple(VOCABULARY.values()), 61, "vocabulary"), 150):
        seen |= set(case.graph.op_names)
        known = estimate(case)
        if np.isfinite(known.outputs).all() and value(case) is not None:
            gaps.append(gap_in_rounding(case, known))
    print(f"{len(gaps)} graphs: largest gap {max(gaps):.2f} times rounding")
    assert seen == set(VOCABULARY)
    assert len(gaps) > 140
    assert max(gaps) <= 4


def test_the_estimate_keeps_its_claim() -> None:
    """No derivative of the reference is further from that of 140 digits than it says."""
    beyond, ratios = [], []
    for case in islice(independent_cases(seed=62), 60):
        known = estimate(case)
        if known.problem or not len(known.directions):
            continue
        column = case.seed % len(known.directions)
        exact = derivative(case, known.cotangents[0], known.directions[column])
        if exact is None:
            continue
        gap = abs(float(known.derivative.value[0, column] - exact[0]))
        ratios.append(gap / (known.derivative.error[0, column] + exact[1]))
        beyond += [case.id] if ratios[-1] > 1 else []
        assert exact[1] <= 2 * UNIT * abs(float(exact[0])) + 1e-24
    print(f"{len(ratios)} derivatives: largest gap {max(ratios):.2g} of the claim")
    assert len(ratios) > 50
    assert not beyond


KNOWN: dict[str, tuple[Case, list[float], list[float], float]] = {
    "sin": (graph_of(Node("sin", (0,)), point=(0.0,)), [1], [1], 1.0),
    "square": (graph_of(Node("square", (0,)), point=([3.0, 5.0],)), [1, 2], [1, 0.5], 16.0),
    "cube": (graph_of(Node("power", (0, 1)), point=(2.0, 3.0)), [1], [1, 0], 12.0),
    "power by its exponent": (graph_of(Node("power", (0, 1)), point=(1.0, 3.0)), [1], [0, 1], 0.0),
    "sqrt": (graph_of(Node("sqrt", (0,)), point=(0.0625,)), [1], [1], 2.0),
    "tanh": (graph_of(Node("tanh", (0,)), point=(0.0,)), [-2], [1], -2.0),
    "sigmoid": (graph_of(Node("sigmoid", (0,)), point=(0.0,)), [1], [1], 0.25),
    "softplus far out": (graph_of(Node("softplus", (0,)), point=(1000.0,)), [1], [1], 1.0),
    "a singular determinant": (graph_of(Node("det", (0,)), point=(np.diag([1.0, 2, 0]),)), [1], [0] * 8 + [1], 2.0),
    "a determinant of rank one": (graph_of(Node("det", (0,)), point=(np.diag([1.0, 0, 0]),)), [1], [0] * 8 + [1], 0.0),
    "a determinant with a column of zeros": (
        graph_of(Node("det", (0,)), point=([[0.0, 1.0], [0, 2]],)), [1], [1, 0, 0, 0], 2.0,
    ),
    "prod with one zero": (
        graph_of(Node("prod", (0,), {"axes": (0,), "keepdims": False}), point=([2.0, 0, 4],)), [1], [0, 1, 0], 8.0,
    ),
    "softmax": (graph_of(Node("softmax", (0,), {"axis": 0}), point=([1.0, 1.0],)), [1, 0], [1, 0], 0.25),
    "var of constants": (
        graph_of(Node("var", (0,), {"axes": (0,), "keepdims": False}), point=([3.0, 3.0],)), [1], [1, -1], 0.0,
    ),
    "x / x": (graph_of(Node("div", (0, 0)), point=(7.0,)), [1], [1], 0.0),
    "relu at 1": (graph_of(Node("relu", (0,)), point=(1.0,)), [1], [1], 1.0),
    "a solution": (graph_of(Node("solve", (0, 1)), point=(2 * np.eye(2), [[1.0], [0]])), [1, 0], [1, 0, 0, 0, 0, 0], -0.25),
}  # fmt: skip


@pytest.mark.parametrize(("case", "cotangent", "direction", "exact"), KNOWN.values(), ids=KNOWN)
def test_derivatives_known_by_hand(case: Case, cotangent: list[float], direction: list[float], exact: float) -> None:
    """The gap stays within the error, and that is one rounding."""
    found = derivative(case, np.array(cotangent), np.array(direction))
    assert found is not None
    assert abs(float(found[0]) - exact) <= found[1]
    assert found[1] <= 2 * UNIT * abs(exact) + 1e-24


def test_an_irrational_derivative_is_right_to_the_last_bit() -> None:
    """The derivative of exp at 1 in extended precision."""
    found = derivative(graph_of(Node("exp", (0,)), point=(1.0,)), np.ones(1), np.ones(1))
    assert found is not None
    with mpmath.workdps(60):
        gap = abs(mpmath.e - mpmath.mpf(float(found[0])) - mpmath.mpf(float(found[0] - EXTENDED(float(found[0])))))
        assert gap <= UNIT * mpmath.e
    assert float(found[0]) == math.e


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("sin", lambda c, x: np.frompyfunc(c.cos, 1, 1)(x)),
        ("mul", lambda _c, a, b: a * b * (1 + mpmath.mpf(2) ** -40)),
        ("flip", lambda _c, x, axes: 2 * x),
    ],
)
def test_a_wrong_meaning_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str, wrong: Any) -> None:
    """By its value and by its derivative."""
    case = single(name, (3,), 2)
    known = estimate(case)
    assert gap_in_rounding(case, known) <= 4
    monkeypatch.setattr(multiprecision, "MEANINGS", MappingProxyType({**MEANINGS, name: wrong}))
    assert gap_in_rounding(case, known) > 4
    found = derivative(case, known.cotangents[0], known.directions[0])
    assert found is not None
    assert abs(found[0] - known.derivative.value[0, 0]) > found[1] + known.derivative.error[0, 0]


def test_an_op_without_a_meaning_gives_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a value nor a derivative."""
    case = single("tanh", (), 1)
    assert has_meaning(case.graph)
    fewer = {name: meaning for name, meaning in MEANINGS.items() if name != "tanh"}
    monkeypatch.setattr(multiprecision, "MEANINGS", MappingProxyType(fewer))
    assert not has_meaning(case.graph)
    assert value(case) is None
    assert derivative(case, np.ones(1), np.ones(1)) is None


KINKS = {
    "abs at 0": graph_of(Node("abs", (0,)), point=(0.0,)),
    "relu at 0": graph_of(Node("relu", (0,)), point=(0.0,)),
    "maximum of equals": graph_of(Node("square", (0,)), Node("maximum", (0, 1)), point=(1.0,)),
    "clip at its end": graph_of(Node("clip", (0,), {"low": -1.0, "high": 1.0}), point=(1.0,)),
    "a jump": graph_of(
        Node("shift", (0,), {"offset": 1.0}), Node("scale", (0,), {"factor": -1.0}), Node("greater", (0, 2)),
        Node("where", (3, 0, 1)), point=(0.0,),
    ),
    "two that cancel": graph_of(
        Node("relu", (0,)), Node("neg", (0,)), Node("relu", (2,)), Node("sub", (1, 3)), point=(0.0,)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", KINKS.values(), ids=KINKS)
def test_kinks_and_jumps_give_no_number(case: Case) -> None:
    """Their value is known all the same."""
    assert derivative(case, np.ones(1), np.ones(1)) is None
    assert value(case) is not None


@pytest.mark.parametrize("name", ["abs at 0", "relu at 0", "maximum of equals", "clip at its end", "a jump"])
def test_a_kink_shows_even_where_no_op_declares_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """One-sided differences tell, should an op of the vocabulary forget its decision."""
    original = multiprecision._evaluate
    monkeypatch.setattr(multiprecision, "_evaluate", lambda *arguments: (*original(*arguments)[:2], []))
    found = derivative(KINKS[name], np.ones(1), np.ones(1))
    assert found is not None
    assert np.isnan(found[0])


def test_at_a_kink_that_only_digits_see_nothing_is_confirmed() -> None:
    """Central differences of sqrt(x^2) at 0 are 0, those of any ladder."""
    case = graph_of(Node("square", (0,)), Node("sqrt", (1,)), point=(0.0,))
    assert float(estimate(case).derivative.value[0, 0]) == 0
    value, _, how = confirm(case, np.ones(1), np.ones(1))
    assert np.isnan(value)
    assert how == multiprecision.NAME


UNDEFINED = {
    "log of a negative": graph_of(Node("log", (0,)), point=(-1.0,)),
    "log of 0": graph_of(Node("log", (0,)), point=(0.0,)),
    "1 / 0": graph_of(Node("reciprocal", (0,)), point=(0.0,)),
    "arccos beyond its end": graph_of(Node("arccos", (0,)), point=(1.5,)),
    "a negative to a broken power": graph_of(Node("power", (0, 1)), point=(-1.0, 0.5)),
    "the inverse of a matrix with a column of zeros": graph_of(Node("inv", (0,)), point=([[0.0, 1.0], [0, 2]],)),
    "a singular system": graph_of(Node("solve", (0, 1)), point=(np.zeros((2, 2)), np.ones((2, 1)))),
    "overflow": graph_of(Node("exp", (0,)), Node("exp", (1,)), Node("exp", (2,)), point=(64.0,)),
    "nan": graph_of(Node("neg", (0,)), point=(np.nan,)),
    "infinity": graph_of(Node("arctan", (0,)), point=(np.inf,)),
    "undefined, then not selected": graph_of(
        Node("log", (0,)), Node("greater", (0, 1)), Node("where", (3, 2, 0)), point=(-1.0, 0.5)
    ),
}


@pytest.mark.parametrize("case", UNDEFINED.values(), ids=UNDEFINED)
def test_what_is_no_finite_real_number_is_undefined(case: Case) -> None:
    """Mpmath would go on with complex numbers."""
    assert value(case) is None
    assert derivative(case, np.ones(1), np.ones(case.element_count)) is None
    with pytest.raises(Undefined):
        evaluate(case.graph, case.point)


@pytest.mark.parametrize(
    "case",
    [graph_of(Node("sqrt", (0,)), point=(0.0,)), graph_of(Node("shift", (0,), {"offset": -1e160}), point=(1e160,))],
    ids=["end of a domain", "the step is lost in the point"],
)
def test_where_a_step_cannot_be_taken_there_is_a_value_but_no_derivative(case: Case) -> None:
    """Never a number that looks certain."""
    assert value(case) == 0
    assert derivative(case, np.ones(1), np.ones(1)) is None


def test_large_and_tiny_results_keep_all_digits() -> None:
    """Beyond float64 in extended precision."""
    case = graph_of(Node("exp", (0,)), point=([600.0, -600.0],))
    exact = value(case)
    assert exact is not None
    np.testing.assert_allclose(exact, np.exp(case.point[0].astype(EXTENDED)), rtol=4 * UNIT)


def test_empty_cases_have_a_derivative_of_zero() -> None:
    """Nothing moves."""
    case = graph_of(Node("sin", (0,)), point=(np.zeros((3, 0)),))
    assert derivative(case, np.zeros(0), np.zeros(0)) == (0, 0)
    assert np.shape(value(case)) == (0,)


def test_large_cases_are_left_alone() -> None:
    """They would take seconds."""
    case = graph_of(Node("sin", (0,)), point=(np.zeros(1 << 15),))
    assert value(case) is None
    assert derivative(case, np.ones(1 << 15), np.ones(1 << 15)) is None


def test_the_shared_precision_of_mpmath_is_neither_used_nor_changed() -> None:
    """Whatever others set; and threads get what one thread gets."""
    case = next(case for case in independent_cases(seed=63) if {"det", "solve"} & set(case.graph.op_names))
    known = estimate(case)
    arguments = case, known.cotangents[0], known.directions[0]
    alone = derivative(*arguments)
    with mpmath.workdps(5), ThreadPoolExecutor(3) as pool:
        together = [future.result() for future in [pool.submit(derivative, *arguments) for _ in range(6)]]
        assert derivative(*arguments) == alone
        assert mpmath.mp.dps == 5
    assert set(together) == {alone}
