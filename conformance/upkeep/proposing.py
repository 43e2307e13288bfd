"""From the unexpected verdicts of a run to the entries that would foresee them, and no more than that."""

from __future__ import annotations

import datetime
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from autograd_conformance.digest import Digest
from autograd_conformance.known import Expectation, framework_version
from autograd_conformance.laws import LAWS
from autograd_conformance.records import (
    COVERAGE_LAW,
    SCENARIO_LAW,
    AdapterRecord,
    Result,
    as_float,
)
from autograd_conformance.results import ResultsFile
from autograd_conformance.upkeep import ranges

FAMILIES = ("vjp_*", "jvp_*", "[fr][fr]*_matches*", "*_jacobian_has_rows", "wrapped_graphs_have_equal_*")
"""Laws that fail together; two of a family stand for it."""
MANY = 3
"""Families, or laws of none, that fail on one subject before every law is meant."""
MOST_DETAIL = 100


@dataclass(frozen=True)
class Subject:
    """What one entry is about, besides laws and adapters."""

    case: str
    signature: str
    kind: str
    dtype: str
    detail: str
    when: str | None
    device: str
    is_finite: bool
    """Whether the gap can be written down."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """An entry, the verdicts it is made from, and the case that should be frozen for it, if none is."""

    law: str
    adapter: str
    subject: Subject
    results: tuple[Result, ...]

    @property
    def example(self) -> str:
        """The case that says most: the smallest one that was reduced."""
        return min((not one.reduced, one.reduced or one.case) for one in self.results)[1]

    @property
    def largest_gap(self) -> float | None:
        """The measured one, up to the next power of ten."""
        gaps = [as_float(one.worst.gap) for one in self.results if one.worst is not None]
        if self.subject.kind != "disagree" or not self.subject.is_finite or not any(gaps):
            return None
        return float(f"1e{math.ceil(math.log10(max(gaps)))}")

    @property
    def point(self) -> str:
        """What all the points have in common that is special."""
        points = {one.point for one in self.results}
        if "" in points:
            return "*"
        if len(points) == 1:
            return points.pop()
        shared = [name for name in ("zero", "empty") if all(name in point for point in points)]
        return f"*{shared[0]}*" if shared else "?*"

    def entry(self, reason: str, link: str, witnesses: Mapping[str, str], today: datetime.date) -> dict[str, object]:
        """The entry as plain data; ``witnesses`` maps ids of frozen cases to their files."""
        subject = self.subject
        about = {"signature": subject.signature} if subject.signature else {"case": subject.case}
        witness = next((witnesses[each] for each in sorted(self._cases) if each in witnesses), None)
        is_drawn = witness is None and self.law != SCENARIO_LAW
        fields: dict[str, object] = {
            "law": self.law, "adapter": self.adapter, **about, "point": self.point, "dtype": subject.dtype or "*",
            "kind": subject.kind, "detail": subject.detail, "device": subject.device, "largest_gap": self.largest_gap,
            "when": subject.when, "reason": reason, "link": link, "witness": witness, "added": today,
            "strict": False if is_drawn else None,
        }  # fmt: skip
        return {name: value for name, value in fields.items() if name == "law" or value not in (None, "*")}

    @property
    def _cases(self) -> set[str]:
        return {one.reduced or one.case for one in self.results}


def unexpected(file: ResultsFile) -> list[Result]:
    """Everything of a run that fails it, scenarios and ops below the floor among it, as verdicts."""
    return [*Digest(file).unexpected, *(one.as_result() for one in file.coverage if one.is_below_floor)]


def proposals(results: Iterable[Result], adapters: Iterable[AdapterRecord]) -> list[Proposal]:
    """One for each family of laws, adapter, subject, kind and dtype; modes of a framework that all show it are one."""
    records = {one.name: one for one in adapters if one.missing is None}
    single: dict[tuple[str, Subject], list[Result]] = defaultdict(list)
    for result in results:
        single[result.adapter, _subject(result, records)].append(result)
    found = [
        Proposal(law, adapter, subject, tuple(one for one in group if fnmatchcase(one.law, law)))
        for (adapter, subject), group in single.items()
        for law in _laws({one.law for one in group})
    ]
    return sorted(
        _united(found, records), key=lambda one: (one.adapter, one.subject.signature, one.law, one.subject.dtype)
    )


def _subject(result: Result, records: Mapping[str, AdapterRecord]) -> Subject:
    record = records.get(result.adapter)
    version = framework_version(result.adapter, record.versions, is_own=True) if record is not None else None
    try:
        when = ranges.minor_range(version)
    except ValueError:
        when = None
    device = "" if record is None else record.numerics.get("device", "")
    return Subject(
        case=result.case if not result.signature else "",
        signature=result.signature,
        kind=result.verdict,
        dtype=result.dtype,
        detail=_detail(result),
        when=when,
        device="*" if device in ("", "cpu") else device,
        is_finite=result.worst is None or math.isfinite(as_float(result.worst.gap)),
    )


def _detail(result: Result) -> str:
    """The first line of an error, as a glob in which addresses and long numbers may change."""
    if result.verdict not in ("error", "crash") or not result.detail:
        return "*"
    line = result.detail.splitlines()[0][:MOST_DETAIL]
    line = re.sub(r"[\[*?]", lambda found: f"[{found[0]}]", line)
    return re.sub(r"0x[0-9a-f]+|\d{4,}", "*", line) + "*"


def _laws(failed: set[str]) -> list[str]:
    """The fewest globs that speak of these laws."""
    families: dict[str, set[str]] = defaultdict(set)
    for law in failed:
        families[next((family for family in FAMILIES if fnmatchcase(law, family) and law in LAWS), law)].add(law)
    if len(families) >= MANY:
        return ["*"]
    return [family if len(laws) > 1 else next(iter(laws)) for family, laws in sorted(families.items())]


def _united(found: Iterable[Proposal], records: Mapping[str, AdapterRecord]) -> Iterator[Proposal]:
    """Those that all modes of a framework in this run share, as one."""
    groups: dict[tuple[str, str, Subject], list[Proposal]] = defaultdict(list)
    for one in found:
        groups[one.adapter.rpartition(":")[0], one.law, one.subject].append(one)
    for (framework, *_), group in groups.items():
        modes = {name for name in records if name.rpartition(":")[0] == framework}
        if len(modes) > 1 and modes == {one.adapter for one in group}:
            results = tuple(each for one in group for each in one.results)
            yield replace(group[0], adapter=f"{framework}:*", results=results)
        else:
            yield from group


def is_about_the_same(one: Expectation, other: Expectation) -> bool:
    """Whether two entries differ at most in range, gap, reason and what speaks for them."""
    names = ("law", "adapter", "signature", "case", "point", "dtype", "device", "kind", "detail")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def is_drawn(proposal: Proposal) -> bool:
    """Whether it is about a graph, so that a frozen case can stand for it."""
    return proposal.law not in (SCENARIO_LAW, COVERAGE_LAW)
