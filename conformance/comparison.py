"""What changed between two results files: transitions of single verdicts, never net counts.

Two random searches cannot be compared; two replays of the same cases can.  Whatever stands in only one file is ``new``
or ``gone``, and what stands in both without a judgement on either side is ``not_comparable``, with the reason.

A gap inside its bound is rounding, and rounding may grow a hundredfold between two versions without anything being
wrong: it is recorded as drift.  Beyond the bound a gap that grew tenfold is ``worse``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from autograd_conformance.comparison_sides import Side, differences, shortfalls, side_of
from autograd_conformance.records import SCENARIO_LAW, UNEXPECTED_VERDICTS, VERDICTS, Gap, Number, Result, as_float
from autograd_conformance.results import ResultsFile

State = Literal["regressed", "worse", "fixed", "better", "new", "gone", "not_comparable", "same"]
STATES: tuple[State, ...] = get_args(State)
"""In the order in which a reader wants to see them."""

_SOUND = frozenset(VERDICTS) - UNEXPECTED_VERDICTS

GROWTH = 10.0
"""How much a gap beyond its bound must grow to be worse, or shrink to be better."""

Key = tuple[str, str, str, str, str]
"""Case, law, adapter, dtype, and the peer of a law about two adapters (empty otherwise)."""


@dataclass(frozen=True)
class Drift:
    """How the worst element moved."""

    where: str
    """The element, or empty when the two files name different ones: then only the gaps can be compared."""
    base_gap: float
    new_gap: float
    base_bound: float
    new_bound: float
    moved: float | None
    """Absolute difference of the measured values; None when they belong to different elements."""

    @property
    def growth(self) -> float:
        """New gap over base gap; 1 when both are 0."""
        if self.base_gap == self.new_gap:
            return 1.0
        return self.new_gap / self.base_gap if self.base_gap else math.inf


@dataclass(frozen=True, eq=False)
class Transition:
    """One verdict in both files, or in one of them."""

    key: Key
    state: State
    reason: str
    base: Result | None
    new: Result | None
    drift: Drift | None = None

    @property
    def case(self) -> str:
        return self.key[0]

    @property
    def law(self) -> str:
        return self.key[1]

    @property
    def adapter(self) -> str:
        return self.key[2]

    @property
    def dtype(self) -> str:
        return self.key[3]

    @property
    def peer(self) -> str:
        return self.key[4]

    @property
    def verdicts(self) -> tuple[str, str]:
        """Verdict in base and in new; ``-`` where there is none."""
        return (self.base.verdict if self.base else "-", self.new.verdict if self.new else "-")

    @property
    def signature(self) -> str:
        """The ops it is about, where a reduction named them."""
        return (self.new.signature if self.new else "") or (self.base.signature if self.base else "")


@dataclass(frozen=True, eq=False)
class Comparison:
    """All transitions, and what must be said about the files as a whole."""

    base: Side
    new: Side
    transitions: tuple[Transition, ...]
    differences: tuple[str, ...]
    """How the two runs differ otherwise: seed, settings, corpus, versions."""
    incomplete: tuple[str, ...]
    """Why a file does not hold everything it was meant to."""

    def in_state(self, *states: State) -> list[Transition]:
        return [transition for transition in self.transitions if transition.state in states]

    @property
    def counts(self) -> dict[State, int]:
        """Every state with its number of transitions."""
        found = Counter(transition.state for transition in self.transitions)
        return {state: found[state] for state in STATES}

    @property
    def matrix(self) -> dict[tuple[str, str], int]:
        """(Verdict in base, verdict in new) to how often; only what stands in both files."""
        return dict(Counter(each.verdicts for each in self.transitions if each.base and each.new))

    @property
    def drifted(self) -> list[Transition]:
        """What moved although the verdict stayed, what came nearest to its bound first."""
        moved = [each for each in self.in_state("same") if each.drift and (each.drift.moved or each.drift.growth != 1)]
        return sorted(moved, key=_approach, reverse=True)

    @property
    def compared(self) -> int:
        """How many verdicts could be held against each other."""
        return sum(count for state, count in self.counts.items() if state not in ("new", "gone", "not_comparable"))

    @property
    def exit_code(self) -> int:
        """3 incomplete input (wins), 5 nothing comparable, 1 something regressed or got worse, 0 otherwise."""
        if self.incomplete:
            return 3
        if not self.compared:
            return 5
        return 1 if self.in_state("regressed", "worse") else 0


def compare(base: ResultsFile, new: ResultsFile) -> Comparison:
    """Hold two results files against each other.

    Adapters are matched by name, whatever their versions.  Where one file judged the same thing twice (a case met in
    two strata) the worse verdict counts.
    """
    ours, theirs = _by_key(_verdicts(base)), _by_key(_verdicts(new))
    keys = sorted(ours.keys() | theirs.keys())
    return Comparison(
        base=side_of(base),
        new=side_of(new),
        transitions=tuple(_transition(key, ours.get(key), theirs.get(key), base, new) for key in keys),
        differences=tuple(differences(base, new)),
        incomplete=(*shortfalls(base, new), *shortfalls(new, base)),
    )


def _verdicts(file: ResultsFile) -> Iterable[Result]:
    """Those of laws on cases, and those of scenarios."""
    yield from file.results
    yield from (told.as_result() for told in file.scenarios)


def _by_key(results: Iterable[Result]) -> dict[Key, Result]:
    found: dict[Key, Result] = {}
    for result in results:
        key = (result.case, result.law, result.adapter, result.dtype, result.peer)
        if key not in found or VERDICTS.index(result.verdict) > VERDICTS.index(found[key].verdict):
            found[key] = result
    return found


def _transition(
    key: Key, base: Result | None, new: Result | None, base_file: ResultsFile, new_file: ResultsFile
) -> Transition:
    if base is None:
        return Transition(key, "new", _absence(key, base_file), None, new)
    if new is None:
        return Transition(key, "gone", _absence(key, new_file), base, None)
    drift = _drift(base.worst, new.worst)
    state, reason = _judge(base, new, drift)
    return Transition(key, state, reason, base, new, drift)


def _absence(key: Key, file: ResultsFile) -> str:
    """Why a file has no result for this key."""
    case, law, adapter, _, _ = key
    record = next((each for each in file.header.adapters if each.name == adapter), None)
    if record is None:
        return f"{adapter} was not asked"
    if record.missing is not None:
        return f"{adapter} could not run: {record.missing}"
    if law == SCENARIO_LAW:
        return "the scenario was not told"
    if case not in file.cases:
        return "the case is not in the file"
    if record.laws and law not in record.laws:
        return "the law was not asked"
    return "no result was recorded"


def _judge(base: Result, new: Result, drift: Drift | None) -> tuple[State, str]:
    """State and reason of a verdict that stands in both files."""
    was, now = base.verdict, new.verdict
    for side, one, other in (("base", base, new), ("new", new, base)):
        if one.verdict == "unsupported" != other.verdict:
            return "not_comparable", f"unsupported in {side}"
        if one.verdict == "inconclusive" != other.verdict and other.verdict in _SOUND and not _is_beyond(one):
            return "not_comparable", f"inconclusive in {side}"
    was_bad, is_bad = was in UNEXPECTED_VERDICTS, now in UNEXPECTED_VERDICTS
    if is_bad and not was_bad:
        return "regressed", f"{was} -> {now}"
    if was_bad and not is_bad:
        return ("fixed", f"{was} -> {now}") if now == "agree" else ("better", f"{was} -> {now}, no agreement yet")
    if was_bad and was != now:
        return "worse", f"another kind of failure: {was} -> {now}"
    state, reason = _judge_gaps(_is_beyond(base), _is_beyond(new), drift.growth if drift else 1.0)
    return state, reason if was == now else f"{was} -> {now}{f', {reason}' if reason else ''}"


def _judge_gaps(was_beyond: bool, is_beyond: bool, growth: float) -> tuple[State, str]:
    if was_beyond != is_beyond:
        return ("worse", "the gap crossed its bound") if is_beyond else ("better", "the gap is within its bound again")
    if is_beyond and growth >= GROWTH:
        return "worse", f"the gap grew {growth:.3g} times"
    if is_beyond and growth <= 1 / GROWTH:
        return "better", f"the gap shrank to {growth:.3g} of it"
    return "same", ""


def _is_beyond(result: Result) -> bool:
    """Whether the gap exceeds the bound, by verdict or by number."""
    if result.verdict == "disagree":
        return True
    if result.worst is None:
        return result.verdict == "imprecise"
    return _size(result.worst.gap) > _size(result.worst.bound)


def _drift(base: Gap | None, new: Gap | None) -> Drift | None:
    """How far the worst element moved; None where a side measured nothing.  A gap of nan counts as infinite."""
    if base is None or new is None:
        return None
    moved = None
    if base.where == new.where:
        moved = (
            0.0 if base.measured_hex == new.measured_hex else _size(as_float(new.measured) - as_float(base.measured))
        )
    return Drift(
        where=base.where if moved is not None else "",
        base_gap=_size(base.gap),
        new_gap=_size(new.gap),
        base_bound=_size(base.bound),
        new_bound=_size(new.bound),
        moved=moved,
    )


def _size(number: Number) -> float:
    value = as_float(number)
    return math.inf if math.isnan(value) else abs(value)


def _approach(transition: Transition) -> float:
    """How much nearer to its bound the gap came, in bounds."""
    drift = transition.drift
    if drift is None or not 0 < drift.new_bound < math.inf or drift.base_gap == math.inf:
        return 0.0
    return (drift.new_gap - drift.base_gap) / drift.new_bound
