"""For every miniature the smallest case that shows its fault, and what it answers there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Attribute, Graph, Node
from autograd_conformance.word import HESSIAN, PER_EXAMPLE, REVERSE

X, Y, U = np.array([0.5, -0.25, 0.75]), np.array([1.5, 2.0, -0.5]), np.array([1.0, 2.0, 4.0])
ZERO_AMONG = np.array([0.5, 0.0, 0.75])
ABOVE_ZERO = np.array([0.75, 1.5, 3.0])
SIGNED = np.array([-4.0, 0.5, 2.0])
T = np.array([1.0, -0.5, 0.25])
SQUARE, COLUMN = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5], [-1.0]])
WIDE, WIDE_U = np.array([X, Y]), np.array([U, SIGNED])
TOP = Graph(((3,), (3,)), (Node("mul", (0, 1)),), (2,))

IN_EVERY_MODE = (
    "CotangentScaled",
    "SignFlipped",
    "NoBroadcastSum",
    "RepeatedIndicesOverwritten",
    "FanOutOverwritten",
    "SliceShifted",
    "NegativeWrong",
    "NoneForConnected",
)
"""Miniatures tested in every mode of every framework; the others in one mode of each."""


@dataclass(frozen=True, eq=False)
class Sample:
    """``wrong`` are the gradients after so many ``calls`` on the same leaves; None is "not connected".

    With a ``word`` they are what it gives along `T` in every leaf; gradients are right.  The second example of a batch has
    1 added to every element, and twice the cotangent.
    """

    graph: Graph
    point: Sequence[np.ndarray]
    cotangent: np.ndarray
    wrong: Sequence[np.ndarray | None]
    dtype: str = "float64"
    calls: int = 1
    word: str = ""

    @property
    def case(self) -> Case:
        return Case(self.graph, tuple(self.point))


def unary(op: str, point: np.ndarray, **attributes: Attribute) -> tuple[Graph, list[np.ndarray]]:
    """One op of one operand, at ``point``."""
    return Graph((point.shape,), (Node(op, (0,), attributes),), (1,)), [point]


def softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)


SAMPLES = {
    "CotangentScaled": Sample(TOP, [X, Y], U, [U * Y * (1 + 1e-6), U * X * (1 + 1e-6)]),
    "SignFlipped": Sample(*unary("tanh", X), U, [-U * (1 - np.tanh(X) ** 2)]),
    "NoBroadcastSum": Sample(
        Graph(((3, 1), (3,)), (Node("add", (0, 1)),), (2,)),
        [X.reshape(3, 1), Y],
        np.outer(U, [1.0, 3.0, 9.0]),
        [U.reshape(3, 1), np.array([1.0, 3.0, 9.0])],
    ),
    "RepeatedIndicesOverwritten": Sample(
        *unary("take", X.reshape(3, 1), indices=(2, 0, 2), axis=0), U.reshape(3, 1), [np.array([[2.0], [0.0], [4.0]])]
    ),
    "FanOutOverwritten": Sample(
        Graph(((3,),), (Node("sin", (0,)), Node("scale", (0,), {"factor": 3.0}), Node("add", (1, 2))), (3,)),
        [X],
        U,
        [3 * U],
    ),
    "SliceShifted": Sample(*unary("slice", X, slices=((1, 2, 1),)), U[:2], [np.array([2.0, 0.0, 1.0])]),
    "NegativeWrong": Sample(*unary("square", X), U, [2 * U * X * [1, 1.1, 1]]),
    "NoneForConnected": Sample(TOP, [X, Y], U, [None, U * X]),
    "LastElementLost": Sample(*unary("exp", X), U, [U * np.exp(X) * [1, 1, 0]]),
    "SoftmaxWrongAxis": Sample(
        *unary("softmax", WIDE, axis=1), WIDE_U, [softmax(WIDE) * (WIDE_U - (softmax(WIDE) * WIDE_U).sum(axis=0))]
    ),
    "MatmulNotTransposed": Sample(
        Graph(((2, 2), (2, 1)), (Node("matmul", (0, 1)),), (2,)),
        [SQUARE, COLUMN],
        U[:2].reshape(2, 1),
        [np.outer(U[:2], COLUMN), SQUARE @ U[:2].reshape(2, 1)],
    ),
    "SortNotUndone": Sample(*unary("sort", X, axis=0), U, [U]),
    "WhereSwapped": Sample(
        Graph(((3,), (3,)), (Node("greater", (0, 1)), Node("where", (2, 0, 1))), (3,)),
        [X, Y],
        U,
        [U * [1, 1, 0], U * [0, 0, 1]],
    ),
    "ProductByDividing": Sample(
        *unary("prod", ZERO_AMONG, axes=(0,), keepdims=True), U[:1], [np.array([0.0, np.nan, 0.0])]
    ),
    "WrongInNarrowRange": Sample(*unary("arctan", 0.75 * X), U, [U / (1 + (0.75 * X) ** 2) * [1.5, 1, 1]]),
    "NarrowedOnTheWay": Sample(*unary("log", ABOVE_ZERO), U, [np.float64(np.float32(U / ABOVE_ZERO))]),
    "WrongInLowPrecision": Sample(*unary("sqrt", ABOVE_ZERO**2), U, [1.05 * U / (2 * ABOVE_ZERO)], "float32"),
    "VarianceUnbiased": Sample(*unary("var", X, axes=(0,), keepdims=True), U[1:2], [2 * 2 * (X - X.mean()) / 2]),
    "CotangentIgnored": Sample(*unary("cos", X), U, [-np.sin(X)]),
    "CotangentClipped": Sample(*unary("neg", X), SIGNED, [np.array([1.0, -0.5, -1.0])]),
    "SparseTakenForZero": Sample(*unary("sigmoid", X), U * [1, 0, 1], [0 * U]),
    "CompiledToConstant": Sample(
        Graph(((3,),), (Node("scale", (0,), {"factor": 3.0}), Node("add", (0, 1))), (2,)), [X], U, [U]
    ),
    "GradientsAccumulated": Sample(TOP, [X, Y], U, [2 * U * Y, 2 * U * X], calls=2),
    "ScalarGradientIsVector": Sample(*unary("exp", np.array(0.5)), np.array(2.0), [np.array([2 * np.exp(0.5)])]),
    "SavedOperandOverwritten": Sample(*unary("sin", X), U, [U * np.cos(U * np.cos(X))], calls=2),
    "DoubleNegationSimplified": Sample(Graph(((3,),), (Node("neg", (0,)), Node("neg", (1,))), (2,)), [X], U, [-U]),
    "JoinedLeafCut": Sample(
        Graph(((3,), (3,)), (Node("concatenate", (0, 1), {"axis": 0}),), (2,)),
        [X, Y],
        np.concatenate([U, SIGNED]),
        [U, None],
    ),
    "CurvatureWrong": Sample(*unary("expm1", X), U, [U * T * (np.exp(X) + 2 * np.exp(3 * X))], word="rr"),
    "CompiledCurvatureWrong": Sample(
        *unary("arctan", X), U, [U * T * 2 * (1 + np.arctan(X) - X) / (1 + X**2) ** 2], word="fr"
    ),
    "ForwardModeScaled": Sample(TOP, [X, Y], U, [(1 + 1e-6) * T * (X + Y)], word="f"),
    "GradientOfGradientScaled": Sample(
        Graph(((3,), (3,)), (Node("exp", (0,)), Node("mul", (2, 1))), (3,)),
        [X, Y],
        U,
        [(1 + 1e-6) * U * T * np.exp(X) * (Y + 1), (1 + 1e-6) * U * T * np.exp(X)],
        word="rr",
    ),
    "HessianSkewed": Sample(TOP, [X, Y], U, [U * T + np.roll(T, -1) - np.roll(T, 1)] * 2, word="rr"),
    "ThirdOrderDrifts": Sample(
        Graph(((3,), (3,)), (Node("exp", (0,)), Node("mul", (2, 1))), (3,)),
        [X, Y],
        U,
        [(1 + 3e-12) * U * T * T * np.exp(X) * (Y + 2), (1 + 3e-12) * U * T * T * np.exp(X)],
        word="rrr",
    ),
    "WholeJacobianScaled": Sample(TOP, [X, Y], U, [(1 + 1e-6) * np.diag(Y), (1 + 1e-6) * np.diag(X)], word=REVERSE),
    "MixedPartialsLost": Sample(
        Graph(((3,), (3,)), (Node("exp", (0,)), Node("mul", (2, 1))), (3,)),
        [X, Y],
        U,
        [np.diag(U * np.exp(X) * Y), *[np.zeros((3, 3))] * 3],
        word=HESSIAN,
    ),
    "ExamplesMixedUp": Sample(TOP, [X, Y], U, [np.stack([2 * U * (x + 1), U * x]) for x in (Y, X)], word=PER_EXAMPLE),
}
"""The last nine leave gradients right."""
