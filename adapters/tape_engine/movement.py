"""Rules of ops that only move elements: what they take from one place their rule puts back there."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .array import OPS, Array
from .elementwise import add
from .op import Op, Pull, as_array

Shape = tuple[int, ...]

_reshape = Op(
    "reshape", lambda a, shape: np.reshape(a, shape), Pull(lambda g, a_shape, shape: reshape(g, a_shape), "a.shape")
)
_transpose = Op(
    "transpose",
    lambda a, permutation: np.transpose(a, permutation),
    Pull(lambda g, permutation: transpose(g, _inverse(permutation))),
)
_broadcast_to = Op(
    "broadcast_to",
    lambda a, shape: np.broadcast_to(a, shape),
    Pull(lambda g, a_shape, shape: OPS["sum_to"](g, shape=a_shape), "a.shape"),
)


def _inverse(permutation: Shape | None) -> Shape | None:
    return None if permutation is None else tuple(int(axis) for axis in np.argsort(permutation))


def reshape(a: Any, shape: Any) -> Array:
    return _reshape(a, shape=tuple(shape) if isinstance(shape, (tuple, list)) else (shape,))


def transpose(a: Any, permutation: Sequence[int] | None = None) -> Array:
    """Axis i of the result is axis ``permutation[i]``; all axes reversed where left out."""
    return _transpose(a, permutation=None if permutation is None else tuple(permutation))


def broadcast_to(a: Any, shape: Sequence[int]) -> Array:
    return _broadcast_to(a, shape=tuple(shape))


# Indexing.  `slice` and `put` are each other's rule: one takes elements out, one adds them into zeros.


def _forward_put(a: np.ndarray, key: Any, shape: Shape) -> np.ndarray:
    """Zeros of ``shape`` with ``a`` added at ``key``; places named twice get both."""
    result = np.zeros(shape, a.dtype)
    np.add.at(result, key, a)
    return result


_slice = Op("slice", lambda a, key: a[key], Pull(lambda g, shape, key: _put(g, key=key, shape=shape), "a.shape"))
_put: Op = Op("put", _forward_put, Pull(lambda g, key, shape: _slice(g, key=key)))


def _forward_set_item(a: np.ndarray, b: np.ndarray, key: Any) -> np.ndarray:
    result = a.copy()
    result[key] = b
    return result


def _pull_overwritten(g: Array, key: Any) -> Array:
    """What was overwritten has no influence any more."""
    return _set_item(g, 0.0, key=key)


def _pull_written(g: Array, shape: Shape, key: Any) -> Array:
    taken = _slice(g, key=key)
    return taken if taken.shape == shape else OPS["sum_to"](taken, shape=shape)


_set_item = Op("set_item", _forward_set_item, Pull(_pull_overwritten), Pull(_pull_written, "b.shape"))


def take(a: Any, indices: Any, axis: int = 0, is_elementwise: bool = False) -> Array:
    """The slices ``indices`` of an axis; or, elementwise, for each element the place along the axis it comes from."""
    axis %= as_array(a).ndim
    places = np.asarray(indices, dtype=np.int64)
    if not is_elementwise:
        return _slice(a, key=(*(slice(None),) * axis, places))
    grid = np.ogrid[tuple(slice(size) for size in places.shape)]
    return _slice(a, key=(*grid[:axis], places, *grid[axis + 1 :]))


def scatter_add(a: Any, updates: Any, indices: Any, axis: int = 0) -> Array:
    """``a`` with slice i of ``updates`` added to its slice ``indices[i]``."""
    target = as_array(a)
    places = np.asarray(indices, dtype=np.int64)
    key = (*(slice(None),) * (axis % target.ndim), places)
    return add(target, _put(updates, key=key, shape=target.shape))


def split(a: Array, at: int, axis: int = 0) -> tuple[Array, Array]:
    """What comes before place ``at`` of an axis, and the rest."""
    return a[_side(axis % a.ndim, None, at)], a[_side(axis % a.ndim, at, None)]


def flip(a: Any, axis: int | Sequence[int]) -> Array:
    rank = as_array(a).ndim
    axes = {number % rank for number in ((axis,) if isinstance(axis, int) else axis)}
    steps = tuple(slice(None, None, -1 if number in axes else None) for number in range(rank))
    return _slice(a, key=steps)


_pad = Op(
    "pad",
    lambda a, widths: np.pad(a, widths) if widths else a,
    Pull(
        lambda g, shape, widths: g[tuple(slice(w[0], w[0] + n) for w, n in zip(widths, shape, strict=True))], "a.shape"
    ),
)


def pad(a: Any, widths: Sequence[tuple[int, int]]) -> Array:
    """Zeros before and after each axis."""
    return _pad(a, widths=tuple(widths))


def _side(axis: int, start: int | None, stop: int | None) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))


_concatenate = Op(
    "concatenate",
    lambda a, b, axis: np.concatenate((a, b), axis),
    Pull(lambda g, shape, axis: g[_side(axis, None, shape[axis])], "a.shape"),
    Pull(lambda g, shape, axis: g[_side(axis, shape[axis], None)], "a.shape"),
    broadcasts=True,
)


def concatenate(arrays: Sequence[Any], axis: int = 0) -> Array:
    """Arrays joined along an axis, two at a time."""
    place = axis % as_array(arrays[0]).ndim
    return functools.reduce(lambda a, b: _concatenate(a, b, axis=place), arrays)


def stack(arrays: Sequence[Array]) -> Array:
    """Arrays of one shape as the slices of a new first axis."""
    return concatenate([reshape(a, (1, *a.shape)) for a in arrays])


OPS["reshape"] = reshape
OPS["transpose"] = transpose
