"""What one results file comes to: counts, what is unexpected, and why it may not be the whole story.

Everything is counted from the records themselves; a footer is believed only where it agrees with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from autograd_conformance.records import UNEXPECTED_VERDICTS, VERDICTS, Result, as_float
from autograd_conformance.results import ResultsFile


@dataclass(frozen=True, eq=False)
class Cause:
    """Verdicts that say the same of the same adapter: law, verdict, and ops or words."""

    law: str
    adapter: str
    verdict: str
    about: str
    """Ops of the reduced case, or the words of the verdict (of lost digits, which are not reduced), or a scenario's name."""
    results: tuple[Result, ...]

    @property
    def example(self) -> Result:
        """The farthest from its bound."""
        return max(self.results, key=bounds)

    @property
    def case(self) -> str:
        """The case to look at: the reduced one where there is one."""
        return self.example.reduced or self.example.case


@dataclass(frozen=True, eq=False)
class Digest:
    """A results file, counted."""

    file: ResultsFile

    @cached_property
    def everything(self) -> list[Result]:
        return self.file.verdicts

    @cached_property
    def unexpected(self) -> list[Result]:
        return [each for each in self.everything if each.verdict in UNEXPECTED_VERDICTS and not each.expected]

    @cached_property
    def known(self) -> int:
        return sum(each.verdict in UNEXPECTED_VERDICTS and bool(each.expected) for each in self.everything)

    @cached_property
    def judged(self) -> int:
        """Verdicts about something that ran; unsupported says that nothing did."""
        return sum(each.verdict != "unsupported" for each in self.everything)

    @cached_property
    def stale(self) -> list[str]:
        return list(self.file.footer.stale) if self.file.footer else []

    @cached_property
    def uncovered(self) -> list[str]:
        return [each.title for each in self.file.coverage if each.is_below_floor]

    @cached_property
    def shortfalls(self) -> list[str]:
        """Why the file does not hold all that it was meant to; empty when it does."""
        return list(self._shortfalls())

    @property
    def fails(self) -> int:
        """What makes a run fail: unexpected verdicts, stale expectations, ops below the floor."""
        return len(self.unexpected) + len(self.stale) + len(self.uncovered)

    def by_adapter(self) -> Iterator[tuple[str, Counter[str], int, int]]:
        """Every adapter with its verdicts, and how many of them are unexpected and known."""
        for adapter in sorted({each.adapter for each in self.everything}):
            own = [each for each in self.everything if each.adapter == adapter]
            bad = [each for each in own if each.verdict in UNEXPECTED_VERDICTS]
            known = sum(bool(each.expected) for each in bad)
            yield adapter, Counter(each.verdict for each in own), len(bad) - known, known

    def causes(self, *verdicts: str) -> list[Cause]:
        """Unforeseen verdicts of these kinds, alike ones together, the worst first."""
        found: dict[tuple[str, str, str, str], list[Result]] = {}
        for each in self.everything:
            if each.verdict in verdicts and not each.expected:
                scenario = each.case if not each.dtype and each.stratum == "scenarios" else ""
                is_reduced = each.verdict in UNEXPECTED_VERDICTS
                about = scenario or (each.signature if is_reduced else "") or each.detail[:80]
                found.setdefault((each.law, each.adapter, each.verdict, about), []).append(each)
        made = [Cause(*key, tuple(results)) for key, results in found.items()]
        return sorted(made, key=lambda one: (VERDICTS.index(one.example.verdict), -bounds(one.example)))

    def _shortfalls(self) -> Iterator[str]:
        footer = self.file.footer
        if footer is None:
            yield "truncated: the file has no footer, so its run was killed"
        elif footer.status != "complete":
            yield f"{footer.status}: the run did not finish"
        elif (footer.results, sum(footer.scenarios.values())) != (len(self.file.results), len(self.file.scenarios)):
            yield "records are missing: the footer counts others than the file holds"
        spoken = {each.adapter for each in self.everything}
        for adapter in self.file.header.adapters:
            if adapter.missing is not None:
                yield f"{adapter.name} is missing: {adapter.missing}"
            elif adapter.name not in spoken:
                yield f"{adapter.name} has no verdict at all"


def bounds(result: Result) -> float:
    """The gap of a result in units of its bound; 0 where nothing was measured."""
    if result.worst is None:
        return 0.0
    gap, bound = abs(as_float(result.worst.gap)), as_float(result.worst.bound)
    if gap != gap:
        return float("inf")
    return gap / bound if bound > 0 else (float("inf") if gap else 0.0)
