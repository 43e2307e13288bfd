"""The same graph with a part of it written within a transform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.reference.interpreter import evaluate
from autograd_conformance.rewrites.rewrite import Draft, Rewritten, Share, one_in, picked
from autograd_conformance.wrapping import FORMS, KINDS, RULES, STOP, Wrapping, boundary

WRAPPED_IN: Mapping[Share, int] = {"one in three": 4, "one in eight": 12, "all": 1}
FACTOR = 2
"""Of a rule round the whole graph, whose derivatives it multiplies; a framework that ignores the rule is seen by it."""
TRIES = 4


def wrapped(case: Case, share: Share) -> tuple[Rewritten, ...]:
    """``case`` within one transform, of some cases chosen by their content (where a new graph is a compilation, by that of
    their graph), or within every kind and form of them.
    """
    if not case.graph.nodes or share == "none":
        return ()
    turn, place = divmod(case.seed >> 4 if share != "one in eight" else int(case.graph.key, 16), len(KINDS) * FORMS)
    if share == "all":
        return tuple(_rewritten(case, each) for each in _every(case))
    if turn % one_in(case, share, WRAPPED_IN):
        return ()
    kind, form = list(KINDS)[place % len(KINDS)], place // len(KINDS)
    return (_rewritten(case, _around(case, kind, form, *_part(case))),)


def stopped(case: Case, share: Share) -> tuple[Rewritten, ...]:
    """``case`` with a part of it, not all, that counts as constant; of as many cases, with its turn after the transforms."""
    if len(case.graph.nodes) < 2 or share == "none":
        return ()
    turn = (case.seed >> 4 if share != "one in eight" else int(case.graph.key, 16)) // (len(KINDS) * FORMS)
    count = one_in(case, share, WRAPPED_IN)
    if turn % count != count - 1:
        return ()
    for start, stop in _inner_parts(case):
        held = _held(case, start, stop)
        if held is not None and _depends(held.graph, len(case.graph.inputs)):
            made = _rewritten(case, Wrapping(STOP, 0, start, stop))
            return (replace(made, changes="constants", cotangent=held.cotangent(0), held=held),)
    return ()


def _inner_parts(case: Case) -> Iterator[tuple[int, int]]:
    """A run of nodes, then each node alone, the first of them by the case's content."""
    count = len(case.graph.nodes)
    turn = picked(case, count)
    for part in (_part(case), *(((place + turn) % count, (place + turn) % count + 1) for place in range(count))):
        if part != (0, count) and _is_part(case.graph, *part):
            yield part


def _depends(graph: Graph, inputs: int) -> bool:
    """Whether an output depends on the first ``inputs`` inputs; else their gradient is zero, which shows little."""
    reached = set(range(inputs))
    for results, node in graph.numbered_nodes():
        if reached.intersection(node.operands):
            reached.update(results)
    return not reached.isdisjoint(graph.outputs)


def _held(case: Case, start: int, stop: int) -> Case | None:
    """Without nodes ``start`` to ``stop`` - 1; None where their results are not finite."""
    graph, results = case.graph, boundary(case.graph, start, stop)[1]
    values = evaluate(graph, [array[None] for array in case.point], keep_values=True).values
    constants = tuple(np.asarray(values[number][0], dtype=np.float64) for number in results)
    if not all(np.isfinite(array).all() for array in constants):
        return None
    inputs = len(graph.inputs)
    renumber = {number: number for number in range(inputs)}
    renumber |= {number: inputs + place for place, number in enumerate(results)}
    draft = Draft((*graph.inputs, *(array.shape for array in constants)))
    for position, (made, node) in enumerate(graph.numbered_nodes()):
        if not start <= position < stop:
            first = draft.copy(node, [renumber[number] for number in node.operands])
            renumber |= {number: first + place for place, number in enumerate(made)}
    outputs = tuple(renumber[number] for number in graph.outputs)
    return Case(Graph(draft.inputs, tuple(draft.nodes), outputs), (*case.point, *constants), case.stratum)


def _every(case: Case) -> Iterator[Wrapping]:
    """The whole graph in every kind and form; in a rule also a part of it, whose derivatives are not multiplied."""
    whole, part = (0, len(case.graph.nodes)), _part(case)
    for kind in KINDS:
        for form in range(FORMS):
            yield _around(case, kind, form, *whole)
            if kind in RULES and part != whole:
                yield _around(case, kind, form, *part)


def _around(case: Case, kind: str, form: int, start: int, stop: int) -> Wrapping:
    is_whole = (start, stop) == (0, len(case.graph.nodes))
    return Wrapping(kind, form, start, stop, FACTOR if kind in RULES and is_whole else 1)


def _part(case: Case) -> tuple[int, int]:
    """A run of nodes through whose ends floating-point values go alone; the whole graph is one."""
    count = len(case.graph.nodes)
    for attempt in range(TRIES):
        start = picked(case, count * (attempt + 1)) % count
        stop = start + 1 + picked(case, 7919 * (attempt + 1)) % (count - start)
        if _is_part(case.graph, start, stop):
            return start, stop
    return 0, count


def _is_part(graph: Graph, start: int, stop: int) -> bool:
    """Whether something goes in and comes out, and only numbers do."""
    floats = _is_float(graph)
    operands, results = boundary(graph, start, stop)
    return bool(operands and results) and all(floats[number] for number in (*operands, *results))


def _is_float(graph: Graph) -> list[bool]:
    known = [True] * len(graph.inputs)
    for node in graph.nodes:
        known += [VOCABULARY[node.op].result == "float"] * node.results
    return known


def _rewritten(case: Case, wrapping: Wrapping) -> Rewritten:
    first, last = wrapping.start, wrapping.stop - 1
    nodes = f"node {first}" if first == last else f"nodes {first} to {last}"
    times = f" times {wrapping.factor}" if wrapping.factor != 1 else ""
    name = f"{nodes} within {wrapping.kind}{times} ({wrapping.form})"
    return Rewritten(name, "wrapping", case, case.cotangent(0), lambda gradients: gradients, wrapping)
