"""How simple a case is, as a number: what a reduction lowers until nothing simpler fails."""

from __future__ import annotations

import functools
import math

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Attribute
from autograd_conformance.reference.interpreter import evaluate

Size = tuple[int, ...]
Special = tuple[bool, bool]


def size_of(case: Case) -> Size:
    """Compared in this order: nodes, outputs, elements and axes of the inputs, attributes, numbers.

    An axis of size 0 counts as one element, so that a case without elements is no smaller than one with a few.
    """
    graph = case.graph
    return (
        len(graph.nodes),
        len(graph.outputs),
        sum(math.prod(max(size, 1) for size in shape) for shape in graph.inputs),
        sum(map(len, graph.inputs)),
        sum(weight(value) for node in graph.nodes for value in node.attributes.values()),
        sum(digits(number) for array in case.point for number in array.flat),
    )


def special(case: Case) -> Special:
    """Whether a value has no elements, and whether one has an exact zero.

    Such points are judged apart (expectations name them), so a reduction never turns an ordinary case into one.
    """
    known = evaluate(case.graph, [array[None] for array in case.point], keep_values=True).values
    numbers = [value for value in known if value.dtype != bool]
    return any(value.size == 0 for value in numbers), any(bool(np.any(value == 0)) for value in numbers)


@functools.lru_cache(maxsize=1 << 12)
def digits(number: float) -> int:
    """0 for 1, then -1, then 0, then by the count of binary digits, the magnitude and the sign.

    1 comes before 0, so that a zero is left only where nothing but a zero fails.
    """
    if number in (1.0, -1.0, 0.0):
        return {1.0: 0, -1.0: 1, 0.0: 2}[float(number)]
    if not math.isfinite(number):
        return 1000
    return 4 + 8 * digit_count(number) + 2 * abs(math.frexp(number)[1] - 1) + (number < 0)


def digit_count(number: float) -> int:
    """Binary digits from the first to the last 1; 0 for 0."""
    odd = int(math.ldexp(math.frexp(number)[0], 53))
    return (abs(odd) // (odd & -odd)).bit_length() if odd else 0


def weight(value: Attribute) -> int:
    """Of an attribute: long and large ones weigh more, as do larger parts that stand earlier."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return 2 * abs(value) + (value < 0)
    if isinstance(value, float):
        return digits(value)
    if isinstance(value, str):
        return len(value)
    return 4 * len(value) + sum((len(value) - place) * weight(part) for place, part in enumerate(value))
