"""A graph under construction, executed as it grows.

Every value is known on the centre and a few moved and jittered copies, so a node that would be undefined, out of range
or undecided is seen before it is taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_conformance.generation.jitter import COPIES, Jitter
from autograd_conformance.graph import Attribute, Node, Shape
from autograd_conformance.ops import VOCABULARY, evaluate_op
from autograd_conformance.ops.op import Array, Interval

MOST_INPUTS = 5
MOST_VALUE_ELEMENTS = 64
LARGEST = 64.0
WIDE = Interval(-2.0, 2.0)


class Gene(NamedTuple):
    """One intended node: an index into the op list and three free numbers."""

    op: int
    first: int
    second: int
    choice: int


class Choices:
    """A stream of numbers from two of a gene; deterministic and cheap (a 32-bit mix, Steele et al. 2014)."""

    def __init__(self, choice: int, second: int) -> None:
        self._state = (choice * 2654435761 + second * 40503 + 1) & 0xFFFFFFFF

    def below(self, count: int) -> int:
        self._state = (self._state + 0x9E3779B9) & 0xFFFFFFFF
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 16)) * 0x21F0AAAD) & 0xFFFFFFFF
        mixed = ((mixed ^ (mixed >> 15)) * 0x735A2D97) & 0xFFFFFFFF
        return (mixed ^ (mixed >> 15)) % count

    def one_of(self, *options: Any) -> Any:
        return options[self.below(len(options))]


class DoesNotFit(Exception):
    """This op cannot be placed here; try the next."""


class Builder:
    """A graph under construction with its values on COPIES perturbed points."""

    def __init__(self, numbers: Sequence[int], seed: int) -> None:
        self.numbers = np.array(numbers or (3,))
        self.cursor = 0
        self.jitter = Jitter(seed)
        self.points: list[Array] = []
        self.nodes: list[Node] = []
        self.results: list[range] = []
        self.values: list[Array] = []
        self.shapes: list[Shape] = []
        self.kinds: list[str] = []
        self.inputs: list[int] = []

    def add_input(self, shape: Shape, interval: Interval = WIDE) -> int:
        """A new graph input; its elements cycle through the drawn numbers, moved into ``interval``."""
        count = math.prod(shape)
        position = np.arange(self.cursor, self.cursor + count)
        spread = (self.numbers[position % len(self.numbers)] + 19 * position) % 127 - 63
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
        self.points.append(point)
        self.values.append(point + self.jitter.moves(shape))
        self.shapes.append(shape)
        self.kinds.append("float")
        self.inputs.append(len(self.values) - 1)
        return len(self.values) - 1

    def add(self, name: str, operands: Sequence[int], attributes: dict[str, Attribute] | None = None) -> int:
        """Append a node if it evaluates well; returns its first value number.  Raises DoesNotFit."""
        op = VOCABULARY[name]
        node = Node(name, tuple(operands), dict(attributes or {}), op.results)
        try:
            with np.errstate(all="ignore"):
                arrays = [
                    self.values[number] if self.kinds[number] == "bool" else self.jitter(self.values[number])
                    for number in operands
                ]
                if op.decision is not None:
                    decided = op.decision(*arrays, **node.attributes)
                    if not (decided == decided[:1]).all():
                        raise DoesNotFit
                results = evaluate_op(op, node, self.jitter, arrays)
        except (ValueError, IndexError):
            raise DoesNotFit from None
        for result in results:
            if result.size > COPIES * MOST_VALUE_ELEMENTS:
                raise DoesNotFit
            if op.result == "float" and result.size and not np.abs(result).max() <= LARGEST:
                raise DoesNotFit
        first = len(self.values)
        self.nodes.append(node)
        self.results.append(range(first, first + op.results))
        self.values += results
        self.shapes += [result.shape[1:] for result in results]
        self.kinds += [op.result] * op.results
        return first

    def of_kind(self, kind: str) -> list[int]:
        return [number for number, known in enumerate(self.kinds) if known == kind]

    def mark(self) -> tuple[int, ...]:
        """Where the graph is now; `rewind` comes back to it."""
        return len(self.nodes), len(self.values), len(self.points), len(self.inputs), self.cursor

    def rewind(self, mark: tuple[int, ...]) -> None:
        nodes, values, points, inputs, self.cursor = mark
        del self.nodes[nodes:], self.results[nodes:], self.points[points:], self.inputs[inputs:]
        del self.values[values:], self.shapes[values:], self.kinds[values:]
