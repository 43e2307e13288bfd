"""What is written about judged cases: the case, every verdict, and a diagnosis where one needs attention."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from autograd_conformance.case import Case
from autograd_conformance.corpus import PASSING, STRATUM, is_passing
from autograd_conformance.expectation import Expectations, Ran
from autograd_conformance.investigation import Investigated, diagnose, text_of
from autograd_conformance.judge import Judged, judge_peers
from autograd_conformance.laws import Law
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.records import (
    FORESEEABLE_VERDICTS,
    UNEXPECTED_VERDICTS,
    Diagnostic,
    Record,
    Result,
    ScenarioResult,
)
from autograd_conformance.verdict import Verdict
from autograd_conformance.writing import case_record, point_class, result_record, signature_of


@dataclass(eq=False)
class Done:
    """One adapter's part of one case."""

    judged: Judged
    investigated: dict[tuple[str, str], Investigated]
    scripts: dict[tuple[str, str], str]


@dataclass(eq=False)
class Outcome:
    """A written result with what is printed when it fails."""

    result: Result
    text: str


@dataclass(frozen=True, eq=False)
class Said:
    """One verdict with what it is about; ``peer`` is set where it is between two adapters."""

    stratum: str
    adapter: PlannedAdapter
    done: Done
    everyone: list[Judged]
    """What all adapters made of the case."""
    dtype: str
    law: str
    verdict: Verdict
    peer: str = ""

    @property
    def needs_attention(self) -> bool:
        return self.verdict.name in UNEXPECTED_VERDICTS

    @property
    def is_foreseeable(self) -> bool:
        return self.verdict.name in FORESEEABLE_VERDICTS

    @cached_property
    def found(self) -> Investigated | None:
        """What was found out about it; of a disagreement between adapters, what was about the gradient of this one."""
        investigated = self.done.investigated
        own = investigated.get((self.dtype, self.law))
        if own is None and self.peer and self.needs_attention:
            return next((each for (_, law), each in investigated.items() if law.startswith("vjp")), None)
        return own

    @property
    def reduced(self) -> Case | None:
        return self.found.reduced if self.found is not None else None

    @property
    def result(self) -> Result:
        case, signature, point = self.done.judged.case, "", ""
        if self.found is not None:
            signature = self.found.signature
        elif self.is_foreseeable:
            signature = signature_of(case)
        if self.is_foreseeable:
            point = point_class(self.reduced or case)
        return result_record(
            case, self.stratum, self.adapter.name, self.law, self.dtype, self.verdict, self.peer, self.reduced,
            signature, point,
        )  # fmt: skip

    @property
    def text(self) -> str:
        """What is printed of it."""
        return text_of(
            self.law, self.adapter.name, self._version, self.dtype, self.verdict, self.done.judged.case, self.found,
            self.peer,
        )  # fmt: skip

    def diagnostics(self) -> Iterator[Record]:
        """Of the case, and of the reduced one where that is another."""
        judged, found = self.done.judged, self.found
        script = self.done.scripts.get((self.dtype, self.law), "")
        is_least = self.reduced is not None and self.reduced.id == judged.case.id
        yield diagnose(
            judged, self.dtype, self.law, self.verdict, self._version, self.everyone, found, script if is_least else "",
            self.peer,
        )  # fmt: skip
        smaller = found.reduced_judged if found is not None and not self.peer else None
        if smaller is not None and smaller.case.id != judged.case.id:
            verdict = smaller.verdicts.get((self.dtype, self.law), self.verdict)
            yield diagnose(smaller, self.dtype, self.law, verdict, self._version, [smaller], found, script)

    @property
    def _version(self) -> str:
        return next(iter(self.adapter.description.versions.values()), "")


@dataclass(eq=False)
class Recorder:
    """Writes records in the order it is given them, and counts; laws between adapters are judged as they are written."""

    adapters: list[PlannedAdapter]
    dtypes: tuple[str, ...]
    laws: Mapping[str, Law]
    expectations: Expectations
    write: Callable[[Record], None]
    outcomes: dict[tuple[str, str, str], list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    """(adapter, law, stratum) to outcomes, for the test items."""
    told: dict[str, list[ScenarioResult]] = field(default_factory=lambda: defaultdict(list))
    """Adapter name to what came of its scenarios, as far as they are written."""
    verdicts: Counter[str] = field(default_factory=Counter)
    scenario_verdicts: Counter[str] = field(default_factory=Counter)
    unexpected: int = 0
    _written: set[str] = field(default_factory=set)

    def write_scenario(self, adapter: str, told: ScenarioResult) -> None:
        self.scenario_verdicts[told.verdict] += 1
        self.unexpected += told.verdict in UNEXPECTED_VERDICTS and not told.expected
        self.write(told)
        self.told[adapter].append(told)

    def write_case(self, case: Case, stratum: str, done: dict[str, Done]) -> None:
        """What adapters (by name) made of a case; nothing where none of them was asked."""
        if not done:
            return
        self._write_case_once(case)
        everyone = [done[adapter.name].judged for adapter in self.adapters if adapter.name in done]
        for adapter in self.adapters:
            if adapter.name not in done:
                continue
            mine = done[adapter.name]
            for (dtype, law), verdict in mine.judged.verdicts.items():
                self._write_said(Said(stratum, adapter, mine, everyone, dtype, law, verdict))
            for dtype in self.dtypes:
                for name, law_between in self.laws.items():
                    if law_between.judge_peers is None:
                        continue
                    found = judge_peers(law_between, mine.judged, everyone, dtype)
                    if found is not None:
                        self._write_said(Said(stratum, adapter, mine, everyone, dtype, name, *found))

    def _write_said(self, said: Said) -> None:
        """The result, and what explains it where it needs attention."""
        result = said.result
        if said.is_foreseeable:
            described = said.adapter.description
            about = result if said.found is None else said.found.as_known(result)
            expectation = self.expectations.match(about, described.versions, described.device)
            if expectation is not None:
                result = msgspec.structs.replace(result, expected=expectation.reason)
        if said.reduced is not None:
            self._write_case_once(said.reduced)
        self.write(result)
        self._count(result, said.text if said.needs_attention else "")
        if said.needs_attention:
            for diagnostic in said.diagnostics():
                self.write(diagnostic)

    def take(self, results: Iterable[Result], diagnostics: Iterable[Diagnostic]) -> None:
        """Count what an earlier process wrote of one case."""
        texts: dict[tuple[str, str, str, str], str] = {}
        for each in diagnostics:
            texts.setdefault((each.case, each.adapter, each.law, each.dtype), each.message)
        described = {adapter.name: adapter.description for adapter in self.adapters}
        for result in results:
            text = ""
            if result.verdict in FORESEEABLE_VERDICTS:
                mine = described[result.adapter]
                self.expectations.match(_as_accepted(result), mine.versions, mine.device)
                text = texts.get((result.case, result.adapter, result.law, result.dtype), "")
            self._count(result, text)

    def _count(self, result: Result, text: str) -> None:
        self.verdicts[result.verdict] += 1
        self.unexpected += result.verdict in UNEXPECTED_VERDICTS and not result.expected
        self.outcomes[result.adapter, result.law, result.stratum].append(Outcome(result, text))

    def ran(self, *, is_search: bool) -> Ran:
        """What the run can say of expectations; of a mode in which a graph costs seconds, nothing."""
        described = {adapter.name: adapter.description for adapter in self.adapters if not adapter.is_costly}
        frozen = [each.result for key, outcomes in self.outcomes.items() if key[2] == STRATUM for each in outcomes]
        told = [each.as_result() for results in self.told.values() for each in results]
        ran = {adapter.name for adapter in self.adapters}
        absent = {mode for adapter in self.adapters for mode in adapter.usual_modes} - ran
        return Ran(
            {name: each.versions for name, each in described.items()},
            {name: each.device for name, each in described.items()},
            [*frozen, *told],
            is_search,
            absent,
        )

    def take_cases(self, ids: Iterable[str]) -> None:
        """Cases that are in the file already."""
        self._written.update(ids)

    def _write_case_once(self, case: Case) -> None:
        if case.id not in self._written:
            self._written.add(case.id)
            self.write(case_record(case, PASSING if is_passing(case) else case.stratum))


def _as_accepted(result: Result) -> Result:
    """One that an earlier process knew, with a gap that no expectation finds too large: it saw that of the reduced case."""
    if not result.expected or result.worst is None:
        return result
    return msgspec.structs.replace(result, worst=msgspec.structs.replace(result.worst, gap=0.0))
