"""The measured bound covers what correct rules give in NumPy's own float64 and float32, where digits are lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.precision import UNIT_ROUNDOFF
from autograd_conformance.reference.estimate import Estimate, estimate
from autograd_conformance.reference.noise import FrozenNoise, InFormat
from autograd_conformance.verdict import bounds

Pullback = Callable[[Any, Any], Any]
AXES = {"axes": (0,), "keepdims": False}


def chain(point: Any, *nodes: Node) -> Case:
    array = np.asarray(point, dtype=np.float64)
    return Case(Graph((array.shape,), nodes, (len(nodes),)), (array,))


def tanh_rule(x: Any, u: Any) -> Any:
    y = np.tanh(x)
    return u * (1 - y * y)


def sigmoid_rule(x: Any, u: Any) -> Any:
    y = 1 / (1 + np.exp(-x))
    return u * (y * (1 - y))


def quotient_rule(x: Any, u: Any) -> Any:
    """X / x, both operands the same value: the two parts cancel."""
    return u / x + -u * x / (x * x)


def difference_rule(x: Any, u: Any) -> Any:
    """3 x - x x: what is left of two parts."""
    return x.dtype.type(3) * u - (u * x + u * x)


def variance_rule(x: Any, u: Any) -> Any:
    """The variance after 100 was added: the mean eats the digits."""
    moved = x + x.dtype.type(100)
    centred = moved - moved.mean(dtype=x.dtype)
    return u * x.dtype.type(2) * centred / x.dtype.type(x.size)


def softmax_rule(x: Any, u: Any) -> Any:
    powers = np.exp(x - x.max())
    y = powers / powers.sum()
    return y * (u - (u * y).sum())


def log_softmax_rule(x: Any, u: Any) -> Any:
    shifted = x - x.max()
    y = np.exp(shifted - np.log(np.exp(shifted).sum()))
    return u - y * u.sum()


def cosine_rule(x: Any, u: Any) -> Any:
    return -u * np.sin(x)


def product_rule(x: Any, u: Any) -> Any:
    return np.array([u * np.prod(np.delete(x, position)) for position in range(x.size)])


def logsumexp_rule(x: Any, u: Any) -> Any:
    powers = np.exp(x - x.max())
    return u * powers / powers.sum()


SCALED = Node("scale", (0,), {"factor": 3.0})
HARD: dict[str, tuple[Callable[[np.ndarray], Case], Pullback]] = {
    "tanh saturated": (lambda d: chain(6 + d, Node("tanh", (0,))), tanh_rule),
    "sigmoid saturated": (lambda d: chain(9 + d, Node("sigmoid", (0,))), sigmoid_rule),
    "x / x": (lambda d: chain(1.5 + d / 4, Node("div", (0, 0))), quotient_rule),
    "3 x - x x": (lambda d: chain(1.5 + d / 64, SCALED, Node("mul", (0, 0)), Node("sub", (1, 2))), difference_rule),
    "var after + 100": (
        lambda d: chain(d, Node("shift", (0,), {"offset": 100.0}), Node("var", (1,), AXES)), variance_rule,
    ),
    "softmax dominated": (
        lambda d: chain(np.where(np.arange(d.size) == 1, 14.0, d), Node("softmax", (0,), {"axis": 0})), softmax_rule,
    ),
    "log_softmax dominated": (
        lambda d: chain(np.where(np.arange(d.size) == 1, 14.0, d), Node("log_softmax", (0,), {"axis": 0})),
        log_softmax_rule,
    ),
    "logsumexp dominated": (
        lambda d: chain(np.where(np.arange(d.size) == 1, 14.0, d), Node("logsumexp", (0,), AXES)), logsumexp_rule,
    ),
    "cos near 0": (lambda d: chain(d / 256, Node("cos", (0,))), cosine_rule),
    "prod": (lambda d: chain(1 + d / 4, Node("prod", (0,), AXES)), product_rule),
}  # fmt: skip


def points(count: int) -> list[np.ndarray]:
    generator = np.random.default_rng(8)
    return [np.round(generator.uniform(-2, 2, 5) * 32) / 32 for _ in range(count)]


def ratios(rule: Pullback, found: Estimate, dtype: str) -> np.ndarray:
    """Gaps in bounds of the gradient that ``rule`` computes in ``dtype``."""
    case = found.case
    x, u = case.point[0].astype(dtype), case.cotangent(0)[0].astype(dtype)
    gradient = np.asarray(rule(x, u)).astype(np.longdouble)
    assert np.asarray(rule(x, u)).dtype == dtype
    reference = found.derivative[0]
    bound = bounds(reference.error, found.noise(dtype).derivative[0], reference.value, dtype)
    return (np.abs(gradient - reference.value) / bound).astype(float)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", HARD)
def test_the_bound_covers_a_correct_rule(name: str, dtype: str) -> None:
    """At every element of thirty points, in both dtypes, from one measurement."""
    make, rule = HARD[name]
    worst = max(float(np.max(ratios(rule, estimate(make(draw)), dtype))) for draw in points(30))
    print(f"{name}, {dtype}: {worst:.2f} bounds")
    assert worst <= 1


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", HARD)
def test_the_bound_does_not_cover_a_wrong_rule(name: str, dtype: str) -> None:
    """Ten thousand roundoffs too much, relative to what rounding may move, is seen at most points."""
    make, rule = HARD[name]
    seen = 0
    for draw in points(20):
        found = estimate(make(draw))
        reference = found.derivative[0]
        wrong = 1e4 * UNIT_ROUNDOFF[dtype] * (np.abs(reference.value) + found.noise(dtype).derivative[0]).astype(float)
        gap = np.abs(rule(found.case.point[0], found.case.cotangent(0)[0]) + wrong - reference.value)
        seen += bool(
            np.max(gap / bounds(reference.error, found.noise(dtype).derivative[0], reference.value, dtype)) > 3
        )
    assert seen >= 18


def power_rule(x: Any, u: Any) -> Any:
    """Backwards through x, x^2, x^4, x^8, x^16, x^32, x^48, whose derivative is 48 x^47."""
    squares = [x]
    for _ in range(5):
        squares.append(squares[-1] * squares[-1])
    of_one = u * squares[5] + u * squares[4] * squares[4] + u * squares[4] * squares[4]
    for square in reversed(squares[:4]):
        of_one = of_one * square + of_one * square
    return of_one


def test_noise_that_no_difference_shows_is_not_none() -> None:
    """A derivative of 1e-30 beside a value of 2.25: what rounding moves of it is lost in the difference of two values, and a
    law that compares two dtypes, without the reference's error, must not take it for nothing.
    """
    powers = [Node("mul", pair) for pair in ((0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (4, 5))]
    beyond = 0
    for draw in points(30):
        found = estimate(chain(draw / 8 + np.copysign(0.125, draw), *powers, Node("shift", (6,), {"offset": 2.25})))
        coarse, fine = (
            power_rule(found.case.point[0].astype(dtype), found.case.cotangent(0)[0].astype(dtype))
            for dtype in ("float32", "float64")
        )
        noise = found.noise("float32")
        if noise.problem:
            continue
        gap, seen, nothing = np.abs(coarse.astype(np.float64) - fine), noise.derivative[0], np.zeros(len(fine))
        assert 0 < noise.resolution < 1e-4
        assert (gap <= bounds(nothing, seen, fine, "float32")).all()
        beyond += bool((gap > bounds(nothing, seen - noise.resolution, fine, "float32")).any())
    assert beyond > 0


def test_a_fixed_tolerance_would_not_do() -> None:
    """What is measured differs by orders of magnitude between points; the relative error of float32 shows it."""
    measured = []
    for name in ("var after + 100", "cos near 0"):
        found = estimate(HARD[name][0](points(1)[0]))
        measured.append(float(np.max(found.noise("float32").derivative[0]) / np.max(np.abs(found.derivative.value[0]))))
    assert measured[0] > 10 * measured[1]


def test_measured_noise_does_not_depend_on_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is linear, so that one size serves every dtype."""
    case = chain([0.5, -1.25, 0.75], Node("sin", (0,)), Node("softmax", (1,), {"axis": 0}), Node("var", (2,), AXES))
    found = []
    for size in (2.0**-18, 2.0**-23, 2.0**-30):
        monkeypatch.setattr("autograd_conformance.reference.conditioning.SIZE", size)
        found.append(estimate(case).noise("float64").derivative.astype(float))
    np.testing.assert_allclose(found[0], found[1], rtol=0.02)
    np.testing.assert_allclose(found[2], found[1], rtol=0.02)


def test_noise_is_the_same_over_a_stencil() -> None:
    """Every row of a replicate sees the same factors, so the perturbed function is as smooth as the clean one."""
    noise = FrozenNoise(2.0**-10, 3, 4, np.random.default_rng(0))
    moved = noise(np.ones((12, 5))).reshape(3, 4, 5)
    assert np.all(moved == moved[:, :1])
    assert len(np.unique(moved[:, 0])) == 15


def test_noise_has_unit_root_mean_square() -> None:
    """The spread over replicates is read per unit of its size."""
    noise = FrozenNoise(2.0**-10, 400, 1, np.random.default_rng(0))
    relative = (noise(np.ones((400, 50))) - 1) / noise.size
    assert abs(float(np.sqrt(np.mean(relative**2))) - 1) < 0.02
    assert abs(float(np.mean(relative))) < 0.02


def test_tangent_noise_moves_differences_from_the_centre() -> None:
    """Adjoints round too: where a value is zero its movement is still perturbed."""
    noise = FrozenNoise(2.0**-10, 2, 2, np.random.default_rng(0))
    rows = noise(np.array([[0.0], [1.0], [0.0], [1.0]]))
    assert rows[0] == rows[2] == 0
    assert rows[1] != 1
    assert rows[1] != rows[3]


def test_absolute_noise_moves_with_the_operand_alone() -> None:
    """A saturated output does not move, the derivative computed from it does."""
    noise = FrozenNoise(2.0**-10, 1, 2, np.random.default_rng(0))
    moved = noise.absolute(np.ones((2, 1)), np.array([[3.0], [3.5]]), 1.0)
    assert moved[0] == 1
    assert 0 < abs(float(moved[1, 0]) - 1) <= 0.5 * 2.0**-10 * np.sqrt(3)


def test_normwise_noise_reaches_exact_zeros() -> None:
    """Elimination fills zeros with rounding of the largest element's size; multiplicative noise cannot."""
    noise = FrozenNoise(2.0**-10, 1, 1, np.random.default_rng(0))
    moved = noise.normwise(np.diag([1.0, 4.0])[None], (-2, -1))
    assert np.all(moved[0] != np.diag([1.0, 4.0]))
    assert np.max(np.abs(moved[0] - np.diag([1.0, 4.0]))) <= 4 * 2.0**-10 * np.sqrt(3)


def test_where_rounding_is_no_small_perturbation_nothing_is_judged() -> None:
    """A chaotic graph: its finite differences and any gradient of it are unrelated, as far smaller steps and noise show."""
    nodes, values = [], [0]
    for position in range(200):
        back = values[max(0, len(values) - 5)]
        op, more, attributes = (
            ("mul", (back,), {}), ("sin", (), {}), ("add", (back,), {}), ("tanh", (), {}), ("shift", (), {"offset": 0.75}),
        )[position % 5]  # fmt: skip
        nodes.append(Node(op, (values[-1], *more), attributes))
        values.append(len(values))
    nodes.append(Node("sum", (values[-1],), {"axes": (0,), "keepdims": False}))
    numbers = np.random.Generator(np.random.PCG64(7)).integers(-48, 48, size=(3, 8))[2] / 64
    chaotic = estimate(Case(Graph(((8,),), tuple(nodes), (len(values),)), (numbers,)))
    assert chaotic.problem == "the function varies faster here than differences can show"
    assert all(chaotic.noise(dtype).problem for dtype in UNIT_ROUNDOFF)
    assert chaotic.noise("float64").problem == "rounding to any dtype is no small perturbation here"


def test_large_noise_alone_is_no_chaos() -> None:
    """X - x has no derivative to speak of, and noise that is as linear as any."""
    found = estimate(chain([0.5, -1.25], Node("sub", (0, 0)), Node("sin", (1,))))
    assert not any(found.noise(dtype).problem for dtype in UNIT_ROUNDOFF)


def test_float16_is_not_judged_beyond_its_range() -> None:
    """At either end; bfloat16 and float32 reach farther."""
    for point, nodes in (
        ([11.0, 12.0], (Node("exp", (0,)),)),
        ([-11.0, -12.0], (Node("exp", (0,)), Node("log", (1,)))),
    ):
        found = estimate(chain(point, *nodes))
        assert "float16" in found.noise("float16").problem
        assert not found.noise("bfloat16").problem
        assert not found.noise("float32").problem


def test_cotangents_are_scaled_where_adjoints_leave_float16() -> None:
    """By a power of two that brings the largest adjoint near 256; other dtypes need none."""
    found = estimate(chain([0.5, -1.25], *(Node("scale", (step,), {"factor": 64.0}) for step in range(3))))
    largest = 64.0**3 * np.max(np.abs(found.cotangents))
    assert 128 <= found.scale("float16") * largest <= 1024
    assert np.log2(found.scale("float16")) == np.round(np.log2(found.scale("float16")))
    assert {found.scale(dtype) for dtype in ("float64", "float32", "bfloat16")} == {1.0}


def test_what_divides_by_numbers_that_a_dtype_makes_equal_is_not_judged():
    """Beside 1024, quarters are lost in bfloat16: the variance of the four is nothing, and its reciprocal infinite."""
    case = chain([0.25, 0.5, -0.75, 1.0], Node("shift", (0,), {"offset": 1024.0}), Node("var", (1,), AXES),
                 Node("reciprocal", (2,)))  # fmt: skip
    found = estimate(case)
    assert [found.noise(dtype).problem for dtype in ("float64", "float32", "float16")] == ["", "", ""]
    assert "one number in bfloat16" in found.noise("bfloat16").problem


@pytest.mark.parametrize(
    ("dtype", "value", "nearest"),
    [
        ("bfloat16", 1 + 2.0**-8, 1.0),
        ("bfloat16", 1 + 3 * 2.0**-8, 1 + 2.0**-6),
        ("float16", 1 + 2.0**-11, 1.0),
        ("float16", 1 + 3 * 2.0**-11, 1 + 2.0**-9),
    ],
)
def test_numbers_are_rounded_to_a_dtype_as_frameworks_do(dtype, value, nearest):
    assert InFormat(dtype)(np.array([[value]])) == nearest


@pytest.mark.parametrize("size", [2, 3])
def test_a_determinant_of_equal_elements_moves_by_the_rounding_of_its_products(size):
    """Elimination leaves nothing of it in the second order; what adds up products leaves a rounding of each."""
    nodes = (
        Node("take", (0,), {"indices": (0,) * size**2, "axis": 0}),
        Node("reshape", (1,), {"shape": (size, size)}),
        Node("det", (2,)),
    )
    (moved,) = estimate(chain([0.75], *nodes)).noise("float64").outputs
    products = math.factorial(size) * 0.75**size
    assert 0.1 * products < moved < 10 * products
