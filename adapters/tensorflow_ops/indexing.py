"""Picking, placing and repeating elements by number or by mask in TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_conformance.adapters.translator import Expression, Table, literal


def _constant(items: Sequence[Any]) -> str:
    return f"tf.constant({np.array(items).tolist()})"


def _coordinates(indices: tuple[Any, ...], axis: int) -> str:
    """Indices along one axis, and on the others each place's own, innermost in the array."""
    grids: list[Any] = list(np.indices(np.shape(indices)))
    grids[axis] = np.array(indices)
    return _constant(np.stack(grids, axis=-1).tolist())


def _gather_along_axis(x: str, indices: tuple[Any, ...], axis: int) -> str:
    if axis == np.ndim(indices) - 1:
        return f"tf.gather({x}, {_constant(indices)}, axis={axis}, batch_dims={axis})"
    return f"tf.gather_nd({x}, {_coordinates(indices, axis)})"


def _scatter(function: str) -> Expression:
    return lambda x, updates, indices, axis: f"{function}({x}, {_coordinates(indices, axis)}, {updates})"


def _slice_update(x: str, updates: str, axis: int, start: int, count: int, step: int) -> str:
    end = start + max((count - 1) * step + 1, 0)
    begin, stop, steps = ([before] * axis + [own] for before, own in ((0, start), (0, end), (1, step)))
    places = f"begin={begin}, end={stop}, strides={steps}, begin_mask={2**axis - 1}, end_mask={2**axis - 1}"
    return f"tf.raw_ops.TensorStridedSliceUpdate(input={x}, value={updates}, {places})"


def _masked_fill(x: str, mask: tuple[Any, ...], value: float) -> str:
    return f"tf.where({_constant(mask)}, tf.constant({literal(value)}, dtype={x}.dtype), {x})"


TABLE = Table(
    expressions={
        "gather_along_axis": _gather_along_axis,
        "scatter_along_axis": _scatter("tf.tensor_scatter_nd_add"),
        "scatter_mul": _scatter("scatter_mul"),
        "scatter_max": _scatter("tf.tensor_scatter_nd_max"),
        "scatter_min": _scatter("tf.tensor_scatter_nd_min"),
        "index_copy": lambda x, updates, indices, axis: f"index_copy({x}, {updates}, {_constant(indices)}, {axis})",
        "slice_update": _slice_update,
        "masked_fill": _masked_fill,
        "masked_select": lambda x, mask: f"tf.boolean_mask({x}, {_constant(mask)})",
        "gather_nd": lambda x, places: f"tf.gather_nd({x}, {_constant(places)})",
        "scatter_nd": lambda x, places, shape: f"tf.scatter_nd({_constant(places)}, {x}, {literal(shape)})",
        "select": lambda x, axis, index: f"{x}[{':, ' * axis}{index}]",
        "unstack": "tf.unstack({0}, num=2, axis={axis})",
        "repeat_interleave": lambda x, repeats, axis: f"tf.repeat({x}, {_constant(repeats)}, axis={axis})",
    },
    definitions={
        "index_copy": """
def index_copy(target, updates, indices, axis):
    order = list(range(target.shape.rank))
    order[0], order[axis] = axis, 0  # tensor_scatter_nd_update indexes leading axes only
    target, updates = tf.transpose(target, order), tf.transpose(updates, order)
    return tf.transpose(tf.tensor_scatter_nd_update(target, indices[:, None], updates), order)
""",
        "scatter_mul": """
def scatter_mul(target, places, updates):
    strides = tf.math.cumprod(tf.shape(target), exclusive=True, reverse=True)
    factors = tf.math.unsorted_segment_prod(updates, tf.reduce_sum(places * strides, axis=-1), tf.size(target))
    return target * tf.reshape(factors, tf.shape(target))
""",
    },
    composed=frozenset({"scatter_mul"}),
)
