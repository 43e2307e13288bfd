"""Rearranging, joining, cutting and indexing, from their definitions in mpmath."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning


def _pad(context: Any, x: Array, widths: tuple[tuple[int, int], ...]) -> Array:
    sizes = [before + size + after for size, (before, after) in zip(x.shape, widths, strict=True)]
    result = np.full(sizes, context.mpf(0), dtype=object)
    if not sizes:
        return x  # assigned as a whole, an array without axes would become its own element
    result[tuple(slice(before, before + size) for size, (before, _) in zip(x.shape, widths, strict=True))] = x
    return result


def _slice(_context: Any, x: Array, slices: tuple[tuple[int, int, int], ...]) -> Array:
    return x[np.ix_(*([start + step * position for position in range(count)] for start, count, step in slices))]


def _take(_context: Any, x: Array, indices: tuple[int, ...], axis: int) -> Array:
    return np.moveaxis(np.moveaxis(x, axis, 0)[list(indices)], 0, axis)


def _scatter_add(_context: Any, x: Array, updates: Array, indices: tuple[int, ...], axis: int) -> Array:
    """Row ``i`` receives every update whose index is ``i``."""
    rows, added = list(np.moveaxis(x, axis, 0)), np.moveaxis(updates, axis, 0)
    for row in range(len(rows)):
        rows[row] = rows[row] + sum(added[place] for place, index in enumerate(indices) if index == row)
    return np.moveaxis(np.array(rows, dtype=object).reshape(np.moveaxis(x, axis, 0).shape), 0, axis)


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "reshape": lambda _c, x, shape: x.reshape(shape),
        "transpose": lambda _c, x, permutation: x.transpose(permutation),
        "broadcast_to": lambda _c, x, shape: np.broadcast_to(x, shape),
        "concatenate": lambda _c, a, b, axis: np.concatenate((a, b), axis=axis),
        "split": lambda _c, x, axis, at: tuple(np.split(x, [at], axis=axis)),
        "pad": _pad,
        "flip": lambda _c, x, axes: np.flip(x, axes),
        "slice": _slice,
        "take": _take,
        "scatter_add": _scatter_add,
        "sort": lambda _c, x, axis: np.sort(x, axis=axis),
    }
)
