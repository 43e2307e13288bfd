"""A case: a graph, an exact point and the cotangents to pull back.

Points, cotangents and directions come from a dyadic grid with few mantissa bits, so a case is the same numbers in every
dtype, steps by powers of two are exact, and a script prints it exactly.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd_conformance.graph import Graph, MalformedGraph, Shape, graph_from_plain
from autograd_conformance.ops import check

Point = tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class Case:
    """``point``: one float64 array per graph input.  ``stratum``: the part of the search that drew it."""

    graph: Graph
    point: Point
    stratum: str = "core"

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shape of every value of the graph."""
        return check(self.graph)

    def learn_shapes(self, shapes: tuple[Shape, ...]) -> None:
        """Take `shapes` from somebody who has evaluated the graph; to work them out takes as long."""
        self.__dict__.setdefault("shapes", shapes)

    @cached_property
    def id(self) -> str:
        """Content hash of graph and point; dtype and mode belong to results."""
        text = json.dumps([self.graph.shared_plain, [plain_array(array) for array in self.point]], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @cached_property
    def element_count(self) -> int:
        return sum(array.size for array in self.point)

    @cached_property
    def output_shapes(self) -> tuple[Shape, ...]:
        return tuple(self.shapes[number] for number in self.graph.outputs)

    @cached_property
    def seed(self) -> int:
        """For everything drawn about this case later; a function of its content alone."""
        return int(self.id, 16)

    def cotangent(self, which: int) -> Point:
        """A dyadic cotangent, one array per output: odd multiples of 1/4 between -7/4 and 7/4, none of them zero."""
        if which not in self._cotangents:
            generator = np.random.Generator(np.random.PCG64([self.seed, which]))
            flat = generator.integers(-4, 4, size=sum(map(math.prod, self.output_shapes)))
            self._cotangents[which] = unflatten((2.0 * flat + 1.0) / 4.0, self.output_shapes)
        return self._cotangents[which]

    @cached_property
    def even_cotangent(self) -> Point:
        """A dyadic cotangent whose elements are equal in each output: an array without axes, expanded, holds them."""
        generator = np.random.Generator(np.random.PCG64([self.seed, 2000]))
        return tuple(np.full(shape, (2.0 * generator.integers(-4, 4) + 1.0) / 4.0) for shape in self.output_shapes)

    @cached_property
    def _cotangents(self) -> dict[int, Point]:
        return {}

    def directions(self, count: int) -> np.ndarray:
        """Dyadic directions in the space of all inputs side by side: (count, element_count)."""
        generator = np.random.Generator(np.random.PCG64([self.seed, 1000]))
        return (2.0 * generator.integers(-2, 2, size=(count, self.element_count)) + 1.0) / 4.0


def plain_array(array: np.ndarray) -> list[Any] | float | str:
    """Nested lists of strict JSON numbers; the inverse of `array_from_plain`, given the shape."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value if math.isfinite(value) else str(value)

    wide = np.asarray(array, dtype=np.float64)
    listed: list[Any] | float | str = wide.tolist()
    return listed if np.isfinite(wide).all() else plain(listed)


def array_from_plain(plain: object, shape: Shape) -> np.ndarray:
    """Read an array of ``shape`` from untrusted JSON data.  Raises MalformedGraph."""
    flat: list[float] = []
    limit = math.prod(shape)

    def collect(value: object, depth: int) -> None:
        if isinstance(value, list):
            if depth >= len(shape) or len(value) != shape[depth]:
                raise MalformedGraph(f"the point does not have shape {list(shape)}")
            for item in value:
                collect(item, depth + 1)
        elif depth != len(shape):
            raise MalformedGraph(f"the point does not have shape {list(shape)}")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                flat.append(float(value))
            except OverflowError:
                raise MalformedGraph("a number of the point is beyond float64") from None
        elif value in ("nan", "inf", "-inf"):
            flat.append(float(str(value)))
        else:
            raise MalformedGraph(f"not a number: {str(value)[:40]!r}")

    collect(plain, 0)
    if len(flat) != limit:
        raise MalformedGraph(f"the point does not have shape {list(shape)}")
    return np.array(flat, dtype=np.float64).reshape(shape)


def case_from_plain(graph: object, point: object, stratum: str = "core") -> Case:
    """Read a case from untrusted JSON data and check it against the vocabulary.  Raises MalformedGraph."""
    read = graph_from_plain(graph)
    check(read)
    if not isinstance(point, list) or len(point) != len(read.inputs):
        raise MalformedGraph(f"a point has one array per input, {len(read.inputs)} here")
    arrays = tuple(array_from_plain(plain, shape) for plain, shape in zip(point, read.inputs, strict=True))
    return Case(read, arrays, stratum)


def flatten(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """All elements side by side."""
    return np.concatenate([np.asarray(array).reshape(-1) for array in arrays]) if arrays else np.zeros(0)


def unflatten(flat: np.ndarray, shapes: Sequence[Shape]) -> Point:
    """The inverse of `flatten` over the last axis; leading axes are kept."""
    leading, ends = flat.shape[:-1], [0, *itertools.accumulate(math.prod(shape) for shape in shapes)]
    return tuple(
        flat[..., start:end].reshape((*leading, *shape))
        for start, end, shape in zip(ends, ends[1:], shapes, strict=False)
    )
