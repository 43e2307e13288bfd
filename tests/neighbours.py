"""Every case one step simpler than a given one, enumerated without the reducer.

It knows by name what each attribute of the vocabulary means, where the reducer edits by form, and takes all steps one by
one.  A case is minimal when none of its neighbours fails.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Attribute, Graph, MalformedGraph, Node, Shape
from autograd_conformance.ops import check
from autograd_conformance.reference.interpreter import evaluate
from autograd_conformance.writing import point_class

Neighbour = tuple[str, Case]


def failing_neighbours(case: Case, fails: Callable[[Case], bool]) -> Iterator[Neighbour]:
    """The simpler neighbours that fail as well; those with a new zero or a new empty value are points of another class."""
    asked = set()
    allowed = set(point_class(case).split("+")) | {""}
    for step, neighbour in neighbours(case):
        if neighbour.id not in asked and set(point_class(neighbour).split("+")) <= allowed:
            asked.add(neighbour.id)
            if fails(neighbour):
                yield step, neighbour


def neighbours(case: Case) -> Iterator[Neighbour]:
    """All steps; every neighbour is a valid case with at least one node."""
    for kind in (_fewer_nodes, _fewer_outputs, _fewer_axes, _smaller_sizes, _simpler_attributes, _simpler_elements):
        yield from kind(case)


def _made(step: str, graph: Graph, point: Sequence[np.ndarray]) -> Iterator[Neighbour]:
    """The case without dead nodes and inputs, if it is valid."""
    try:
        check(graph)
    except MalformedGraph:
        return
    live = set(graph.outputs)
    for results, node in reversed(list(graph.numbered_nodes())):
        if live & set(results):
            live |= set(node.operands)
    inputs = [number for number in range(len(graph.inputs)) if number in live]
    number_of = {old: new for new, old in enumerate(inputs)}
    nodes = []
    for results, node in graph.numbered_nodes():
        if live & set(results):
            nodes.append(Node(node.op, tuple(number_of[n] for n in node.operands), node.attributes, node.results))
            start = len(number_of)
            number_of.update({result: start + place for place, result in enumerate(results)})
    if nodes and inputs:
        shapes = tuple(graph.inputs[number] for number in inputs)
        outputs = tuple(number_of[number] for number in graph.outputs)
        yield step, Case(Graph(shapes, tuple(nodes), outputs), tuple(point[number] for number in inputs))


def _fewer_nodes(case: Case) -> Iterator[Neighbour]:
    graph = case.graph
    if len(graph.nodes) < 2:
        return
    for position, (results, node) in enumerate(graph.numbered_nodes()):
        for result in results:
            for operand in set(node.operands):
                yield from _made(f"node {position} bypassed", _renamed(graph, {result: operand}), case.point)
        yield from _as_inputs(case, position, results)
    for number in range(len(graph.inputs), graph.value_count):
        if number != graph.value_count - 1:
            yield from _made(f"cut at value {number}", Graph(graph.inputs, graph.nodes, (number,)), case.point)


def _renamed(graph: Graph, names: Mapping[int, int]) -> Graph:
    nodes = tuple(
        Node(node.op, tuple(names.get(n, n) for n in node.operands), node.attributes, node.results)
        for node in graph.nodes
    )
    return Graph(graph.inputs, nodes, tuple(names.get(n, n) for n in graph.outputs))


def _as_inputs(case: Case, position: int, results: range) -> Iterator[Neighbour]:
    """The node gone, its results new inputs, rounded to sixteenths."""
    values = evaluate(case.graph, [array[None] for array in case.point], keep_values=True).values
    if any(values[number].dtype == bool for number in results):
        return
    graph, count = case.graph, len(case.graph.inputs)
    number_of = {number: number for number in range(count)}
    number_of |= {result: count + place for place, result in enumerate(results)}
    following, nodes = count + len(results), []
    for other, (mine, node) in enumerate(graph.numbered_nodes()):
        if other == position:
            continue
        nodes.append(Node(node.op, tuple(number_of[n] for n in node.operands), node.attributes, node.results))
        number_of |= {number: following + place for place, number in enumerate(mine)}
        following += len(mine)
    point = [*case.point, *(np.round(16 * values[number][0].astype(float)) / 16 for number in results)]
    outputs = tuple(number_of[number] for number in graph.outputs)
    whole = Graph(tuple(array.shape for array in point), tuple(nodes), outputs)
    yield from _made(f"node {position} turned into an input", whole, point)


def _fewer_outputs(case: Case) -> Iterator[Neighbour]:
    graph = case.graph
    for place in range(len(graph.outputs) if len(graph.outputs) > 1 else 0):
        outputs = graph.outputs[:place] + graph.outputs[place + 1 :]
        yield from _made(f"output {place} dropped", Graph(graph.inputs, graph.nodes, outputs), case.point)


def _fewer_axes(case: Case) -> Iterator[Neighbour]:
    """One axis gone: removed where its size is 1, else indexed at any position."""
    for group, size in _axes_together(case, lambda size: None if size == 0 else (0,), drops=True):
        for position in range(size):
            yield from _reshaped(case, group, (position,), drops=True)


def _smaller_sizes(case: Case) -> Iterator[Neighbour]:
    """One position of one axis gone."""
    for group, size in _axes_together(case, lambda size: tuple(range(size - 1)) if size > 1 else None, drops=False):
        for gone in range(size):
            kept = tuple(position for position in range(size) if position != gone)
            yield from _reshaped(case, group, kept, drops=False)


def _axes_together(
    case: Case, example: Callable[[int], tuple[int, ...] | None], drops: bool
) -> Iterator[tuple[tuple[tuple[int, int], ...], int]]:
    """Each axis alone; where that is no valid case, the least sets of axes of its size that are one together."""
    every = [(number, axis) for number, shape in enumerate(case.graph.inputs) for axis in range(len(shape))]
    done: list[set[tuple[int, int]]] = []
    for count in range(1, len(every) + 1):
        for group in itertools.combinations(every, count):
            sizes = {case.graph.inputs[number][axis] for number, axis in group}
            kept = example(min(sizes))
            if len(sizes) > 1 or kept is None or any(known <= set(group) for known in done):
                continue
            if any(True for _ in _reshaped(case, group, kept, drops)):
                done.append(set(group))
                yield group, min(sizes)


def _reshaped(case: Case, group: Sequence[tuple[int, int]], kept: tuple[int, ...], drops: bool) -> Iterator[Neighbour]:
    point = list(case.point)
    for number, axis in sorted(group, reverse=True):
        point[number] = np.array(np.take(point[number], kept[0] if drops else kept, axis=axis))
    inputs = tuple(array.shape for array in point)
    what = f"{'axis gone' if drops else 'smaller'} {group} keeps {kept}"
    for nodes in _repaired(case, 0, list(inputs), (), kept):
        yield from _made(what, Graph(inputs, nodes, case.graph.outputs), point)


def _repaired(
    case: Case, position: int, known: list[Shape], nodes: tuple[Node, ...], kept: tuple[int, ...]
) -> Iterator[tuple[Node, ...]]:
    """The nodes with every way to repair the attributes that depend on what changed."""
    if position == len(case.graph.nodes):
        yield nodes
        return
    node = case.graph.nodes[position]
    old = [case.shapes[number] for number in node.operands]
    new = [known[number] for number in node.operands]
    for attributes in _attributes_after(node, old, new, kept):
        changed = Node(node.op, node.operands, attributes, node.results)
        partial = Graph(tuple(known[: len(case.graph.inputs)]), (*nodes, changed), (0,))
        try:
            shapes = check(partial)
        except MalformedGraph:
            continue
        yield from _repaired(case, position + 1, list(shapes), (*nodes, changed), kept)


def _attributes_after(
    node: Node, old: list[Shape], new: list[Shape], kept: tuple[int, ...]
) -> Iterator[dict[str, Attribute]]:
    changes = [change for was, now in zip(old, new, strict=True) if was != now for change in _changes(was, now)]
    if not changes:
        yield dict(node.attributes)
        return
    for axis, was, now in changes:
        options = [_repair(name, value, axis, was, now, kept) for name, value in node.attributes.items()]
        for values in itertools.product(*options):
            yield dict(zip(node.attributes, values, strict=True))


def _changes(was: Shape, now: Shape) -> list[tuple[int, int, int | None]]:
    """(axis, old size, new size), the new size None where the axis has gone."""
    if len(now) < len(was):
        return [(axis, was[axis], None) for axis in range(len(was)) if was[:axis] + was[axis + 1 :] == now]
    return [(axis, was[axis], now[axis]) for axis in range(len(was)) if now[axis] != was[axis]]


def _repair(
    name: str, value: Attribute, axis: int, was: int, now: int | None, kept: tuple[int, ...]
) -> list[Attribute]:
    """What an attribute of this name means for one axis less, or for a smaller one; unknown names stay as they are."""
    if name == "axis" and now is None and isinstance(value, int):
        return [value - 1 if value > axis else value]
    if isinstance(value, tuple) and any(isinstance(v, tuple) for v in value) and name not in ("widths", "slices"):
        return [value]
    if name in ("axes", "permutation") and now is None:
        return [tuple(v - (v > axis) for v in value if v != axis)]  # type: ignore[union-attr, operator]
    if name in ("widths", "slices") and isinstance(value, tuple):
        if now is None:
            return [value[:axis] + value[axis + 1 :]]
        if name == "slices":
            return [(*value[:axis], part, *value[axis + 1 :]) for part in _slices(value[axis], now)]
    if name == "shape" and isinstance(value, tuple):
        return _shapes(value, was, now)
    if name == "indices" and now is not None and isinstance(value, tuple):
        if len(value) == was:
            return [tuple(value[place] for place in kept), tuple(v for v in value if v in kept)]
        return [tuple(kept.index(v) for v in value if v in kept), tuple(min(v, now - 1) for v in value)]  # type: ignore[arg-type, type-var]
    if name == "pattern" and now is None and isinstance(value, str):
        return [value.replace(letter, "") for letter in sorted(set(value)) if letter.isalpha()]
    if name == "at" and now is not None and isinstance(value, int):
        return [min(value, now), max(value - 1, 0)]
    return [value]


def _slices(part: Attribute, now: int) -> list[Attribute]:
    """Every slice with the same step that stays within the axis and keeps no more than before."""
    start, count, step = part  # type: ignore[misc]
    return [
        (first, many, step)
        for first in range(now)
        for many in range(1, count + 1)  # type: ignore[operator]
        if 0 <= first + step * (many - 1) < now  # type: ignore[operator]
    ] or [(start, count, step)]


def _shapes(value: tuple[Attribute, ...], was: int, now: int | None) -> list[Attribute]:
    found: list[Attribute] = []
    for place, size in enumerate(value):
        before, after = value[:place], value[place + 1 :]
        if size == was:
            found.append((*before, *after) if now is None else (*before, now, *after))
        elif isinstance(size, int) and was and size % was == 0:
            found.append((*before, size // was * (1 if now is None else now), *after))
    return found or [value]


def _simpler_attributes(case: Case) -> Iterator[Neighbour]:
    graph = case.graph
    for position, node in enumerate(graph.nodes):
        for name, value in node.attributes.items():
            for simpler in _simpler(value):
                changed = Node(node.op, node.operands, {**node.attributes, name: simpler}, node.results)
                nodes = (*graph.nodes[:position], changed, *graph.nodes[position + 1 :])
                step = f"{name} of node {position}: {simpler}"
                yield from _made(step, Graph(graph.inputs, nodes, graph.outputs), case.point)


def _simpler(value: Attribute) -> list[Attribute]:
    """One step: False, an integer nearer to 0, a number with a digit less, a tuple with one part less or simpler."""
    if isinstance(value, bool):
        return [False] if value else []
    if isinstance(value, int):
        return [value - int(np.sign(value))] if value else []
    if isinstance(value, float):
        return list(_simpler_numbers(value))
    if isinstance(value, tuple):
        shorter: list[Attribute] = [value[:place] + value[place + 1 :] for place in range(len(value))]
        return shorter + [
            (*value[:place], part, *value[place + 1 :])
            for place in range(len(value))
            for part in _simpler(value[place])
        ]
    return []


def _simpler_elements(case: Case) -> Iterator[Neighbour]:
    for number, array in enumerate(case.point):
        for place in range(array.size):
            for simpler in _simpler_numbers(float(array.flat[place])):
                changed = np.array(array)
                changed.flat[place] = simpler
                point = (*case.point[:number], changed, *case.point[number + 1 :])
                yield f"input {number} [{place}]: {simpler}", Case(case.graph, point)


def _simpler_numbers(number: float) -> Iterator[float]:
    """1, then -1, then 0, as far as they are simpler; one binary digit less, rounded either way."""
    order = [1.0, -1.0, 0.0]
    yield from order[: order.index(number)] if number in order else order
    if number in order or not np.isfinite(number):
        return
    numerator, denominator = float(number).as_integer_ratio()
    if abs(numerator) > 1 and (denominator > 1 or numerator % 2):
        yield (numerator - 1) / denominator
        yield (numerator + 1) / denominator
