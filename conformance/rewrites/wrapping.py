"""The same graph with a part of it written within a transform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.rewrites.rewrite import Rewritten, Share, picked
from autograd_conformance.wrapping import FORMS, KINDS, RULES, Wrapping, boundary

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
    if turn % WRAPPED_IN[share]:
        return ()
    kind, form = list(KINDS)[place % len(KINDS)], place // len(KINDS)
    return (_rewritten(case, _around(case, kind, form, *_part(case))),)


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
    floats = _is_float(case.graph)
    for attempt in range(TRIES):
        start = picked(case, count * (attempt + 1)) % count
        stop = start + 1 + picked(case, 7919 * (attempt + 1)) % (count - start)
        operands, results = boundary(case.graph, start, stop)
        if operands and results and all(floats[number] for number in (*operands, *results)):
            return start, stop
    return 0, count


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
