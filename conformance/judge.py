"""From an adapter's answers about one case to verdicts.

Before anything is called a disagree, the other dtype is heard (a formula that loses digits is imprecise, not wrong) and
the reference is confirmed by a second opinion that says how it was reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property

from autograd_conformance.case import Case
from autograd_conformance.glances import Glances, is_certain
from autograd_conformance.laws import LAWS, Law
from autograd_conformance.measurement import (
    Measurement,
    RewrittenMeasurement,
    question,
)
from autograd_conformance.precision import OTHER_DTYPE
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.rewrites import Rewritten, Share
from autograd_conformance.second_opinion import confirmed, imprecise, is_wrong, loses_digits
from autograd_conformance.variants import (
    Variant,
    asks_about_calls,
    asks_forward,
    derivations_about,
    derivations_of,
    variants_of,
)
from autograd_conformance.verdict import (
    DISAGREE_BEYOND,
    Compared,
    Finding,
    Holds,
    Rounded,
    Unanswered,
    Undecided,
    Verdict,
    Violated,
    first_line,
    severity,
)
from autograd_conformance.worker.questions import Answer, Answered, Crashed, Failed, Question, Refused, TimedOut

ANSWERS = "adapter_answers"
"""The claim every question makes before any law: the adapter returns an answer."""

CERTIFIES = LAWS["vjp_matches_finite_differences"]
"""The law that makes a gradient one to compare others with."""
SOUND = ("agree", "weak")
FINEST = "float64"

Ask = Callable[[list[Question]], list[Answer]]
AskOther = Callable[[str, frozenset[str]], Answer]
"""Asks about a case again, in a dtype and for the derivatives of these names besides those that a run asks for."""


def questions_about(
    estimate: Estimate,
    mode: str,
    dtypes: tuple[str, ...],
    laws: Mapping[str, Law],
    share: Share = "one in three",
    always: Set[str] = frozenset(),
) -> list[Question]:
    """What is asked of one adapter about one case: the graph in every dtype, then every variant that a law wants.

    ``always`` are names of derivatives that are asked however few of them a run asks.
    """
    about_calls = asks_about_calls(estimate.case, laws, share)
    asked = [question_in(estimate, mode, dtype, laws, share, about_calls, always) for dtype in dtypes]
    for variant in variants_of(estimate.case, laws, share):
        for dtype in dtypes:
            derivations = derivations_of(variant, dtype, laws, share)
            asked.append(variant.question(mode, dtype, estimate.scale(dtype), derivations))
    return asked


def question_in(
    estimate: Estimate,
    mode: str,
    dtype: str,
    laws: Mapping[str, Law],
    share: Share = "one in three",
    about_calls: bool = False,
    always: Set[str] = frozenset(),
) -> Question:
    """What is asked about the graph itself in one dtype."""
    derivations = derivations_about(estimate.case, dtype, laws, share, always)
    wants_forward = asks_forward(estimate.case, share)
    return question(
        estimate, mode, dtype, about_calls=about_calls, derivations=derivations, wants_forward=wants_forward
    )


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
    ask_other: AskOther,
    share: Share = "one in three",
) -> Judged:
    """Judge one adapter on one case.

    ``answers`` are those to `questions_about` with the same ``share`` of rewrites; ``ask_other`` asks for what was not among
    them: what is in doubt in one dtype is looked at in another.
    """
    judged = Judged(estimate, adapter)
    for position, dtype in enumerate(dtypes):
        answer = answers[position]
        judged.verdicts[dtype, ANSWERS] = verdict_of_answer(answer)
        if isinstance(answer, Answered):
            judged.measurements[dtype] = measurement_of(estimate, adapter, dtype, answer)
    others = _Others(judged, ask_other, laws.values())
    for number, variant in enumerate(variants_of(estimate.case, laws, share), start=1):
        for position, dtype in enumerate(dtypes):
            if dtype in judged.measurements:
                others.add(variant, dtype, answers[number * len(dtypes) + position])
    for dtype in judged.measurements:
        for law in others.applying(dtype):
            verdict = _judge(law, estimate, dtype, others)
            if verdict is not None:
                judged.verdicts[dtype, law.name] = verdict
    return judged


def measurement_of(estimate: Estimate, adapter: str, dtype: str, answer: Answered) -> Measurement:
    return Measurement(estimate.case, adapter, dtype, answer, estimate.scale(dtype))


class _Others:
    """What was measured of one case, in any dtype; the ones that were not asked for are when first needed."""

    def __init__(self, judged: Judged, ask: AskOther, laws: Iterable[Law]) -> None:
        self._judged = judged
        self._ask = ask
        self._laws = tuple(law for law in laws if law.judge_peers is None)
        self._applying: dict[str, list[Law]] = {}
        self._doubled: dict[str, Measurement] = {}
        self._rewritten: list[RewrittenMeasurement] = []
        self._unanswered: list[tuple[str, str, Unanswered]] = []
        self._asked: dict[tuple[str, frozenset[str]], Measurement | None] = {}
        self._certificate: Verdict | None = None

    def add(self, variant: Variant, dtype: str, answer: Answer) -> None:
        """Take the answer about a variant; a rewrite whose ops do not exist in the framework says nothing of the case."""
        if isinstance(answer, Answered):
            scale = self._judged.estimate.scale(dtype)
            measured = Measurement(variant.case, self._judged.adapter, dtype, answer, scale)
            if variant.rewritten is None:
                self._doubled[dtype] = measured
            else:
                self._rewritten.append(RewrittenMeasurement(variant.rewritten, measured))
        elif variant.rewritten is not None and variant.rewritten.wrapping is not None:
            self._unanswered.append((variant.rewritten.changes, dtype, unanswered(variant.rewritten, answer)))
        elif variant.rewritten is None or not isinstance(answer, Refused):
            self._judged.verdicts[dtype, ANSWERS] = verdict_of_answer(answer)

    @cached_property
    def glances(self) -> Glances:
        """Of the laws that may say something in float64."""
        return Glances(
            self._judged.estimate,
            self.applying(FINEST),
            lambda law, at_a_glance: _find(law, at_a_glance, FINEST, self),
            any(dtype != FINEST for dtype in self._judged.measurements),
        )

    def applying(self, dtype: str) -> list[Law]:
        """The laws that may say something here in this dtype, those whose measurements are there; asked for once all
        variants are added.
        """
        if dtype not in self._applying:
            measured = self._judged.measurements.get(dtype)
            self._applying[dtype] = [
                law for law in self._laws if measured is not None and self._applies(law, dtype, measured)
            ]
        return self._applying[dtype]

    def _applies(self, law: Law, dtype: str, measured: Measurement) -> bool:
        """Of the commonest reasons why a law says nothing; of the others `_find` knows."""
        if law.judge_rewritten is not None:
            return bool(self.rewritten(law, dtype) or self.unanswered(law, dtype))
        if law.judge_finer is not None and dtype == FINEST:
            return False
        return not law.words or not measured.answer.derived.keys().isdisjoint(law.words)

    def rewritten(self, law: Law, dtype: str) -> list[RewrittenMeasurement]:
        """In every form that such a law is about."""
        return [
            each
            for each in self._rewritten
            if each.rewritten.changes == law.changes and each.measurement.dtype == dtype
        ]

    def unanswered(self, law: Law, dtype: str) -> list[Unanswered]:
        """Of the forms that such a law is about, what came instead of answers; the first law about them says so."""
        return [each for *about, each in self._unanswered if about == [law.changes, dtype] and not law.words]

    def measurement(self, law: Law, dtype: str) -> Measurement | None:
        if law.wants_doubled:
            return self._doubled.get(dtype)
        if dtype in self._judged.measurements:
            return self._judged.measurements[dtype]
        return self._measured(dtype)

    def elsewhere(self, law: Law, dtype: str) -> Measurement | None:
        """The measurement in another dtype than the one in doubt, with the derivatives that the law is about."""
        known = self.measurement(law, dtype)
        if known is None or all(name in known.answer.derived for name in law.words):
            return known
        return self._measured(dtype, frozenset(law.words))

    def _measured(self, dtype: str, words: frozenset[str] = frozenset()) -> Measurement | None:
        """Asked once for the case."""
        key = dtype, words
        if key not in self._asked:
            self._asked[key] = None
            answer, judged = self._ask(dtype, words), self._judged
            if isinstance(answer, Answered):
                self._asked[key] = measurement_of(judged.estimate, judged.adapter, dtype, answer)
        return self._asked[key]

    def certificate(self) -> Verdict | None:
        """The verdict on the gradient in float64, whose measurement exists; None where there is nothing to compare."""
        if self._certificate is None:
            known = self._judged.verdicts.get((FINEST, CERTIFIES.name))
            self._certificate = known or _judge(CERTIFIES, self._judged.estimate, FINEST, self)
        return self._certificate


def _judge(law: Law, estimate: Estimate, dtype: str, others: _Others) -> Verdict | None:
    """The verdict of a law about one adapter; None where it does not apply."""
    found = others.glances.finding(law) if dtype == FINEST else _find(law, estimate, dtype, others)
    if dtype == FINEST and not is_certain(found):
        found = _find(law, estimate, dtype, others)
    return None if found is None else verdict_of(law, estimate, found, dtype, others)


def _find(law: Law, estimate: Estimate, dtype: str, others: _Others) -> Finding | None:
    forms, missing = others.rewritten(law, dtype), others.unanswered(law, dtype)
    if law.judge_rewritten is not None and not forms and not missing:
        return None
    measured = others.measurement(law, dtype)
    if measured is None or (law.wants_calls and not measured.is_about_calls):
        return None
    if law.judge is not None:
        return law.judge(estimate, measured)
    if law.judge_rewritten is not None:
        findings = [law.judge_rewritten(estimate, measured, form) for form in forms]
        return max((each for each in (*findings, *missing) if each is not None), key=severity, default=None)
    assert law.judge_finer is not None
    finest = others.measurement(law, FINEST)
    if finest is None:
        return None
    certified = others.certificate()
    if certified is None:
        return None
    if certified.name not in SOUND:
        return Undecided(f"the reference does not certify the {FINEST} gradient here")
    return law.judge_finer(estimate, measured, finest)


def unanswered(rewritten: Rewritten, answer: Answer) -> Unanswered:
    """What is said of a form of the case that there is no answer about, where there is one about the case."""
    verdict = verdict_of_answer(answer)
    return Unanswered(verdict.name, f"{verdict.detail} ({rewritten.name})")


def verdict_of_answer(answer: Answer) -> Verdict:
    """The verdict on whether there was an answer at all."""
    match answer:
        case Answered():
            return Verdict("agree")
        case Refused(reason):
            return Verdict("unsupported", reason)
        case Failed(kind, message):
            return Verdict("error", f"{kind}: {first_line(message)}")
        case Crashed(message):
            return Verdict("crash", first_line(message))
        case TimedOut(seconds):
            return Verdict("timeout", f"no answer within {seconds:g} s")


def verdict_of(law: Law, estimate: Estimate, finding: Finding, dtype: str, others: _Others | None) -> Verdict:
    """The verdict a finding amounts to."""
    match finding:
        case Holds():
            return Verdict("agree")
        case Violated(detail):
            return Verdict("disagree", detail, confirmed="exact")
        case Undecided(reason):
            return Verdict("inconclusive", reason)
        case Rounded(detail, worst):
            return Verdict("imprecise", detail, worst)
        case Unanswered(name, detail):
            return Verdict(name, detail)
        case Compared():
            pass
    if finding.ratio <= 1:
        return Verdict("weak" if finding.is_weak else "agree", "", finding)
    elsewhere = None if others is None else _elsewhere(law, estimate, dtype, others)
    if loses_digits(finding, elsewhere):
        return imprecise(law, estimate, finding, dtype)
    if finding.ratio <= DISAGREE_BEYOND and (dtype == FINEST or not is_wrong(dtype, elsewhere)):
        return Verdict("inconclusive", f"gap of {finding.ratio:.2f} bounds", finding)
    if law.confirms == "nothing":
        return Verdict("disagree", "", finding, "no reference needed")
    return confirmed(law, estimate, finding)


def _elsewhere(law: Law, estimate: Estimate, dtype: str, others: _Others) -> Finding | None:
    """What the law finds in the other dtype; a law about float64 itself has its gap to the reference there."""
    if law.words and law.judge is not None:
        measured = others.elsewhere(law, OTHER_DTYPE[dtype])
        return None if measured is None else law.judge(estimate, measured)
    return _find(CERTIFIES if law.judge_finer is not None else law, estimate, OTHER_DTYPE[dtype], others)


def judge_peers(law: Law, judged: Judged, everyone: list[Judged], dtype: str) -> tuple[Verdict, str] | None:
    """The verdict of a law between adapters for one of them, and the peer; None where there is nobody to compare with.

    When this adapter's own gradient is confirmed by the reference, peers whose gradient is not are left out: the pair's
    disagreement is theirs, and is recorded there.  One that is imprecise or in doubt is no farther from theirs than that
    explains.
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
    verdict = verdict_of(law, judged.estimate, finding, dtype, None)
    own = judged.verdicts.get((dtype, CERTIFIES.name))
    if verdict.name == "disagree" and own is not None and _explains(own, finding):
        verdict = Verdict(own.name, "its own gradient is as far from the reference", verdict.worst)
    return verdict, peer


def _explains(own: Verdict, finding: Finding) -> bool:
    """Whether a gap to a peer is explained by that of its own gradient, lost or in doubt, and as much on the peer's side."""
    if own.name not in ("imprecise", "inconclusive") or own.worst is None or not isinstance(finding, Compared):
        return False
    return finding.gap <= 2 * own.worst.gap + finding.bound


def _is_sound(judged: Judged, dtype: str) -> bool:
    verdict = judged.verdicts.get((dtype, CERTIFIES.name))
    return verdict is None or verdict.name in SOUND
