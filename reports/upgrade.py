"""What changed against a baseline: transitions of single verdicts, never a difference of totals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from autograd_conformance.records import UNEXPECTED_VERDICTS, VERDICTS, Result
from autograd_conformance.reports.merged import Merged, merge
from autograd_conformance.reports.wording import clipped
from autograd_conformance.results import ResultsFile

MOST_TRANSITIONS = 200


@dataclass(frozen=True, eq=False)
class Transition:
    kind: str
    before: Result
    after: Result


@dataclass(frozen=True, eq=False)
class Upgrade:
    name: str
    matched: int
    only_before: int
    only_after: int
    verdicts: tuple[str, ...]
    matrix: tuple[tuple[str, tuple[int, ...]], ...]
    transitions: list[Transition]
    versions: list[tuple[str, str, str, str]]
    """Adapter, package, version before, version after, where they differ."""
    counts: dict[str, int]


def upgrade(merged: Merged, baseline: ResultsFile) -> Upgrade:
    """Match verdicts by case, adapter, law, dtype and peer."""
    old = merge([baseline])
    before = {_key(result): result for result in _verdicts(old)}
    after = {_key(result): result for result in _verdicts(merged)}
    both = [key for key in after if key in before]
    pairs = Counter((before[key].verdict, after[key].verdict) for key in both)
    verdicts = tuple(name for name in VERDICTS if any(name in pair for pair in pairs))
    changed = [
        Transition(_kind(before[key], after[key]), before[key], after[key])
        for key in both
        if _is_changed(before[key], after[key])
    ]
    changed.sort(key=lambda transition: ("regressed", "fixed", "changed").index(transition.kind))
    return Upgrade(
        name=old.sources[0].name,
        matched=len(both),
        only_before=len(before) - len(both),
        only_after=len(after) - len(both),
        verdicts=verdicts,
        matrix=tuple((row, tuple(pairs[row, column] for column in verdicts)) for row in verdicts),
        transitions=changed,
        versions=_versions(old, merged),
        counts=dict(Counter(transition.kind for transition in changed)),
    )


def _verdicts(merged: Merged) -> list[Result]:
    """Those of laws, and the outcomes of scenarios as verdicts of one more law."""
    return [*merged.results, *(one.as_result() for one in merged.scenarios)]


def _key(result: Result) -> tuple[str, ...]:
    return (result.case, result.adapter, result.law, result.dtype, result.peer)


def _is_changed(before: Result, after: Result) -> bool:
    return before.verdict != after.verdict


def _kind(before: Result, after: Result) -> str:
    was_bad, is_bad = before.verdict in UNEXPECTED_VERDICTS, after.verdict in UNEXPECTED_VERDICTS
    if is_bad and not was_bad:
        return "regressed"
    return "fixed" if was_bad and after.verdict == "agree" else "changed"


def _versions(old: Merged, new: Merged) -> list[tuple[str, str, str, str]]:
    known = {adapter.name: adapter.versions for adapter in old.present}
    rows = []
    for adapter in (adapter for adapter in new.present if adapter.name in known):
        for package, version in adapter.versions.items():
            was = known[adapter.name].get(package, "")
            if was != version:
                rows.append((adapter.name, package, clipped(was, 40) or "–", clipped(version, 40)))
    return rows[:40]
