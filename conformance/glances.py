"""What laws find in float64 with bounds that cost little and are never above the real ones: what agrees with them agrees.

At a first glance no result moves but by its own rounding.  At a second the outputs do, and derivatives along those
directions in which something lay beyond its bound at the first.  That a bound is not weak shows in the reference's error
alone, which then is what rounding in the finest arithmetic makes of it.  A law that says nothing at a glance, because it
takes what it builds on for contradicted, is heard again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from autograd_conformance.laws import Law
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import Compared, Finding, Undecided

Find = Callable[[Law, Estimate], Finding | None]

FAR = 64.0
"""A gap of so many bounds at the first glance is seldom within the bound of the second, which is spared then."""


class Glances:
    """The glances of all laws at one case; they share one measurement of noise."""

    def __init__(self, estimate: Estimate, laws: Iterable[Law], find: Find, is_noise_measured: bool) -> None:
        """``is_noise_measured``: all of it will be, for another dtype."""
        self._estimate = estimate
        self._laws = tuple(laws)
        self._find = find
        self._is_noise_measured = is_noise_measured
        self._first: dict[str, Finding | None] = {}

    def finding(self, law: Law) -> Finding | None:
        """Of the first glance, or of the second where that may be more certain."""
        found = self._at_first(law)
        if not isinstance(found, Compared) or is_certain(found) or found.is_nearly_weak or found.ratio > FAR:
            return found
        return self._find(law, self._estimate_at_second)

    def _at_first(self, law: Law) -> Finding | None:
        if law.name not in self._first:
            self._first[law.name] = self._find(law, self._estimate.at_a_glance)
        return self._first[law.name]

    @cached_property
    def _estimate_at_second(self) -> Estimate:
        if self._is_noise_measured:
            return self._estimate.at_a_second_glance(None)
        every = [found for found in map(self._at_first, self._laws) if isinstance(found, Compared)]
        beyond = {place for found in every if found.ratio <= FAR for place in found.beyond}
        return self._estimate.at_a_second_glance(tuple(sorted(beyond)))


def is_certain(found: Finding | None) -> bool:
    """Whether measuring noise could not change what is found, or that nothing is."""
    if isinstance(found, Compared):
        return found.ratio <= 1 and not found.is_nearly_weak
    return found is not None and not isinstance(found, Undecided)
