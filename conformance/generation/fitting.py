"""Honest nodes that make a value fit: into a shape, into a domain, away from where a decision hangs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autograd_conformance.generation.builder import LARGEST, MOST_INPUTS, Builder, Choices, DoesNotFit, Gene
from autograd_conformance.generation.jitter import MOVE
from autograd_conformance.generation.style import Style
from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.op import Interval, Op


def first_operand(builder: Builder, op: Op, gene: Gene, style: Style) -> int:
    """A value the op accepts; where none is, a new input of the op's example shape, or a value brought into it."""
    floats = builder.of_kind("float")
    fitting = [number for number in floats if op.accepts(builder.shapes[number])]
    filled = [number for number in fitting if 0 not in builder.shapes[number]]
    if filled and len(filled) < len(fitting) and gene.first % 8:
        fitting = filled
    if fitting and (style.newest_of != 1 or fitting[-1] == floats[-1]):
        return recent(fitting, gene.first, style)
    is_full = len(builder.inputs) >= MOST_INPUTS
    if fitting or is_full or style.newest_of != 2 or gene.first % 3 == 0:
        found = shaped(builder, floats[-1], op.example) or shaped(builder, floats[0], op.example)
        if found is not None:
            return found
    if is_full:
        raise DoesNotFit
    return builder.add_input(op.example, op.domain(0))


def recent(numbers: Sequence[int], pick: int, style: Style) -> int:
    """The newest as often as the style says, else any; in a style of wide fan-out one of the two oldest."""
    if style.newest_of == 0:
        return numbers[pick % min(2, len(numbers))]
    return numbers[-1] if pick % style.newest_of == 0 else numbers[(pick // style.newest_of) % len(numbers)]


def shaped(builder: Builder, number: int, shape: Shape) -> int | None:
    """The elements of a value in another shape, repeated or left out as it takes; None where one of them has none."""
    size, wanted = math.prod(builder.shapes[number]), math.prod(shape)
    if size == 0 or wanted == 0:
        return None
    if size != wanted:
        if len(builder.shapes[number]) != 1:
            number = builder.add("reshape", (number,), {"shape": (size,)})
        indices = tuple(position % size for position in range(wanted))
        number = builder.add("take", (number,), {"indices": indices, "axis": 0})
    return number if builder.shapes[number] == shape else builder.add("reshape", (number,), {"shape": shape})


def operand(builder: Builder, shape: Shape, gene: Gene, choices: Choices, op: Op, slot: int) -> int:
    """A value of exactly this shape: an old one, the same one twice, a new input, or one brought into it."""
    same = [number for number in builder.of_kind("float") if builder.shapes[number] == shape]
    wants_new = not same or choices.below(3) == 0
    if wants_new and len(builder.inputs) < MOST_INPUTS:
        return builder.add_input(shape, op.domain(slot))
    if same:
        return same[(gene.second + slot) % len(same)]
    floats = builder.of_kind("float")
    source = floats[gene.second % len(floats)]
    if gene.second % 2 and (found := shaped(builder, source, shape)) is not None:
        return found
    if builder.shapes[source]:
        axes = tuple(range(len(builder.shapes[source])))
        source = builder.add("sum", (source,), {"axes": axes, "keepdims": False})
    return builder.add("broadcast_to", (source,), {"shape": shape})


def condition(builder: Builder, like: int, choices: Choices) -> int:
    """A boolean value of the shape of ``like``."""
    shape = builder.shapes[like]
    fitting = [number for number in builder.of_kind("bool") if builder.shapes[number] == shape]
    if fitting:
        return fitting[choices.below(len(fitting))]
    bound = builder.add("scale", (like,), {"factor": choices.one_of(-1.5, 0.25)})
    moved = builder.add("shift", (bound,), {"offset": choices.one_of(0.46875, -0.28125)})
    try:
        return builder.add("greater", (like, moved))
    except DoesNotFit:
        if len(builder.inputs) >= MOST_INPUTS:
            raise
    decided = builder.add_apart(shape)
    return builder.add("greater", (decided, builder.add("neg", (decided,))))


def repaired(builder: Builder, number: int, interval: Interval) -> int:
    """``number`` if it lies in the interval, else scaled by a power of two and shifted into it."""
    if interval.high >= LARGEST and interval.low <= -LARGEST:
        return number
    values = builder.values[number]
    margin = 2 * MOVE
    inner = Interval(interval.low + margin, interval.high - margin, interval.mirrored)
    if inner.holds(values):
        return number
    width, factor = float(values.max() - values.min()), 1.0
    room = max(min(inner.high, 4.0) - max(inner.low, -4.0), MOVE)
    while width * factor > room:
        factor /= 2
    if factor != 1.0:
        number = builder.add("scale", (number,), {"factor": factor})
        values = builder.values[number]
    if not inner.holds(values):
        low = max(inner.low, -4.0)
        offset = float(np.ceil((low - values.min()) * 16) / 16)
        if low < 0 < inner.high:
            offset = float(np.round((low + min(inner.high, 4.0) - values.min() - values.max()) * 8) / 16)
        number = builder.add("shift", (number,), {"offset": offset})
    return number


def place_repaired(
    builder: Builder, op: Op, operands: list[int], attributes: dict[str, Attribute], choices: Choices
) -> int:
    """Smaller operands where values overflow; where a decision is near, a shifted operand, else one that is decided."""
    if op.decision is None and op.operands[0] != "bool":
        smaller = [builder.add("scale", (number,), {"factor": 0.125}) for number in operands]
        return builder.add(op.name, smaller, attributes)
    mark = builder.mark()
    try:
        offset = choices.one_of(0.59375, -0.34375, 1.28125)
        shifted = builder.add("shift", (operands[-1],), {"offset": offset})
        return builder.add(op.name, (*operands[:-1], shifted), attributes)
    except DoesNotFit:
        if op.operands[0] == "bool" or len(builder.inputs) >= MOST_INPUTS:
            raise
    builder.rewind(mark)
    return builder.add(op.name, (builder.add_apart(builder.shapes[operands[0]]), *operands[1:]), attributes)
