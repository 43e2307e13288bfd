"""Cases of thousands of elements, where frameworks change to blocked, vectorised and parallel kernels.

Each is one op whose kernel depends on its size, between a sine and a sine: nonlinear, bounded, and without decisions, which
thousands of elements would bring too near to some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Attribute, Graph, Node, Shape

Attributes = dict[str, Attribute]


@dataclass(frozen=True)
class Arranged:
    """Shapes of the operands, attributes, and the power of two that brings results to about 1."""

    shapes: tuple[Shape, ...]
    attributes: Attributes = field(default_factory=dict)
    factor: float = 1.0


@dataclass(frozen=True)
class Kernel:
    """``arrange`` draws sizes; most are no multiples of a block."""

    op: str
    arrange: Callable[[np.random.Generator], Arranged]


def _between(generator: np.random.Generator, low: int, high: int) -> int:
    return int(generator.integers(low, high + 1))


def _inverse(size: float) -> float:
    return float(2.0 ** -np.round(np.log2(size)))


def _matrix(generator: np.random.Generator) -> Shape:
    return _between(generator, 33, 99), _between(generator, 35, 105)


def _over(axes: tuple[int, ...], keepdims: bool, is_sum: bool = False) -> Callable[[np.random.Generator], Arranged]:
    def arrange(generator: np.random.Generator) -> Arranged:
        shape = _matrix(generator)
        count = np.prod([shape[axis] for axis in axes])
        return Arranged((shape,), {"axes": axes, "keepdims": keepdims}, _inverse(np.sqrt(count)) if is_sum else 1.0)

    return arrange


def _along(axis: int) -> Callable[[np.random.Generator], Arranged]:
    return lambda generator: Arranged((_matrix(generator),), {"axis": axis})


def _running(generator: np.random.Generator) -> Arranged:
    length = _between(generator, 1025, 2100)
    return Arranged(((length,),), {"axis": 0}, _inverse(np.sqrt(length)))


def _product(generator: np.random.Generator) -> Arranged:
    rows, inner, columns = (_between(generator, 31, 67) for _ in range(3))
    return Arranged(((rows, inner), (inner, columns)), {}, _inverse(np.sqrt(inner)))


def _stacked_product(generator: np.random.Generator) -> Arranged:
    count, rows, inner, columns = (_between(generator, *ends) for ends in ((5, 9), (9, 18), (17, 33), (9, 18)))
    return Arranged(((count, rows, inner), (count, inner, columns)), {}, _inverse(np.sqrt(inner)))


def _convolution(generator: np.random.Generator) -> Arranged:
    count, channels, length = (_between(generator, *ends) for ends in ((2, 4), (5, 9), (65, 130)))
    shapes = ((count, channels, length), (_between(generator, 3, 9), channels, 3))
    return Arranged(shapes, {"stride": _between(generator, 1, 2), "padding": 1}, _inverse(np.sqrt(3 * channels)))


def _broadcast(generator: np.random.Generator) -> Arranged:
    rows, columns = _between(generator, 1001, 1300), _between(generator, 9, 15)
    return Arranged(((rows, columns), (columns,)))


def _indices(generator: np.random.Generator, rows: int) -> tuple[int, ...]:
    """Each row several times and in no order, as an embedding is read."""
    return tuple(int(index) for index in generator.integers(0, rows, size=300))


def _taken(generator: np.random.Generator) -> Arranged:
    rows, columns = _between(generator, 65, 130), _between(generator, 9, 17)
    return Arranged(((rows, columns),), {"indices": _indices(generator, rows), "axis": 0})


def _scattered(generator: np.random.Generator) -> Arranged:
    rows, columns = _between(generator, 65, 130), _between(generator, 9, 17)
    attributes: Attributes = {"indices": _indices(generator, rows), "axis": 0}
    return Arranged(((rows, columns), (300, columns)), attributes, 0.5)


KERNELS = (
    Kernel("matmul", _product),
    Kernel("sum", _over((0, 1), False, is_sum=True)),
    Kernel("softmax", _along(1)),
    Kernel("cumsum", _running),
    Kernel("conv1d", _convolution),
    Kernel("sum", _over((0,), False, is_sum=True)),
    Kernel("matmul", _stacked_product),
    Kernel("logsumexp", _over((1,), True)),
    Kernel("scatter_add", _scattered),
    Kernel("var", _over((0,), False)),
    Kernel("add", _broadcast),
    Kernel("take", _taken),
    Kernel("log_softmax", _along(0)),
    Kernel("mean", _over((1,), False)),
    Kernel("softmax", _along(0)),
)
"""In the order of their turns; the first few are all that compiled modes get."""


def large_cases(ops: Collection[str], seed: int, stratum: str) -> Iterator[Case]:
    """Every kernel of ``ops`` in turn, again and again with other sizes; none where there is no such op."""
    kernels = [kernel for kernel in KERNELS if kernel.op in ops]
    turn = 0
    while kernels:
        generator = np.random.Generator(np.random.PCG64([seed, 2048, turn]))
        yield _case(kernels[turn % len(kernels)], generator, stratum)
        turn += 1


def _case(kernel: Kernel, generator: np.random.Generator, stratum: str) -> Case:
    arranged = kernel.arrange(generator)
    count = len(arranged.shapes)
    point = tuple(generator.integers(-63, 64, size=shape) / 32.0 for shape in arranged.shapes)
    nodes = (
        Node("sin", (0,)),
        Node(kernel.op, (count, *range(1, count)), arranged.attributes),
        Node("scale", (count + 1,), {"factor": arranged.factor}),
        Node("sin", (count + 2,)),
    )
    return Case(Graph(arranged.shapes, nodes, (count + 3,)), point, stratum)
