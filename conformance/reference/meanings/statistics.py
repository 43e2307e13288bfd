"""Order statistics, norms, spreads, running extremes and segments in mpmath, from their definitions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning, function


def _std(context: Any, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """The root of the mean squared distance from the mean."""
    count = math.prod(x.shape[axis] for axis in axes)
    distance = x - np.sum(x, axis=axes, keepdims=True) / count
    return function("sqrt")(context, np.sum(distance * distance, axis=axes, keepdims=keepdims) / count)


def _norm_l2(context: Any, x: Array, axis: int, keepdims: bool) -> Array:
    return function("sqrt")(context, np.sum(x**2, axis=axis, keepdims=keepdims))


def _prefixes(reduce: Callable[[list[Any]], Any]) -> Callable[..., Array]:
    """``reduce`` of all elements up to each place along an axis."""

    def meaning(context: Any, x: Array, axis: int) -> Array:
        rows, result = np.moveaxis(x, axis, -1), np.empty_like(np.moveaxis(x, axis, -1))
        for place in np.ndindex(rows.shape):
            result[place] = reduce(list(rows[place[:-1]][: place[-1] + 1]))
        return np.moveaxis(result, -1, axis)

    return meaning


def _logcumsumexp(context: Any, x: Array, axis: int) -> Array:
    return function("log")(context, np.cumsum(function("exp")(context, x), axis=axis))


def _descending(_context: Any, x: Array, axis: int) -> Array:
    rows, result = np.moveaxis(x, axis, -1), np.empty_like(np.moveaxis(x, axis, -1))
    for place in np.ndindex(rows.shape[:-1]):
        result[place] = sorted(rows[place], reverse=True)
    return np.moveaxis(result, -1, axis)


def _grouped(reduce: Callable[[list[Any]], Any]) -> Callable[..., Array]:
    """``reduce`` of the rows that share a segment number."""

    def meaning(_context: Any, x: Array, segments: tuple[int, ...]) -> Array:
        result = np.empty((max(segments) + 1, *x.shape[1:]), dtype=object)
        for segment, *place in np.ndindex(result.shape):
            rows = [row for row, number in enumerate(segments) if number == segment]
            result[(segment, *place)] = reduce([x[(row, *place)] for row in rows])
        return result

    return meaning


MEANINGS: Mapping[str, Meaning] = {
    "min": lambda _c, x, axes, keepdims: np.min(x, axis=axes, keepdims=keepdims),
    "std": _std,
    "norm_l1": lambda _c, x, axis, keepdims: np.sum(abs(x), axis=axis, keepdims=keepdims),
    "norm_l2": _norm_l2,
    "norm_inf": lambda _c, x, axis, keepdims: np.max(abs(x), axis=axis, keepdims=keepdims),
    "logcumsumexp": _logcumsumexp,
    "cummax": _prefixes(max),
    "cummin": _prefixes(min),
    "sort_descending": _descending,
    "top_k": lambda context, x, k: _descending(context, x, -1)[..., :k],
    "segment_sum": _grouped(sum),
    "segment_mean": _grouped(lambda elements: sum(elements) / len(elements)),
    "segment_prod": _grouped(math.prod),
    "segment_max": _grouped(max),
    "segment_min": _grouped(min),
}
