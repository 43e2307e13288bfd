"""The scenarios of a run: which adapter tells which, what came of it, and how that is worded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from autograd_conformance.expectation import Expectations
from autograd_conformance.exploration.machine import explore
from autograd_conformance.exploration.semantics import SEMANTICS
from autograd_conformance.kinks import observations, verdict_of_all
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.records import UNEXPECTED_VERDICTS, Observation, ScenarioResult
from autograd_conformance.scenarios import EXPLORED, KINKS, SCENARIOS, STORYLESS, Scenario
from autograd_conformance.scenarios.contract import Documented, parse_contract
from autograd_conformance.scenarios.outcome import Row, judge_scenario
from autograd_conformance.settings import Settings
from autograd_conformance.verdict import Verdict
from autograd_conformance.worker.description import Description
from autograd_conformance.worker.process import Worker
from autograd_conformance.worker.questions import Crashed, Failed, Refused, TimedOut
from autograd_conformance.worker.stories import Telling, Told

STEPS = 20
"""Most statements of a random program."""

UNDOCUMENTED = Documented("", absent="its contract says nothing of this scenario")


class Programme:
    """The scenarios one adapter tells.  Raises UnreadableContract."""

    def __init__(self, adapter: PlannedAdapter, settings: Settings) -> None:
        self.adapter = adapter
        text = adapter.description.contract
        self.contract = parse_contract(text, adapter.name, SCENARIOS) if text else {}
        self.scenarios: Sequence[Scenario] = settings.chosen_scenarios() if text else ()
        self.semantics = SEMANTICS.get(adapter.description.framework) if adapter.description.has_tape else None
        self.programs = settings.programs if self.semantics is not None else 0
        self.asks_kinks = settings.asks_kinks
        self._ops = settings.chosen_ops()
        self._seed = settings.seed

    @property
    def names(self) -> list[str]:
        """Of everything that is told, in order."""
        told = [scenario.name for scenario in self.scenarios]
        return [*told, *([EXPLORED] if self.programs else []), *([KINKS] if self.asks_kinks else [])]

    def tell(self, worker: Worker) -> Iterator[ScenarioResult]:
        """Tell one scenario after the other, then random programs, then what is returned at kinks."""
        for scenario in self.scenarios:
            yield self._result(scenario, None if self._documented(scenario).absent else self._told(scenario, worker))
        if self.programs:
            yield self._explore(worker)
        if self.asks_kinks:
            yield self._kinks(worker)

    def _kinks(self, worker: Worker) -> ScenarioResult:
        """Ask every op at its kinks and at the ends of its domain."""
        found = list(observations(worker, self.adapter.description, self._ops))
        verdict = verdict_of_all(found)
        alike = [f"{each.name}: {each.detail}" for each in found if each.verdict == verdict != "agree"]
        more = f"; {len(alike) - 1} more" if len(alike) > 1 else ""
        detail = "" if found else "no op that was chosen has such a point"
        return ScenarioResult(
            scenario=KINKS,
            adapter=self.adapter.name,
            claim=STORYLESS[KINKS],
            verdict=verdict,
            detail=f"{alike[0]}{more}" if alike else detail,
            observations=found,
            message=self._failure(KINKS, verdict, STORYLESS[KINKS], alike) if verdict in UNEXPECTED_VERDICTS else "",
        )

    def _explore(self, worker: Worker) -> ScenarioResult:
        """Hold random programs against the model of what the framework documents."""
        assert self.semantics is not None
        found = explore(worker, self.adapter.name, self.adapter.mode, self.semantics, self._seed, self.programs, STEPS)
        failure = found.failure
        told = f"{found.examples} programs of {found.steps} statements"
        answer = Observation(
            name="the first answer that is not the documented one",
            observed=None if failure is None else f"{failure.observation}: {failure.observed}",
            documented="None" if failure is None else failure.foreseen,
            verdict="agree" if failure is None else "disagree",
        )
        detail = told
        message = ""
        if failure is not None:
            detail = f"{failure.observation}: documented {failure.foreseen}, observed {failure.observed}"
            told_again = f"{EXPLORED} --seed {self._seed}"
            message = self._failure(EXPLORED, "disagree", STORYLESS[EXPLORED], str(failure).splitlines(), told_again)
        return ScenarioResult(
            scenario=EXPLORED,
            adapter=self.adapter.name,
            claim=STORYLESS[EXPLORED],
            verdict=answer.verdict,
            detail=detail,
            link=next(iter(self.semantics.links.values()), ""),
            observations=[answer, Observation(name="programs told", observed=told, documented=told, verdict="agree")],
            program="" if failure is None else failure.program,
            script="" if failure is None else failure.script,
            message=message,
        )

    def _told(self, scenario: Scenario, worker: Worker) -> Told | Refused | Failed | Crashed | TimedOut:
        return worker.tell([Telling(self.adapter.mode, scenario.name, scenario.steps)])[0]

    def _documented(self, scenario: Scenario) -> Documented:
        return self.contract.get(scenario.name, UNDOCUMENTED)

    def _result(self, scenario: Scenario, told: Told | Refused | Failed | Crashed | TimedOut | None) -> ScenarioResult:
        documented = self._documented(scenario)
        rows: list[Row] = []
        match told:
            case None:
                verdict = Verdict("unsupported", f"no such concept: {documented.absent}")
            case Told():
                verdict, rows = judge_scenario(scenario, documented, told.observed)
            case Refused(reason):
                verdict = Verdict("unsupported", f"no such concept: {reason}")
            case Failed(kind, message):
                verdict = Verdict("error", f"{kind}: {message.strip()[:300]}")
            case Crashed(message):
                verdict = Verdict("crash", message.strip()[:300])
            case TimedOut(seconds):
                verdict = Verdict("timeout", f"no answer within {seconds:g} s")
        return ScenarioResult(
            scenario=scenario.name,
            adapter=self.adapter.name,
            claim=scenario.claim,
            verdict=verdict.name,
            detail=verdict.detail,
            link=documented.link,
            observations=[_observation(row) for row in rows],
            exhibits={}
            if not isinstance(told, Told)
            else {name: told.observed[name] for name in scenario.exhibits if name in told.observed},
            program=told.program if isinstance(told, Told) else "",
            script=told.script if isinstance(told, Told) else "",
            message=self._message(scenario, verdict, rows, documented),
        )

    def _message(self, scenario: Scenario, verdict: Verdict, rows: list[Row], documented: Documented) -> str:
        if verdict.name not in UNEXPECTED_VERDICTS:
            return ""
        wrong = [row.sentence for row in rows if row.verdict == verdict.name] or [verdict.detail]
        wrong += [f"documented at {documented.link}"] if documented.link else []
        return self._failure(scenario.name, verdict.name, scenario.claim, wrong)

    def _failure(self, name: str, verdict: str, claim: str, lines: Sequence[str], told_again: str = "") -> str:
        """As printed: what was told, what came of it, and how to tell it again."""
        subject = f"{self.adapter.name} {self._version}".strip()
        head = f"scenario {name}: {verdict} for {subject} - {claim}"
        again = f"again: autograd-conformance run -a {self.adapter.name} --scenario {told_again or name}"
        return "\n  ".join([head, *lines, again])

    @cached_property
    def _version(self) -> str:
        return next(iter(self.adapter.description.versions.values()), "")


def foreseen(result: ScenarioResult, expectations: Expectations, description: Description) -> ScenarioResult:
    """The result with the reason of the expectation that foresaw it, if one did."""
    if result.verdict not in UNEXPECTED_VERDICTS:
        return result
    found = expectations.match(result.as_result(), description.versions, description.device)
    return result if found is None else msgspec.structs.replace(result, expected=found.reason)


def _observation(row: Row) -> Observation:
    return Observation(
        name=row.name,
        observed=row.observed,
        documented=row.documented,
        verdict=row.verdict,
        detail=row.detail,
    )
