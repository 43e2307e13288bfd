"""Attributes that fit again after an operand has lost an axis or some elements.

Nothing is known here about single ops.  Each attribute is edited by what its form can mean - an axis, a list of axes,
something for every axis, something for every element, positions, sizes, letters of a pattern - and the op's own meaning
says which edits fit.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autograd_conformance.graph import Attribute, Graph, Node, Shape
from autograd_conformance.ops import VOCABULARY, evaluate_op
from autograd_conformance.reference.interpreter import EXACT

MOST_EDITS = 120
"""Combinations of edits tried per node."""
MOST_GRAPHS = 8
"""Graphs offered per change; the first are those that keep most of what the attributes meant."""


@dataclass(frozen=True)
class Lost:
    """What one axis of an operand lost: the whole axis (``kept`` is None), or all but the positions ``kept``."""

    axis: int
    old: int
    kept: tuple[int, ...] | None

    @property
    def new(self) -> int:
        return 1 if self.kept is None else len(self.kept)


def repaired(
    graph: Graph, shapes: Sequence[Shape], inputs: tuple[Shape, ...], kept: tuple[int, ...]
) -> Iterator[Graph]:
    """``graph``, whose values have ``shapes``, over smaller ``inputs``, of whose changed axes ``kept`` are the positions.

    At most MOST_GRAPHS, each of which evaluates.
    """
    found = _continued(graph, shapes, list(inputs), (), kept)
    for nodes in itertools.islice(found, MOST_GRAPHS):
        yield Graph(inputs, nodes, graph.outputs)


def _continued(
    graph: Graph, old: Sequence[Shape], new: list[Shape], nodes: tuple[Node, ...], kept: tuple[int, ...]
) -> Iterator[tuple[Node, ...]]:
    if len(nodes) == len(graph.nodes):
        yield nodes
        return
    node = graph.nodes[len(nodes)]
    for fitting, results in fitted(node, [old[n] for n in node.operands], [new[n] for n in node.operands], kept):
        yield from _continued(graph, old, [*new, *results], (*nodes, fitting), kept)


def fitted(
    node: Node, old: Sequence[Shape], new: Sequence[Shape], kept: tuple[int, ...]
) -> Iterator[tuple[Node, tuple[Shape, ...]]]:
    """The node with attributes that fit operands of the ``new`` shapes, and the shapes of its results."""
    losses = [loss for was, now in zip(old, new, strict=True) for loss in _losses(was, now, kept)]
    if not losses or not node.attributes:
        results = result_shapes(node, new)
        if results is not None:
            yield node, results
        return
    options = [_options(value, losses) for value in node.attributes.values()]
    for values in itertools.islice(itertools.product(*options), MOST_EDITS):
        candidate = Node(node.op, node.operands, dict(zip(node.attributes, values, strict=True)), node.results)
        results = result_shapes(candidate, new)
        if results is not None:
            yield candidate, results


def result_shapes(node: Node, operands: Sequence[Shape]) -> tuple[Shape, ...] | None:
    """None where the op refuses these operands or attributes."""
    op = VOCABULARY[node.op]
    if not all(is_valid(node.attributes[name]) for name, is_valid in op.attributes.items()):
        return None
    arrays = [
        np.ones((1, *shape), dtype=bool if kind == "bool" else float)
        for shape, kind in zip(operands, op.operands, strict=True)
    ]
    try:
        with np.errstate(all="ignore"):
            results = evaluate_op(op, node, EXACT, arrays)
    except (ValueError, IndexError, TypeError, ZeroDivisionError):
        return None
    return tuple(result.shape[1:] for result in results)


def _losses(old: Shape, new: Shape, kept: tuple[int, ...]) -> list[Lost]:
    """What happened to one operand; an axis that went may be any of several equal ones."""
    if old == new:
        return []
    if len(new) < len(old):
        return [Lost(axis, old[axis], None) for axis in range(len(old)) if (*old[:axis], *old[axis + 1 :]) == new]
    changed = [axis for axis in range(min(len(old), len(new))) if new[axis] < old[axis]]
    return [
        Lost(axis, old[axis], kept if len(kept) == new[axis] and max(kept) < old[axis] else tuple(range(new[axis])))
        for axis in changed
    ]


def _options(value: Attribute, losses: Sequence[Lost]) -> list[Attribute]:
    """What an attribute may become, best first."""
    found = [option for loss in losses for option in _after(value, loss)]
    return list({repr(option): option for option in [*found, value]}.values())


def _after(value: Attribute, loss: Lost) -> Iterator[Attribute]:
    if isinstance(value, (bool, float)):
        return
    if isinstance(value, str):
        if loss.kept is None:
            yield from (value.replace(letter, "") for letter in dict.fromkeys(value) if letter.isalpha())
    elif isinstance(value, int):
        yield from _smaller_integers(value, loss)
    elif value and isinstance(value[0], tuple):
        yield from _per_axis(value, loss)
    elif loss.kept is None:
        yield from _without_axis(value, loss)
    else:
        yield from _with_fewer(value, loss, loss.kept)


def _smaller_integers(value: int, loss: Lost) -> Iterator[int]:
    """An axis, a position or a size."""
    if loss.kept is None:
        yield value - (value > loss.axis)
        yield value - 1
    else:
        yield value
        if value in loss.kept:
            yield loss.kept.index(value)
        yield from (min(value, loss.new), min(value, loss.new - 1), value - 1)


def _without_axis(value: tuple[Attribute, ...], loss: Lost) -> Iterator[Attribute]:
    """A list of axes, or of something for every axis, after one axis has gone."""
    numbers = [part for part in value if isinstance(part, int)]
    if len(numbers) < len(value):
        return
    yield tuple(number - (number > loss.axis) for number in numbers if number != loss.axis)
    for place, number in enumerate(numbers):
        if number == loss.old:
            yield value[:place] + value[place + 1 :]
    if loss.axis < len(value):
        yield value[: loss.axis] + value[loss.axis + 1 :]
    yield from _divided(numbers, loss.old, 1)


def _with_fewer(value: tuple[Attribute, ...], loss: Lost, kept: tuple[int, ...]) -> Iterator[Attribute]:
    """A list of positions, of sizes, or of something for every element, after elements of one axis have gone."""
    if len(value) == loss.old:
        yield tuple(value[position] for position in kept)
    numbers = [part for part in value if isinstance(part, int)]
    if len(numbers) < len(value):
        return
    if loss.old in numbers:
        yield tuple(loss.new if number == loss.old else number for number in numbers)
    for place, number in enumerate(numbers):
        if number == loss.old:
            yield (*numbers[:place], loss.new, *numbers[place + 1 :])
    yield value
    yield from _divided(numbers, loss.old, loss.new)
    yield tuple(kept.index(number) for number in numbers if number in kept)
    yield tuple(min(number, loss.new - 1) for number in numbers)
    if len(value) > loss.new:
        yield value[: loss.new]


def _divided(numbers: list[int], old: int, new: int) -> Iterator[Attribute]:
    """A size that is a product, with one of its factors smaller."""
    for place, number in enumerate(numbers):
        if old and number % old == 0 and number > old:
            yield (*numbers[:place], number // old * new, *numbers[place + 1 :])


def _per_axis(value: tuple[Attribute, ...], loss: Lost) -> Iterator[Attribute]:
    """Pairs or triples of numbers for every axis, such as widths and slices."""
    if loss.axis >= len(value):
        return
    before, own, after = value[: loss.axis], value[loss.axis], value[loss.axis + 1 :]
    if loss.kept is None:
        yield (*before, *after)
        return
    yield value
    numbers = [part for part in own if isinstance(part, int)] if isinstance(own, tuple) else []
    choices = [dict.fromkeys((part, min(part, loss.new), min(part, loss.new - 1), part - 1)) for part in numbers]
    for parts in itertools.product(*choices):
        if len(parts) and parts != own:
            yield (*before, parts, *after)
