"""Turning, rolling, stacking, tiling and neighbours' differences."""

from __future__ import annotations

import math

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arrangements import has_axes, has_filled_axes
from autograd_conformance.ops.op import Arrangement, Array, Choices, Op, Rounding, is_index, is_indices

_AXIS = {"axis": is_index}


def _has_room(shape: Shape) -> bool:
    """For one more axis."""
    return len(shape) <= 3


def _stack(_rounding: Rounding, a: Array, b: Array, axis: int) -> Array:
    return np.stack((a, b), axis=axis + 1)


def _stacked(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape,), {"axis": choices.below(len(shape) + 1)})


def _stacked_extent(*shapes: Shape, axis: int) -> int:
    return sum(map(math.prod, shapes))


def _tile(_rounding: Rounding, x: Array, repeats: tuple[int, ...]) -> Array:
    if len(repeats) != x.ndim - 1:
        raise ValueError(f"{len(repeats)} numbers of repetitions for {x.ndim - 1} axes")
    return np.tile(x, (1, *repeats))


def _tiled(choices: Choices, shape: Shape) -> Arrangement:
    turn = choices.below(2)
    return Arrangement((), {"repeats": tuple(1 + (axis + turn) % 2 for axis in range(len(shape)))})


def _tiled_extent(shape: Shape, repeats: tuple[int, ...]) -> int:
    return math.prod(size * max(1, count) for size, count in zip(shape, repeats, strict=True))


def _roll(_rounding: Rounding, x: Array, shift: int, axis: int) -> Array:
    """Element i goes to place i + shift, and round the end."""
    return np.roll(x, shift, axis=axis + 1)


def _rolled(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"shift": choices.one_of(1, -1, 2), "axis": choices.below(len(shape))})


def _is_shift(value: Attribute) -> bool:
    return type(value) is int and abs(value) <= 4096


def _rot90(_rounding: Rounding, x: Array, turns: int) -> Array:
    """Quarter turns of the first two axes, from the first towards the second."""
    return np.rot90(x, turns, axes=(1, 2))


def _turned(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"turns": 1 + choices.below(3)})


def _moveaxis(_rounding: Rounding, x: Array, source: int, destination: int) -> Array:
    return np.moveaxis(x, source + 1, destination + 1)


def _moved(choices: Choices, shape: Shape) -> Arrangement:
    first, last = 0, len(shape) - 1
    source, destination = choices.one_of((first, last), (last, first), (last - 1, last))
    return Arrangement((), {"source": source, "destination": destination})


def _diff(rounding: Rounding, x: Array, order: int, axis: int) -> Array:
    """Differences of neighbours, ``order`` times over."""
    if x.shape[axis + 1] <= order:
        raise ValueError(f"no {order} differences along axis {axis} of {x.shape[1:]}")
    rows = np.moveaxis(x, axis + 1, -1)
    for _ in range(order):
        rows = rounding(rows[..., 1:] - rows[..., :-1])
    return np.moveaxis(rows, -1, axis + 1)


def _differences(choices: Choices, shape: Shape) -> Arrangement:
    axis = shape.index(max(shape))
    return Arrangement((), {"order": 1 + choices.below(min(shape[axis] - 1, 2)), "axis": axis})


def _is_order(value: Attribute) -> bool:
    return type(value) is int and 1 <= value <= 3


def _expand_dims(_rounding: Rounding, x: Array, axis: int) -> Array:
    return np.expand_dims(x, axis + 1)


def _new_axis(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"axis": choices.below(len(shape) + 1)})


def _squeeze(_rounding: Rounding, x: Array, axis: int) -> Array:
    return np.squeeze(x, axis + 1)


def _lost_axis(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"axis": shape.index(1)})


def _meshgrid(_rounding: Rounding, a: Array, b: Array) -> tuple[Array, ...]:
    """``a`` as rows and ``b`` as columns of a grid."""
    if a.ndim != 2 or b.ndim != 2:
        raise ValueError("a grid is made of vectors")
    shape = (*a.shape, b.shape[1])
    return np.broadcast_to(a[:, :, None], shape), np.broadcast_to(b[:, None, :], shape)


def _grid_side(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((choices.one_of((2,), (3,)),))


def _grid_extent(a: Shape, b: Shape) -> int:
    return 2 * math.prod(a) * math.prod(b)


OPS = (
    Op(
        "stack", "shape", _stack, _stacked, operands=("float", "float"), attributes=_AXIS, accepts=_has_room,
        extent=_stacked_extent,
    ),
    Op("tile", "shape", _tile, _tiled, attributes={"repeats": is_indices}, accepts=has_axes, extent=_tiled_extent),
    Op("roll", "shape", _roll, _rolled, attributes={"shift": _is_shift, "axis": is_index}, accepts=has_axes),
    Op("rot90", "shape", _rot90, _turned, attributes={"turns": is_index}, accepts=lambda shape: len(shape) >= 2),
    Op(
        "moveaxis", "shape", _moveaxis, _moved, attributes={"source": is_index, "destination": is_index},
        accepts=lambda shape: len(shape) >= 2,
    ),
    Op(
        "diff", "shape", _diff, _differences, attributes={"order": _is_order, "axis": is_index},
        accepts=lambda shape: has_filled_axes(shape) and max(shape) >= 2,
    ),
    Op("expand_dims", "shape", _expand_dims, _new_axis, attributes=_AXIS, accepts=_has_room),
    Op("squeeze", "shape", _squeeze, _lost_axis, attributes=_AXIS, accepts=lambda shape: 1 in shape, example=(3, 1)),
    Op(
        "meshgrid", "shape", _meshgrid, _grid_side, operands=("float", "float"), results=2,
        accepts=lambda shape: len(shape) == 1, example=(3,), extent=_grid_extent,
    ),
)  # fmt: skip
