"""Turning, rolling, stacking, tiling and neighbours' differences, from their definitions in mpmath."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.graph import Shape
from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning


def built(shape: Shape, of_place: Callable[..., Any]) -> Array:
    """An array of ``shape`` from the element at every place."""
    result = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        result[place] = of_place(*place)
    return result


def _stack(_context: Any, a: Array, b: Array, axis: int) -> Array:
    shape = (*a.shape[:axis], 2, *a.shape[axis:])
    return built(shape, lambda *place: (a, b)[place[axis]][(*place[:axis], *place[axis + 1 :])])


def _tile(_context: Any, x: Array, repeats: tuple[int, ...]) -> Array:
    shape = tuple(size * count for size, count in zip(x.shape, repeats, strict=True))
    return built(shape, lambda *place: x[tuple(at % size for at, size in zip(place, x.shape, strict=True))])


def _roll(_context: Any, x: Array, shift: int, axis: int) -> Array:
    def element(*place: int) -> Any:
        return x[(*place[:axis], (place[axis] - shift) % x.shape[axis], *place[axis + 1 :])]

    return built(x.shape, element)


def _rot90(_context: Any, x: Array, turns: int) -> Array:
    """In one quarter turn the last column becomes the first row."""
    for _ in range(turns % 4):
        before, columns = x, x.shape[1]
        shape = (columns, x.shape[0], *x.shape[2:])
        x = built(shape, lambda row, column, *rest, x=before, last=columns - 1: x[(column, last - row, *rest)])
    return x


def _moveaxis(_context: Any, x: Array, source: int, destination: int) -> Array:
    axes = [axis for axis in range(x.ndim) if axis != source]
    axes.insert(destination, source)
    return x.transpose(axes)


def _diff(_context: Any, x: Array, order: int, axis: int) -> Array:
    """Binomial coefficients of alternating sign."""
    shape = (*x.shape[:axis], x.shape[axis] - order, *x.shape[axis + 1 :])
    weights = [(-1) ** (order - step) * math.comb(order, step) for step in range(order + 1)]

    def element(*place: int) -> Any:
        before, at, after = place[:axis], place[axis], place[axis + 1 :]
        return sum(weight * x[(*before, at + step, *after)] for step, weight in enumerate(weights))

    return built(shape, element)


def _meshgrid(_context: Any, a: Array, b: Array) -> tuple[Array, Array]:
    shape = (len(a), len(b))
    return built(shape, lambda row, _column: a[row]), built(shape, lambda _row, column: b[column])


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "stack": _stack,
        "tile": _tile,
        "roll": _roll,
        "rot90": _rot90,
        "moveaxis": _moveaxis,
        "diff": _diff,
        "expand_dims": lambda _c, x, axis: x.reshape((*x.shape[:axis], 1, *x.shape[axis:])),
        "squeeze": lambda _c, x, axis: x.reshape((*x.shape[:axis], *x.shape[axis + 1 :])),
        "meshgrid": _meshgrid,
    }
)
