"""Picking, placing and repeating elements by number or by mask, from their definitions in mpmath."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.graph import Shape
from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning
from autograd_conformance.reference.meanings.rearranging import built

Place = tuple[int, ...]


def _targets(indices: Any, axis: int) -> dict[Place, Place]:
    """For every place of ``indices``, that of the array it names."""
    chosen = np.array(indices)
    return {place: (*place[:axis], int(chosen[place]), *place[axis + 1 :]) for place in np.ndindex(chosen.shape)}


def _gather_along_axis(_context: Any, x: Array, indices: Any, axis: int) -> Array:
    targets = _targets(indices, axis)
    return built(np.shape(indices), lambda *place: x[targets[place]])


def _scattered(reduce: Callable[[Sequence[Any]], Any]) -> Meaning:
    """``reduce`` of the element and all updates for its place."""

    def meaning(_context: Any, x: Array, updates: Array, indices: Any, axis: int) -> Array:
        targets = _targets(indices, axis)

        def element(*place: int) -> Any:
            return reduce([x[place], *(updates[source] for source, target in targets.items() if target == place)])

        return built(x.shape, element)

    return meaning


def _index_copy(_context: Any, x: Array, updates: Array, indices: Sequence[int], axis: int) -> Array:
    def element(*place: int) -> Any:
        if place[axis] not in indices:
            return x[place]
        return updates[(*place[:axis], indices.index(place[axis]), *place[axis + 1 :])]

    return built(x.shape, element)


def _slice_update(context: Any, x: Array, updates: Array, axis: int, start: int, count: int, step: int) -> Array:
    return _index_copy(context, x, updates, range(start, start + count * step, step), axis)


def _masked_fill(context: Any, x: Array, mask: Any, value: float) -> Array:
    hidden = np.array(mask)
    return built(x.shape, lambda *place: context.mpf(value) if hidden[place] else x[place])


def _masked_select(_context: Any, x: Array, mask: Any) -> Array:
    shown = [x[place] for place in np.ndindex(x.shape) if np.array(mask)[place]]
    return built((len(shown),), lambda position: shown[position])


def _gather_nd(_context: Any, x: Array, places: tuple[Place, ...]) -> Array:
    return built((len(places), *x.shape[2:]), lambda position, *rest: x[(*places[position], *rest)])


def _scatter_nd(context: Any, x: Array, places: tuple[Place, ...], shape: Shape) -> Array:
    def element(row: int, column: int, *rest: int) -> Any:
        met = (x[(position, *rest)] for position, place in enumerate(places) if place == (row, column))
        return sum(met, context.mpf(0))

    return built(shape, element)


def _select(_context: Any, x: Array, axis: int, index: int) -> Array:
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    return built(shape, lambda *place: x[(*place[:axis], index % x.shape[axis], *place[axis:])])


def _repeat_interleave(_context: Any, x: Array, repeats: tuple[int, ...], axis: int) -> Array:
    sources = [place for place, count in enumerate(repeats) for _ in range(count)]
    shape = (*x.shape[:axis], len(sources), *x.shape[axis + 1 :])
    return built(shape, lambda *place: x[(*place[:axis], sources[place[axis]], *place[axis + 1 :])])


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "gather_along_axis": _gather_along_axis,
        "scatter_along_axis": _scattered(sum),
        "scatter_mul": _scattered(math.prod),
        "scatter_max": _scattered(max),
        "scatter_min": _scattered(min),
        "index_copy": _index_copy,
        "slice_update": _slice_update,
        "masked_fill": _masked_fill,
        "masked_select": _masked_select,
        "gather_nd": _gather_nd,
        "scatter_nd": _scatter_nd,
        "select": _select,
        "unstack": lambda context, x, axis: (_select(context, x, axis, 0), _select(context, x, axis, 1)),
        "repeat_interleave": _repeat_interleave,
    }
)
