"""What a reader must see first: unexpected verdicts, then known defects, then what was not decided."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from autograd_conformance.records import Result
from autograd_conformance.reports.merged import Merged
from autograd_conformance.reports.scenarios import Finding, findings
from autograd_conformance.reports.tally import Tally, by_precision, is_known, is_unexpected, is_unexpected_pass
from autograd_conformance.reports.wording import clipped

MOST_GROUPS = 60
UNDECIDED = ("inconclusive", "imprecise", "weak")


@dataclass(frozen=True, eq=False)
class Group:
    """Bad verdicts of one law and one signature."""

    law: str
    signature: str
    verdicts: Tally
    adapters: tuple[tuple[str, int], ...]
    dtypes: tuple[str, ...]
    example: Result
    reasons: tuple[str, ...]

    @property
    def case(self) -> str:
        """The case to look at: the reduced one when there is one."""
        return self.example.reduced or self.example.case


@dataclass(frozen=True, eq=False)
class Share:
    """The verdicts of one adapter in one dtype."""

    adapter: str
    dtype: str
    verdicts: Tally


@dataclass(frozen=True, eq=False)
class Attention:
    unexpected: list[Group]
    known: list[Group]
    passes: list[Group]
    """Verdicts that agree although an expectation says they should not."""
    scenarios: list[Finding]
    """Scenarios that are not as documented, or not decided, and nobody expected it."""
    known_scenarios: list[Finding]
    stale: list[str]
    shares: list[Share]


def attention(merged: Merged) -> Attention:
    diagnosed = {diagnostic.case for diagnostic in merged.diagnostics}
    return Attention(
        unexpected=groups(filter(is_unexpected, merged.results), diagnosed),
        known=groups(filter(is_known, merged.results), diagnosed),
        passes=groups(filter(is_unexpected_pass, merged.results), diagnosed),
        scenarios=findings([one for one in merged.scenarios if is_unexpected(one) or one.verdict in UNDECIDED]),
        known_scenarios=findings([one for one in merged.scenarios if is_known(one)]),
        stale=merged.stale,
        shares=shares(merged),
    )


def groups(results: Iterable[Result], diagnosed: set[str]) -> list[Group]:
    """Verdicts by law and signature, the most frequent first; for no signature stands the first line of detail."""
    members: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        members[result.law, result.signature or clipped(result.detail.partition("\n")[0], 80) or result.verdict].append(
            result
        )
    ordered = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_group(law, signature, found, _has_page(diagnosed)) for (law, signature), found in ordered]


def _has_page(diagnosed: set[str]) -> Callable[[Result], tuple[bool, int]]:
    return lambda result: ((result.reduced or result.case) not in diagnosed, len(result.case))


def _group(law: str, signature: str, found: list[Result], order: Callable[[Result], tuple[bool, int]]) -> Group:
    verdicts = Tally()
    for result in found:
        verdicts.add(result)
    return Group(
        law=law,
        signature=signature,
        verdicts=verdicts,
        adapters=tuple(Counter(result.adapter for result in found).items()),
        dtypes=tuple(by_precision(result.dtype for result in found)),
        example=min(found, key=order),
        reasons=tuple(dict.fromkeys(result.expected for result in found if result.expected)),
    )


def shares(merged: Merged) -> list[Share]:
    """One row per adapter and dtype, in the order of the files: no ranking."""
    rows: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for result in merged.results:
        rows[result.adapter, result.dtype].add(result)
    position = {adapter.name: place for place, adapter in enumerate(merged.adapters)}
    dtypes = by_precision(dtype for _, dtype in rows)
    ordered = sorted(rows, key=lambda key: (position.get(key[0], len(position)), dtypes.index(key[1])))
    return [Share(adapter, dtype, rows[adapter, dtype]) for adapter, dtype in ordered]
