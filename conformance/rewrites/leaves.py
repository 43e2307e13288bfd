"""The same numbers in other leaves: the gradient must be split, joined or rearranged as they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from autograd_conformance.case import Case, Point
from autograd_conformance.graph import Shape
from autograd_conformance.rewrites.graphs import MOST_FLAT, other_shape
from autograd_conformance.rewrites.rewrite import Draft, Rewrite, Rewritten, picked, written_anew

Move = Callable[[np.ndarray, Shape], np.ndarray]
"""An array rearranged; the shape is that of the leaf in the case itself."""
Apply = Callable[[Case], Rewritten | None]
Undo = Callable[[Draft, int, Shape], int]
"""Appends the op that brings a rearranged leaf back into its shape."""


def _other_leaves(
    case: Case, point: Point, join: Callable[[Draft], Sequence[int]], restore: Callable[[Point], Point]
) -> Rewritten:
    """``join`` writes the case's own leaves in terms of the new ones."""
    draft = Draft(tuple(array.shape for array in point))
    other = Case(written_anew(case.graph, draft, join(draft)), point, case.stratum)
    return Rewritten("", "leaves", other, case.cotangent(0), restore)


def _rearranged(fits: Callable[[Shape], bool], move: Move, undo: Undo, restore_one: Move) -> Apply:
    """One leaf that fits holds its elements in another arrangement."""

    def apply(case: Case) -> Rewritten | None:
        shapes = case.graph.inputs
        fitting = [number for number, shape in enumerate(shapes) if fits(shape)]
        if not fitting:
            return None
        chosen = fitting[picked(case, len(fitting))]

        def moved(arrays: Point, how: Move) -> Point:
            return (*arrays[:chosen], how(arrays[chosen], shapes[chosen]), *arrays[chosen + 1 :])

        def join(draft: Draft) -> list[int]:
            back = undo(draft, chosen, shapes[chosen])
            return [back if number == chosen else number for number in range(len(shapes))]

        return _other_leaves(case, moved(case.point, move), join, lambda gradients: moved(gradients, restore_one))

    return apply


def _reversed(array: np.ndarray, _shape: Shape) -> np.ndarray:
    """The elements of one axis in reverse order, or several axes; its own inverse."""
    return np.ascontiguousarray(array[::-1] if array.ndim == 1 else array.T)


def _undo_reversed(draft: Draft, leaf: int, shape: Shape) -> int:
    if len(shape) == 1:
        return draft.add("flip", leaf, axes=(0,))
    return draft.add("transpose", leaf, permutation=tuple(reversed(range(len(shape)))))


def _reshaped(array: np.ndarray, shape: Shape) -> np.ndarray:
    return array.reshape(other_shape(shape))


def _undo_reshaped(draft: Draft, leaf: int, shape: Shape) -> int:
    return draft.add("reshape", leaf, shape=shape)


def _shape_restored(array: np.ndarray, shape: Shape) -> np.ndarray:
    return array.reshape(shape)


def _split(case: Case) -> Rewritten | None:
    """Two leaves, the halves of one along its first axis of two elements or more, concatenated."""
    shapes = case.graph.inputs
    fitting = [number for number, shape in enumerate(shapes) if max(shape, default=0) > 1]
    if not fitting:
        return None
    chosen = fitting[picked(case, len(fitting))]
    axis = next(axis for axis, size in enumerate(shapes[chosen]) if size > 1)
    halves = np.array_split(case.point[chosen], 2, axis)

    def join(draft: Draft) -> list[int]:
        whole = draft.add("concatenate", chosen, chosen + 1, axis=axis)
        return [*range(chosen), whole, *range(chosen + 2, len(shapes) + 1)]

    def restore(gradients: Point) -> Point:
        whole = np.concatenate(gradients[chosen : chosen + 2], axis)
        return (*gradients[:chosen], whole, *gradients[chosen + 2 :])

    return _other_leaves(case, (*case.point[:chosen], *halves, *case.point[chosen + 1 :]), join, restore)


def _joined(case: Case) -> Rewritten | None:
    """The first two leaves are parts of one that is flat."""
    shapes = case.graph.inputs
    if len(shapes) < 2 or math.prod(shapes[0]) > MOST_FLAT:
        return None
    first, second, *others = case.point

    def join(draft: Draft) -> list[int]:
        parts = draft.add("split", 0, axis=0, at=first.size)
        both = [draft.add("reshape", parts + part, shape=shapes[part]) for part in range(2)]
        return [*both, *range(1, len(shapes) - 1)]

    def restore(gradients: Point) -> Point:
        parts = np.split(gradients[0], (first.size,))
        return (parts[0].reshape(first.shape), parts[1].reshape(second.shape), *gradients[1:])

    joined = np.concatenate([first.reshape(-1), second.reshape(-1)])
    return _other_leaves(case, (joined, *others), join, restore)


def _reordered(case: Case) -> Rewritten | None:
    """The last leaf comes first."""
    count = len(case.graph.inputs)
    if count < 2:
        return None
    return _other_leaves(case, case.point[::-1], lambda _draft: range(count)[::-1], lambda gradients: gradients[::-1])


def _named(name: str, apply: Apply) -> Rewrite:
    def apply_named(case: Case) -> Rewritten | None:
        made = apply(case)
        return None if made is None else replace(made, name=name)

    return Rewrite(name, "leaves", apply_named)


REWRITES = (
    _named("with a leaf split in two", _split),
    _named(
        "with a leaf's axes reversed",
        _rearranged(lambda shape: len(shape) > 0, _reversed, _undo_reversed, _reversed),
    ),
    _named("with two leaves joined", _joined),
    _named(
        "with a leaf reshaped",
        _rearranged(lambda shape: len(shape) < 6, _reshaped, _undo_reshaped, _shape_restored),
    ),
    _named("with leaves in reverse order", _reordered),
)
