"""From an adapter's answers about one case to verdicts.

Before anything is called a disagree, the other dtype is heard (a formula that loses digits is imprecise, not wrong) and
the reference is confirmed by a second opinion that says how it was reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from autograd_conformance.case import Case, flatten
from autograd_conformance.laws import Law
from autograd_conformance.laws.linearity import doubled
from autograd_conformance.measurement import ROWS, Measurement, question, unit_cotangent
from autograd_conformance.precision import OTHER_DTYPE
from autograd_conformance.reference.estimate import Estimate, confirm
from autograd_conformance.reference.interpreter import evaluate
from autograd_conformance.verdict import (
    ALIKE,
    DISAGREE_BEYOND,
    Compared,
    Finding,
    Holds,
    Undecided,
    Verdict,
    Violated,
)
from autograd_conformance.worker.questions import Answer, Answered, Crashed, Failed, Question, Refused, TimedOut

ANSWERS = "adapter_answers"
"""The claim every question makes before any law: the adapter returns an answer."""

Ask = Callable[[list[Question]], list[Answer]]


def questions_about(estimate: Estimate, mode: str, dtypes: tuple[str, ...], laws: Mapping[str, Law]) -> list[Question]:
    """What is asked of one adapter about one case: the graph in every dtype, then its doubled graph if a law wants it."""
    asked = [question(estimate, mode, dtype) for dtype in dtypes]
    if any(law.wants_doubled for law in laws.values()):
        case = estimate.case
        point, first = case.point, case.cotangent(0)
        asked += [Question(mode, dtype, doubled(case.graph), point, (first,), twice=False) for dtype in dtypes]
    return asked


@dataclass(eq=False)
class Judged:
    """The verdicts of one adapter on one case, and the measurements that laws between adapters need."""

    estimate: Estimate
    adapter: str
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    """(dtype, law) to verdict, in the order judged."""
    measurements: dict[str, Measurement] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        return self.estimate.case

    def source(self, dtype: str) -> str:
        return self.measurements[dtype].answer.source if dtype in self.measurements else ""


def judge_case(
    estimate: Estimate,
    adapter: str,
    dtypes: tuple[str, ...],
    laws: Mapping[str, Law],
    answers: list[Answer],
    ask_other: Callable[[str], Answer],
) -> Judged:
    """Judge one adapter on one case.

    ``answers`` are those to `questions_about`; ``ask_other`` asks about the case in a dtype that was not among them.
    """
    judged = Judged(estimate, adapter)
    twins: dict[str, Measurement] = {}
    for position, dtype in enumerate(dtypes):
        answer = answers[position]
        judged.verdicts[dtype, ANSWERS] = verdict_of_answer(answer)
        if isinstance(answer, Answered):
            judged.measurements[dtype] = Measurement(estimate.case, adapter, dtype, answer)
        twin = answers[len(dtypes) + position] if len(answers) > len(dtypes) else None
        if isinstance(twin, Answered):
            twins[dtype] = Measurement(estimate.case, adapter, dtype, twin)
        elif twin is not None and isinstance(answer, Answered):
            judged.verdicts[dtype, ANSWERS] = verdict_of_answer(twin)
    others = _Others(judged, ask_other)
    for dtype, measurement in judged.measurements.items():
        for name, law in laws.items():
            if law.judge is None:
                continue
            subject = twins.get(dtype) if law.wants_doubled else measurement
            finding = law.judge(estimate, subject) if subject is not None else None
            if finding is not None:
                other = twins.get(OTHER_DTYPE[dtype]) if law.wants_doubled else None
                judged.verdicts[dtype, name] = verdict_of(law, estimate, finding, dtype, other, others)
    return judged


class _Others:
    """Measurements in the dtype that was not asked for, made when first needed."""

    def __init__(self, judged: Judged, ask: Callable[[str], Answer]) -> None:
        self._judged = judged
        self._ask = ask
        self._asked: dict[str, Measurement | None] = {}

    def measurement(self, dtype: str) -> Measurement | None:
        if dtype in self._judged.measurements:
            return self._judged.measurements[dtype]
        if dtype not in self._asked:
            answer = self._ask(dtype)
            case, adapter = self._judged.case, self._judged.adapter
            self._asked[dtype] = Measurement(case, adapter, dtype, answer) if isinstance(answer, Answered) else None
        return self._asked[dtype]


def verdict_of_answer(answer: Answer) -> Verdict:
    """The verdict on whether there was an answer at all."""
    match answer:
        case Answered():
            return Verdict("agree")
        case Refused(reason):
            return Verdict("unsupported", reason)
        case Failed(kind, message):
            return Verdict("error", f"{kind}: {_first_line(message)}")
        case Crashed(message):
            return Verdict("crash", _first_line(message))
        case TimedOut(seconds):
            return Verdict("timeout", f"no answer within {seconds:g} s")


def verdict_of(
    law: Law, estimate: Estimate, finding: Finding, dtype: str, other: Measurement | None, others: _Others | None
) -> Verdict:
    """The verdict a finding amounts to."""
    match finding:
        case Holds():
            return Verdict("agree")
        case Violated(detail):
            return Verdict("disagree", detail, confirmed="exact")
        case Undecided(reason):
            return Verdict("inconclusive", reason)
        case Compared():
            pass
    if finding.ratio <= 1:
        return Verdict("weak" if finding.is_weak else "agree", "", finding)
    if _loses_digits(law, estimate, finding, dtype, other, others):
        return Verdict("imprecise", f"the gap shrinks with the roundoff, as in {OTHER_DTYPE[dtype]}", finding)
    if finding.ratio <= DISAGREE_BEYOND:
        return Verdict("inconclusive", f"gap of {finding.ratio:.2f} bounds", finding)
    if law.confirms == "nothing":
        return Verdict("disagree", "", finding, "no reference needed")
    return _confirmed(law, estimate, finding)


def _loses_digits(
    law: Law, estimate: Estimate, finding: Compared, dtype: str, other: Measurement | None, others: _Others | None
) -> bool:
    """Whether the gap, measured in roundoff, is alike in the other dtype; a wrong rule's gap does not shrink."""
    if law.judge is None or others is None or not np.isfinite(finding.gap):
        return False
    if not law.wants_doubled:
        other = others.measurement(OTHER_DTYPE[dtype])
    if other is None:
        return False
    there = law.judge(estimate, other)
    if not isinstance(there, Compared) or not np.isfinite(there.gap):
        return False
    here, elsewhere = finding.lost_digits, there.lost_digits
    return here <= ALIKE * max(elsewhere, 1.0) and elsewhere <= ALIKE * max(here, 1.0)


def _confirmed(law: Law, estimate: Estimate, finding: Compared) -> Verdict:
    """A disagree if a second opinion sides with the reference, else inconclusive."""
    if law.confirms == "value":
        plain = evaluate(estimate.case.graph, [array[None] for array in estimate.case.point]).flat_outputs()[0]
        value, error, how = float(plain[finding.position[1]]), 0.0, "float64 evaluation"
    else:
        cotangent, direction = finding.position
        functional = (
            estimate.cotangents[cotangent]
            if cotangent < ROWS
            else flatten(unit_cotangent(estimate.case, cotangent - ROWS))
        )
        value, error, how = confirm(estimate.case, functional, estimate.directions[direction])
        if law.wants_doubled:
            value, error = 2 * value, 2 * error
    if not np.isfinite(value):
        return Verdict("inconclusive", f"no second opinion: the {how} is not finite", finding)
    if abs(value - finding.reference) > finding.bound + error:
        detail = f"the {how} gives {value!r}, which does not confirm the reference"
        return Verdict("inconclusive", detail, finding)
    return Verdict("disagree", "", finding, how)


def judge_peers(law: Law, judged: Judged, everyone: list[Judged], dtype: str) -> tuple[Verdict, str] | None:
    """The verdict of a law between adapters for one of them, and the peer; None where there is nobody to compare with.

    When this adapter's own gradient is confirmed by the reference, peers whose gradient is not are left out: the pair's
    disagreement is theirs, and is recorded there.
    """
    assert law.judge_peers is not None
    if dtype not in judged.measurements:
        return None
    peers = [other for other in everyone if other is not judged and dtype in other.measurements]
    if _is_sound(judged, dtype):
        peers = [other for other in peers if _is_sound(other, dtype)]
    found = law.judge_peers(judged.estimate, judged.measurements[dtype], [other.measurements[dtype] for other in peers])
    if found is None:
        return None
    finding, peer = found
    return verdict_of(law, judged.estimate, finding, dtype, None, None), peer


def _is_sound(judged: Judged, dtype: str) -> bool:
    verdict = judged.verdicts.get((dtype, "vjp_matches_finite_differences"))
    return verdict is None or verdict.name in {"agree", "weak"}


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:300] if lines else ""
