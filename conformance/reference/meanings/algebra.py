"""Products, determinants, solutions and windows, from their definitions in mpmath."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning


def _matmul(_context: Any, a: Array, b: Array) -> Array:
    return np.sum(a[..., :, :, None] * b[..., None, :, :], axis=-2)


def _einsum(context: Any, a: Array, b: Array, pattern: str) -> Array:
    """Every product of two elements added to the place its letters name."""
    operands, kept = pattern.split("->")
    first, second = operands.split(",")
    sizes = dict(zip(first + second, a.shape + b.shape, strict=True))
    result = np.full([sizes[letter] for letter in kept], context.mpf(0), dtype=object)
    for places in itertools.product(*(range(size) for size in sizes.values())):
        at = dict(zip(sizes, places, strict=True))
        left, right, target = (tuple(at[letter] for letter in term) for term in (first, second, kept))
        result[target] += a[left] * b[right]
    return result


def pivoted(call: Callable[..., Any], *matrices: Any) -> Any:
    """What mpmath makes of matrices by elimination; of a column of zeros it takes no pivot, and then that for a number.

    Raises ZeroDivisionError.
    """
    try:
        return call(*matrices)
    except TypeError:
        raise ZeroDivisionError("a column of zeros has no pivot") from None


def determinant(context: Any, matrix: Any) -> Any:
    try:
        return pivoted(context.det, matrix)
    except ZeroDivisionError:
        return context.mpf(0)


def _det(context: Any, x: Array) -> Array:
    result = np.empty(x.shape[:-2], dtype=object)
    for place in np.ndindex(result.shape):
        result[place] = determinant(context, context.matrix(x[place].tolist()))
    return result


def _solve(context: Any, a: Array, b: Array) -> Array:
    result = np.empty(b.shape, dtype=object)
    for place in np.ndindex(a.shape[:-2]):
        matrix = context.matrix(a[place].tolist())
        for column in range(b.shape[-1]):
            solution = pivoted(context.lu_solve, matrix, context.matrix(b[place][:, column].tolist()))
            result[(*place, slice(None), column)] = list(solution)
    return result


def _conv1d(context: Any, x: Array, kernel: Array, stride: int, padding: int) -> Array:
    """The sum over channels and taps, where the signal is zero outside."""
    signals, _, length = x.shape
    channels, _, width = kernel.shape
    positions = (length + 2 * padding - width) // stride + 1
    result = np.full((signals, channels, positions), context.mpf(0), dtype=object)
    for position, tap in itertools.product(range(positions), range(width)):
        source = position * stride + tap - padding
        if 0 <= source < length:
            result[:, :, position] += np.sum(x[:, None, :, source] * kernel[None, :, :, tap], axis=-1)
    return result


def _max_pool1d(_context: Any, x: Array, window: int, stride: int) -> Array:
    starts = range(0, x.shape[-1] - window + 1, stride)
    return np.stack([np.max(x[..., start : start + window], axis=-1) for start in starts], axis=-1)


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "matmul": _matmul,
        "einsum": _einsum,
        "det": _det,
        "solve": _solve,
        "conv1d": _conv1d,
        "max_pool1d": _max_pool1d,
    }
)
