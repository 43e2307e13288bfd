"""What is done about a verdict that needs attention: a smaller case that fails in the same way, and a diagnosis."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from msgspec import structs

from autograd_conformance.case import Case
from autograd_conformance.expectation import Expectations
from autograd_conformance.generation.fewer_nodes import single_nodes
from autograd_conformance.generation.reducer import Reduction, reduce_case
from autograd_conformance.judge import Judged, judge_case, question_in, questions_about
from autograd_conformance.laws import LAWS, Law
from autograd_conformance.laws.words import derivations
from autograd_conformance.measurement import ROWS, SUM, WrongForm, question
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.records import UNEXPECTED_VERDICTS, Diagnostic, Number, Result, as_float, number
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.variants import Variant, variants_of
from autograd_conformance.verdict import Compared, Verdict
from autograd_conformance.worker.questions import Answer, Answered, Question
from autograd_conformance.writing import failure_text, point_class, result_record, signature_of

AskAdapter = Callable[[PlannedAdapter, list[Question]], list[Answer]]

MOST_CALLS = {"disagree": 400, "error": 200, "crash": 12, "timeout": 0}
"""Candidates tried per reduction, five times what the worst planted fault takes (docs/benchmarks.md); a crash costs a
process, a timeout a minute."""
LEAST_SHARE = 1e-3
"""Of its size that a failure keeps while it is reduced: a smaller one is another failure.  The size is relative to the
number itself, or in bounds: what is left where a sum cancels is large beside the number and no larger in bounds.
"""
COMPILED_SHARE = 4
"""Where a candidate is compiled first, which takes ten times as long, this part of them."""
COSTLY_SHARE = 40
"""Where that takes seconds."""
NOTHING_WRONG = Verdict("agree")
MOST_REDUCTIONS = 30
"""Reductions per worker and law in one run."""
CALLS_BEYOND = {"disagree": 24, "error": 24, "crash": 0, "timeout": 0}
"""Candidates tried for each failure beyond that: the first are its nodes, each alone, so that a known defect of one op is
known by its signature however often it is met."""


@dataclass(eq=False)
class Investigated:
    """A verdict that needs attention and what was found out about it.

    ``reduced`` may be the minimum that another law, dtype or point had on the same graph; then there were no calls.
    """

    reduced: Case | None
    reduced_judged: Judged | None
    signature: str
    node: int | None
    calls: int | None = None
    """Candidates judged while it was reduced; None where that was not tried."""
    is_minimal: bool = False
    """Whether no simpler neighbour of ``reduced`` fails, by the law and dtype it was reduced for."""

    def verdict(self, judged: Judged, dtype: str, law: str) -> Verdict:
        """That on the reduced case, or that on the case itself where the reduced one was not judged."""
        smaller = self.reduced_judged
        if smaller is not None and (dtype, law) in smaller.verdicts:
            return smaller.verdicts[dtype, law]
        return judged.verdicts[dtype, law]

    def as_known(self, result: Result) -> Result:
        """What an expectation is held against: the gap is that of the reduced case where it is smaller there, because what
        stands round a defect makes its gap larger and the defect no other.
        """
        smaller = self.reduced_judged.verdicts.get((result.dtype, result.law)) if self.reduced_judged else None
        if (
            smaller is None
            or smaller.worst is None
            or result.worst is None
            or not (smaller.worst.gap < as_float(result.worst.gap))
        ):
            return result
        return structs.replace(result, worst=structs.replace(result.worst, gap=number(smaller.worst.gap)))


@dataclass(eq=False)
class Minimum:
    """A reduced case, and what came of it in every dtype and law that was asked about."""

    reduction: Reduction
    judged: dict[tuple[str, str], Judged] = field(default_factory=dict)


@dataclass(eq=False)
class Investigator:
    """Reduces failures.  Used by one lane at a time for each worker.

    One that is foreseen is reduced no further than to the node that fails alone, which is what it is known by, and not at
    all where it is known of any graph.

    A crash costs a process and all that was compiled in it: where the last words of one are those that are known of a
    node of its graph, it is that node's without being asked again.

    What a graph was reduced to at one point is what it fails on at another, if the same node fails alone there too.
    """

    laws: Mapping[str, Law]
    estimate_of: Callable[[Case], Estimate]
    ask: AskAdapter
    expectations: Expectations = field(default_factory=Expectations)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _minima: dict[tuple[str, str], list[Minimum]] = field(default_factory=dict)
    """By worker and graph."""
    _scripts: dict[tuple[str, ...], str] = field(default_factory=dict)

    def investigate(self, adapter: PlannedAdapter, judged: Judged) -> dict[tuple[str, str], Investigated]:
        """For every verdict of one adapter on one case that needs attention, what was found out."""
        failing = {
            (dtype, law): _Failure(self, adapter, judged.case, dtype, law, verdict)
            for (dtype, law), verdict in judged.verdicts.items()
            if verdict.name in UNEXPECTED_VERDICTS
        }
        if not failing:
            return {}
        earlier, here = self._minima.setdefault((adapter.worker, judged.case.graph.key), []), list[Minimum]()
        found = {key: self._found(failure, earlier, here) for key, failure in failing.items()}
        earlier += here
        return found

    def _found(self, failure: _Failure, earlier: list[Minimum], here: list[Minimum]) -> Investigated:
        for minimum in (*here, *(each for each in earlier if failure.is_at(each.reduction.node))):
            if failure.shows_in(minimum):
                return _described(minimum, failure)
        if failure.verdict.name == "crash":
            for number, alone in single_nodes(failure.case):
                if failure.is_foreseen(alone, by_detail=True):
                    return Investigated(None, None, signature_of(alone), number)
        most = self._most_calls(failure)
        if not most or failure.is_foreseen(failure.case, in_any_graph=True):
            return Investigated(None, None, signature_of(failure.case), None, 0)
        reduction = reduce_case(failure.case, failure.is_seen, most, failure.is_foreseen)
        if reduction.case is failure.case:
            signature = signature_of(failure.case)
            return Investigated(None, None, signature, None, reduction.calls, reduction.is_minimal)
        here.append(Minimum(reduction, {failure.key: failure.last}))
        return _described(here[-1], failure, reduction.calls)

    def _most_calls(self, failure: _Failure) -> int:
        """Candidates to try for one more failure of this law in this worker."""
        verdict, key = failure.verdict.name, (failure.adapter.worker, failure.law)
        most = MOST_CALLS[verdict]
        if failure.adapter.is_compiled:
            most //= COSTLY_SHARE if failure.adapter.is_costly else COMPILED_SHARE
        self._counts[key] += 1
        return most if self._counts[key] <= MOST_REDUCTIONS else min(most, CALLS_BEYOND[verdict])

    def remember(self, adapter: PlannedAdapter, graph: str, laws: Iterable[str], minima: list[Minimum]) -> None:
        """What an earlier process found out of one case: laws whose failures it tried to reduce, and what came of it."""
        self._counts.update((adapter.worker, law) for law in laws)
        self._minima.setdefault((adapter.worker, graph), []).extend(minima)

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
            lambda other, words: self.ask(
                adapter, [question_in(estimated, adapter.mode, other, chosen, "all", always=words)]
            )[0],
            "all",
        )

    def script(
        self, adapter: PlannedAdapter, case: Case, dtype: str, law: str = "", verdict: Verdict = NOTHING_WRONG
    ) -> str:
        """The framework-only program of a case, of the derivative and in the form that a verdict of this law is about;
        empty where the adapter has none.
        """
        variant, word = _shown(case, law, verdict)
        key = adapter.worker, case.id, dtype, variant.name if variant is not None else "", word
        if key not in self._scripts:
            found = self.estimate_of(case)
            wanted = tuple(derivations(case, [word] if word else []))
            if variant is None:
                asked = question(found, adapter.mode, dtype, only_script=True, about_calls=False, derivations=wanted)
            else:
                asked = replace(variant.question(adapter.mode, dtype, found.scale(dtype), wanted), only_script=True)
            answer = self.ask(adapter, [asked])[0]
            self._scripts[key] = answer.script if isinstance(answer, Answered) else ""
        return self._scripts[key]


@dataclass(eq=False)
class _Failure:
    """A verdict that needs attention, and which other cases fail like it."""

    investigator: Investigator
    adapter: PlannedAdapter
    case: Case
    dtype: str
    law: str
    verdict: Verdict
    last: Judged = field(init=False)
    _alone: dict[int, bool] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.dtype, self.law

    def is_seen(self, candidate: Case) -> bool:
        """Whether another case fails in the same way; then `last` is what came of it."""
        judged = self.investigator.judge(self.adapter, candidate, (self.dtype,), self.law)
        if is_alike := self._is_alike(judged):
            self.last = judged
        return is_alike

    def is_foreseen(self, node: Case, *, in_any_graph: bool = False, by_detail: bool = False) -> bool:
        """Whether it would be foreseen if this node of the case, alone, failed in the same way."""
        about = self.case, self.case.stratum, self.adapter.name, self.law, self.dtype, self.verdict
        result = result_record(*about, reduced=node, signature=signature_of(node), point=point_class(node))
        described = self.adapter.description
        return self.investigator.expectations.foresee(
            result, described.versions, described.device, in_any_graph=in_any_graph, by_detail=by_detail
        )

    def shows_in(self, minimum: Minimum) -> bool:
        """Whether a case that was reduced before fails in the same way."""
        if self.key not in minimum.judged:
            judged = self.investigator.judge(self.adapter, minimum.reduction.case, (self.dtype,), self.law)
            minimum.judged[self.key] = judged
        return self._is_alike(minimum.judged[self.key])

    def is_at(self, node: int | None) -> bool:
        """Whether a node of the case fails alone, in the same way, at the case's own point."""
        if node is None:
            return False
        if node not in self._alone:
            alone = dict(single_nodes(self.case)).get(node)
            self._alone[node] = alone is not None and self.is_seen(alone)
        return self._alone[node]

    def _is_alike(self, judged: Judged) -> bool:
        again = judged.verdicts.get(self.key)
        return (
            again is not None
            and again.name == self.verdict.name
            and _kind(again) == _kind(self.verdict)
            and any(size(again) >= LEAST_SHARE * size(self.verdict) for size in (_relative_gap, _gap_in_bounds))
        )


def _described(minimum: Minimum, failure: _Failure, calls: int | None = None) -> Investigated:
    """A failure as that of a reduced case."""
    reduction = minimum.reduction
    judged, signature = minimum.judged[failure.key], signature_of(reduction.case)
    return Investigated(reduction.case, judged, signature, reduction.node, calls, reduction.is_minimal)


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
        calls=None if is_reduced or investigated is None or peer else investigated.calls,
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


_WORD = re.compile(r"(?:^|of )([fr]+)(?= with | against |$)")


def _shown(case: Case, law: str, verdict: Verdict) -> tuple[Variant | None, str]:
    """What a verdict is about: the form of the case it names, and the derivation, empty for the vector-Jacobian product."""
    if law not in LAWS:
        return None, ""
    about = LAWS[law]
    said = verdict.detail or (verdict.worst.where if verdict.worst is not None else "")
    variant = next((each for each in variants_of(case, {law: about}, "all") if each.name in said), None)
    named = [word for word in _WORD.findall(said) if word in about.words]
    return variant, named[0] if named else next(iter(about.words), "")


def _relative_gap(verdict: Verdict) -> float:
    """Of the worst element: from 0 to 2, 2 where it is not finite; 0 where there is no number."""
    worst = verdict.worst
    if worst is None:
        return 0.0
    size = max(abs(worst.measured), abs(worst.reference))
    return min(2.0, worst.gap / size) if np.isfinite(worst.gap) and 0 < size < np.inf else 2.0


def _gap_in_bounds(verdict: Verdict) -> float:
    """Of the worst element; 0 where there is no number, so that every other is alike."""
    return 0.0 if verdict.worst is None else verdict.worst.ratio


def _is_of_a_word(law: str) -> bool:
    """Whether the claim is about a derivative of its own; that there is an answer at all is no law."""
    return law in LAWS and bool(LAWS[law].words)


def _steps(estimate: Estimate, worst: Compared | None, law: str, against: str) -> list[list[Number]]:
    """(step, |central difference - value|) along the ladder, at the worst element."""
    if (
        _is_of_a_word(law)
        or worst is None
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
    if worst is None or _is_of_a_word(law):
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
