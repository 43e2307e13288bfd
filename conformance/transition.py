"""One verdict in two results files: in which state it is, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from autograd_conformance.conventions import Change
from autograd_conformance.records import SCENARIO_LAW, UNEXPECTED_VERDICTS, VERDICTS, Gap, Number, Result, as_float

State = Literal[
    "regressed", "worse", "fixed", "better", "convention_changed", "new", "gone", "not_comparable", "same"
]  # fmt: skip
STATES: tuple[State, ...] = get_args(State)
"""In the order in which a reader wants to see them."""

GROWTH = 10.0
"""How much a gap beyond its bound must grow to be worse, or shrink to be better."""

Key = tuple[str, str, str, str, str]
"""Case, law, adapter, dtype, and the peer of a law about two adapters (empty otherwise)."""

_SOUND = frozenset(VERDICTS) - UNEXPECTED_VERDICTS


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

    @property
    def has_moved(self) -> bool:
        return bool(self.moved) or self.growth != 1


@dataclass(frozen=True, eq=False)
class Transition:
    """One verdict in both files, or in one of them."""

    key: Key
    state: State
    reason: str
    base: Result | None
    new: Result | None
    drift: Drift | None = None
    changes: tuple[Change, ...] = ()
    """What a scenario gave otherwise although its verdict is the same."""
    is_beside_a_defect: bool = False
    """Whether both files know a defect of this case that gave other numbers, so that these were not compared."""

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
        """The adapter it is held against: in the new file, where that is another one."""
        return self.new.peer if self.new else self.key[4]

    @property
    def verdicts(self) -> tuple[str, str]:
        """Verdict in base and in new; ``-`` where there is none."""
        return (self.base.verdict if self.base else "-", self.new.verdict if self.new else "-")

    @property
    def signature(self) -> str:
        """The ops it is about, where a reduction named them."""
        return (self.new.signature if self.new else "") or (self.base.signature if self.base else "")

    @property
    def smallest(self) -> str:
        """The case to look at: the reduced one where there is one."""
        return (self.new.reduced if self.new else "") or (self.base.reduced if self.base else "") or self.case

    @property
    def foreseen(self) -> str:
        """Reason of the expectation that foresaw the new verdict; empty where none did."""
        return self.new.expected if self.new else ""

    @property
    def gates(self) -> bool:
        """Whether it fails a comparison: it got worse, and nobody foresaw that."""
        return self.state in ("regressed", "worse") and not self.foreseen


def transition(
    key: Key, base: Result, new: Result, changes: Sequence[Change] = (), *, is_beside_a_defect: bool = False
) -> Transition:
    """Of a verdict that stands in both files.

    Beside a known defect that gave other numbers, the same verdict is the same whatever they are: what reads memory it does
    not own gives others each time, and how large a known error may be is said by its expectation.
    """
    if is_beside_a_defect and base.verdict == new.verdict and not changes:
        return Transition(key, "same", "", base, new, is_beside_a_defect=True)
    drift = _drift(base.worst, new.worst)
    state, reason = _judge(base, new, drift)
    if state == "same" and changes:
        state, reason = "convention_changed", "; ".join(map(str, changes))
    return Transition(key, state, reason, base, new, drift, tuple(changes) if state == "convention_changed" else ())


def alike(transitions: Iterable[Transition]) -> list[list[Transition]]:
    """Those of one adapter, law, ops and verdicts together, the largest gap first; kinds in the order they are met."""
    kinds: dict[tuple[object, ...], list[Transition]] = {}
    for each in transitions:
        about = each.signature if each.signature and each.law != SCENARIO_LAW else (each.case,)
        key = (each.law, each.adapter, each.peer, about, each.verdicts, each.foreseen)
        kinds.setdefault(key, []).append(each)
    return [sorted(kind, key=_bounds, reverse=True) for kind in kinds.values()]


def _bounds(each: Transition) -> float:
    """The new gap in bounds."""
    drift = each.drift
    return drift.new_gap / drift.new_bound if drift is not None and drift.new_bound > 0 else 0.0


def without_a_verdict(result: Result, side: str) -> str:
    """Why there is nothing to compare: what one file says instead, and in which words."""
    return f"{result.verdict} in {side}{f': {result.detail}' if result.detail else ''}"


def _judge(base: Result, new: Result, drift: Drift | None) -> tuple[State, str]:
    was, now = base.verdict, new.verdict
    for side, one, other in (("base", base, new), ("new", new, base)):
        if one.verdict == "unsupported" != other.verdict:
            return "not_comparable", without_a_verdict(one, side)
        if one.verdict == "inconclusive" != other.verdict and other.verdict in _SOUND and not _is_beyond(one):
            return "not_comparable", without_a_verdict(one, side)
    was_bad, is_bad = was in UNEXPECTED_VERDICTS, now in UNEXPECTED_VERDICTS
    if is_bad and not was_bad:
        return "regressed", _with_words(f"{was} -> {now}", new)
    if was_bad and not is_bad:
        return ("fixed", f"{was} -> {now}") if now == "agree" else ("better", f"{was} -> {now}, no agreement yet")
    if was_bad and was != now:
        return "worse", _with_words(f"another kind of failure: {was} -> {now}", new)
    state, reason = _judge_gaps(_is_beyond(base), _is_beyond(new), drift.growth if drift else 1.0)
    return state, reason if was == now else f"{was} -> {now}{f', {reason}' if reason else ''}"


def _with_words(reason: str, new: Result) -> str:
    return f"{reason}, {new.detail}" if new.detail else reason


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
        is_equal = base.measured_hex == new.measured_hex
        moved = 0.0 if is_equal else _size(as_float(new.measured) - as_float(base.measured))
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
