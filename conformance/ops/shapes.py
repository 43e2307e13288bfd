"""Ops that only move elements: shape, joining and splitting, indexing, sorting."""

from __future__ import annotations

import math

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import batched
from autograd_conformance.ops.arrangements import along_axis, has_axes
from autograd_conformance.ops.op import (
    Arrangement,
    Array,
    Choices,
    Op,
    Rounding,
    is_index,
    is_indices,
    is_pairs,
)
from autograd_conformance.ops.points import TIES


def _elements(shape: Shape) -> int:
    return math.prod(shape)


def _given_extent(*shapes: Shape, shape: Shape) -> int:
    """Elements of the ``shape`` asked for."""
    return _elements(shape)


def _reshape(_rounding: Rounding, x: Array, shape: Shape) -> Array:
    return x.reshape(x.shape[0], *shape)


def _new_shape(choices: Choices, shape: Shape) -> Arrangement:
    options: list[Shape] = [(_elements(shape),), (1, *shape), (*shape, 1), shape[::-1]]
    if len(shape) >= 2:
        options.append((shape[0] * shape[1], *shape[2:]))
    fitting = [option for option in options if len(option) <= 4]
    return Arrangement((), {"shape": fitting[choices.below(len(fitting))]})


def _transpose(_rounding: Rounding, x: Array, permutation: tuple[int, ...]) -> Array:
    return x.transpose(0, *batched(permutation))


def _permutation(choices: Choices, shape: Shape) -> Arrangement:
    axes = tuple(range(len(shape)))
    turn = 1 + choices.below(max(len(shape) - 1, 1))
    return Arrangement((), {"permutation": choices.one_of(axes[turn:] + axes[:turn], axes[::-1])})


def _broadcast_to(_rounding: Rounding, x: Array, shape: Shape) -> Array:
    aligned = x.reshape(x.shape[0], *(1,) * (len(shape) - x.ndim + 1), *x.shape[1:])
    return np.broadcast_to(aligned, (x.shape[0], *shape))


def _broad_shape(choices: Choices, shape: Shape) -> Arrangement:
    widened = tuple(2 + choices.below(2) if size == 1 else size for size in shape)
    return Arrangement((), {"shape": widened if choices.below(2) and 1 in shape else (2, *widened)})


def _joined_extent(*shapes: Shape, axis: int) -> int:
    return sum(map(_elements, shapes))


def _concatenate(_rounding: Rounding, a: Array, b: Array, axis: int) -> Array:
    return np.concatenate((a, b), axis=axis + 1)


def _joined(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape,), {"axis": choices.below(len(shape))})


def _split(_rounding: Rounding, x: Array, axis: int, at: int) -> tuple[Array, ...]:
    if at > x.shape[axis + 1]:
        raise IndexError(f"cannot split {x.shape[axis + 1]} elements at {at}")
    return tuple(np.split(x, (at,), axis=axis + 1))


def _split_place(choices: Choices, shape: Shape) -> Arrangement:
    axis = choices.below(len(shape))
    return Arrangement((), {"axis": axis, "at": choices.below(shape[axis] + 1)})


def _pad(_rounding: Rounding, x: Array, widths: tuple[tuple[int, int], ...]) -> Array:
    if len(widths) != x.ndim - 1:
        raise ValueError(f"{len(widths)} pairs of widths for {x.ndim - 1} axes")
    return np.pad(x, ((0, 0), *widths))


def _padded_extent(shape: Shape, widths: tuple[tuple[int, int], ...]) -> int:
    return math.prod(size + before + after for size, (before, after) in zip(shape, widths, strict=True))


def _pad_widths(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"widths": tuple((choices.below(2), choices.below(2)) for _ in shape)})


def _flip(_rounding: Rounding, x: Array, axes: tuple[int, ...]) -> Array:
    return np.flip(x, batched(axes))


def _flip_axes(choices: Choices, shape: Shape) -> Arrangement:
    every = tuple(range(len(shape)))
    return Arrangement((), {"axes": choices.one_of((choices.below(len(shape)),), every)})


def _slice(_rounding: Rounding, x: Array, slices: tuple[tuple[int, int, int], ...]) -> Array:
    """Each axis keeps ``count`` elements: start, start + step, start + 2 step..."""
    if len(slices) != x.ndim - 1:
        raise ValueError(f"{len(slices)} slices for {x.ndim - 1} axes")
    for axis, (start, count, step) in enumerate(slices, start=1):
        positions = start + step * np.arange(count)
        if np.any((positions < 0) | (positions >= x.shape[axis])):
            raise IndexError(f"slice {start}, {count}, {step} leaves the array")
        x = np.take(x, positions, axis=axis)
    return x


def _sliced_extent(shape: Shape, slices: tuple[tuple[int, int, int], ...]) -> int:
    """No axis is narrower on the way than the wider of what it has and what is kept of it."""
    return math.prod(max(size, count) for size, (_, count, _) in zip(shape, slices, strict=True))


def _slice_bounds(choices: Choices, shape: Shape) -> Arrangement:
    slices = []
    for size in shape:
        step = choices.one_of(1, 2, -1, -2)
        usable = (size + abs(step) - 1) // abs(step)
        count = usable - (1 if usable > 1 and choices.below(2) else 0)
        spare = size - (abs(step) * (count - 1) + 1) if count else 0
        start = choices.below(spare + 1)
        slices.append((start if step > 0 else max(size - 1 - start, 0), count, step))
    return Arrangement((), {"slices": tuple(slices)})


def _is_slices(value: Attribute) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(item, tuple)
        and len(item) == 3
        and all(type(part) is int and abs(part) <= 4096 for part in item)
        and is_index(item[1])
        for item in value
    )


def _take(_rounding: Rounding, x: Array, indices: tuple[int, ...], axis: int) -> Array:
    if max(indices, default=-1) >= x.shape[axis + 1]:  # NumPy lets this pass where another axis is empty
        raise IndexError(f"indices {indices} leave an axis of size {x.shape[axis + 1]}")
    return np.take(x, np.array(indices, dtype=np.int64), axis=axis + 1)


def _repeated_indices(choices: Choices, shape: Shape) -> Arrangement:
    axis = choices.below(len(shape))
    size = shape[axis]
    indices = tuple(choices.below(size) for _ in range(2 + choices.below(3))) if size else ()
    if size and choices.below(2):
        indices = (*indices, indices[0])
    return Arrangement((), {"indices": indices, "axis": axis})


def _taken_extent(shape: Shape, *_updates: Shape, indices: tuple[int, ...], axis: int) -> int:
    """The operand, or as many of its slices as there are indices."""
    return _elements((*shape[:axis], max(shape[axis], len(indices)), *shape[axis + 1 :]))


def _scatter_add(rounding: Rounding, x: Array, updates: Array, indices: tuple[int, ...], axis: int) -> Array:
    """Adds slice i of ``updates`` to slice ``indices[i]`` of ``x``."""
    if updates.shape[1:] != (*x.shape[1 : axis + 1], len(indices), *x.shape[axis + 2 :]):
        raise ValueError(f"updates of shape {updates.shape[1:]} for {len(indices)} indices")
    result = np.array(x)
    where = np.moveaxis(result, axis + 1, 0)
    what = np.moveaxis(updates, axis + 1, 0)
    for position, index in enumerate(indices):
        where[index] = rounding(where[index] + what[position]) if rounding.is_noisy else where[index] + what[position]
    return result


def _scattered(choices: Choices, shape: Shape) -> Arrangement:
    drawn = _repeated_indices(choices, shape)
    indices, axis = drawn.attributes["indices"], drawn.attributes["axis"]
    assert isinstance(indices, tuple)
    assert isinstance(axis, int)
    return Arrangement(((*shape[:axis], len(indices), *shape[axis + 1 :]),), drawn.attributes)


def _sort(_rounding: Rounding, x: Array, axis: int) -> Array:
    return np.sort(x, axis=axis + 1)


def _sort_decision(x: Array, axis: int) -> Array:
    return np.argsort(x, axis=axis + 1, kind="stable")


def _is_paddable(shape: Shape) -> bool:
    return 1 <= len(shape) <= 3


OPS = (
    Op("reshape", "shape", _reshape, _new_shape, attributes={"shape": is_indices}, extent=_given_extent),
    Op(
        "transpose", "shape", _transpose, _permutation,
        attributes={"permutation": is_indices}, accepts=lambda shape: len(shape) >= 2,
    ),
    Op(
        "broadcast_to", "shape", _broadcast_to, _broad_shape,
        attributes={"shape": is_indices}, accepts=lambda shape: len(shape) <= 3, example=(3, 1), extent=_given_extent,
    ),
    Op(
        "concatenate", "shape", _concatenate, _joined,
        operands=("float", "float"), attributes={"axis": is_index}, accepts=has_axes, extent=_joined_extent,
    ),
    Op("split", "shape", _split, _split_place, results=2, attributes={"axis": is_index, "at": is_index}, accepts=has_axes),
    Op("pad", "shape", _pad, _pad_widths, attributes={"widths": is_pairs}, accepts=_is_paddable, extent=_padded_extent),
    Op("flip", "shape", _flip, _flip_axes, attributes={"axes": is_indices}, accepts=has_axes),
    Op(
        "slice", "indexing", _slice, _slice_bounds,
        attributes={"slices": _is_slices}, accepts=has_axes, extent=_sliced_extent,
    ),
    Op(
        "take", "indexing", _take, _repeated_indices,
        attributes={"indices": is_indices, "axis": is_index}, accepts=has_axes, extent=_taken_extent,
    ),
    Op(
        "scatter_add", "indexing", _scatter_add, _scattered,
        operands=("float", "float"), attributes={"indices": is_indices, "axis": is_index}, accepts=has_axes,
        extent=_taken_extent,
    ),
    Op(
        "sort", "sorting", _sort, along_axis,
        attributes={"axis": is_index}, decision=_sort_decision, accepts=has_axes, is_analytic=False, special=TIES,
    ),
)  # fmt: skip
