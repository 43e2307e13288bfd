"""What is written about judged cases: the case, every verdict, and a diagnosis where one needs attention."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from autograd_conformance.case import Case
from autograd_conformance.expectation import Expectations
from autograd_conformance.investigation import Investigated, diagnose, text_of
from autograd_conformance.judge import Judged, judge_peers
from autograd_conformance.laws import Law
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.records import UNEXPECTED_VERDICTS, Record, Result, ScenarioResult
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
                self._write_result(stratum, adapter, mine, dtype, law, verdict, everyone)
            for dtype in self.dtypes:
                for name, law_between in self.laws.items():
                    if law_between.judge_peers is None:
                        continue
                    found = judge_peers(law_between, mine.judged, everyone, dtype)
                    if found is not None:
                        self._write_result(stratum, adapter, mine, dtype, name, found[0], everyone, found[1])

    def _write_result(
        self,
        stratum: str,
        adapter: PlannedAdapter,
        done: Done,
        dtype: str,
        law: str,
        verdict: Verdict,
        everyone: list[Judged],
        peer: str = "",
    ) -> None:
        case, found = done.judged.case, done.investigated.get((dtype, law))
        if found is None and peer and verdict.name in UNEXPECTED_VERDICTS:
            found = next((each for (_, other), each in done.investigated.items() if other.startswith("vjp")), None)
        needs_attention = verdict.name in UNEXPECTED_VERDICTS
        signature = found.signature if found is not None else (signature_of(case) if needs_attention else "")
        reduced = found.reduced if found is not None else None
        point = point_class(reduced or case) if needs_attention else ""
        result = result_record(case, stratum, adapter.name, law, dtype, verdict, peer, reduced, signature, point)
        versions = adapter.description.versions
        text = ""
        if needs_attention:
            expectation = self.expectations.match(result, versions)
            if expectation is not None:
                result = msgspec.structs.replace(result, expected=expectation.reason)
            else:
                self.unexpected += 1
            version = next(iter(versions.values()), "")
            text = text_of(law, adapter.name, version, dtype, verdict, case, found, peer)
        self.verdicts[verdict.name] += 1
        if reduced is not None:
            self._write_case_once(reduced)
        self.write(result)
        self.outcomes[adapter.name, law, stratum].append(Outcome(result, text))
        if needs_attention:
            self._write_diagnostics(adapter, done, dtype, law, verdict, everyone, found, peer)

    def _write_diagnostics(
        self,
        adapter: PlannedAdapter,
        done: Done,
        dtype: str,
        law: str,
        verdict: Verdict,
        everyone: list[Judged],
        found: Investigated | None,
        peer: str,
    ) -> None:
        version = next(iter(adapter.description.versions.values()), "")
        is_least = found is not None and found.reduced is not None and found.reduced.id == done.judged.case.id
        script = done.scripts.get((dtype, law), "") if is_least else ""
        self.write(diagnose(done.judged, dtype, law, verdict, version, everyone, found, script, peer))
        smaller = found.reduced_judged if found is not None and not peer else None
        if found is not None and smaller is not None and smaller.case.id != done.judged.case.id:
            small = smaller.verdicts.get((dtype, law), verdict)
            script = done.scripts.get((dtype, law), "")
            self.write(diagnose(smaller, dtype, law, small, version, [smaller], found, script))

    def _write_case_once(self, case: Case) -> None:
        if case.id not in self._written:
            self._written.add(case.id)
            self.write(case_record(case))
