"""Activation functions of neural networks, from their definitions in mpmath."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning, each, formula

CUBIC = 0.044715
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _gelu_tanh(context: Any, x: Any) -> Any:
    """(1 + tanh(z)) / 2 is the sigmoid of 2 z."""
    return x / (1 + context.exp(-2 * context.sqrt(2 / context.pi) * (x + CUBIC * x**3)))


def _elu(context: Any, x: Any, alpha: float) -> Any:
    return x if x > 0 else alpha * (context.exp(x) - 1)


def _mish(context: Any, x: Any) -> Any:
    """tanh(log p) is (p^2 - 1) / (p^2 + 1), here for p = 1 + exp(x)."""
    squared = (1 + context.exp(x)) ** 2
    return x * (squared - 1) / (squared + 1)


def _hard_sigmoid(context: Any, x: Any) -> Any:
    return context.mpf(0 if x < -3 else 1) if abs(x) > 3 else (x + 3) / 6


def _softshrink(context: Any, x: Any, width: float) -> Any:
    return x - width if x > width else x + width if x < -width else context.mpf(0)


def _sparse_plus(context: Any, x: Any) -> Any:
    return context.mpf(0) if x < -1 else x if x > 1 else ((x + 1) / 2) ** 2


def _prelu(context: Any, x: Array, slope: Array) -> Array:
    """Channel by channel."""
    of_all = each(lambda a, b: a if a > 0 else a * b, x, slope[0])
    if slope.size == 1:
        return of_all
    result = np.empty_like(x)
    for channel in range(x.shape[1]):
        result[:, channel] = each(lambda a, b: a if a > 0 else a * b, x[:, channel], slope[channel])
    return result


def _glu(context: Any, x: Array, axis: int) -> Array:
    moved = np.moveaxis(x, axis, 0)
    half = len(moved) // 2
    gated = each(lambda value, gate: value / (1 + context.exp(-gate)), moved[:half], moved[half:])
    return np.moveaxis(gated, 0, axis)


def _softmin(context: Any, x: Array, axis: int) -> Array:
    powers = each(lambda element: 1 / context.exp(element), x)
    return np.asarray(powers / np.sum(powers, axis=axis, keepdims=True), dtype=object)


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "gelu": formula(1, lambda c, x: x * c.ncdf(x)),
        "gelu_tanh": formula(1, _gelu_tanh),
        "silu": formula(1, lambda c, x: x / (1 + c.exp(-x))),
        "mish": formula(1, _mish),
        "log_sigmoid": formula(1, lambda c, x: c.log(1 / (1 + c.exp(-x)))),
        "tanhshrink": formula(1, lambda c, x: x - c.tanh(x)),
        "squareplus": formula(1, lambda c, x, bend: (x + c.sqrt(x**2 + bend)) / 2),
        "softmin": _softmin,
        "glu": _glu,
        "elu": formula(1, _elu),
        "celu": formula(1, lambda c, x, alpha: x if x > 0 else alpha * (c.exp(x / alpha) - 1)),
        "selu": formula(1, lambda c, x: SELU_SCALE * _elu(c, x, SELU_ALPHA)),
        "leaky_relu": formula(1, lambda _c, x, slope: x if x > 0 else slope * x),
        "prelu": _prelu,
        "hardtanh": formula(1, lambda c, x: c.mpf(-1) if x < -1 else c.mpf(1) if x > 1 else x),
        "relu6": formula(1, lambda c, x: c.mpf(0) if x < 0 else c.mpf(6) if x > 6 else x),
        "hard_sigmoid": formula(1, _hard_sigmoid),
        "hard_swish": formula(1, lambda c, x: x * _hard_sigmoid(c, x)),
        "softsign": formula(1, lambda _c, x: x / (1 + abs(x))),
        "softshrink": formula(1, _softshrink),
        "hardshrink": formula(1, lambda c, x, width: x if abs(x) > width else c.mpf(0)),
        "threshold": formula(1, lambda c, x, bound, below: x if x > bound else c.mpf(below)),
        "sparse_plus": formula(1, _sparse_plus),
    }
)
