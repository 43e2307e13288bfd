"""Losses: known values, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_conformance.graph import Graph, MalformedGraph, Node, Shape
from autograd_conformance.ops import VOCABULARY, check, evaluate_op
from autograd_conformance.ops.op import Exact

ROWS = np.array([[2.0, 0.5, 1.75], [0.0, 3.0, 1.0]])


def value(name: str, *arrays: object, **attributes: object) -> np.ndarray:
    """One op on plain arrays."""
    batch = [np.asarray(array, dtype=float)[None] for array in arrays]
    node = Node(name, (), attributes)  # type: ignore[arg-type]
    return np.asarray(evaluate_op(VOCABULARY[name], node, Exact(), batch)[0][0])


@pytest.mark.parametrize(
    ("computed", "expected"),
    [
        (value("mse_loss", ROWS, ROWS - 1, reduction="mean"), 1.0),
        (value("l1_loss", ROWS, -ROWS, reduction="sum"), 16.5),
        (value("kl_div", np.zeros((2, 2)), np.full((2, 2), np.e), reduction="batchmean"), 2 * np.e),
        (value("huber_loss", [0.0, 0.0], [0.25, 3.0], reduction="none", delta=0.5), [0.03125, 1.375]),
        (value("smooth_l1_loss", [0.0, 0.0], [0.25, 3.0], reduction="none", beta=0.5), [0.0625, 2.75]),
        (value("nll_loss", ROWS, targets=(2, 1), reduction="mean"), -2.375),
        (value("cross_entropy", np.zeros((2, 4)), targets=(2, 2), reduction="none"), np.log([4, 4])),
        (value("multi_margin_loss", ROWS, targets=(0, 2), reduction="none", margin=1.0), [0.25, 1.0]),
        (value("hinge_embedding_loss", [2.0, 0.25], signs=(1, -1), reduction="none", margin=1.0), [2.0, 0.75]),
        (value("margin_ranking_loss", [2.0, 2.0], [1.0, 1.0], signs=(1, -1), reduction="sum", margin=0.5), 1.5),
    ],
)
def test_a_loss_is_what_its_definition_gives(computed: np.ndarray, expected: object) -> None:
    """By hand: which operand is the target, which elements count, and how many."""
    np.testing.assert_allclose(computed, expected, rtol=1e-14)
    assert computed.shape == np.shape(expected)


MEAN = {"reduction": "mean"}


@pytest.mark.parametrize(
    ("node", "shapes"),
    [
        (Node("mse_loss", (0, 1), MEAN), [(3, 1), (3,)]),
        (Node("mse_loss", (0, 1), {"reduction": "batchmean"}), [(3,), (3,)]),
        (Node("kl_div", (0, 1), MEAN), [(3,), (3,)]),
        (Node("kl_div", (0, 1), {"reduction": "sum"}), [(), ()]),
        (Node("huber_loss", (0, 1), {"delta": 0.0, **MEAN}), [(3,), (3,)]),
        (Node("nll_loss", (0,), {"targets": (0,), **MEAN}), [(2, 3)]),
        (Node("nll_loss", (0,), {"targets": (0, 3), **MEAN}), [(2, 3)]),
        (Node("cross_entropy", (0,), {"targets": (0, 1), **MEAN}), [(2,)]),
        (Node("cross_entropy", (0,), {"targets": (), **MEAN}), [()]),
        (Node("cosine_similarity", (0, 1), {"axis": 1}), [(3,), (3,)]),
        (Node("soft_margin_loss", (0,), {"signs": (1, -1), **MEAN}), [(3,)]),
        (Node("soft_margin_loss", (0,), {"signs": (1, 0, 1), **MEAN}), [(3,)]),
        (Node("multi_margin_loss", (0,), {"targets": (0,), "margin": 1.0, **MEAN}), [(2, 2)]),
        (Node("cosine_embedding_loss", (0, 1), {"signs": (1,), "margin": 0.5, **MEAN}), [(3,), (3,)]),
        (Node("cosine_embedding_loss", (0, 1), {"signs": (1,), "margin": 0.5, **MEAN}), [(2, 2), (2, 2)]),
        (Node("triplet_margin_loss", (0, 1, 2), {"margin": 1.0, **MEAN}), [(2, 2), (2, 2), (2,)]),
    ],
)
def test_what_does_not_fit_is_refused(node: Node, shapes: list[Shape]) -> None:
    with pytest.raises(MalformedGraph):
        check(Graph(tuple(shapes), (node,), (len(shapes),)))
