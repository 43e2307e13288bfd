"""From a failing case to a smaller one that fails in the same way, down to a local minimum.

Works on graphs, not on genes, so random, corpus and user cases share one way to a minimal case.  Every candidate is a
valid case over an exact point; the caller says whether it still fails.  At the end no node, output, axis or element can
go, and no attribute or number can be simpler, by one step of the kinds listed in `fewer_nodes`, `smaller_shapes` and
`simpler_values`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograd_conformance.case import Case
from autograd_conformance.generation.complexity import size_of, special
from autograd_conformance.generation.fewer_nodes import single_nodes, with_fewer_nodes
from autograd_conformance.generation.simpler_values import with_simpler_attributes, with_simpler_numbers
from autograd_conformance.generation.smaller_shapes import with_smaller_shapes

MOST_CALLS = 400
"""Candidates tried.  See docs/benchmarks.md for what reductions take."""

PASSES: tuple[Callable[[Case], Iterator[Case]], ...] = (
    with_fewer_nodes,
    with_smaller_shapes,
    with_simpler_attributes,
    with_simpler_numbers,
)
"""Each is taken until it finds nothing more; after the last one they start again unless nothing has changed."""


@dataclass(frozen=True, eq=False)
class Reduction:
    """``case`` fails like the one it came from; ``node`` is the position in the original graph of the node that fails
    alone, None where it takes several; ``calls`` counts the candidates tried.  ``is_minimal``: no simpler neighbour fails,
    as opposed to: the calls were used up.
    """

    case: Case
    node: int | None
    calls: int
    is_minimal: bool = False


class _OutOfCalls(Exception):
    pass


class _Search:
    """The smallest case so far, and what has been tried."""

    def __init__(self, case: Case, fails: Callable[[Case], bool], most_calls: int) -> None:
        self.calls = 0
        self._fails = fails
        self._most = most_calls
        self._seen = {case.id}
        self._keep(case)

    def _keep(self, case: Case) -> None:
        self.smallest, self._size, self._special = case, size_of(case), special(case)

    def accepts(self, candidate: Case) -> bool:
        """Whether the candidate is simpler and fails; then it is the smallest.  Raises _OutOfCalls."""
        if size_of(candidate) >= self._size or candidate.id in self._seen:
            return False
        self._seen.add(candidate.id)
        if any(now and not before for now, before in zip(special(candidate), self._special, strict=True)):
            return False
        if self.calls >= self._most:
            raise _OutOfCalls
        self.calls += 1
        if not self._fails(candidate):
            return False
        self._keep(candidate)
        return True

    def exhaust(self, simpler: Callable[[Case], Iterator[Case]]) -> bool:
        """Take one kind of step as often as it succeeds; whether it did at all."""
        has_changed = False
        while any(self.accepts(candidate) for candidate in simpler(self.smallest)):
            has_changed = True
        return has_changed


def reduce_case(
    case: Case,
    fails: Callable[[Case], bool],
    most_calls: int = MOST_CALLS,
    is_known: Callable[[Case], bool] = lambda candidate: False,
) -> Reduction:
    """The smallest case found within ``most_calls`` candidates; ``case`` itself if none fails.

    ``is_known`` says of a single node that what fails there needs no closer look: such nodes are tried first, and the first
    that fails ends the search.
    """
    search, node, is_minimal = _Search(case, fails, most_calls), None, False
    if len(case.graph.nodes) == 1 and is_known(case):
        return Reduction(case, 0, 0)
    alone = [(position, candidate, is_known(candidate)) for position, candidate in single_nodes(case)]
    try:
        for position, candidate, is_enough in sorted(alone, key=lambda each: not each[2]):
            if search.accepts(candidate):
                if is_enough:
                    return Reduction(candidate, position, search.calls)
                node = position
                break
        has_changed = True
        while has_changed:
            has_changed = False
            for simpler in PASSES:
                has_changed = search.exhaust(simpler) or has_changed
        is_minimal = True
    except _OutOfCalls:
        pass
    return Reduction(search.smallest, node, search.calls, is_minimal)
