"""Parts of matrices, matrices made of others and what relates their rows, from their definitions in mpmath."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning


def _placed(context: Any, shape: tuple[int, ...]) -> Array:
    return np.full(shape, context.mpf(0), dtype=object)


def _block_diag(context: Any, a: Array, b: Array) -> Array:
    result = _placed(context, (a.shape[0] + b.shape[0], a.shape[1] + b.shape[1]))
    result[: a.shape[0], : a.shape[1]] = a
    result[a.shape[0] :, a.shape[1] :] = b
    return result


def _trace(context: Any, x: Array) -> Array:
    total = context.mpf(0)
    for place in range(min(x.shape)):
        total += x[place, place]
    return np.array(total, dtype=object)


def _diagonal(_context: Any, x: Array, offset: int) -> Array:
    rows = [row for row in range(x.shape[-2]) if 0 <= row + offset < x.shape[-1]]
    return np.stack([x[..., row, row + offset] for row in rows], axis=-1)


def _diag_embed(context: Any, x: Array, offset: int) -> Array:
    size = x.shape[-1] + abs(offset)
    result = _placed(context, (*x.shape[:-1], size, size))
    for place in range(x.shape[-1]):
        result[..., place - min(offset, 0), place + max(offset, 0)] = x[..., place]
    return result


def _triangle(is_kept: Callable[[int, int], bool]) -> Meaning:
    """Only elements for which ``is_kept(column - row, offset)``."""

    def meaning(context: Any, x: Array, offset: int) -> Array:
        result = _placed(context, x.shape)
        for row, column in np.ndindex(x.shape[-2:]):
            if is_kept(column - row, offset):
                result[..., row, column] = x[..., row, column]
        return result

    return meaning


def _vander(context: Any, x: Array, columns: int, increasing: bool) -> Array:
    result = _placed(context, (*x.shape, columns))
    for column in range(columns):
        exponent = column if increasing else columns - 1 - column
        result[..., column] = x**exponent
    return result


def _cdist(context: Any, a: Array, b: Array, p: float) -> Array:
    result = np.empty((a.shape[0], b.shape[0]), dtype=object)
    for row, column in np.ndindex(result.shape):
        total = sum((abs(element) ** context.mpf(p) for element in a[row] - b[column]), start=context.mpf(0))
        result[row, column] = total ** (1 / context.mpf(p))
    return result


def _cov(context: Any, x: Array, correction: int) -> Array:
    """The sum of products less the product of sums, of every two rows."""
    count = x.shape[1]
    totals = np.sum(x, axis=1)
    products = np.array([[np.sum(left * right) for right in x] for left in x], dtype=object)
    return (products - totals[:, None] * totals[None] / context.mpf(count)) / (count - correction)


def _corrcoef(context: Any, x: Array) -> Array:
    spread = _cov(context, x, 1)
    result = np.empty(spread.shape, dtype=object)
    for row, column in np.ndindex(result.shape):
        result[row, column] = spread[row, column] / context.sqrt(spread[row, row] * spread[column, column])
    return result


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "block_diag": _block_diag,
        "trace": _trace,
        "diagonal": _diagonal,
        "diag_embed": _diag_embed,
        "tril": _triangle(lambda right, offset: right <= offset),
        "triu": _triangle(lambda right, offset: right >= offset),
        "vander": _vander,
        "cdist": _cdist,
        "cov": _cov,
        "corrcoef": _corrcoef,
    }
)
