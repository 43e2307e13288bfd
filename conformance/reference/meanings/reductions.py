"""Sums, extremes, normalisations and scans, from their definitions in mpmath."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning


def _exp(context: Any, x: Array) -> Array:
    return np.asarray(np.frompyfunc(context.exp, 1, 1)(x), dtype=object)


def _log(context: Any, x: Array) -> Array:
    return np.asarray(np.frompyfunc(context.log, 1, 1)(x), dtype=object)


def _mean(_context: Any, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return np.sum(x, axis=axes, keepdims=keepdims) / math.prod(x.shape[axis] for axis in axes)


def _var(context: Any, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """The mean of squares less the square of the mean."""
    mean = _mean(context, x, axes, keepdims)
    return _mean(context, x * x, axes, keepdims) - mean * mean


def _logsumexp(context: Any, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return _log(context, np.sum(_exp(context, x), axis=axes, keepdims=keepdims))


def _softmax(context: Any, x: Array, axis: int) -> Array:
    powers = _exp(context, x)
    return powers / np.sum(powers, axis=axis, keepdims=True)


def _log_softmax(context: Any, x: Array, axis: int) -> Array:
    return _log(context, _softmax(context, x, axis))


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "sum": lambda _c, x, axes, keepdims: np.sum(x, axis=axes, keepdims=keepdims),
        "mean": _mean,
        "prod": lambda _c, x, axes, keepdims: np.prod(x, axis=axes, keepdims=keepdims),
        "max": lambda _c, x, axes, keepdims: np.max(x, axis=axes, keepdims=keepdims),
        "logsumexp": _logsumexp,
        "var": _var,
        "softmax": _softmax,
        "log_softmax": _log_softmax,
        "cumsum": lambda _c, x, axis: np.cumsum(x, axis=axis),
        "cumprod": lambda _c, x, axis: np.cumprod(x, axis=axis),
    }
)
