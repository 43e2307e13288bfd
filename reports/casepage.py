"""One page a case: the graph, the point, what every adapter said, and for a failure how to see it again."""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_conformance.records import UNEXPECTED_VERDICTS, VERDICTS, CaseRecord, Diagnostic, Gap, Result, as_float
from autograd_conformance.reports.drawing import Drawing, draw, listing
from autograd_conformance.reports.merged import Merged
from autograd_conformance.reports.parity import Parity, parity
from autograd_conformance.reports.plot import Plot, plot
from autograd_conformance.reports.tally import GLYPHS, by_precision, is_known, is_unexpected
from autograd_conformance.reports.wording import clipped, plain, replay_line, scientific

MOST_PAGES = 200
MOST_DIAGNOSTICS = 6
MOST_CHANGED = 60
"""Further pages of cases that the upgrade view names."""
SAMPLE = 12
_SAFE_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SIGNIFICANT_BITS = {"float64": 53, "float32": 24, "bfloat16": 8, "float16": 11}


@dataclass(frozen=True, eq=False)
class Value:
    """The worst element as one adapter and dtype returned it."""

    adapter: str
    dtype: str
    value: str
    ulps: str
    others: str


@dataclass(frozen=True, eq=False)
class Failure:
    """A diagnostic with the result that it explains."""

    diagnostic: Diagnostic
    result: Result | None
    plot: Plot | None
    values: list[Value]
    replay: str
    bounds: str
    """The gap in units of the bound."""


@dataclass(frozen=True)
class Tag:
    kind: str
    text: str


@dataclass(eq=False)
class CasePage:
    id: str
    anchor: str
    title: str
    stratum: str
    drawing: Drawing | None
    listing: str
    unreadable: str
    point: list[tuple[str, str]]
    failures: list[Failure]
    failures_left_out: int
    verdicts: list[tuple[str, str, list[tuple[str, Result]]]]
    parity: Parity | None
    reduced: list[str]
    reduced_from: list[str]
    replay: str
    tags: list[Tag]
    is_sample: bool

    @property
    def kind(self) -> str:
        """``bad``, ``known`` or nothing, as the worst of its tags."""
        return self.tags[0].kind if self.tags else ""


def anchor_of(case: str) -> str:
    """An id attribute for a case; a name that is no plain word is replaced by its hash."""
    if _SAFE_ID.fullmatch(case):
        return f"case-{case}"
    return f"case-x{hashlib.sha256(case.encode('utf-8', 'replace')).hexdigest()[:16]}"


@dataclass(frozen=True, eq=False)
class Choice:
    """Which cases get a page, and what was left out."""

    explained: list[str]
    sampled: list[str]
    left_out: int


def choose(merged: Merged, also: Iterable[str] = ()) -> Choice:
    """Cases with an unexpected verdict, others with a diagnostic, ``also``, and a few more spread over the strata."""
    diagnosed = {diagnostic.case for diagnostic in merged.diagnostics}
    alarming = {result.reduced or result.case for result in merged.results if is_unexpected(result)}
    wanted = [case for case in merged.cases if case in diagnosed and case in alarming]
    wanted += [case for case in merged.cases if case in alarming and case not in diagnosed]
    wanted += [case for case in merged.cases if case in diagnosed and case not in alarming]
    taken = set(wanted)
    changed = [case for case in dict.fromkeys(also) if case in merged.cases and case not in taken][:MOST_CHANGED]
    taken |= {*changed}
    strata: dict[str, list[str]] = defaultdict(list)
    for case in sorted(merged.cases):
        if case not in taken:
            strata[merged.cases[case].stratum].append(case)
    quota = max(1, SAMPLE // max(len(strata), 1))
    sampled = [case for cases in strata.values() for case in cases[:: max(1, len(cases) // quota)][:quota]]
    return Choice(wanted[:MOST_PAGES], [*changed, *sampled[:SAMPLE]], max(len(wanted) - MOST_PAGES, 0))


@dataclass(eq=False)
class Pages:
    """Builds case pages from lookups made once."""

    merged: Merged
    results: dict[str, list[Result]] = field(default_factory=lambda: defaultdict(list))
    diagnostics: dict[str, list[Diagnostic]] = field(default_factory=lambda: defaultdict(list))
    origins: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for result in self.merged.results:
            self.results[result.case].append(result)
            if result.reduced and result.reduced != result.case:
                self.origins[result.reduced].append(result.case)
        for diagnostic in self.merged.diagnostics:
            self.diagnostics[diagnostic.case].append(diagnostic)

    def page(self, case_id: str, *, is_sample: bool) -> CasePage:
        case, graph = self.merged.cases[case_id], self.merged.graphs.get(case_id)
        results, diagnostics = self.results[case_id], self.diagnostics[case_id]
        diverging = next((d.first_diverging_node for d in diagnostics if d.first_diverging_node is not None), None)
        failures = [self._failure(diagnostic) for diagnostic in diagnostics[:MOST_DIAGNOSTICS]]
        adapters = dict.fromkeys([*(one.adapter for one in diagnostics), *(one.adapter for one in results)])
        return CasePage(
            id=case_id,
            anchor=anchor_of(case_id),
            title=" · ".join(dict.fromkeys(node.op for node in graph.nodes)) if graph else "unreadable graph",
            stratum=case.stratum,
            drawing=draw(graph, case.shapes, diverging) if graph else None,
            listing=listing(graph, case.shapes) if graph else "",
            unreadable=self.merged.unreadable.get(case_id, ""),
            point=_point(case),
            failures=failures,
            failures_left_out=len(diagnostics) - len(failures),
            verdicts=_verdict_rows(results),
            parity=parity(results),
            reduced=list(dict.fromkeys(r.reduced for r in results if r.reduced and r.reduced != case_id))[:8],
            reduced_from=list(dict.fromkeys(self.origins[case_id]))[:8],
            replay=replay_line(case_id, next(iter(adapters), "")),
            tags=_tags([*results, *(failure.result for failure in failures if failure.result)]),
            is_sample=is_sample,
        )

    def _failure(self, diagnostic: Diagnostic) -> Failure:
        result = self._explained(diagnostic)
        worst = result.worst if result else None
        return Failure(
            diagnostic=diagnostic,
            result=result,
            plot=plot(diagnostic.steps, diagnostic.reference_steps, worst.bound if worst else None),
            values=[_value(value, diagnostic.dtype, worst) for value in diagnostic.values[:60]],
            replay=replay_line(diagnostic.case, diagnostic.adapter),
            bounds=_bounds(worst),
        )

    def _explained(self, diagnostic: Diagnostic) -> Result | None:
        """The result of the same case, or the one whose reduced case this is."""
        candidates = [*self.results[diagnostic.case]]
        for origin in self.origins[diagnostic.case]:
            candidates += [result for result in self.results[origin] if result.reduced == diagnostic.case]
        wanted = (diagnostic.adapter, diagnostic.law, diagnostic.dtype)
        found = [result for result in candidates if (result.adapter, result.law, result.dtype) == wanted]
        return max(found, key=_severity, default=None)


def _severity(result: Result) -> tuple[bool, bool, int]:
    return is_unexpected(result), is_known(result), VERDICTS.index(result.verdict)


def _tags(results: Iterable[Result]) -> list[Tag]:
    """The bad verdicts of a case, unexpected ones first; dtypes that share one are named together."""
    bad = sorted(filter(lambda one: is_unexpected(one) or is_known(one), results), key=is_known)
    dtypes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in bad:
        glyph = "◆" if is_known(one) else GLYPHS[one.verdict]
        text = f"{glyph} {one.verdict} {clipped(one.adapter, 40)}"
        dtypes["known" if is_known(one) else "bad", text].append(clipped(one.dtype, 20))
    return [Tag(kind, f"{text} {', '.join(by_precision(found)[:6])}") for (kind, text), found in dtypes.items()]


def _point(case: CaseRecord) -> list[tuple[str, str]]:
    rows = [(f"v{number}", clipped(plain(values, 400), 1200)) for number, values in enumerate(case.point[:64])]
    return rows + [
        (f"cotangent {number}", clipped(plain(values, 400), 1200)) for number, values in enumerate(case.cotangents[:64])
    ]


def _verdict_rows(results: Sequence[Result]) -> list[tuple[str, str, list[tuple[str, Result]]]]:
    """The worst verdict of every adapter, by law and dtype."""
    rows: dict[tuple[str, str], dict[str, Result]] = defaultdict(dict)
    for result in results:
        known = rows[result.law, result.dtype].get(result.adapter)
        if known is None or VERDICTS.index(result.verdict) > VERDICTS.index(known.verdict):
            rows[result.law, result.dtype][result.adapter] = result
    ordered = sorted(rows.items(), key=lambda item: not any(r.verdict in UNEXPECTED_VERDICTS for r in item[1].values()))
    return [(law, dtype, list(found.items())) for (law, dtype), found in ordered[:60]]


def _value(raw: Mapping[str, Any], dtype: str, worst: Gap | None) -> Value:
    others = {name: item for name, item in raw.items() if name not in ("adapter", "dtype", "value")}
    value, own_dtype = raw.get("value"), raw.get("dtype", dtype)
    return Value(
        adapter=clipped(raw.get("adapter", ""), 80),
        dtype=clipped(own_dtype, 20),
        value=clipped(plain(value, 40), 60),
        ulps=_ulps(value, str(own_dtype), worst),
        others=clipped(plain(others, 40), 160),
    )


def _ulps(value: object, dtype: str, worst: Gap | None) -> str:
    """Distance to the reference in units of the last place of the value's dtype."""
    bits = _SIGNIFICANT_BITS.get(dtype)
    if worst is None or bits is None or not isinstance(value, (int, float)) or isinstance(value, bool):
        return "–"
    real = as_float(worst.reference)
    if not math.isfinite(real) or not real or not math.isfinite(value):
        return "–"
    unit = 2.0 ** (math.frexp(real)[1] - bits)  # nothing where the reference is as good as nothing
    return scientific(abs(value - real) / unit, 2) if unit else "–"


def _bounds(worst: Gap | None) -> str:
    if worst is None:
        return ""
    gap, bound = as_float(worst.gap), as_float(worst.bound)
    return scientific(gap / bound, 2) if bound and math.isfinite(bound) and math.isfinite(gap) else ""
