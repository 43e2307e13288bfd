"""Picking, placing and repeating elements by number or by mask."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arrangements import has_filled_axes
from autograd_conformance.ops.op import (
    Arrangement,
    Array,
    Choices,
    Exact,
    Interval,
    Kind,
    Op,
    Rounding,
    is_index,
    is_indices,
    is_pairs,
    is_real,
)
from autograd_conformance.ops.places import (
    Nested,
    combine_at,
    drawn_indices,
    drawn_mask,
    is_index_array,
    is_mask,
    places_along,
)
from autograd_conformance.ops.points import Points, delicate, kink, ordinary, with_zeros

_EXACT = Exact()
_MODEST = Interval(-3.0, 3.0)
_BOTH: tuple[Kind, Kind] = ("float", "float")


def _flat(x: Array) -> Array:
    return x.reshape(x.shape[0], math.prod(x.shape[1:]))


def _is_small(shape: Shape) -> bool:
    return has_filled_axes(shape) and len(shape) <= 3


def _is_signed(value: Attribute) -> bool:
    return type(value) is int and abs(value) <= 4096


def _gather_along_axis(_rounding: Rounding, x: Array, indices: Nested, axis: int) -> Array:
    """``result[i, j] = x[indices[i, j], j]`` for axis 0."""
    return _flat(x)[:, places_along(x.shape[1:], indices, axis)].reshape(x.shape[0], *np.shape(indices))


def _indices_along(choices: Choices, shape: Shape) -> Arrangement:
    axis = choices.below(len(shape))
    counts = (*shape[:axis], shape[axis] + choices.below(2), *shape[axis + 1 :])
    return Arrangement((), {"indices": drawn_indices(choices, counts, shape[axis]), "axis": axis})


def _scatter_along(combine: np.ufunc, rounds: bool) -> Callable[..., Array]:
    """``x[indices[i, j], j] = combine(x[indices[i, j], j], updates[i, j])`` for axis 0, one after another."""

    def meaning(rounding: Rounding, x: Array, updates: Array, indices: Nested, axis: int) -> Array:
        if updates.shape[1:] != np.shape(indices):
            raise ValueError(f"updates of shape {updates.shape[1:]} for indices of shape {np.shape(indices)}")
        places = places_along(x.shape[1:], indices, axis)
        return combine_at(rounding if rounds else _EXACT, combine, _flat(x), places, _flat(updates)).reshape(x.shape)

    return meaning


def _updates_along(choices: Choices, shape: Shape) -> Arrangement:
    drawn = _indices_along(choices, shape)
    return Arrangement((np.shape(drawn.attributes["indices"]),), drawn.attributes)


def _scatter(name: str, combine: np.ufunc, *domains: Interval, special: Points = ()) -> Op:
    return Op(
        name, "indexing", _scatter_along(combine, True), _updates_along,
        operands=_BOTH, attributes=_ALONG, domains=domains, accepts=_is_small, special=special,
    )  # fmt: skip


def _scatter_extreme(name: str, extreme: np.ufunc) -> Op:
    """The decision is which of the old and new elements are the largest or smallest at their place.

    JAX takes the derivative of an old element off again where a new one wins, in as many parts as there are new ones.
    """
    scattered = _scatter_along(extreme, False)

    def meaning(rounding: Rounding, x: Array, updates: Array, indices: Nested, axis: int) -> Array:
        return rounding.absolute(scattered(rounding, x, updates, indices, axis), x, 1.0)

    def decision(x: Array, updates: Array, indices: Nested, axis: int) -> Array:
        result = _flat(meaning(_EXACT, x, updates, indices, axis))
        places = places_along(x.shape[1:], indices, axis)
        return np.concatenate((_flat(x) == result, _flat(updates) == result[:, places]), axis=1)

    return Op(
        name, "indexing", meaning, _updates_along,
        operands=_BOTH, attributes=_ALONG, accepts=_is_small, decision=decision, is_analytic=False,
        special=(kink("equal operands", 0.75, 0.75),),
    )  # fmt: skip


def _index_copy(_rounding: Rounding, x: Array, updates: Array, indices: tuple[int, ...], axis: int) -> Array:
    """Slice i of ``updates`` replaces slice ``indices[i]`` of ``x``."""
    if updates.shape[1:] != (*x.shape[1 : axis + 1], len(indices), *x.shape[axis + 2 :]):
        raise ValueError(f"updates of shape {updates.shape[1:]} for {len(indices)} indices")
    result = x.astype(np.result_type(x, updates))
    np.moveaxis(result, axis + 1, 0)[list(indices)] = np.moveaxis(updates, axis + 1, 0)
    return result


def _is_distinct(value: Attribute) -> bool:
    return isinstance(value, tuple) and is_indices(value) and len(set(value)) == len(value) > 0


def _replaced(choices: Choices, shape: Shape) -> Arrangement:
    """All but one slice, or the only one, in descending order."""
    axis, start = choices.below(len(shape)), choices.below(2)
    indices = tuple((start - position) % shape[axis] for position in range(max(shape[axis] - 1, 1)))
    updates = (*shape[:axis], len(indices), *shape[axis + 1 :])
    return Arrangement((updates,), {"indices": indices, "axis": axis})


def _slice_update(_rounding: Rounding, x: Array, updates: Array, axis: int, start: int, count: int, step: int) -> Array:
    """``updates`` replaces the slices start, start + step, start + 2 step... of ``x``."""
    indices = tuple(start + step * position for position in range(count))
    return _index_copy(_EXACT, x, updates, indices, axis)


def _replaced_slice(choices: Choices, shape: Shape) -> Arrangement:
    axis, step = choices.below(len(shape)), choices.one_of(1, 2)
    start = choices.below(min(shape[axis], 2))
    count = (shape[axis] - start + step - 1) // step
    updates = (*shape[:axis], count, *shape[axis + 1 :])
    return Arrangement((updates,), {"axis": axis, "start": start, "count": count, "step": step})


def _masked_fill(_rounding: Rounding, x: Array, mask: Nested, value: float) -> Array:
    _check_mask(x, mask)
    return np.where(np.array(mask), x.dtype.type(value), x)


def _masked(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"mask": drawn_mask(choices, shape)})


def _masked_select(_rounding: Rounding, x: Array, mask: Nested) -> Array:
    """The elements where ``mask`` is true, in row-major order."""
    _check_mask(x, mask)
    return x[:, np.array(mask)]


def _check_mask(x: Array, mask: Nested) -> None:
    if np.shape(mask) != x.shape[1:]:
        raise ValueError(f"mask of shape {np.shape(mask)} for shape {x.shape[1:]}")


def _gather_nd(_rounding: Rounding, x: Array, places: tuple[tuple[int, int], ...]) -> Array:
    """``result[i] = x[row, column]`` of the i-th of ``places``."""
    rows, columns = np.array(places).T
    return x[:, rows, columns]


def _scatter_nd(rounding: Rounding, x: Array, places: tuple[tuple[int, int], ...], shape: Shape) -> Array:
    """Zeros of ``shape`` with slice i of ``x`` added at the i-th of ``places``."""
    if len(shape) < 2 or x.shape[1:] != (len(places), *shape[2:]):
        raise ValueError(f"{x.shape[1:]} for {len(places)} places in {shape}")
    numbers = np.ravel_multi_index(tuple(np.array(places).T), shape[:2])
    zeros = np.zeros((x.shape[0], shape[0] * shape[1], *shape[2:]), x.dtype)
    return combine_at(rounding, np.add, zeros, numbers, x).reshape(x.shape[0], *shape)


def _pairs(choices: Choices, count: int, shape: Shape) -> tuple[tuple[int, int], ...]:
    step = choices.one_of(2, 3)
    return tuple((position % shape[0], (step * position + 1) % shape[1]) for position in range(count))


def _picked(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"places": _pairs(choices, 3 + choices.below(2), shape)})


def _placed(choices: Choices, shape: Shape) -> Arrangement:
    new = (*choices.one_of((2, 2), (2, 3)), *shape[1:])
    return Arrangement((), {"places": _pairs(choices, shape[0], new), "shape": new})


def _select(_rounding: Rounding, x: Array, axis: int, index: int) -> Array:
    """One slice; a negative ``index`` counts from the end."""
    return np.take(x, index, axis=axis + 1)


def _selected(choices: Choices, shape: Shape) -> Arrangement:
    axis = choices.below(len(shape))
    return Arrangement((), {"axis": axis, "index": choices.one_of(0, -1, shape[axis] - 1, -shape[axis])})


def _unstack(_rounding: Rounding, x: Array, axis: int) -> tuple[Array, ...]:
    """Both slices along an axis of size 2."""
    if x.shape[axis + 1] != 2:
        raise ValueError(f"axis {axis} of {x.shape[1:]} is not of size 2")
    return np.take(x, 0, axis=axis + 1), np.take(x, 1, axis=axis + 1)


def _repeat_interleave(_rounding: Rounding, x: Array, repeats: tuple[int, ...], axis: int) -> Array:
    """Slice i, ``repeats[i]`` times."""
    if x.shape[axis + 1] != len(repeats):
        raise ValueError(f"{len(repeats)} numbers of repetitions for axis {axis} of {x.shape[1:]}")
    return np.repeat(x, repeats, axis=axis + 1)


def _repeated(choices: Choices, shape: Shape) -> Arrangement:
    axis, first = choices.below(len(shape)), 1 + choices.below(2)
    return Arrangement((), {"repeats": tuple((first + place) % 3 for place in range(shape[axis])), "axis": axis})


def _repeated_extent(shape: Shape, repeats: tuple[int, ...], axis: int) -> int:
    return math.prod((*shape[:axis], max(shape[axis], sum(repeats)), *shape[axis + 1 :]))


_ALONG: dict[str, Callable[[Attribute], bool]] = {"indices": is_index_array, "axis": is_index}
_PLACES: dict[str, Callable[[Attribute], bool]] = {"places": lambda value: value != () and is_pairs(value)}


def _gathered_extent(shape: Shape, *_updates: Shape, indices: Nested, axis: int) -> int:
    return max(math.prod(shape), math.prod(np.shape(indices)))


def _filled(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"mask": drawn_mask(choices, shape), "value": choices.one_of(0.0, -1.5)})


def _copied_extent(*shapes: Shape, **_attributes: Any) -> int:
    return sum(map(math.prod, shapes))


OPS = (
    Op(
        "gather_along_axis", "indexing", _gather_along_axis, _indices_along,
        attributes=_ALONG, accepts=_is_small, extent=_gathered_extent,
    ),
    _scatter("scatter_along_axis", np.add),
    _scatter(
        "scatter_mul", np.multiply, _MODEST, _MODEST,
        special=(
            delicate("a zero in the first operand", with_zeros(1), ordinary),
            delicate("a zero in the updates", ordinary, with_zeros(1)), delicate("all updates zero", ordinary, 0.0),
        ),
    ),
    _scatter_extreme("scatter_max", np.maximum),
    _scatter_extreme("scatter_min", np.minimum),
    Op(
        "index_copy", "indexing", _index_copy, _replaced, operands=_BOTH,
        attributes={"indices": _is_distinct, "axis": is_index}, accepts=has_filled_axes, extent=_copied_extent,
    ),
    Op(
        "slice_update", "indexing", _slice_update, _replaced_slice, operands=_BOTH,
        attributes={"axis": is_index, "start": is_index, "count": is_index, "step": lambda v: is_index(v) and v != 0},
        accepts=has_filled_axes, extent=_copied_extent,
    ),
    Op(
        "masked_fill", "indexing", _masked_fill, _filled,
        attributes={"mask": is_mask, "value": is_real}, accepts=_is_small,
    ),
    Op(
        "masked_select", "indexing", _masked_select, _masked,
        attributes={"mask": is_mask}, accepts=_is_small,
    ),
    Op(
        "gather_nd", "indexing", _gather_nd, _picked, attributes=_PLACES,
        accepts=lambda shape: len(shape) >= 2 and 0 not in shape,
        extent=lambda shape, places: math.prod((max(1, len(places)), *shape)),
    ),
    Op(
        "scatter_nd", "indexing", _scatter_nd, _placed, attributes={**_PLACES, "shape": is_indices},
        accepts=_is_small, extent=lambda x, places, shape: max(math.prod(x), math.prod(shape)),
    ),
    Op(
        "select", "indexing", _select, _selected,
        attributes={"axis": is_index, "index": _is_signed}, accepts=has_filled_axes,
    ),
    Op(
        "unstack", "shape", _unstack, lambda _choices, shape: Arrangement((), {"axis": shape.index(2)}),
        results=2, attributes={"axis": is_index}, accepts=lambda shape: 2 in shape, example=(3, 2),
    ),
    Op(
        "repeat_interleave", "indexing", _repeat_interleave, _repeated,
        attributes={"repeats": is_indices, "axis": is_index}, accepts=has_filled_axes, extent=_repeated_extent,
    ),
)  # fmt: skip
