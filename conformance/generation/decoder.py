"""From genes to a case.

Any list of genes is a valid case: the op is chosen first, then operands are found or made to fit.  Decoding executes as it
goes, on the centre and a few moved and jittered copies, so a node that would be undefined, out of range or undecided is
seen at once and repaired by an honest node (a shift, a scale) or replaced by the next op.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.generation.pruning import prune
from autograd_conformance.graph import Attribute, Graph, Node, Shape
from autograd_conformance.ops import VOCABULARY, evaluate_op
from autograd_conformance.ops.op import Array, Interval, Op
from autograd_conformance.reference.noise import Jitter

COPIES = 6
MOVE = 2.0**-4
JITTER = 2.0**-12
MOST_INPUTS = 5
MOST_OUTPUTS = 3
MOST_VALUE_ELEMENTS = 64
LARGEST = 64.0
WIDE = Interval(-2.0, 2.0)

INPUT_SHAPES: tuple[Shape, ...] = ((3, 4), (4,), (3, 1), (2, 3, 3), (3, 3), (), (1,), (1, 2, 4), (2, 3), (0,), (3, 0))
"""The last two have no elements; `decode` picks them one time in sixteen."""
FILLED_SHAPES = INPUT_SHAPES[:-2]


@dataclass(frozen=True)
class Gene:
    """One intended node: an index into the op list and three free numbers."""

    op: int
    first: int
    second: int
    choice: int


class _Choices:
    """A stream of numbers from one gene; deterministic and cheap (a 32-bit mix, Steele et al. 2014)."""

    def __init__(self, gene: Gene) -> None:
        self._state = (gene.choice * 2654435761 + gene.second * 40503 + 1) & 0xFFFFFFFF

    def below(self, count: int) -> int:
        self._state = (self._state + 0x9E3779B9) & 0xFFFFFFFF
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 16)) * 0x21F0AAAD) & 0xFFFFFFFF
        mixed = ((mixed ^ (mixed >> 15)) * 0x735A2D97) & 0xFFFFFFFF
        return (mixed ^ (mixed >> 15)) % count

    def one_of(self, *options: Any) -> Any:
        return options[self.below(len(options))]


class _DoesNotFit(Exception):
    """This op cannot be placed here; try the next."""


class _Builder:
    """A graph under construction with its values on COPIES perturbed points."""

    def __init__(self, numbers: Sequence[int], seed: int) -> None:
        self.numbers = numbers or (3,)
        self.cursor = 0
        self.generator = np.random.Generator(np.random.PCG64([seed, len(self.numbers)]))
        self.points: list[Array] = []
        self.nodes: list[Node] = []
        self.values: list[Array] = []
        self.kinds: list[str] = []
        self.inputs: list[int] = []
        self.drawn: list[Node | None] = []

    def add_input(self, shape: Shape, interval: Interval = WIDE) -> int:
        """A new graph input; its elements cycle through the drawn numbers, moved into ``interval``."""
        count = math.prod(shape)
        stream = np.array([self.numbers[(self.cursor + i) % len(self.numbers)] for i in range(count)], dtype=np.float64)
        position = self.cursor + np.arange(count)
        spread = (stream + 19 * position) % 127 - 63
        self.cursor += count + 1
        low, high = max(interval.low, -2.0), min(interval.high, 2.0)
        if low > -0.5:
            spread = np.abs(spread)
        point = (spread / 32.0 if low <= -0.5 else spread / 32.0 + low).clip(low, high).reshape(shape)
        return self._add_point(point)

    def add_apart(self, shape: Shape) -> int:
        """A new graph input whose elements lie a quarter apart and none at zero, so that their order is decided."""
        count = math.prod(shape)
        turn = next(number for number in (5, 7, 11, 13) if math.gcd(number, count) == 1)
        ranks = (turn * np.arange(count) + self.cursor) % max(count, 1)
        return self._add_point(((2 * (ranks - count // 2) + 1) / 8.0).reshape(shape))

    def _add_point(self, point: Array) -> int:
        shape = point.shape
        moves = MOVE * (2 * self.generator.random((COPIES, *shape)) - 1)
        moves[0] = 0
        self.points.append(point)
        self.values.append(point + moves)
        self.kinds.append("float")
        self.drawn.append(None)
        self.inputs.append(len(self.values) - 1)
        return len(self.values) - 1

    def add(self, name: str, operands: Sequence[int], attributes: dict[str, Attribute] | None = None) -> int:
        """Append a node if it evaluates well; returns its first value number.  Raises _DoesNotFit."""
        op = VOCABULARY[name]
        node = Node(name, tuple(operands), dict(attributes or {}), op.results)
        arrays = [self.values[number] for number in operands]
        jitter = Jitter(JITTER, self.generator)
        try:
            with np.errstate(all="ignore"):
                arrays = [array if array.dtype == bool else jitter(array) for array in arrays]
                if op.decision is not None:
                    decided = op.decision(*arrays, **node.attributes)
                    if not (decided == decided[:1]).all():
                        raise _DoesNotFit
                results = evaluate_op(op, node, jitter, arrays)
        except (ValueError, IndexError):
            raise _DoesNotFit from None
        for result in results:
            if result.size > COPIES * MOST_VALUE_ELEMENTS:
                raise _DoesNotFit
            if result.size and op.result == "float" and not np.all(np.abs(result) <= LARGEST):
                raise _DoesNotFit
        self.nodes.append(node)
        first = len(self.values)
        self.values += results
        self.kinds += [op.result] * op.results
        self.drawn += [node] * op.results
        return first

    def shape(self, number: int) -> Shape:
        return self.values[number].shape[1:]

    def of_kind(self, kind: str) -> list[int]:
        return [number for number, known in enumerate(self.kinds) if known == kind]


def decode(
    genes: Sequence[Gene],
    numbers: Sequence[int],
    shape: int,
    ops: Sequence[Op],
    stratum: str = "core",
) -> Case:
    """The case these genes stand for.

    ``numbers`` are integers from which input elements are cycled, ``shape`` chooses the first input's shape, ``ops`` is
    the vocabulary of the stratum.
    """
    seed = sum(gene.op * 31 + gene.choice for gene in genes) & 0x7FFFFFFF
    builder = _Builder(numbers, seed)
    pool = INPUT_SHAPES[-2:] if shape % 16 == 15 else FILLED_SHAPES
    builder.add_input(pool[shape % len(pool)])
    for position, gene in enumerate(genes):
        first_choice = gene.op + 7 * position  # Hypothesis favours simple strings; every op takes its turn there
        for turn in range(len(ops)):
            mark = _mark(builder)
            try:
                _place(builder, ops[(first_choice + turn) % len(ops)], gene)
                break
            except _DoesNotFit:
                _rewind(builder, mark)
    return _finish(builder, stratum)


def _place(builder: _Builder, op: Op, gene: Gene) -> None:
    choices = _Choices(gene)
    first = _first_operand(builder, op, gene)
    if op.operands[0] == "bool":
        arrangement = op.arrange(choices, builder.shape(first))
        condition = _condition(builder, first, choices)
        others = [first, *(_operand(builder, shape, gene, choices, op, 2) for shape in arrangement.shapes[1:])]
        operands = [condition, *others]
    else:
        arrangement = op.arrange(choices, builder.shape(first))
        operands = [_repair(builder, first, op.domain(0))]
        for slot, shape in enumerate(arrangement.shapes, start=1):
            found = _operand(builder, shape, gene, choices, op, slot)
            operands.append(_repair(builder, found, op.domain(slot)))
    try:
        result = builder.add(op.name, operands, dict(arrangement.attributes))
    except _DoesNotFit:
        result = _place_repaired(builder, op, operands, dict(arrangement.attributes), choices)
    if op.result == "bool":
        chosen = [_operand(builder, builder.shape(result), gene, choices, op, slot) for slot in (1, 2)]
        builder.add("where", (result, *chosen))


def _place_repaired(
    builder: _Builder, op: Op, operands: list[int], attributes: dict[str, Attribute], choices: _Choices
) -> int:
    """Smaller operands where values overflow; where a decision is near, a shifted operand, else one that is decided."""
    if op.decision is None and op.operands[0] != "bool":
        smaller = [builder.add("scale", (number,), {"factor": 0.125}) for number in operands]
        return builder.add(op.name, smaller, attributes)
    mark = _mark(builder)
    try:
        offset = choices.one_of(0.59375, -0.34375, 1.28125)
        shifted = builder.add("shift", (operands[-1],), {"offset": offset})
        return builder.add(op.name, (*operands[:-1], shifted), attributes)
    except _DoesNotFit:
        if op.operands[0] == "bool" or len(builder.inputs) >= MOST_INPUTS:
            raise
    _rewind(builder, mark)
    return builder.add(op.name, (builder.add_apart(builder.shape(operands[0])), *operands[1:]), attributes)


def _first_operand(builder: _Builder, op: Op, gene: Gene) -> int:
    """A value the op accepts, recent ones preferred; a new input of the op's example shape where there is none."""
    fitting = [number for number in builder.of_kind("float") if op.accepts(builder.shape(number))]
    filled = [number for number in fitting if builder.values[number].size]
    if filled and len(filled) < len(fitting) and gene.first % 8:
        fitting = filled
    if not fitting:
        if len(builder.inputs) >= MOST_INPUTS:
            raise _DoesNotFit
        return builder.add_input(op.example, op.domain(0))
    return _recent(fitting, gene.first)


def _recent(numbers: Sequence[int], pick: int) -> int:
    """Half the time the newest, else any: deep chains with reuse of old values."""
    return numbers[-1] if pick % 2 == 0 else numbers[(pick // 2) % len(numbers)]


def _operand(builder: _Builder, shape: Shape, gene: Gene, choices: _Choices, op: Op, slot: int) -> int:
    """A value of exactly this shape: an old one, the same one twice, a new input, or one broadcast from a scalar."""
    same = [number for number in builder.of_kind("float") if builder.shape(number) == shape]
    wants_new = not same or choices.below(3) == 0
    if wants_new and len(builder.inputs) < MOST_INPUTS:
        return builder.add_input(shape, op.domain(slot))
    if same:
        return same[(gene.second + slot) % len(same)]
    source = _recent(builder.of_kind("float"), gene.second)
    if builder.shape(source):
        axes = tuple(range(len(builder.shape(source))))
        source = builder.add("sum", (source,), {"axes": axes, "keepdims": False})
    return builder.add("broadcast_to", (source,), {"shape": shape})


def _condition(builder: _Builder, like: int, choices: _Choices) -> int:
    """A boolean value of the shape of ``like``."""
    shape = builder.shape(like)
    fitting = [number for number in builder.of_kind("bool") if builder.shape(number) == shape]
    if fitting:
        return fitting[choices.below(len(fitting))]
    bound = builder.add("scale", (like,), {"factor": choices.one_of(-1.5, 0.25)})
    moved = builder.add("shift", (bound,), {"offset": choices.one_of(0.46875, -0.28125)})
    try:
        return builder.add("greater", (like, moved))
    except _DoesNotFit:
        if len(builder.inputs) >= MOST_INPUTS:
            raise
    decided = builder.add_apart(shape)
    return builder.add("greater", (decided, builder.add("neg", (decided,))))


def _repair(builder: _Builder, number: int, interval: Interval) -> int:
    """``number`` if it lies in the interval, else scaled by a power of two and shifted into it."""
    values = builder.values[number]
    margin = 2 * MOVE
    inner = Interval(interval.low + margin, interval.high - margin, interval.mirrored)
    if (interval.high >= LARGEST and interval.low <= -LARGEST) or inner.holds(values):
        return number
    width, factor = float(values.max() - values.min()), 1.0
    room = min(inner.high, 4.0) - max(inner.low, -4.0)
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


def _mark(builder: _Builder) -> tuple[int, ...]:
    return len(builder.nodes), len(builder.values), len(builder.points), len(builder.inputs), builder.cursor


def _rewind(builder: _Builder, mark: tuple[int, ...]) -> None:
    nodes, values, points, inputs, builder.cursor = mark
    del builder.nodes[nodes:], builder.points[points:], builder.inputs[inputs:]
    del builder.values[values:], builder.kinds[values:], builder.drawn[values:]


def _finish(builder: _Builder, stratum: str) -> Case:
    """Outputs are the newest values nobody consumes; inputs come first in the numbering of the finished graph."""
    used = {number for node in builder.nodes for number in node.operands}
    floats = builder.of_kind("float")
    sinks = [number for number in floats if number not in used and builder.drawn[number] is not None]
    outputs = (sinks or floats)[-MOST_OUTPUTS:]
    renumber = {number: position for position, number in enumerate(builder.inputs)}
    following = len(builder.inputs)
    for number, node in enumerate(builder.drawn):
        if node is not None:
            renumber[number] = following
            following += 1
    nodes = tuple(
        Node(node.op, tuple(renumber[number] for number in node.operands), node.attributes, node.results)
        for node in builder.nodes
    )
    shapes = tuple(array.shape for array in builder.points)
    graph = Graph(shapes, nodes, tuple(renumber[number] for number in outputs))
    return prune(Case(graph, tuple(builder.points), stratum), keep_inputs=True)
