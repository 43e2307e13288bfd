"""Cases with simpler attributes or simpler numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.generation.complexity import digit_count, digits, weight
from autograd_conformance.generation.fewer_nodes import valid
from autograd_conformance.graph import Attribute, Graph, Node

SIMPLEST = (1.0, -1.0, 0.0)


def with_simpler_attributes(case: Case) -> Iterator[Case]:
    """One attribute of one node simpler, as far as the graph stays valid without any other change."""
    for position, node in enumerate(case.graph.nodes):
        for name, value in node.attributes.items():
            for simpler in simpler_attributes(value):
                attributes = {**node.attributes, name: simpler}
                changed = Node(node.op, node.operands, attributes, node.results)
                nodes = (*case.graph.nodes[:position], changed, *case.graph.nodes[position + 1 :])
                yield from valid(Graph(case.graph.inputs, nodes, case.graph.outputs), case)


def simpler_attributes(value: Attribute) -> list[Attribute]:
    """Simpler forms of an attribute, simplest first: fewer parts, smaller numbers, parts in order."""
    found: list[Attribute] = []
    if isinstance(value, bool):
        found = [False]
    elif isinstance(value, int):
        found = [0, 1, value - 1 if value > 0 else value + 1, -value]
    elif isinstance(value, float):
        found = list(simpler_numbers(value))
    elif isinstance(value, tuple):
        found = [value[:place] + value[place + 1 :] for place in range(len(value))]
        if all(isinstance(part, (int, float)) for part in value):
            found.append(tuple(sorted(value)))
        for place, part in enumerate(value):
            found += [(*value[:place], simpler, *value[place + 1 :]) for simpler in simpler_attributes(part)]
    lighter = [option for option in found if type(option) is type(value) and weight(option) < weight(value)]
    return list({repr(option): option for option in sorted(lighter, key=weight)}.values())


def with_simpler_numbers(case: Case) -> Iterator[Case]:
    """All elements simpler at once, then those of one input, then single ones."""
    for change in TOGETHER:
        yield from _changed(case, tuple(change(array) for array in case.point))
    for number, array in enumerate(case.point):
        if array.size > 1 and len(case.point) > 1:
            for change in TOGETHER:
                yield from _changed(case, (*case.point[:number], change(array), *case.point[number + 1 :]))
    for number, array in enumerate(case.point):
        for place in range(array.size):
            for simpler in simpler_numbers(float(array.flat[place])):
                changed = np.array(array)
                changed.flat[place] = simpler
                yield from _changed(case, (*case.point[:number], changed, *case.point[number + 1 :]))


def simpler_numbers(number: float) -> Iterator[float]:
    """1, -1, 0, then one to three binary digits, then one digit fewer, rounded either way."""
    options = list(SIMPLEST)
    count = digit_count(number) if np.isfinite(number) else 0
    options += [_rounded(number, fewer) for fewer in (1, 2, 3) if fewer < count - 1]
    if count > 1:
        options += [_rounded(number, count - 1, np.floor), _rounded(number, count - 1, np.ceil)]
    if np.isfinite(number) and number < 0:
        options.append(-number)
    if count == 1:
        options += [number / 2, number * 2]
    yield from (option for option in dict.fromkeys(options) if digits(option) < digits(number))


def _changed(case: Case, point: tuple[np.ndarray, ...]) -> Iterator[Case]:
    if not all(np.array_equal(new, old) for new, old in zip(point, case.point, strict=True)):
        yield Case(case.graph, point, case.stratum)


def _ones(array: np.ndarray) -> np.ndarray:
    return np.ones_like(array)


def _signs(array: np.ndarray) -> np.ndarray:
    return np.asarray(np.sign(array) + 0.0)


def _all_rounded(count: int, array: np.ndarray) -> np.ndarray:
    """Every element with at most ``count`` binary digits."""
    return np.array([_rounded(float(number), count) for number in array.flat], dtype=float).reshape(array.shape)


def _rounded(number: float, count: int, how: np.ufunc = np.rint) -> float:
    """``number`` with at most ``count`` binary digits."""
    if not np.isfinite(number) or number == 0:
        return number
    grid = 2.0 ** (np.frexp(number)[1] - count)
    return float(how(number / grid) * grid)


TOGETHER: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    _ones,
    _signs,
    *(partial(_all_rounded, count) for count in (1, 2, 3)),
)
"""What is done to many elements at once, boldest first."""
