"""Cases whose inputs have fewer axes or fewer elements, the attributes repaired."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.generation.fewer_nodes import valid
from autograd_conformance.generation.repairs import repaired
from autograd_conformance.graph import Shape

Axis = tuple[int, int]
"""An input and one of its axes."""

MOST_TOGETHER = 8
"""Axes of one size beyond which only single ones, pairs and all of them are tried together."""
MANY = 4
"""Positions of an axis beyond which halves go first."""


def with_smaller_shapes(case: Case) -> Iterator[Case]:
    """Candidates with fewer axes or elements, biggest steps first."""
    yield from _to_the_end(case, drop=True)
    yield from _to_the_end(case, drop=False)
    for size in sorted({size for shape in case.graph.inputs for size in shape}, reverse=True):
        everywhere = _axes(case, size)
        yield from _without(case, everywhere, 0)
        if size > 1:
            yield from _narrowed(case, everywhere, (0,))
        if size > 2:
            yield from _narrowed(case, everywhere, (0, 1))
    for size in sorted({size for shape in case.graph.inputs for size in shape}, reverse=True):
        for group in coupled(case, size, drop=True):
            for position in range(size):
                yield from _without(case, group, position)
        for group in coupled(case, size, drop=False):
            for kept in _kept(size):
                yield from _narrowed(case, group, kept)


def coupled(case: Case, size: int, drop: bool) -> list[tuple[Axis, ...]]:
    """The least sets of axes of this size that can lose the axis (``drop``) or an element together."""
    axes = _axes(case, size)
    counts = range(1, len(axes) + 1) if len(axes) <= MOST_TOGETHER else (1, 2, len(axes))
    found: list[tuple[Axis, ...]] = []
    if size < 1 or (size == 1 and not drop):
        return found
    for count in counts:
        for group in itertools.combinations(axes, count):
            if any(set(smaller) <= set(group) for smaller in found):
                continue
            changed = _without(case, group, 0) if drop else _narrowed(case, group, tuple(range(size - 1)))
            if next(changed, None) is not None:
                found.append(group)
    return found


def _axes(case: Case, size: int) -> tuple[Axis, ...]:
    return tuple(
        (number, axis)
        for number, shape in enumerate(case.graph.inputs)
        for axis, extent in enumerate(shape)
        if extent == size
    )


def _to_the_end(case: Case, drop: bool) -> Iterator[Case]:
    """Every axis that can go gone at once, or every size 1 that can be, found without asking whether it fails."""
    current = case
    while True:
        following = next(_steps(current, drop), None)
        if following is None:
            break
        current = following
    if current is not case:
        yield current


def _steps(case: Case, drop: bool) -> Iterator[Case]:
    for size in sorted({size for shape in case.graph.inputs for size in shape}, reverse=True):
        for group in (_axes(case, size), *coupled(case, size, drop)):
            if drop:
                yield from _without(case, group, 0)
            elif size > 1:
                yield from _narrowed(case, group, (0,))


def _kept(size: int) -> Iterator[tuple[int, ...]]:
    """The positions that stay: of many the halves, then the ends alone, then all but one."""
    every = tuple(range(size))
    if size > MANY:
        yield every[: size // 2]
        yield every[size // 2 :]
    if size > 2:
        yield every[:1]
        yield every[-1:]
    for position in reversed(every):
        yield every[:position] + every[position + 1 :]


def _without(case: Case, axes: Sequence[Axis], position: int) -> Iterator[Case]:
    """The axes gone, of each the elements at ``position`` left; an axis without elements has none to leave."""
    point = list(case.point)
    for number, axis in sorted(axes, reverse=True):
        if not point[number].shape[axis]:
            return
        point[number] = np.asarray(np.take(point[number], position, axis=axis))
    yield from _rebuilt(case, tuple(point), tuple(array.shape for array in point), (position,))


def _narrowed(case: Case, axes: Sequence[Axis], kept: tuple[int, ...]) -> Iterator[Case]:
    """Of each axis only the elements at the positions ``kept``."""
    point = list(case.point)
    for number, axis in axes:
        point[number] = np.take(point[number], kept, axis=axis)
    yield from _rebuilt(case, tuple(point), tuple(array.shape for array in point), kept)


def _rebuilt(
    case: Case, point: tuple[np.ndarray, ...], shapes: tuple[Shape, ...], kept: tuple[int, ...]
) -> Iterator[Case]:
    source = Case(case.graph, point, case.stratum)
    for graph in repaired(case.graph, case.shapes, shapes, kept):
        yield from valid(graph, source)
