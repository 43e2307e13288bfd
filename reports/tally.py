"""Counting verdicts without letting one kind pass for another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from autograd_conformance.precision import UNIT_ROUNDOFF
from autograd_conformance.records import UNEXPECTED_VERDICTS, VERDICTS, Result, ScenarioResult

GLYPHS = {
    "agree": "✓", "weak": "○", "imprecise": "≈", "inconclusive": "~", "disagree": "✗",
    "unsupported": "–", "error": "!", "crash": "†", "timeout": "…",
}  # fmt: skip

MEANINGS = {
    "agree": "within the measured error bound",
    "weak": "within the bound, but the bound is too wide to say much; never counted as coverage",
    "imprecise": (
        "beyond the bound by an amount that shrinks with the precision: digits are lost, the rule is right; or two equal "
        "calls differ within it"
    ),
    "inconclusive": "cannot be decided here for the reason given, or beyond the bound and not confirmed as wrong",
    "disagree": "beyond three bounds and confirmed by an independent evaluation",
    "unsupported": "the adapter says that it cannot do this",
    "error": "the framework raised an error",
    "crash": "the worker process died",
    "timeout": "no answer in time",
}


def by_precision(dtypes: Iterable[str]) -> list[str]:
    """From fine to coarse, each once; what is not known comes last, by name."""
    places = {dtype: place for place, dtype in enumerate(UNIT_ROUNDOFF)}
    return sorted(set(dtypes), key=lambda dtype: (places.get(dtype, len(places)), dtype))


def is_unexpected(result: Result | ScenarioResult) -> bool:
    return result.verdict in UNEXPECTED_VERDICTS and not result.expected


def is_known(result: Result | ScenarioResult) -> bool:
    """A bad verdict that an expectation foresaw."""
    return bool(result.expected) and result.verdict in UNEXPECTED_VERDICTS


def is_unexpected_pass(result: Result | ScenarioResult) -> bool:
    """An expectation foresaw a defect here, and there was none."""
    return bool(result.expected) and result.verdict == "agree"


@dataclass(eq=False)
class Tally:
    """How many verdicts of each kind; ``known`` of them were bad and expected."""

    counts: Counter[str] = field(default_factory=Counter)
    unexpected: int = 0
    known: int = 0

    def add(self, result: Result | ScenarioResult) -> None:
        self.counts[result.verdict] += 1
        self.unexpected += is_unexpected(result)
        self.known += is_known(result)

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def judged(self) -> int:
        """Verdicts about something that ran; unsupported says that nothing did."""
        return self.total - self.counts["unsupported"]

    @property
    def bad(self) -> int:
        return sum(self.counts[verdict] for verdict in UNEXPECTED_VERDICTS)

    @property
    def breakdown(self) -> str:
        """``212 agree, 2 weak``, in the order of the records."""
        return ", ".join(f"{self.counts[verdict]:,} {verdict}" for verdict in VERDICTS if self.counts[verdict])


def tally(results: Iterable[Result | ScenarioResult]) -> Tally:
    counted = Tally()
    for result in results:
        counted.add(result)
    return counted
