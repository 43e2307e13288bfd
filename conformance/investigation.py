"""What is done about a verdict that needs attention: a smaller case that fails in the same way, and a diagnosis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.generation.reducer import Reduction, reduce_case
from autograd_conformance.judge import Judged, judge_case, question_in, questions_about
from autograd_conformance.laws import LAWS, Law
from autograd_conformance.measurement import ROWS, SUM, WrongForm, question
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.records import UNEXPECTED_VERDICTS, Diagnostic, Number, number
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import Compared, Verdict
from autograd_conformance.worker.questions import Answer, Answered, Question
from autograd_conformance.writing import failure_text, signature_of

AskAdapter = Callable[[PlannedAdapter, list[Question]], list[Answer]]

MOST_CALLS = {"disagree": 400, "error": 200, "crash": 12, "timeout": 0}
"""Candidates tried per reduction, five times what the worst planted fault takes (docs/benchmarks.md); a crash costs a
process, a timeout a minute."""
COMPILED_SHARE = 4
"""Where a candidate is compiled first, which takes ten times as long, this part of them."""
COSTLY_SHARE = 40
"""Where that takes seconds."""
MOST_REDUCTIONS = 30
"""Reductions per adapter and law in one run."""
CALLS_BEYOND = {"disagree": 24, "error": 24, "crash": 0, "timeout": 0}
"""Candidates tried for each failure beyond that: the first are its nodes, each alone, so that a known defect of one op is
known by its signature however often it is met."""


@dataclass(eq=False)
class Investigated:
    """A verdict that needs attention and what was found out about it.

    ``reduced`` may be the minimum that another law or dtype had on the same case; then there were no calls.
    """

    reduced: Case | None
    reduced_judged: Judged | None
    signature: str
    node: int | None
    calls: int = 0
    """Candidates judged while it was reduced."""
    is_minimal: bool = False
    """Whether no simpler neighbour of ``reduced`` fails, by the law and dtype it was reduced for."""


@dataclass(eq=False)
class Investigator:
    """Reduces failures.  Used by one lane at a time for each adapter."""

    laws: Mapping[str, Law]
    estimate_of: Callable[[Case], Estimate]
    ask: AskAdapter
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def investigate(self, adapter: PlannedAdapter, judged: Judged) -> dict[tuple[str, str], Investigated]:
        """For every verdict of one adapter on one case that needs attention, what was found out."""
        found: dict[tuple[str, str], Investigated] = {}
        smaller: list[Reduction] = []
        for (dtype, law), verdict in judged.verdicts.items():
            if verdict.name not in UNEXPECTED_VERDICTS:
                continue
            found[dtype, law] = self._reduce(adapter, judged.case, dtype, law, verdict, smaller)
        return found

    def _reduce(
        self,
        adapter: PlannedAdapter,
        case: Case,
        dtype: str,
        law: str,
        verdict: Verdict,
        smaller: list[Reduction],
    ) -> Investigated:
        last: list[Judged] = []

        def fails(candidate: Case) -> bool:
            judged = self.judge(adapter, candidate, (dtype,), law)
            again = judged.verdicts.get((dtype, law))
            is_alike = again is not None and again.name == verdict.name and _kind(again) == _kind(verdict)
            if is_alike:
                last[:] = [judged]
            return is_alike

        for known in smaller:
            if fails(known.case):
                found = signature_of(known.case)
                return Investigated(known.case, last[0], found, known.node, is_minimal=known.is_minimal)
        most = MOST_CALLS[verdict.name]
        if adapter.is_compiled:
            most //= COSTLY_SHARE if adapter.is_costly else COMPILED_SHARE
        self._counts[adapter.name, law] += 1
        if self._counts[adapter.name, law] > MOST_REDUCTIONS:
            most = min(most, CALLS_BEYOND[verdict.name])
        if not most:
            return Investigated(None, None, signature_of(case), None)
        reduction = reduce_case(case, fails, most)
        if reduction.case is case:
            return Investigated(None, None, signature_of(case), None, reduction.calls, reduction.is_minimal)
        smaller.append(reduction)
        found = signature_of(reduction.case)
        return Investigated(reduction.case, last[0], found, reduction.node, reduction.calls, reduction.is_minimal)

    def judge(self, adapter: PlannedAdapter, case: Case, dtypes: tuple[str, ...], law: str = "*") -> Judged:
        """Judge one case in one adapter, outside the plan; then every rewrite is asked about."""
        chosen = self.laws if law == "*" else {name: each for name, each in self.laws.items() if name == law}
        estimated = self.estimate_of(case)
        answers = self.ask(adapter, questions_about(estimated, adapter.mode, dtypes, chosen, "all"))
        return judge_case(
            estimated,
            adapter.name,
            dtypes,
            chosen,
            answers,
            lambda other: self.ask(adapter, [question_in(estimated, adapter.mode, other, chosen, "all")])[0],
            "all",
        )

    def script(self, adapter: PlannedAdapter, case: Case, dtype: str) -> str:
        """The framework-only program of a case; empty where the adapter has none."""
        answer = self.ask(
            adapter, [question(self.estimate_of(case), adapter.mode, dtype, wants_script=True, about_calls=False)]
        )[0]
        return answer.script if isinstance(answer, Answered) else ""


def as_it_stands(judged: Judged) -> dict[tuple[str, str], Investigated]:
    """What is said of a frozen case: it was reduced before it was frozen, and every run replays it."""
    return {
        key: Investigated(judged.case, None, signature_of(judged.case), None)
        for key, verdict in judged.verdicts.items()
        if verdict.name in UNEXPECTED_VERDICTS
    }


def diagnose(
    judged: Judged,
    dtype: str,
    law: str,
    verdict: Verdict,
    version: str,
    everyone: list[Judged],
    investigated: Investigated | None,
    script: str = "",
    peer: str = "",
) -> Diagnostic:
    """The record a case page is drawn from."""
    worst = verdict.worst
    reduced = investigated.reduced if investigated is not None else None
    is_reduced = reduced is not None and reduced.id == judged.case.id
    return Diagnostic(
        case=judged.case.id,
        adapter=judged.adapter,
        law=law,
        dtype=dtype,
        source=judged.source(dtype),
        script=script,
        steps=_steps(judged.estimate, worst, law, "measured"),
        reference_steps=_steps(judged.estimate, worst, law, "reference"),
        values=_values(worst, law, everyone),
        first_diverging_node=None if is_reduced or investigated is None else investigated.node,
        message=text_of(law, judged.adapter, version, dtype, verdict, judged.case, investigated, peer),
    )


def text_of(
    law: str,
    adapter: str,
    version: str,
    dtype: str,
    verdict: Verdict,
    case: Case,
    found: Investigated | None,
    peer: str = "",
) -> str:
    """A failure as printed: graph and numbers of the reduced case where this law failed on it, else of the case."""
    smaller = found.reduced_judged if found is not None and not peer else None
    if smaller is None or (dtype, law) not in smaller.verdicts:
        return failure_text(law, adapter, version, dtype, verdict, case, None, peer)
    return failure_text(law, adapter, version, dtype, smaller.verdicts[dtype, law], case, smaller.case)


def _kind(verdict: Verdict) -> str:
    """What must stay the same while a case is reduced: for errors, their type."""
    return verdict.detail.split(":")[0] if verdict.name == "error" else ""


def _steps(estimate: Estimate, worst: Compared | None, law: str, against: str) -> list[list[Number]]:
    """(step, |central difference - value|) along the ladder, at the worst element."""
    if (
        worst is None
        or LAWS[law].words
        or worst.position[1] >= estimate.differences.shape[2]
        or "output" in worst.where.split("/")[-1]
    ):
        return []
    cotangent, direction = worst.position
    row = cotangent if cotangent <= SUM else cotangent - ROWS + SUM + 1
    if row >= estimate.differences.shape[1]:
        return []
    target = worst.measured if against == "measured" else worst.reference
    with np.errstate(all="ignore"):
        gaps = np.abs(estimate.differences[:, row, direction] - target)
    return [[float(step), number(float(gap))] for step, gap in zip(estimate.steps, gaps, strict=True)]


def _values(worst: Compared | None, law: str, everyone: list[Judged]) -> list[dict[str, object]]:
    """The worst element as every adapter and dtype of the case has it."""
    if worst is None or LAWS[law].words:
        return []
    cotangent, direction = worst.position
    values: list[dict[str, object]] = []
    for judged in everyone:
        for dtype, measurement in judged.measurements.items():
            try:
                if law == "forward_matches_numpy":
                    value = float(measurement.outputs[direction])
                elif judged.estimate.is_whole:
                    value = float(measurement.gradient(cotangent)[direction])
                else:
                    value = float(judged.estimate.directions[direction] @ measurement.gradient(cotangent))
            except (WrongForm, IndexError):
                continue
            values.append({"adapter": judged.adapter, "dtype": dtype, "value": number(value)})
    return values
