"""Losses, from their definitions, in the arithmetic of mpmath."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import each

Meaning = Callable[..., Any]
ADDED_TO_SQUARES, ADDED_TO_GAPS = 1e-12, 1e-6


def _reduced(losses: Array, reduction: str) -> Any:
    if reduction == "none":
        return losses
    total = sum(losses.reshape(-1).tolist())
    return total / {"sum": 1, "mean": losses.size, "batchmean": losses.shape[0] if losses.ndim else 1}[reduction]


def _loss(formula: Meaning) -> Meaning:
    """``formula(context, *elements, **attributes)`` of every element, then reduced."""

    def meaning(context: Any, *operands: Array, reduction: str, **attributes: Any) -> Any:
        return _reduced(each(lambda *elements: formula(context, *elements, **attributes), *operands), reduction)

    return meaning


def _smooth_l1(_context: Any, x: Any, y: Any, beta: float) -> Any:
    gap = abs(x - y)
    return gap - beta / 2 if gap >= beta else gap**2 / (2 * beta)


def _huber(_context: Any, x: Any, y: Any, delta: float) -> Any:
    gap = abs(x - y)
    return delta * gap - delta**2 / 2 if gap >= delta else gap**2 / 2


def _bce(context: Any, x: Any, y: Any) -> Any:
    """Through the probability, which has digits enough."""
    probability = 1 / (1 + context.exp(-x))
    return -y * context.log(probability) - (1 - y) * context.log(1 - probability)


def _gaussian(context: Any, x: Any, y: Any, variance: Any, eps: float) -> Any:
    bounded = variance if variance > eps else context.mpf(eps)
    return context.log(bounded) / 2 + (x - y) ** 2 / (2 * bounded)


def _chosen(x: Array, targets: tuple[int, ...]) -> Array:
    return np.array([row[target] for row, target in zip(x, targets, strict=True)], dtype=object)


def _nll(_context: Any, x: Array, targets: tuple[int, ...], reduction: str) -> Any:
    return _reduced(-_chosen(x, targets), reduction)


def _cross_entropy(context: Any, x: Array, targets: tuple[int, ...], reduction: str) -> Any:
    powers = each(context.exp, x)
    return _reduced(-each(context.log, _chosen(powers, targets) / np.sum(powers, axis=1)), reduction)


def _cosine(context: Any, x: Array, y: Array, axis: int) -> Array:
    """The product of both vectors, each divided by its length."""
    unit = [v / each(context.sqrt, np.sum(v * v, axis=axis, keepdims=True)) for v in (x, y)]
    return np.asarray(np.sum(unit[0] * unit[1], axis=axis), dtype=object)


def _bce_of_probabilities(context: Any, p: Any, y: Any) -> Any:
    return -context.log(p**y * (1 - p) ** (1 - y))


def _signed_loss(formula: Meaning) -> Meaning:
    """``formula(context, sign, *elements, **attributes)`` of every element and its sign, then reduced."""

    def meaning(context: Any, *operands: Array, signs: tuple[int, ...], reduction: str, **attributes: Any) -> Any:
        given = np.array(signs, dtype=object).reshape(operands[0].shape)
        return _reduced(each(lambda *elements: formula(context, *elements, **attributes), given, *operands), reduction)

    return meaning


def _positive_part(context: Any, x: Any) -> Any:
    return x if x > 0 else context.mpf(0)


def _hinge_embedding(context: Any, sign: int, x: Any, margin: float) -> Any:
    return x if sign == 1 else _positive_part(context, margin - x)


def _multi_margin(context: Any, x: Array, targets: tuple[int, ...], reduction: str, margin: float) -> Any:
    losses = [
        sum(_positive_part(context, margin - row[target] + other) for c, other in enumerate(row) if c != target)
        / len(row)
        for row, target in zip(x, targets, strict=True)
    ]
    return _reduced(np.array(losses, dtype=object), reduction)


def _cosine_embedding(context: Any, x: Array, y: Array, signs: tuple[int, ...], reduction: str, margin: float) -> Any:
    losses = []
    for one, other, sign in zip(x, y, signs, strict=True):
        lengths = [context.sqrt(sum(v * v) + ADDED_TO_SQUARES) for v in (one, other)]
        cosine = sum(one * other) / lengths[0] / lengths[1]
        losses.append(1 - cosine if sign == 1 else _positive_part(context, cosine - margin))
    return _reduced(np.array(losses, dtype=object), reduction)


def _triplet(context: Any, anchor: Array, near: Array, far: Array, reduction: str, margin: float) -> Any:
    def distance(x: Array, y: Array) -> Any:
        return context.sqrt(sum((a - b + ADDED_TO_GAPS) ** 2 for a, b in zip(x, y, strict=True)))

    losses = [
        _positive_part(context, distance(a, p) - distance(a, n) + margin)
        for a, p, n in zip(anchor, near, far, strict=True)
    ]
    return _reduced(np.array(losses, dtype=object), reduction)


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "mse_loss": _loss(lambda _c, x, y: (x - y) ** 2),
        "l1_loss": _loss(lambda _c, x, y: abs(x - y)),
        "smooth_l1_loss": _loss(_smooth_l1),
        "huber_loss": _loss(_huber),
        "bce_with_logits": _loss(_bce),
        "hinge_loss": _loss(lambda c, x, y: 1 - x * y if x * y < 1 else c.mpf(0)),
        "kl_div": _loss(lambda c, x, y: y * (c.log(y) - x)),
        "poisson_nll_loss": _loss(lambda c, x, y: c.exp(x) - y * x),
        "gaussian_nll_loss": _loss(_gaussian),
        "nll_loss": _nll,
        "cross_entropy": _cross_entropy,
        "binary_cross_entropy": _loss(_bce_of_probabilities),
        "log_cosh_loss": _loss(lambda c, x, y: c.log(c.cosh(x - y))),
        "cosine_similarity": _cosine,
        "soft_margin_loss": _signed_loss(lambda c, sign, x: c.log(1 + c.exp(-sign * x))),
        "hinge_embedding_loss": _signed_loss(_hinge_embedding),
        "margin_ranking_loss": _signed_loss(lambda c, sign, x, y, margin: _positive_part(c, margin - sign * (x - y))),
        "multi_margin_loss": _multi_margin,
        "cosine_embedding_loss": _cosine_embedding,
        "triplet_margin_loss": _triplet,
    }
)
