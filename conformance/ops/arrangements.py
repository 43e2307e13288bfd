"""Recurring ways to choose operands and attributes for a node.

Sizes, axes and attributes come from small pools, because compiled frameworks pay for every new combination.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd_conformance.graph import Shape
from autograd_conformance.ops.op import Arrangement, Choices

Arrange = Callable[[Choices, Shape], Arrangement]


def has_axes(shape: Shape) -> bool:
    return len(shape) >= 1


def has_filled_axes(shape: Shape) -> bool:
    """At least one axis and no axis of size 0 (a maximum of nothing is undefined)."""
    return len(shape) >= 1 and 0 not in shape


def alone(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement()


def broadcast_partner(choices: Choices, shape: Shape) -> Shape:
    """A shape that broadcasts with ``shape``: equal most often, else axes of size 1, dropped or added."""
    kind = choices.below(8)
    if kind < 4 or not shape:
        return shape if kind != 7 else (3,)
    if kind == 4:
        return shape[1:]
    if kind == 5:
        axis = choices.below(len(shape))
        return (*shape[:axis], 1, *shape[axis + 1 :])
    if kind == 6:
        return ()
    return (2, *shape) if len(shape) < 3 else shape


def with_partner(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((broadcast_partner(choices, shape),))


def over_axes(choices: Choices, shape: Shape) -> Arrangement:
    """One axis, or all of them; with or without keepdims."""
    axes = tuple(range(len(shape))) if choices.below(4) == 0 else (choices.below(len(shape)),)
    return Arrangement((), {"axes": axes, "keepdims": choices.below(3) == 0})


def along_axis(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"axis": choices.below(len(shape))})
