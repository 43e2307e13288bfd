"""Several results files as one: adapters side by side, the same case id once.

tox writes one file per framework, and each of them lists the other frameworks as missing; an adapter that is present
anywhere is present.  An adapter recorded with different versions (an upgrade) becomes two columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath

import msgspec

from autograd_conformance.graph import Graph, MalformedGraph, graph_from_plain
from autograd_conformance.records import (
    VERDICTS,
    AdapterRecord,
    CaseRecord,
    CoverageRecord,
    Diagnostic,
    Footer,
    Header,
    Result,
    ScenarioResult,
)
from autograd_conformance.reports.wording import clipped
from autograd_conformance.results import ResultsFile

MOST_ADAPTERS = 40


@dataclass(frozen=True, eq=False)
class Source:
    """One results file: its name without folders, its header, and whether it is whole."""

    name: str
    header: Header
    footer: Footer | None
    results: int
    scenarios: int

    @property
    def status(self) -> str:
        if self.footer is None:
            return "truncated"
        counted = (self.footer.results, sum(self.footer.scenarios.values()))
        return "miscounted" if counted != (self.results, self.scenarios) else self.footer.status


@dataclass(eq=False)
class Merged:
    """Everything the report draws."""

    sources: list[Source] = field(default_factory=list)
    adapters: list[AdapterRecord] = field(default_factory=list)
    cases: dict[str, CaseRecord] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    scenarios: list[ScenarioResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    coverage: dict[tuple[str, str], CoverageRecord] = field(default_factory=dict)
    """Op and adapter to how often it was strongly judged; of several files the one with most."""

    @cached_property
    def graphs(self) -> dict[str, Graph]:
        """The readable graphs by case id; ``unreadable`` has the reasons for the others."""
        graphs: dict[str, Graph] = {}
        for case in self.cases.values():
            try:
                graphs[case.id] = graph_from_plain(case.graph)
            except (MalformedGraph, RecursionError) as failure:
                self.unreadable[case.id] = clipped(failure)
        return graphs

    @cached_property
    def unreadable(self) -> dict[str, str]:
        return {}

    @cached_property
    def ops(self) -> dict[str, tuple[str, ...]]:
        return {case: graph.op_names for case, graph in self.graphs.items()}

    @cached_property
    def laws(self) -> list[str]:
        """Every law that was planned or judged, in the order of first mention."""
        planned = [law for adapter in self.adapters for law in adapter.laws]
        return list(dict.fromkeys([*planned, *(result.law for result in self.results)]))

    @cached_property
    def vocabulary(self) -> list[str]:
        """Ops the generator may draw, when the header says so, and every op of a recorded graph."""
        declared = [op for source in self.sources for op in getattr(source.header, "vocabulary", ())]
        return sorted({*declared, *(op for ops in self.ops.values() for op in ops)})

    @cached_property
    def setups(self) -> list[list[AdapterRecord]]:
        """Adapters of one framework in the same versions and numerics, or missing for the same reason."""
        setups: dict[str, list[AdapterRecord]] = {}
        for adapter in self.adapters:
            parts = (adapter.framework, adapter.versions, adapter.numerics, adapter.python, adapter.missing)
            setups.setdefault(repr(parts), []).append(adapter)
        return list(setups.values())

    @property
    def stale(self) -> list[str]:
        return sorted({stale for source in self.sources if source.footer for stale in source.footer.stale})

    @cached_property
    def uncovered(self) -> list[CoverageRecord]:
        """Ops below the floor for which no reason is stated."""
        return [record for _, record in sorted(self.coverage.items()) if record.is_below_floor]

    @cached_property
    def present(self) -> list[AdapterRecord]:
        return [adapter for adapter in self.adapters if adapter.missing is None]

    @cached_property
    def missing(self) -> list[AdapterRecord]:
        return [adapter for adapter in self.adapters if adapter.missing is not None]

    def as_file(self) -> ResultsFile:
        """All of it as one results file, no more complete than any of its parts."""
        first = self.sources[0].header if self.sources else Header(suite="", seed=0, adapters=[])
        footers = [source.footer for source in self.sources]
        partial = next(
            (one for one in footers if one is None or one.status != "complete"), footers[0] if footers else None
        )
        return ResultsFile(
            " + ".join(source.name for source in self.sources[:6]),
            msgspec.structs.replace(first, adapters=self.adapters),
            self.cases,
            self.results,
            self.diagnostics,
            partial,
            self.scenarios,
        )


def merge(files: Sequence[ResultsFile]) -> Merged:
    """Unite result files; contradictions are kept and said in ``notes``, never resolved silently."""
    merged = Merged()
    columns: dict[str, AdapterRecord] = {}
    earlier: dict[tuple[str, ...], int] = {}
    told: dict[tuple[str, str], int] = {}
    for file in files:
        name = PurePath(file.path).name or file.path
        merged.sources.append(Source(name, file.header, file.footer, len(file.results), len(file.scenarios)))
        names = _columns_of(file, columns)
        _unite_cases(merged, file)
        _unite_results(merged, [_renamed(result, names) for result in file.results], earlier)
        merged.diagnostics += [
            msgspec.structs.replace(diagnostic, adapter=names.get(diagnostic.adapter, diagnostic.adapter))
            for diagnostic in file.diagnostics
        ]
        _unite_scenarios(merged, file, names, told)
        _unite_coverage(merged, file, names)
    frameworks = list(dict.fromkeys(adapter.framework for adapter in columns.values()))
    merged.adapters = sorted(
        columns.values(), key=lambda adapter: (adapter.missing is not None, frameworks.index(adapter.framework))
    )
    if len({source.header.seed for source in merged.sources if source.results}) > 1:
        merged.notes.append("The files have different seeds, so most cases were judged by some adapters only.")
    _limit_adapters(merged)
    return merged


def _columns_of(file: ResultsFile, columns: dict[str, AdapterRecord]) -> dict[str, str]:
    """Place the file's adapters among the columns; returns the column of every adapter name in this file."""
    names: dict[str, str] = {}
    named = {result.adapter for result in file.results} | {result.adapter for result in file.scenarios}
    named |= {record.adapter for record in file.coverage}
    undeclared = named - {adapter.name for adapter in file.header.adapters}
    unknown = [AdapterRecord(name=name, framework=name.split(":")[0], mode="") for name in sorted(undeclared)]
    for adapter in [*file.header.adapters, *unknown]:
        column = adapter.name
        other = columns.get(column)
        if other is not None and other.missing is None and adapter.missing is not None:
            names[adapter.name] = column
            continue
        while other is not None and other.missing is None and not _is_same(other, adapter):
            version = clipped(adapter.versions.get(adapter.framework, ""), 30)
            column = f"{adapter.name} {version}" if f"{adapter.name} {version}" not in columns else f"{column}′"
            other = columns.get(column)
        names[adapter.name] = column
        if other is None or other.missing is not None:
            columns[column] = msgspec.structs.replace(adapter, name=column)
    return names


def _is_same(one: AdapterRecord, other: AdapterRecord) -> bool:
    return (one.versions, one.numerics, one.python) == (other.versions, other.numerics, other.python)


def _renamed(result: Result, names: dict[str, str]) -> Result:
    adapter, peer = names.get(result.adapter, result.adapter), names.get(result.peer, result.peer)
    if (adapter, peer) == (result.adapter, result.peer):
        return result
    return msgspec.structs.replace(result, adapter=adapter, peer=peer)


def _unite_results(merged: Merged, results: Sequence[Result], earlier: dict[tuple[str, ...], int]) -> None:
    """Add a file's results; where an earlier file judged the same, the worse verdict stays, so that none is hidden."""
    added: dict[tuple[str, ...], int] = {}
    for result in results:
        key = (result.case, result.adapter, result.law, result.dtype, result.peer)
        place = earlier.get(key)
        if place is None:
            added[key] = len(merged.results)
            merged.results.append(result)
        elif merged.results[place].verdict != result.verdict:
            if not any("contradict" in note for note in merged.notes):
                merged.notes.append("Some verdicts of the files contradict each other; the worse one is shown.")
            merged.results[place] = max(merged.results[place], result, key=lambda one: VERDICTS.index(one.verdict))
    earlier.update(added)


def _unite_scenarios(
    merged: Merged, file: ResultsFile, names: dict[str, str], told: dict[tuple[str, str], int]
) -> None:
    """Add a file's scenarios; where an earlier file told the same, the worse outcome stays, with what it exhibits."""
    for one in file.scenarios:
        adapter = names.get(one.adapter, one.adapter)
        result = one if adapter == one.adapter else msgspec.structs.replace(one, adapter=adapter)
        place = told.setdefault((result.scenario, result.adapter), len(merged.scenarios))
        if place == len(merged.scenarios):
            merged.scenarios.append(result)
        elif merged.scenarios[place].verdict == result.verdict:
            if result.exhibits and not merged.scenarios[place].exhibits:
                merged.scenarios[place] = result
        else:
            if not any("Some scenarios" in note for note in merged.notes):
                merged.notes.append("Some scenarios were told twice with different outcomes; the worse one is shown.")
            merged.scenarios[place] = max(merged.scenarios[place], result, key=lambda one: VERDICTS.index(one.verdict))


def _unite_coverage(merged: Merged, file: ResultsFile, names: dict[str, str]) -> None:
    for one in file.coverage:
        record = msgspec.structs.replace(one, adapter=names.get(one.adapter, one.adapter))
        known = merged.coverage.get((record.op, record.adapter))
        if known is None or known.strong < record.strong:
            merged.coverage[record.op, record.adapter] = record


def _unite_cases(merged: Merged, file: ResultsFile) -> None:
    for case in file.cases.values():
        known = merged.cases.setdefault(case.id, case)
        if known is not case and (known.graph, known.point) != (case.graph, case.point):
            merged.notes.append(f"Case {clipped(case.id, 40)} is not the same in all files; the first one is shown.")
    del merged.notes[20:]


def _limit_adapters(merged: Merged) -> None:
    if len(merged.adapters) > MOST_ADAPTERS:
        left_out = len(merged.adapters) - MOST_ADAPTERS
        merged.notes.append(f"{left_out} more adapters are in the files; the report shows {MOST_ADAPTERS}.")
        del merged.adapters[MOST_ADAPTERS:]
        shown = {adapter.name for adapter in merged.adapters}
        merged.results = [result for result in merged.results if result.adapter in shown]
        merged.scenarios = [result for result in merged.scenarios if result.adapter in shown]
        merged.coverage = {key: record for key, record in merged.coverage.items() if record.adapter in shown}
