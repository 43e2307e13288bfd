"""Losses, from their definitions, in the arithmetic of mpmath."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import each

Meaning = Callable[..., Any]


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
        "cosine_similarity": _cosine,
    }
)
