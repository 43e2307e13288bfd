"""How often each op was drawn in a run, so that the next gene can take the one drawn least."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from autograd_conformance.case import Case
from autograd_conformance.ops.op import Op

CANDIDATES = 6
"""Ops a gene names.  Two even out most of a random allocation (Mitzenmacher 2001); six also make up for ops that are
often pruned, and leave the company an op is met in to chance."""


class Quota:
    """Counts of the ops in the cases drawn so far; ``ahead`` are counts to begin with.

    Only what survives pruning is credited: an op whose results no output needs was never exercised.
    """

    def __init__(self, ahead: Mapping[str, int] | None = None) -> None:
        self._counts: Counter[str] = Counter(ahead)

    def order(self, ops: Sequence[Op], named: Iterable[int], placed: Counter[str]) -> list[int]:
        """The positions in ``ops`` among ``named``, the op drawn least so far first; ``placed`` are those of this case."""
        drawn = {}
        for position in named:
            name = ops[position].name
            drawn[position] = self._counts.get(name, 0) + placed.get(name, 0)
        return sorted(drawn, key=drawn.__getitem__)

    def credit(self, case: Case) -> None:
        self._counts.update(case.graph.op_names)
