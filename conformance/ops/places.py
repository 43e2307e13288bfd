"""Constant arrays of indices and masks, written as nested tuples, and the places of an array they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.op import Array, Choices, Rounding, is_flag, is_index

Nested = tuple[Any, ...]
"""A rectangular array as nested tuples."""


def _shape_of(value: Attribute) -> Shape | None:
    """None where tuples are ragged or empty."""
    if not isinstance(value, tuple):
        return ()
    inner = set(map(_shape_of, value))
    shape = inner.pop() if len(inner) == 1 else None
    return None if shape is None else (len(value), *shape)


def _elements(value: Attribute) -> Iterator[Attribute]:
    if isinstance(value, tuple):
        for item in value:
            yield from _elements(item)
    else:
        yield value


def _is_array(value: Attribute, is_element: Callable[[Attribute], bool]) -> bool:
    return isinstance(value, tuple) and _shape_of(value) is not None and all(map(is_element, _elements(value)))


def is_index_array(value: Attribute) -> bool:
    return _is_array(value, is_index)


def is_mask(value: Attribute) -> bool:
    return _is_array(value, is_flag)


def _nested(array: Array) -> Nested:
    return tuple(map(_nested, array)) if array.ndim > 1 else tuple(array.tolist())


def drawn_indices(choices: Choices, shape: Shape, size: int) -> Nested:
    """One of four arrays of indices below ``size``, with repetitions in some."""
    steps = choices.one_of(2, 3) * np.arange(np.prod(shape)).reshape(shape)
    return _nested((steps + choices.below(2)) % size)


def drawn_mask(choices: Choices, shape: Shape) -> Nested:
    """One of two masks, true at every second or third element."""
    return _nested(np.arange(np.prod(shape)).reshape(shape) % choices.one_of(2, 3) == 0)


def places_along(shape: Shape, indices: Nested, axis: int) -> Array:
    """The places in a flattened array of ``shape`` whose number on ``axis`` is the index and on others the index's own.

    Raises ValueError or IndexError for indices outside the array, or if they have another shape off ``axis``.
    """
    chosen = np.array(indices)
    if chosen.ndim != len(shape) or np.delete(chosen.shape, axis).tolist() != np.delete(shape, axis).tolist():
        raise ValueError(f"indices of shape {chosen.shape} along axis {axis} of {shape}")
    coordinates: list[Array] = list(np.indices(chosen.shape))
    coordinates[axis] = chosen
    return np.ravel_multi_index(tuple(coordinates), shape).reshape(-1)


def combine_at(rounding: Rounding, combine: np.ufunc, x: Array, places: Array, updates: Array) -> Array:
    """A copy of ``x`` (K, n, ...) with slice i of ``updates`` (K, m, ...) combined into slice ``places[i]``, in order."""
    result = x.astype(np.result_type(x, updates))
    for turn in _turns(places):
        result[:, places[turn]] = rounding(combine(result[:, places[turn]], updates[:, turn]))
    return result


def _turns(places: Array) -> list[list[int]]:
    """The positions of ``places``, first those that meet their place first, then those that meet it again..."""
    turns: list[list[int]] = []
    seen: dict[int, int] = {}
    for position, place in enumerate(places.tolist()):
        turn = seen[place] = seen.get(place, -1) + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(position)
    return turns
