"""Small cases of single ops for tests, drawn by the vocabulary's own arrangements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node, Shape
from autograd_conformance.ops import VOCABULARY, check
from autograd_conformance.ops.op import Op


@dataclass
class Drawn:
    """The choices of an arrangement, from a seed."""

    seed: int
    generator: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.generator = np.random.default_rng(self.seed)

    def below(self, count: int) -> int:
        return int(self.generator.integers(count))

    def one_of(self, *options: Any) -> Any:
        return options[self.below(len(options))]


SHAPES: tuple[Shape, ...] = ((), (1,), (0,), (3,), (2, 3), (3, 1), (3, 0), (2, 2), (1, 2, 4), (2, 3, 3))


def shapes_of(op: Op) -> tuple[Shape, ...]:
    """The shapes among SHAPES, and the op's example, that its first operand may have."""
    first = [shape for shape in (*SHAPES, op.example) if op.accepts(shape)]
    return tuple(dict.fromkeys(first))


def single(name: str, shape: Shape, seed: int) -> Case:
    """One op on fresh inputs inside its domains; a condition comes from a comparison."""
    op, choices = VOCABULARY[name], Drawn(seed)
    arrangement = op.arrange(choices, shape)
    shapes = [shape, *arrangement.shapes]
    floats = shapes[1:] if op.operands[0] == "bool" else shapes
    skipped = len(shapes) - len(floats)
    point = tuple(_inside(op, slot + skipped, each, choices.generator) for slot, each in enumerate(floats))
    nodes: tuple[Node, ...] = (Node(name, tuple(range(len(floats))), arrangement.attributes, op.results),)
    inputs = tuple(floats)
    if skipped:
        inputs = (*inputs, shape, shape)
        point = (*point, *(choices.generator.integers(-40, 40, shape) / 32 for _ in range(2)))
        nodes = (Node("greater", (2, 3)), Node(name, (4, 0, 1)))
    first = len(inputs) + len(nodes) - 1
    if op.result == "bool":
        nodes = (*nodes, Node("where", (first, 0, 1)))
        first += 1
    outputs = tuple(range(first, first + nodes[-1].results))
    case = Case(Graph(inputs, nodes, outputs), point)
    check(case.graph)
    return case


def _inside(op: Op, slot: int, shape: Shape, generator: np.random.Generator) -> np.ndarray:
    interval = op.domain(slot)
    low, high = max(interval.low, -2.0) + 0.125, min(interval.high, 2.0) - 0.125
    return np.asarray(np.round(generator.uniform(low, high, shape) * 32) / 32)
