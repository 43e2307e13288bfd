"""What was strongly judged: every op in every adapter, by dtype and by the shapes it met.

A case counts for the ops of its graph when the gradient agreed with the reference within a bound that would have caught a
wrong rule; a weak verdict covers nothing.  An op below the floor of its profile is a finding, unless a reason is stated.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from autograd_conformance.case import Case
from autograd_conformance.expectation import Expectations
from autograd_conformance.graph import Shape
from autograd_conformance.judge import ANSWERS, CERTIFIES
from autograd_conformance.records import UNEXPECTED_VERDICTS, CoverageRecord
from autograd_conformance.verdict import Verdict
from autograd_conformance.worker.description import Description

Pattern = Literal["same", "broadcast", "scalar", "one", "empty"]

FLOOR_DTYPES = ("float64", "float32")
"""The floor holds in each of these that was asked; in 16 bits most bounds are too wide to say much, and are only shown."""
NOT_EXPRESSED = "the adapter does not express it"


def is_strong(law: str, verdict: Verdict) -> bool:
    """Whether a verdict covers: that of the law about gradients, and not weak."""
    return law == CERTIFIES.name and verdict.name == "agree"


def pattern_of(operands: Sequence[Shape], result: Shape) -> Pattern:
    """The kind of shapes a node met: no element somewhere, no axes at all, one element with axes, operands of different
    shapes of which each broadcasts to the result's, else the same shape or one operand.
    """
    shapes = (*operands, result)
    if any(0 in shape for shape in shapes):
        return "empty"
    if not any(operands):
        return "scalar"
    if all(set(shape) <= {1} for shape in operands):
        return "one"
    if len(set(operands)) > 1 and all(_broadcasts(shape, result) for shape in operands):
        return "broadcast"
    return "same"


def _broadcasts(shape: Shape, result: Shape) -> bool:
    pairs = zip(reversed(shape), reversed(result), strict=False)
    return len(shape) <= len(result) and all(size in (1, full) for size, full in pairs)


def met(case: Case) -> set[tuple[str, Pattern]]:
    """The ops of a case with the patterns they occur in."""
    shapes = case.shapes
    return {
        (node.op, pattern_of([shapes[number] for number in node.operands], shapes[results[0]]))
        for results, node in case.graph.numbered_nodes()
    }


@dataclass(eq=False)
class Tally:
    """One op in one adapter."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Dtype and pattern to strongly judged cases; a case may show an op in several patterns."""
    strong: Counter[str] = field(default_factory=Counter)
    """Dtype to strongly judged cases; an op on nothing but empty values shows that it runs, and no derivative."""
    graphs: set[str] = field(default_factory=set)
    """The different graphs of all these cases; others only move the point."""
    others: Counter[str] = field(default_factory=Counter)
    """The verdicts on the gradient, or on whether there was an answer, that do not count."""
    refusals: dict[str, str] = field(default_factory=dict)
    """Dtype to the reason given for refusing a case that has this op, as long as none was answered."""
    answered: set[str] = field(default_factory=set)

    def least(self, dtypes: Iterable[str], further: Mapping[str, int] | None = None) -> int:
        """Strongly judged cases in the dtype that has fewest, of those that were not refused throughout."""
        strong = self.strong + Counter(further or {})
        return min((strong[dtype] for dtype in dtypes if dtype not in self.refusals), default=0)


class Ledger:
    """Counts for every adapter and op; one lane at a time may add."""

    def __init__(self, asked: Mapping[str, Sequence[str]]) -> None:
        """``asked`` maps adapters to the dtypes they are asked in."""
        self._asked = asked
        self._tallies: dict[str, dict[str, Tally]] = {name: defaultdict(Tally) for name in asked}

    def add(self, adapter: str, case: Case, verdicts: Mapping[tuple[str, str], Verdict]) -> None:
        """Count what one adapter made of one case."""
        occurrences = met(case)
        names = {op for op, _ in occurrences}
        filled = {op for op, pattern in occurrences if pattern != "empty"}
        tallies = self._tallies[adapter]
        for (dtype, law), verdict in verdicts.items():
            if law == ANSWERS:
                for op in names:
                    _note_answer(tallies[op], dtype, verdict)
                    if verdict.name != "agree":
                        tallies[op].others[verdict.name] += 1
            elif is_strong(law, verdict):
                for op in filled:
                    tallies[op].strong[dtype] += 1
                    tallies[op].graphs.add(case.graph.key)
                for op, pattern in occurrences:
                    tallies[op].counts[dtype][pattern] += 1
            elif law == CERTIFIES.name:
                for op in names:
                    tallies[op].others[verdict.name] += 1

    def strong(self, adapter: str, op: str, further: Ledger | None = None) -> int:
        """Strongly judged cases in the dtype that has fewest, with those that ``further`` counts besides."""
        more = further._tallies[adapter][op].strong if further is not None else None
        asked = self._asked[adapter]
        dtypes = tuple(dtype for dtype in asked if dtype in FLOOR_DTYPES) or asked
        return self._tallies[adapter][op].least(dtypes, more)

    def empty(self) -> Ledger:
        """One of the same adapters and dtypes with nothing counted."""
        return Ledger(self._asked)

    def record(self, description: Description, adapter: str, op: str, floor: int) -> CoverageRecord:
        """What is written of one op in one adapter."""
        tally = self._tallies[adapter][op]
        reason = ""
        if op not in description.lowers:
            reason = description.absences.get(op, NOT_EXPRESSED)
        elif tally.refusals and not tally.answered:
            reason = next(iter(tally.refusals.values()))
        return CoverageRecord(
            op=op,
            adapter=adapter,
            strong=self.strong(adapter, op),
            floor=floor,
            graphs=len(tally.graphs),
            counts={dtype: dict(sorted(counts.items())) for dtype, counts in sorted(tally.counts.items())},
            others=dict(sorted(tally.others.items())),
            reason=reason,
        )


def _note_answer(tally: Tally, dtype: str, verdict: Verdict) -> None:
    if verdict.name != "unsupported":
        tally.answered.add(dtype)
        tally.refusals.pop(dtype, None)
    elif dtype not in tally.answered:
        tally.refusals[dtype] = verdict.detail


def foreseen(
    record: CoverageRecord, expectations: Expectations, versions: Mapping[str, str], device: str = ""
) -> CoverageRecord:
    """The record with the reason of the expectation that foresaw too few judgements, if one did.

    Where the op still fails, and was strongly judged often enough by the luck of the draw, the expectation counts as met.
    """
    if not record.is_below_floor and not any(record.others.get(verdict) for verdict in UNEXPECTED_VERDICTS):
        return record
    found = expectations.match(record.as_result(), versions, device)
    return record.because(found.reason) if found is not None and record.is_below_floor else record
