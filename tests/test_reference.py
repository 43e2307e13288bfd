"""The reference against 40-digit arithmetic and the complex step: its error claims hold, and kinks give no number."""

from __future__ import annotations

from itertools import islice
from typing import Any

import mpmath
import numpy as np
import pytest

from autograd_conformance.case import Case, flatten, unflatten
from autograd_conformance.generation.strategies import cases, stream
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.reference import confirmation, interpreter, multiprecision, probes
from autograd_conformance.reference import estimate as estimating
from autograd_conformance.reference.confirmation import confirm, second_ladder
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.reference.interpreter import EXTENDED, UNIT, evaluate
from autograd_conformance.reference.ladder import extrapolate
from tests.drawing import single

mpmath.mp.dps = 40

ANALYTIC = tuple(name for name in sorted(VOCABULARY) if VOCABULARY[name].is_analytic and name != "where")
SMOOTH = tuple(VOCABULARY[name] for name in ANALYTIC)

MEANINGS: dict[str, Any] = {
    "neg": lambda x: -x, "reciprocal": lambda x: 1 / x, "square": lambda x: x * x, "sqrt": mpmath.sqrt, "exp": mpmath.exp,
    "log": mpmath.log, "log1p": lambda x: mpmath.log(1 + x), "sin": mpmath.sin, "cos": mpmath.cos, "arctan": mpmath.atan,
    "arccos": mpmath.acos, "arctanh": mpmath.atanh,
    "tanh": mpmath.tanh, "expm1": lambda x: mpmath.exp(x) - 1, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)), "add": lambda a, b: a + b, "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b, "div": lambda a, b: a / b, "power": lambda a, b: a**b,
}  # fmt: skip


def single_output(case: Case) -> np.ndarray:
    return flatten(case.cotangent(0))


@pytest.mark.parametrize("name", MEANINGS)
def test_elementwise_derivatives_are_those_of_40_digits(name: str) -> None:
    """Mpmath differentiates its own function; the gap stays within the error claimed, and that is small."""
    function, arity = MEANINGS[name], len(VOCABULARY[name].operands)
    for seed in range(6):
        case = single(name, (), seed)
        if any(shape != () for shape in case.graph.inputs):
            continue
        found = estimate(case)
        assert not found.problem
        point = [mpmath.mpf(float(array)) for array in case.point]
        for slot in range(arity):
            order = tuple(int(slot == other) for other in range(arity))
            exact = mpmath.diff(function, tuple(point), order) if arity > 1 else mpmath.diff(function, point[0])
            for row, cotangent in enumerate(found.cotangents[:, 0]):
                value, error = found.derivative.value[row, slot], found.derivative.error[row, slot]
                high = mpmath.mpf(float(value)) + mpmath.mpf(float(value - EXTENDED(float(value))))
                assert abs(high - exact * float(cotangent)) <= error
                assert error <= 1e-11 * (1 + abs(float(exact)))


def complex_step(case: Case, directions: np.ndarray, functionals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Im f(x + i h v) / h for every direction at once, (q, p), and the rounding it may carry."""
    step = EXTENDED(2.0**-60)
    moves = (1j * (2.0**-60 * directions)).astype(np.result_type(EXTENDED, np.complex64))  # NumPy 1.26 demotes scalars
    points = unflatten(flatten(case.point) + moves, case.graph.inputs)
    found = evaluate(case.graph, points).flat_outputs()
    return functionals @ (found.imag / step).T, np.abs(functionals) @ np.abs(found.imag / step).T


def count_beyond(drawn: list[Case]) -> tuple[int, int, list[float], list[float]]:
    """Elements beyond the claimed error, all elements, claimed errors relative to the value, gap over claim."""
    beyond = total = 0
    errors, ratios = [], []
    for case in drawn:
        found = estimate(case)
        if found.problem or not case.element_count:
            continue
        exact, scale = complex_step(case, found.directions, found.cotangents)
        gap = np.abs(found.derivative.value - exact).astype(float)
        own = 2.0**8 * UNIT * (scale + found.noise("float64").derivative).astype(float)
        beyond += int(np.sum(gap > found.derivative.error + own))
        total += gap.size
        errors += list((found.derivative.error / (1e-3 + np.abs(exact).astype(float))).ravel())
        ratios += list((gap / np.maximum(found.derivative.error + own, 1e-300)).ravel())
    return beyond, total, errors, ratios


@pytest.mark.parametrize("name", ANALYTIC)
def test_claimed_error_of_every_analytic_op_holds(name: str) -> None:
    """Against the complex step, which shares no stencil with the ladder."""
    drawn = [single(name, VOCABULARY[name].example, seed) for seed in range(6)]
    beyond, total, errors, _ = count_beyond(drawn)
    assert total
    assert beyond == 0
    assert np.median(errors) < 1e-11


def test_claimed_error_of_random_graphs_holds() -> None:
    """At most one element in ten thousand lies beyond its claim, and claims are small."""
    beyond, total, errors, ratios = count_beyond(list(islice(stream(cases(SMOOTH), 31), 500)))
    print(f"{beyond} of {total} beyond; claims: median {np.median(errors):.1e}, 99% {np.quantile(errors, 0.99):.1e}; "
          f"gap over claim: 99.9% {np.quantile(ratios, 0.999):.2f}, most {max(ratios):.2f}")  # fmt: skip
    assert total > 10_000
    assert beyond / total < 1e-4
    assert np.median(errors) < 1e-12
    assert np.quantile(errors, 0.99) < 1e-8


def test_rows_of_the_jacobian_are_those_of_the_complex_step() -> None:
    """And their cotangent-weighted sum is the gradient."""
    for case in islice(stream(cases(SMOOTH), 33), 40):
        found = estimate(case)
        if found.jacobian is None or found.problem:
            continue
        exact, scale = complex_step(case, found.directions, np.eye(found.cotangents.shape[1]))
        own = 2.0**8 * UNIT * (scale + found.noise("float64").jacobian)
        assert np.all(np.abs(found.jacobian.value - exact) <= found.jacobian.error + own)
        weighted = found.cotangents @ found.jacobian.value
        slack = np.abs(found.cotangents) @ found.jacobian.error + found.derivative.error
        assert np.all(np.abs(weighted - found.derivative.value) <= slack + own.sum(axis=0))


def graph_of(*nodes: Node, inputs: tuple[tuple[int, ...], ...] = ((),), point: tuple[Any, ...] = (0.0,)) -> Case:
    arrays = tuple(np.asarray(array, dtype=float) for array in point)
    graph = Graph(inputs, nodes, (len(inputs) + sum(node.results for node in nodes) - 1,))
    return Case(graph, arrays)


AXIS = {"axes": (0,), "keepdims": False}
UNDECIDED = {
    "relu at 0": graph_of(Node("relu", (0,))),
    "abs at 0": graph_of(Node("abs", (0,))),
    "abs next to 0": graph_of(Node("abs", (0,)), point=(2.0**-40,)),
    "clip end": graph_of(Node("clip", (0,), {"low": 0.0, "high": 1.0}), point=(1.0,)),
    "maximum of equals": graph_of(Node("maximum", (0, 1)), inputs=((), ()), point=(1.5, 1.5)),
    "maximum of one twice": graph_of(Node("scale", (0,), {"factor": 1.0}), Node("maximum", (0, 1)), point=(1.5,)),
    "max with a tie": graph_of(Node("max", (0,), AXIS), inputs=((3,),), point=([1.0, 2.0, 2.0],)),
    "sort with a tie": graph_of(Node("sort", (0,), {"axis": 0}), inputs=((3,),), point=([2.0, 1.0, 2.0],)),
    "pool with a tie": graph_of(
        Node("max_pool1d", (0,), {"window": 2, "stride": 1}), inputs=((1, 1, 3),), point=([[[1.0, 1.0, 0.0]]],)
    ),
    "where on its edge": graph_of(
        Node("greater", (0, 1)), Node("where", (2, 0, 1)), inputs=((), ()), point=(0.5, 0.5)
    ),
    "kink inside a chain": graph_of(Node("sin", (0,)), Node("abs", (1,)), Node("exp", (2,))),
    "sqrt at 0": graph_of(Node("sqrt", (0,))),
    "log of a negative": graph_of(Node("log", (0,)), point=(-1.0,)),
    "1 / 0": graph_of(Node("reciprocal", (0,))),
    "nan": graph_of(Node("sin", (0,)), point=(np.nan,)),
    "infinity": graph_of(Node("sin", (0,)), point=(np.inf,)),
    "overflow": graph_of(Node("exp", (0,)), point=(1e6,)),
}  # fmt: skip


@pytest.mark.parametrize("case", UNDECIDED.values(), ids=UNDECIDED)
def test_special_points_are_a_problem_never_a_number(case: Case) -> None:
    """The trace finds every kink and tie; ends of domains and values that are not finite are found by evaluating."""
    found = estimate(case)
    assert found.problem or found.noise("float64").problem


def test_a_kink_a_little_away_is_no_problem() -> None:
    """The ladder starts again with smaller steps."""
    found = estimate(graph_of(Node("abs", (0,)), point=(2.0**-8,)))
    assert not found.problem
    assert abs(float(found.derivative.value[0, 0]) - float(found.cotangents[0, 0])) <= found.derivative.error[0, 0]
    assert found.steps[0] < 2.0**-8


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_empty_cases_have_empty_derivatives(shape: tuple[int, ...]) -> None:
    """No exception, no problem, nothing to compare."""
    found = estimate(graph_of(Node("sin", (0,)), inputs=(shape,), point=(np.zeros(shape),)))
    assert not found.problem
    assert found.derivative.value.shape == (3, 0)


def test_a_wide_case_is_judged_along_directions() -> None:
    """Six directional derivatives instead of a whole gradient."""
    found = estimate(graph_of(Node("square", (0,)), inputs=((50,),), point=(np.arange(50.0) / 32,)))
    exact = found.cotangents * 2 * found.case.point[0] @ found.directions.T
    assert found.derivative.value.shape == (3, 6)
    assert np.all(np.abs(found.derivative.value - exact) <= found.derivative.error)


def ladder(function: Any, at: float, first: float, levels: int = 7, noise: float = UNIT) -> tuple[float, float]:
    steps = (first * 2.0 ** -np.arange(levels)).astype(EXTENDED)
    ahead, behind = (function(EXTENDED(at) + sign * steps)[:, None, None] for sign in (1, -1))
    found = extrapolate(ahead, behind, steps, np.ones((levels, 1), bool), np.array([noise * abs(float(function(at)))]))
    return float(found.value[0, 0]), float(found.error[0, 0])


@pytest.mark.parametrize(
    ("function", "at", "exact"),
    [
        (np.sin, 1.0, np.cos(1.0)), (np.exp, 1.0, np.exp(1.0)), (lambda x: x**5, 2.0, 80.0), (lambda x: 0 * x + 1, 3.0, 0.0),
        (lambda x: 1 / x, 0.25, -16.0), (lambda x: np.sin(40 * x), 0.0, 40.0),
        (lambda x: np.tanh(30 * x), 0.03125, 30 / np.cosh(0.9375) ** 2), (np.sqrt, 2.0**-4, 2.0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("first", [2.0**-4, 2.0**-6, 2.0**-10])
def test_romberg_knows_its_error(function: Any, at: float, exact: float, first: float) -> None:
    """Also where the first steps are far too large."""
    value, error = ladder(function, at, first)
    assert abs(value - exact) <= error + 4e-16 * abs(exact)


@pytest.mark.parametrize("powers", [(3, 5), (5, 7), (5, 9), (7, 9), (9, 11)])
def test_terms_that_cancel_by_chance_do_not_deceive_it(powers: tuple[int, int]) -> None:
    """At the first steps x + a x^7 + b x^9 looks as if it had another derivative at 0, to entries of two orders alike.

    What is left is less than the witnesses' own errors; without them the claim is too small by up to 200.
    """
    steps = (2.0**-4 * 2.0 ** -np.arange(6)).astype(EXTENDED)
    terms = [4e-12 * (steps / steps[0]) ** (power - 1) * steps for power in powers]
    for ratio in np.linspace(-1.2, -0.8, 401):
        ahead = (steps + terms[0] + ratio * terms[1])[:, None, None]
        for noise in (1e-18, 1e-17, 3e-17, 1e-16):
            found = extrapolate(ahead, -ahead, steps, np.ones((6, 1), bool), np.array([noise]))
            assert abs(found.value[0, 0] - 1) <= 2.5 * found.error[0, 0]


def test_steps_that_cannot_be_used_are_left_out() -> None:
    """A level counts only when all smaller ones do; none at all leaves an infinite error."""
    steps = 2.0 ** -np.arange(3.0, 8.0)
    ahead, behind = ((1.0 + sign * steps)[:, None, None] for sign in (1, -1))
    for usable, levels in (([0, 1, 1, 1, 1], 4), ([1, 1, 0, 1, 1], 2), ([1, 1, 1, 1, 0], 0), ([0] * 5, 0)):
        mask = np.array(usable, bool)[:, None]
        found = extrapolate(ahead, behind, steps, mask, np.array([1e-16]))
        assert found.levels.tolist() == [levels]
        assert np.isinf(found.error[0, 0]) == (levels < 2)


def test_the_complex_step_agrees_where_all_is_analytic() -> None:
    """It names its method."""
    for case in islice(stream(cases(SMOOTH), 35), 30):
        found = estimate(case)
        if found.problem or not case.element_count:
            continue
        opinion = confirmation.complex_step(case, found.cotangents[0], found.directions[0])
        assert opinion is not None
        value, error, how = opinion
        assert how == "complex step"
        noise = 2.0**-50 * found.noise("float64").derivative[0, 0]
        assert abs(value - found.derivative.value[0, 0]) <= error + found.derivative.error[0, 0] + noise + 1e-15 * abs(
            value
        )


def test_the_second_opinion_of_choice_has_the_most_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names its method and agrees; without it the next one is heard."""
    case = graph_of(Node("sin", (0,)), Node("exp", (1,)), point=(0.75,))
    found = estimate(case)
    for expected in ("mpmath in 140 digits", "complex step"):
        value, error, how = confirm(case, found.cotangents[0], found.directions[0])
        assert how == expected
        assert abs(value - found.derivative.value[0, 0]) <= error + found.derivative.error[0, 0] + 1e-16 * abs(value)
        monkeypatch.setattr(multiprecision, "derivative", lambda *_: None)


def test_another_ladder_agrees_where_something_decides() -> None:
    """With other steps; it names its method."""
    case = graph_of(Node("relu", (0,)), Node("exp", (1,)), point=(0.75,))
    found = estimate(case)
    assert confirmation.complex_step(case, found.cotangents[0], found.directions[0]) is None
    value, error, how = second_ladder(case, found.cotangents[0], found.directions[0])
    assert how == "second ladder"
    assert abs(value - found.derivative.value[0, 0]) <= error + found.derivative.error[0, 0]


def test_second_opinion_at_a_kink_is_no_number() -> None:
    """Nothing is confirmed there."""
    value, _, how = confirm(UNDECIDED["relu at 0"], np.ones(1), np.ones(1))
    assert np.isnan(value)
    assert how == "second ladder"


def test_without_extended_precision_the_error_widens_and_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where long double is double, claims are larger and just as honest."""
    drawn = list(islice(stream(cases(SMOOTH), 37), 150))
    wide = [estimate(case) for case in drawn]
    for module in (estimating, interpreter, probes):
        monkeypatch.setattr(module, "EXTENDED", np.float64)
        monkeypatch.setattr(module, "UNIT", 2.0**-53)
    beyond = total = 0
    errors = []
    for case, known in zip(drawn, wide, strict=True):
        found = estimate(case)
        assert found.derivative.value.dtype == np.float64
        if found.problem or known.problem or not case.element_count:
            continue
        gap = np.abs(found.derivative.value - known.derivative.value).astype(float)
        beyond += int(np.sum(gap > found.derivative.error + known.derivative.error))
        total += gap.size
        errors += list((found.derivative.error / (1e-3 + np.abs(known.derivative.value).astype(float))).ravel())
    print(f"{beyond} of {total} beyond in float64; claims: median {np.median(errors):.1e}")
    assert beyond <= total * 1e-3
    assert np.median(errors) < 1e-9


def test_an_estimate_is_the_same_every_time() -> None:
    """Noise is drawn from the content of the case."""
    case = single("softmax", (2, 3), 1)
    first, second = estimate(case), estimate(case)
    assert np.array_equal(first.noise("float64").derivative, second.noise("float64").derivative)
    assert np.array_equal(first.derivative.value, second.derivative.value)


def test_a_constant_is_known_as_one() -> None:
    """A gradient of zero proves nothing about a rule."""
    assert estimate(graph_of(Node("sub", (0, 0)), point=(1.5,))).is_constant
    assert not estimate(graph_of(Node("square", (0,)), point=(1.5,))).is_constant
