"""Rules of reductions, normalisations and scans.  Axes count from the front or the back; None means all of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .array import OPS, Array
from .elementwise import exp, where
from .movement import broadcast_to, flip, reshape, take
from .op import Op, Pull, as_array, widened

Axes = tuple[int, ...]


def axes_of(a: Any, axis: Any) -> Axes:
    """Axes as a tuple of numbers from the front."""
    rank = as_array(a).ndim
    given = range(rank) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(sorted(number % rank for number in given))


def _kept(shape: Axes, axes: Axes) -> Axes:
    return tuple(1 if axis in axes else size for axis, size in enumerate(shape))


def _spread(g: Array, shape: Axes, axes: Axes) -> Array:
    """A reduction's cotangent, or result, repeated over the axes that were reduced."""
    return broadcast_to(reshape(g, _kept(shape, axes)), shape)


def _count(shape: Axes, axes: Axes) -> int:
    return math.prod(shape[axis] for axis in axes)


def _forward_sum(a: np.ndarray, axes: Axes, keepdims: bool) -> np.ndarray:
    return np.sum(widened(a), axis=axes, keepdims=keepdims).astype(a.dtype)


def _forward_sum_to(a: np.ndarray, shape: Axes) -> np.ndarray:
    """Undo a broadcast: sum over the axes that ``shape`` has not, or has with size 1."""
    missing = a.ndim - len(shape)
    axes = tuple(
        axis for axis in range(a.ndim) if axis < missing or (shape[axis - missing] == 1 and a.shape[axis] != 1)
    )
    return _forward_sum(a, axes, True).reshape(shape)


sum_to = Op("sum_to", _forward_sum_to, Pull(lambda g, a_shape, shape: broadcast_to(g, a_shape), "a.shape"))
_sum = Op("sum", _forward_sum, Pull(lambda g, shape, axes, keepdims: _spread(g, shape, axes), "a.shape"))


def sum(a: Any, axis: Any = None, keepdims: bool = False) -> Array:
    return _sum(a, axes=axes_of(a, axis), keepdims=keepdims)


def _forward_mean(a: np.ndarray, axes: Axes, keepdims: bool) -> np.ndarray:
    return np.mean(widened(a), axis=axes, keepdims=keepdims).astype(a.dtype)


def _pull_mean(g: Array, shape: Axes, axes: Axes, keepdims: bool) -> Array:
    return _spread(g, shape, axes) / float(_count(shape, axes))


_mean = Op("mean", _forward_mean, Pull(_pull_mean, "a.shape"))


def mean(a: Any, axis: Any = None, keepdims: bool = False) -> Array:
    return _mean(a, axes=axes_of(a, axis), keepdims=keepdims)


def _forward_var(a: np.ndarray, axes: Axes, keepdims: bool) -> np.ndarray:
    return np.var(widened(a), axis=axes, keepdims=keepdims).astype(a.dtype)


def _pull_var(g: Array, a: Array, axes: Axes, keepdims: bool) -> Array:
    """2 (a - mean) / n; what the mean's own movement adds sums to zero."""
    centred = a - mean(a, axes, keepdims=True)
    return _spread(g, a.shape, axes) * centred * (2.0 / _count(a.shape, axes))


_var = Op("var", _forward_var, Pull(_pull_var, "a"))


def var(a: Any, axis: Any = None, keepdims: bool = False) -> Array:
    """Population variance: the mean of the squared distances from the mean."""
    return _var(a, axes=axes_of(a, axis), keepdims=keepdims)


def _pull_max(g: Array, a: Array, y: Array, axes: Axes, keepdims: bool) -> Array:
    """Ties share the cotangent evenly."""
    chosen = a.data == y.data.reshape(_kept(a.shape, axes))
    shares = chosen / np.maximum(np.sum(chosen, axis=axes, keepdims=True), 1)
    return _spread(g, a.shape, axes) * shares.astype(a.dtype)


_max = Op("max", lambda a, axes, keepdims: np.max(a, axis=axes, keepdims=keepdims), Pull(_pull_max, "a y"))


def max(a: Any, axis: Any = None, keepdims: bool = False) -> Array:
    return _max(a, axes=axes_of(a, axis), keepdims=keepdims)


# Products.  No rule divides by an element, which may be zero.


def _pull_prod(g: Array, a: Array, axes: Axes, keepdims: bool) -> Array:
    """Each element's derivative is the product of all before it and all after it."""
    others = [axis for axis in range(a.ndim) if axis not in axes]
    order = (*others, *axes)
    flat = a.transpose(*order).reshape(*(a.shape[axis] for axis in others), _count(a.shape, axes))
    rest = _before(flat) * flip(_before(flip(flat, -1)), -1)
    back = rest.reshape(tuple(a.shape[axis] for axis in order)).transpose(*np.argsort(order))
    return _spread(g, a.shape, axes) * back


def _before(a: Array) -> Array:
    """At each place of the last axis the product of all elements before it."""
    ones = np.ones((*a.shape[:-1], 1), a.dtype)
    return cumprod(OPS["concatenate"](ones, a, axis=a.ndim - 1)[..., : a.shape[-1]], -1)


_prod = Op("prod", lambda a, axes, keepdims: np.prod(a, axis=axes, keepdims=keepdims), Pull(_pull_prod, "a"))


def prod(a: Any, axis: Any = None, keepdims: bool = False) -> Array:
    return _prod(a, axes=axes_of(a, axis), keepdims=keepdims)


def _pull_cumsum(g: Array, axis: int) -> Array:
    return flip(cumsum(flip(g, axis), axis), axis)


_cumsum = Op("cumsum", lambda a, axis: np.cumsum(widened(a), axis=axis).astype(a.dtype), Pull(_pull_cumsum))


def cumsum(a: Any, axis: int) -> Array:
    return _cumsum(a, axis=axis)


def _pull_cumprod(g: Array, a: Array, axis: int) -> Array:
    """The sum over k >= i of g_k times the product of all a_j with j <= k but a_i: quadratic in time and memory."""
    order = (*(other for other in range(a.ndim) if other != axis % a.ndim), axis % a.ndim)
    size = a.shape[axis]
    moved, cotangent = a.transpose(*order), g.transpose(*order)
    shape = (*moved.shape, size)
    row = broadcast_to(reshape(moved, (*moved.shape[:-1], 1, size)), shape)
    without = cumprod(where(np.eye(size, dtype=bool), 1.0, row), -1)
    later = np.triu(np.ones((size, size), dtype=bool))
    terms = where(later, reshape(cotangent, (*moved.shape[:-1], 1, size)) * without, 0.0)
    return sum(terms, -1).transpose(*np.argsort(order))


_cumprod = Op("cumprod", lambda a, axis: np.cumprod(a, axis=axis, dtype=a.dtype), Pull(_pull_cumprod, "a"))


def cumprod(a: Any, axis: int) -> Array:
    return _cumprod(a, axis=axis)


# Exponentials, from which the largest element is taken first: no power is above 1.


def _powers(a: np.ndarray, axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    wide = widened(a)
    largest = np.max(wide, axis=axes, keepdims=True) if a.size else np.zeros((1,) * a.ndim, wide.dtype)
    largest = np.where(np.isfinite(largest), largest, 0).astype(wide.dtype)
    return np.exp(wide - largest), largest


def _forward_logsumexp(a: np.ndarray, axes: Axes, keepdims: bool) -> np.ndarray:
    powers, largest = _powers(a, axes)
    result = (np.log(np.sum(powers, axis=axes, keepdims=True)) + largest).astype(a.dtype)
    return result if keepdims else np.squeeze(result, axes)


def _pull_logsumexp(g: Array, a: Array, axes: Axes, keepdims: bool) -> Array:
    return _spread(g, a.shape, axes) * _softmax(a, axes=axes)


_logsumexp = Op("logsumexp", _forward_logsumexp, Pull(_pull_logsumexp, "a"))


def logsumexp(a: Any, axis: Any = None, keepdims: bool = False) -> Array:
    return _logsumexp(a, axes=axes_of(a, axis), keepdims=keepdims)


def _forward_softmax(a: np.ndarray, axes: Axes) -> np.ndarray:
    powers, _ = _powers(a, axes)
    return (powers / np.sum(powers, axis=axes, keepdims=True)).astype(a.dtype)


def _forward_log_softmax(a: np.ndarray, axes: Axes) -> np.ndarray:
    powers, largest = _powers(a, axes)
    return (widened(a) - largest - np.log(np.sum(powers, axis=axes, keepdims=True))).astype(a.dtype)


_softmax = Op("softmax", _forward_softmax, Pull(lambda g, y, axes: y * (g - sum(g * y, axes, True)), "y"))
_log_softmax = Op("log_softmax", _forward_log_softmax, Pull(lambda g, y, axes: g - exp(y) * sum(g, axes, True), "y"))


def softmax(a: Any, axis: Any = -1) -> Array:
    return _softmax(a, axes=axes_of(a, axis))


def log_softmax(a: Any, axis: Any = -1) -> Array:
    return _log_softmax(a, axes=axes_of(a, axis))


def sort(a: Any, axis: int = -1) -> Array:
    """Ascending; equal elements keep their order."""
    given = as_array(a)
    return take(given, np.argsort(given.data, axis=axis, kind="stable"), axis, is_elementwise=True)


for _name, _function in {"sum": sum, "mean": mean, "max": max}.items():
    OPS[_name] = _function  # what the methods of arrays look up
