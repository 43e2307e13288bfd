"""The adversarial list: graphs that are numerically nasty and differentiated correctly by everyone.

A fixed tolerance either cries wolf here or lets everything pass: outputs saturate, sums cancel, a determinant almost
vanishes, a rule divides by what is zero.  Points have at most eight significant bits, so a case is the same numbers in
float64, float32, float16 and bfloat16.

A case that is made of one op is its own reduction, so that a shipped expectation can name it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Attribute, Graph, Node

Step = str | tuple[Any, ...]
"""An op on the last value, or a tuple of op, operands and attributes; both may be left out."""

WHOLE: dict[str, Attribute] = {"axes": (0,), "keepdims": False}
SPREAD = (-1.75, 0.5, -0.25, 1.5, 0.75)
"""Five values of moderate size, in no order."""


def build(points: Sequence[Any], *steps: Step) -> Case:
    """A case over dyadic inputs; every step is a node, the last one is the output."""
    arrays = tuple(np.asarray(point, dtype=np.float64) for point in points)
    nodes: list[Node] = []
    for step in steps:
        op, *details = (step,) if isinstance(step, str) else step
        operands = next((part for part in details if isinstance(part, tuple)), (len(arrays) + len(nodes) - 1,))
        attributes = next((part for part in details if isinstance(part, dict)), {})
        nodes.append(Node(op, operands, attributes))
    graph = Graph(tuple(array.shape for array in arrays), tuple(nodes), (len(arrays) + len(nodes) - 1,))
    return Case(graph, arrays, "adversarial")


def on(point: Any, *steps: Step) -> Callable[[], Case]:
    """The builder of a case with one input."""
    return lambda: build([point], *steps)


def of(*points: Any, steps: Sequence[Step]) -> Callable[[], Case]:
    """The builder of a case with several inputs."""
    return lambda: build(points, *steps)


def grid(count: int, low: float, high: float, bits: int = 6, seed: int = 1) -> np.ndarray:
    """Drawn multiples of 2^-bits between ``low`` and ``high``."""
    drawn = np.random.Generator(np.random.PCG64(seed)).integers(int(low * 2**bits), int(high * 2**bits) + 1, count)
    return drawn / 2.0**bits


def balanced(count: int, rest: float) -> np.ndarray:
    """Values that cancel in pairs, far apart in the sum, but for ``rest`` in the middle."""
    half = grid(count // 2, 0.5, 3.5, bits=5)
    values = np.concatenate([half, -half[::-1]])
    values[count // 2 - 1] = rest - values[count // 2]
    return values


def scale(factor: float) -> Step:
    return ("scale", {"factor": factor})


def shift(offset: float) -> Step:
    return ("shift", {"offset": offset})


def saturated() -> dict[str, Callable[[], Case]]:
    """The value sits at its limit and the derivative is computed from the value."""
    ends = [-20.0, -8.0, -5.5, 5.5, 8.0, 20.0]
    made: dict[str, Callable[[], Case]] = {}
    for op in ("tanh", "sigmoid"):
        made[f"{op} at 5.5"] = on([-5.5, 5.5, 0.5], op)
        made[f"{op} at 8"] = on([-8.0, 8.0], op)
        made[f"{op} at 20"] = on([-20.0, 20.0], op)
        made[f"{op} at all ends"] = on(ends, op)
        made[f"{op}(64 x)"] = on([0.125, -0.0625, 0.03125], scale(64.0), op)
        made[f"1 - {op}"] = on([4.5, 6.25, 3.0], op, scale(-1.0), shift(1.0))
        made[f"log(1 - {op})"] = on([2.5, 4.25, 3.0], op, scale(-1.0), shift(1.0), "log")
    made["softmax of +-8"] = on([8.0, -8.0, 0.5, 7.5], ("softmax", {"axis": 0}))
    made["softmax of +-20"] = on([20.0, -20.0, 0.0], ("softmax", {"axis": 0}))
    made["softmax of 64 x"] = on([0.125, 0.0625, -0.03125], scale(64.0), ("softmax", {"axis": 0}))
    made["softmax, square"] = on([8.0, -8.0, 0.5, 7.5], ("softmax", {"axis": 0}), "square")
    made["softmax, log"] = on([8.0, -3.0, 0.5, 7.5], ("softmax", {"axis": 0}), "log")
    made["softplus at +-8"] = on([8.0, -8.0, 0.25], "softplus")
    made["softplus at +-20"] = on([20.0, -20.0], "softplus")
    made["softplus at 24"] = on([24.0, 0.5], "softplus")
    made["softplus at +-40"] = on([40.0, -40.0], "softplus")
    made["softplus(x) - x"] = on([6.0, 9.5, 0.5], "softplus", ("sub", (1, 0)))
    for op in ("log_softmax", "logsumexp"):
        attributes = {"axis": 0} if op == "log_softmax" else WHOLE
        made[f"{op}, one term dominates"] = on([0.5, 14.0, -0.25, 1.0], (op, attributes))
        made[f"{op}, one term is all"] = on([-20.0, 40.0, 1.5], (op, attributes))
    made["logsumexp - max"] = on([0.5, 9.0, 1.25], ("logsumexp", WHOLE), ("max", (0,), WHOLE), ("sub", (1, 2)))
    return made


def undone() -> dict[str, Callable[[], Case]]:
    """An op and its inverse, or a value against itself."""
    small = [0.75, 1.5, 3.25]
    return {
        "x / x": on(SPREAD, ("div", (0, 0))),
        "x - x": on(SPREAD, ("sub", (0, 0))),
        "log(x / x)": on(small, ("div", (0, 0)), "log"),
        "x x / x": on(small, ("mul", (0, 0)), ("div", (1, 0))),
        "log(exp x)": on([3.5, -3.75, 0.125], "exp", "log"),
        "exp(log x)": on([0.0078125, 0.5, 60.0], "log", "exp"),
        "tanh(arctanh x)": on([0.75, -0.96875, 0.0625], "arctanh", "tanh"),
        "arctanh(tanh x)": on([0.75, -2.5, 3.0], "tanh", "arctanh"),
        "arccos(cos x)": on([0.25, 1.5, 3.0], "cos", "arccos"),
        "sqrt(x x)": on([0.0625, 1.5, 24.0], "square", "sqrt"),
        "sin^2 + cos^2": on([0.5, 2.0, -1.25], "sin", "square", ("cos", (0,)), "square", ("add", (2, 4))),
        "log1p(expm1 x)": on([0.0078125, 3.5, -3.0], "expm1", "log1p"),
        "expm1(log1p x)": on([0.0078125, 30.0, -0.875], "log1p", "expm1"),
        "log1p(exp x)": on([8.0, -8.0, 0.25], "exp", "log1p"),
        "exp(x) - 1, x tiny": on([0.0078125, -0.015625], "exp", shift(-1.0)),
        "(exp(x) - 1) / x": on([0.0078125, -0.015625, 0.5], "exp", shift(-1.0), ("div", (2, 0))),
        "exp(x) exp(-x)": on([3.5, -2.0], "exp", ("neg", (0,)), "exp", ("mul", (1, 3))),
        "expm1 of -20": on([-20.0, -6.5, 0.25], "expm1"),
        "(a + b) - a": of([96.0, 1.5], [0.375, -0.5], steps=[("add", (0, 1)), ("sub", (2, 0))]),
        "(a + b)^2 - a^2": of(
            [96.0, 24.0], [0.375, -0.5], steps=[("add", (0, 1)), "square", ("square", (0,)), ("sub", (3, 4))]
        ),
        "3 x - x x": on([1.5, 1.515625, 1.484375], scale(3.0), ("mul", (0, 0)), ("sub", (1, 2))),
        "1 - cos x": on([0.0625, 0.0078125], "cos", scale(-1.0), shift(1.0)),
    }


def sums() -> dict[str, Callable[[], Case]]:
    """Long sums, and sums whose result is small beside their terms."""
    long, long_partner = grid(64, -3, 3), grid(64, -3, 3, seed=2)
    row, column = [[96.0, 1.5, -96.0], [0.5, 64.0, 0.25]], [[1.0], [0.5], [1.0]]
    einsum: Step = ("einsum", (0, 1), {"pattern": "ij,ij->"})
    halved = balanced(64, 0.25)
    add_chain: list[Step] = [("add", (number, 0)) for number in range(40)]
    return {
        "var of x + 100": on(SPREAD, shift(100.0), ("var", WHOLE)),
        "var of x + 1000": on(SPREAD, shift(1000.0), ("var", WHOLE)),
        "var of equal values": on([1.5, 1.5, 1.5], ("var", WHOLE)),
        "mean of x + 1000, minus 1000": on(SPREAD, shift(1000.0), ("mean", WHOLE), shift(-1000.0)),
        "x + 100 minus its mean": on(
            SPREAD, shift(100.0), ("mean", {"axes": (0,), "keepdims": True}), ("sub", (1, 2)), "square"
        ),
        "square of a mean with offset": on(SPREAD, shift(64.0), ("mean", WHOLE), shift(-64.0), "square"),
        "dot of 24": of(grid(24, -3, 3), grid(24, -3, 3, seed=2), steps=[("mul", (0, 1)), ("sum", WHOLE)]),
        "dot of 64": of(long[None], long_partner[None], steps=[einsum]),
        "dot of 64, sin": of(long[None], long_partner[None], steps=[einsum, "sin"]),
        "dot of 64, cancelling": of(halved[None], np.ones((1, 64)), steps=[einsum, "square"]),
        "dot of 16, cancelling": of(balanced(16, 0.25)[None], np.ones((1, 16)), steps=[einsum, "square"]),
        "sum of 4096": on(grid(4096, -2, 2), ("sum", WHOLE), scale(0.0078125), "sin"),
        "sum of 4096 positive": on(grid(4096, 0.25, 2), ("sum", WHOLE), scale(0.000244140625), "square"),
        "sum of 4096, cancelling": on(balanced(4096, 0.5), ("sum", WHOLE), "exp"),
        "sum of 4096, alternating": on(np.tile([2.0, -2.0], 2048) + grid(4096, -0.25, 0.25), ("sum", WHOLE), "tanh"),
        "sum of 4096 squares": on(grid(4096, -2, 2), "square", ("sum", WHOLE), scale(0.000244140625), "sqrt"),
        "mean of 4096": on(grid(4096, 0.25, 2), ("mean", WHOLE), "log"),
        "cumsum, cancelling": on(balanced(32, 0.25), ("cumsum", {"axis": 0}), "square"),
        "matmul, cancelling": of(row, column, steps=[("matmul", (0, 1)), "square"]),
        "matmul of 8": of(
            balanced(16, 0.25).reshape(2, 8), np.ones((8, 2)),
            steps=[("matmul", (0, 1)), "sin", ("sum", {"axes": (0, 1), "keepdims": False})],
        ),
        "long add chain": on([0.25, -1.5], *add_chain),
        "long add chain, cancelling": on(
            [0.25, -1.5], *add_chain, ("scale", (0,), {"factor": -40.0}), ("add", (40, 41)), "sin"
        ),
        "convolution, cancelling": of(
            [[[64.0, -64.0, 0.5, 96.0, -96.0]]], [[[1.0, 1.0, 0.5]]],
            steps=[("conv1d", (0, 1), {"stride": 1, "padding": 1}), "square"],
        ),
    }  # fmt: skip


def products() -> dict[str, Callable[[], Case]]:
    """Long products, products with exact zeros, almost singular matrices."""
    twenty = np.array([1.25, -0.75, 0.5, 1.5, -1.125] * 4)
    tiny = [0.03125, -0.0625, 0.015625, 0.046875]
    one_zero, two_zeros = [1.5, 0.0, -0.75, 2.0], [1.5, 0.0, -0.75, 0.0]
    mul_chain: list[Step] = [("mul", (number, 0)) for number in range(12)]
    near = 2.0**-6
    rank_one_plus = [[1.0, 0.5, 2.0], [0.5, 0.25 + near, 1.0], [2.0, 1.0, 4.0 + 2 * near]]
    diagonal = [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, near]]
    return {
        "prod of 20": on(twenty, ("prod", WHOLE)),
        "prod of 20, log": on(np.abs(twenty), ("prod", WHOLE), "log"),
        "prod of small numbers": on(tiny, ("prod", WHOLE), scale(4096.0), "square"),
        "prod with one zero": on(one_zero, ("prod", WHOLE)),
        "prod with two zeros": on(two_zeros, ("prod", WHOLE)),
        "prod with one zero, exp": on(one_zero, ("prod", WHOLE), "exp"),
        "cumprod of 20": on(twenty, ("cumprod", {"axis": 0})),
        "cumprod of small numbers": on(tiny, ("cumprod", {"axis": 0})),
        "cumprod with one zero": on(one_zero, ("cumprod", {"axis": 0})),
        "cumprod with two zeros": on(two_zeros, ("cumprod", {"axis": 0})),
        "mul with zeros": of(one_zero, [0.0, 2.5, 0.5, 0.0], steps=[("mul", (0, 1))]),
        "mul chain": on([0.75, -1.25], *mul_chain),
        "mul chain with zero": of(one_zero, [0.5, 3.0, 0.0, 0.0], steps=[("mul", (0, 1)), ("mul", (2, 1)), ("mul", (3, 0))]),
        "x x x at 0": on([0.0, 1.5], ("mul", (0, 0)), ("mul", (1, 0))),
        "square at 0": on([0.0, 0.0078125], "square"),
        "det 2x2, nearly singular": on([[1.0, 1.0], [1.0, 1.0 + near]], "det"),
        "det 3x3, nearly rank one": on(rank_one_plus, "det"),
        "det 3x3, nearly rank one, log": on(rank_one_plus, "det", scale(1024.0), "log"),
        "det of a small diagonal": on(diagonal, "det"),
        "det 2x2 of rank one": on([[1.0, 2.0], [0.5, 1.0]], "det"),
        "det 3x3 with a zero row": on([[1.0, 2.0, 0.5], [0.0, 0.0, 0.0], [0.75, 1.0, 2.0]], "det"),
        "det 3x3, diagonal of rank two": on([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]], "det"),
        "solve 2x2, nearly singular": of(
            [[1.0, 1.0], [1.0, 1.0 + near]], [[1.0], [1.5]], steps=[("solve", (0, 1))]
        ),
        "solve 2x2, nearly singular, tanh": of(
            [[1.0, 1.0], [1.0, 1.0 + near]], [[1.0], [1.5]], steps=[("solve", (0, 1)), scale(near), "tanh"]
        ),
        "solve 3x3, nearly rank one": of(rank_one_plus, [[1.0], [0.5], [-2.0]], steps=[("solve", (0, 1))]),
        "solve with a small pivot": of(
            [[near, 1.0], [1.0, 0.5]], [[1.0, 0.5], [2.0, -1.0]], steps=[("solve", (0, 1))]
        ),
        "solve A A": of([[2.0, 0.5], [0.25, 1.5]], steps=[("solve", (0, 0))]),
    }  # fmt: skip


def steep() -> dict[str, Callable[[], Case]]:
    """Near the end of a domain, where the derivative grows without bound."""
    ends = [1 - 2.0**-7, -(1 - 2.0**-7), 0.96875, 0.5]
    made: dict[str, Callable[[], Case]] = {}
    for op in ("arccos", "arcsin", "arctanh"):
        made[f"{op} near 1"] = on(ends, op)
        made[f"{op} at 1 - 2^-8"] = on([1 - 2.0**-8], op)
        made[f"{op}, square"] = on(ends, op, "square")
    made["arccos near 1, inside"] = on([0.125, 0.25], "cos", "arccos", "square")
    made["sqrt near 0"] = on([0.0078125, 0.015625, 3.0], "sqrt")
    made["sqrt of a difference"] = of([1.5, 3.0], [1.4921875, 2.96875], steps=[("sub", (0, 1)), "sqrt"])
    made["sqrt(x^2 + y^2) near 0"] = of(
        [0.0078125], [-0.015625], steps=[("square", (0,)), ("square", (1,)), ("add", (2, 3)), "sqrt"]
    )
    made["log near 0"] = on([0.0078125, 0.015625, 3.0], "log")
    made["log near 1"] = on([1.0078125, 0.9921875], "log")
    made["log1p near -1"] = on([-0.9921875, -0.96875], "log1p")
    made["reciprocal near 2^-7"] = on([0.0078125, -0.01171875], "reciprocal")
    made["reciprocal twice"] = on([0.0078125, -3.0], "reciprocal", "reciprocal")
    made["quotient of small numbers"] = of([0.0078125, 1.5], [0.01171875, 0.0078125], steps=[("div", (0, 1))])
    made["power of a small base"] = of([0.0078125, 0.015625], [2.5, -1.25], steps=[("power", (0, 1))])
    made["power with exponent 1"] = of([0.0078125, 3.0], [1.0, 1.0], steps=[("power", (0, 1))])
    made["power of a large base"] = of([24.0, 3.5], [6.0, -5.5], steps=[("power", (0, 1))])
    made["1 / (1 - x)"] = on([0.9921875, 1.015625], scale(-1.0), shift(1.0), "reciprocal")
    made["exp of exp"] = on([1.5, -2.0], "exp", "exp")
    made["sin of 100 x"] = on([0.75, -1.5, 3.0], scale(100.0), "sin")
    made["sin of 2^20 |x|"] = on([0.75, -1.5, 3.0], "abs", scale(2.0**20), "sin")
    made["sin of 2^31 |x|"] = on([0.65625, -1.5, 3.0], "abs", scale(1.25 * 2.0**31), "sin")
    made["sin of the largest exp(exp(x)^2)"] = on(
        [[1.5625, 1.1875, 1.125], [0.65625, 1.0, 1.4375]], "exp", "square", "exp", ("max", {"axes": (1,), "keepdims": True}),
        "sin",
    )  # fmt: skip
    made["cos near 0"] = on([0.0078125, -0.00390625], "cos")
    return made


def small() -> dict[str, Callable[[], Case]]:
    """Values below 2^-14, where float16 has few digits left and no reciprocals, on their way through ops that need none."""
    tiny, back = scale(2.0**-15), scale(2.0**13)
    return {
        "sine of tiny numbers": on(SPREAD, tiny, "sin", back),
        "softplus of tiny numbers": on(SPREAD, tiny, "softplus", "square"),
        "mean of tiny numbers": on(SPREAD, tiny, ("mean", WHOLE), back),
        "product of tiny numbers": of(
            SPREAD, SPREAD[::-1], steps=[("scale", (0,), {"factor": 2.0**-8}), ("mul", (2, 1)), scale(2.0**-4), back]
        ),
        "dot of tiny numbers": of(
            SPREAD, [1.0, 0.5, -2.0, 1.5, 0.25], steps=[("scale", (0,), {"factor": 2.0**-14}), ("dot", (2, 1)), back]
        ),
        "the larger of tiny numbers": of(
            SPREAD, [0.5, -1.5, 1.25, -0.25, 0.5],
            steps=[("scale", (0,), {"factor": 2.0**-15}), ("scale", (1,), {"factor": 2.0**-15}), ("maximum", (2, 3)), back],
        ),
        "norm of tiny numbers": on(SPREAD, tiny, ("norm_l2", {"axis": 0, "keepdims": False}), back),
    }  # fmt: skip


def composed() -> dict[str, Callable[[], Case]]:
    """Formulas from textbooks of numerical analysis and from networks, spelled out the careless way."""
    keep: Step = ("mean", {"axes": (0,), "keepdims": True})
    offset = shift(100.0)
    logistic: list[Step] = []
    for start in range(0, 32, 4):
        logistic += [("scale", (start,), {"factor": -1.0}), shift(1.0), ("mul", (start, start + 2)), scale(3.75)]
    powers: list[Step] = [("mul", (number, 0)) for number in range(6)]
    return {
        "layer norm with offset": on(
            SPREAD, offset, keep, ("sub", (1, 2)), ("var", (1,), {"axes": (0,), "keepdims": True}),
            shift(0.0078125), "sqrt", ("div", (3, 6)),
        ),
        "layer norm of almost equal values": on(
            [1.0, 1.0078125, 0.9921875], keep, ("sub", (0, 1)), ("var", (0,), {"axes": (0,), "keepdims": True}), "sqrt",
            ("div", (2, 4)),
        ),
        "mean of squares - square of mean": on(
            SPREAD, shift(8.0), "square", ("mean", WHOLE), ("mean", (1,), WHOLE), "square", ("sub", (3, 5))
        ),
        "softmax spelled out": on(
            [3.5, -3.0, 0.5], "exp", ("sum", {"axes": (0,), "keepdims": True}), ("div", (1, 2))
        ),
        "sigmoid spelled out": on([8.0, -8.0, 3.5], scale(-1.0), "exp", shift(1.0), "reciprocal"),
        "tanh spelled out": on(
            [4.0, -3.5, 0.0625], "exp", ("neg", (0,)), "exp", ("sub", (1, 3)), ("add", (1, 3)), ("div", (4, 5))
        ),
        "sinh spelled out": on([0.0625, 0.0078125], "exp", ("neg", (0,)), "exp", ("sub", (1, 3))),
        "log sigmoid": on([-20.0, 8.0, 0.5], "sigmoid", "log"),
        "sqrt(1 - tanh^2)": on([3.0, -2.5, 0.5], "tanh", "square", scale(-1.0), shift(1.0), "sqrt"),
        "sin(x) / x": on([0.0078125, 0.0625, 3.140625], "sin", ("div", (1, 0))),
        "sin near pi": on([3.140625, 6.28125], "sin"),
        "(1 - cos x) / x^2": on(
            [0.0625, 0.5], "cos", scale(-1.0), shift(1.0), ("square", (0,)), ("div", (3, 4))
        ),
        "quadratic formula": of(
            [24.0, 3.0], [0.25, 1.0], steps=[
                ("square", (0,)), ("sub", (2, 1)), "sqrt", ("sub", (4, 0)),
            ],
        ),
        "a^2 - b^2": of([48.0, 1.5], [47.75, 1.4921875], steps=[("square", (0,)), ("square", (1,)), ("sub", (2, 3))]),
        "a^2 + b^2 - 2 a b": of(
            [3.0, 1.5], [2.984375, 1.25],
            steps=[
                ("square", (0,)), ("square", (1,)), ("add", (2, 3)), ("mul", (0, 1)), scale(-2.0), ("add", (4, 6)),
            ],
        ),
        "Heron's triangle": of(
            [3.0], [2.0], [1.0078125],
            steps=[
                ("add", (0, 1)), ("add", (3, 2)), scale(0.5), ("sub", (5, 0)), ("sub", (5, 1)), ("sub", (5, 2)),
                ("mul", (5, 6)), ("mul", (7, 8)), ("mul", (9, 10)), "sqrt",
            ],
        ),
        "angle between almost parallel vectors": of(
            [3.0, 4.0], [3.0, 4.125],
            steps=[
                ("mul", (0, 1)), ("sum", WHOLE), ("square", (0,)), ("sum", WHOLE), ("square", (1,)), ("sum", WHOLE),
                ("mul", (5, 7)), "sqrt", ("div", (3, 9)), "arccos",
            ],
        ),
        "distance of close points": of(
            [1.5, -3.0], [1.4921875, -2.984375], steps=[("sub", (0, 1)), "square", ("sum", WHOLE), "sqrt"]
        ),
        "logistic map, 8 times": on([0.3125, 0.8125], *logistic),
        "(x - 1)^3 expanded": on(
            [1.03125, 0.9375],
            ("mul", (0, 0)), ("mul", (1, 0)), ("scale", (1,), {"factor": -3.0}), ("scale", (0,), {"factor": 3.0}),
            ("add", (2, 3)), ("add", (5, 4)), shift(-1.0),
        ),
        "x^7 / x^7": on([1.5, -0.75], *powers, ("div", (6, 6))),
        "log sum exp - log sum exp": of(
            [0.5, 9.0, 1.25], [0.25, 9.0, 1.5],
            steps=[("logsumexp", (0,), WHOLE), ("logsumexp", (1,), WHOLE), ("sub", (2, 3))],
        ),
        "cross entropy, right and sure": on(
            [12.0, 0.5, -1.5], ("log_softmax", {"axis": 0}), ("slice", {"slices": ((0, 1, 1),)}), "neg"
        ),
        "cross entropy, wrong and sure": on(
            [12.0, 0.5, -1.5], ("log_softmax", {"axis": 0}), ("slice", {"slices": ((2, 1, 1),)}), "neg"
        ),
        "entropy of a softmax": on(
            [6.0, -2.0, 0.5], ("softmax", {"axis": 0}), ("log_softmax", (0,), {"axis": 0}), ("mul", (1, 2)), ("sum", WHOLE)
        ),
        "power at base near 1": of([1.0078125, 0.9921875], [3.5, -2.0], steps=[("power", (0, 1))]),
        "power of 0 and 1": of([0.0078125, 3.5], [0.0, 0.0], steps=[("power", (0, 1))]),
        "exp(y log x)": of([0.0078125, 30.0], [2.5, 1.5], steps=[("log", (0,)), ("mul", (1, 2)), "exp"]),
        "cumsum undone": on([64.0, 0.5, -64.0, 0.25], ("cumsum", {"axis": 0}), ("sub", (1, 0)), "sin"),
        "cumprod, log, difference": on(
            [0.5, 0.03125, 2.5, 3.0], ("cumprod", {"axis": 0}), "log", ("slice", {"slices": ((3, 1, 1),)}),
            ("slice", (2,), {"slices": ((2, 1, 1),)}), ("sub", (3, 4)),
        ),
        "maximum of close values": of([1.5, -0.75], [1.4921875, -0.765625], steps=[("maximum", (0, 1)), "square"]),
        "abs of a small difference": of([1.5, 3.0], [1.4921875, 3.015625], steps=[("sub", (0, 1)), "abs", "sqrt"]),
        "relu just above 0": on([0.0078125, -0.0078125, 1.0], "relu", "square"),
        "sort of close values": on([1.5, 1.4921875, -2.0], ("sort", {"axis": 0}), ("cumsum", {"axis": 0}), "sin"),
        "clip just inside": on(
            [0.9921875, -0.4921875, 0.25], ("clip", {"low": -0.5, "high": 1.0}), "exp"
        ),
        "A A^-1 b": of(
            [[2.0, 0.5], [0.25, 1.5]], [[1.0], [-3.0]], steps=[("solve", (0, 1)), ("matmul", (0, 2)), "square"]
        ),
        "det of A A'": on(
            [[1.0, 2.0], [0.5, 1.25]], ("transpose", {"permutation": (1, 0)}), ("matmul", (0, 1)), "det", "sqrt"
        ),
        "scatter into one place": of(
            [0.5, 1.0], [64.0, 0.25, -64.0, 0.5],
            steps=[("scatter_add", (0, 1), {"indices": (1, 1, 1, 1), "axis": 0}), "square"],
        ),
    }  # fmt: skip


ADVERSARIAL: dict[str, Callable[[], Case]] = {
    **saturated(),
    **undone(),
    **sums(),
    **products(),
    **steep(),
    **small(),
    **composed(),
}
"""Name to the builder of a case."""
