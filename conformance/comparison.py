"""What changed between two results files: transitions of single verdicts, never net counts.

Two random searches cannot be compared; two replays of the same cases can.  Whatever stands in only one file is ``new``
or ``gone``, and what stands in both without a judgement on either side is ``not_comparable``, with the reason.

A gap inside its bound is rounding, and rounding may grow a hundredfold between two versions without anything being
wrong: it is recorded as drift.  Beyond the bound a gap that grew tenfold is ``worse``.  What a scenario gives otherwise
although its verdict is the same is ``convention_changed``.

A new failure that an expectation foresaw is shown as such and fails no comparison.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from autograd_conformance.comparison_sides import Side, differences, shortfalls, side_of
from autograd_conformance.conventions import Change, changes
from autograd_conformance.judge import ANSWERS
from autograd_conformance.records import SCENARIO_LAW, UNEXPECTED_VERDICTS, VERDICTS, Result, ScenarioResult
from autograd_conformance.results import ResultsFile
from autograd_conformance.transition import GROWTH, STATES, Drift, Key, State, Transition, transition, without_a_verdict

__all__ = ["GROWTH", "STATES", "Comparison", "Drift", "Foresight", "Key", "State", "Transition", "compare"]


@dataclass(frozen=True)
class Foresight:
    """What expectations say of a defect in the two files, where they do not say the same."""

    kind: str
    """``no longer foreseen``, ``newly foreseen``, ``another reason``, or ``no longer there``."""
    adapter: str
    was: str
    now: str


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
        moved = [each for each in self.in_state("same") if each.drift and each.drift.has_moved]
        return sorted(moved, key=_approach, reverse=True)

    @property
    def beside_defects(self) -> int:
        """Verdicts whose numbers were not compared: both files know a defect of their case, and it gave others."""
        return sum(each.is_beside_a_defect for each in self.transitions)

    @property
    def compared(self) -> int:
        """How many verdicts could be held against each other."""
        return sum(count for state, count in self.counts.items() if state not in ("new", "gone", "not_comparable"))

    @property
    def gating(self) -> list[Transition]:
        """What got worse and was not foreseen."""
        return [each for each in self.transitions if each.gates]

    @property
    def foresights(self) -> list[tuple[Foresight, int]]:
        """How expectations differ, each with the number of verdicts it is about, the most first."""
        found = Counter(each for each in map(_foresight, self.transitions) if each is not None)
        return sorted(found.items(), key=lambda item: (-item[1], item[0].kind, item[0].adapter, item[0].was))

    @property
    def exit_code(self) -> int:
        """3 incomplete input (wins), 5 nothing comparable, 1 something regressed or got worse unforeseen, 0 otherwise."""
        if self.incomplete:
            return 3
        if not self.compared:
            return 5
        return 1 if self.gating else 0


def compare(base: ResultsFile, new: ResultsFile) -> Comparison:
    """Hold two results files against each other.

    Adapters are matched by name, whatever their versions.  Where one file judged the same thing twice (a case met in
    two strata) the worse verdict counts.
    """
    ours = _by_key(base.verdicts)
    theirs = _with_peers_of(ours, _by_key(new.verdicts))
    was_told, is_told = _tellings(base), _tellings(new)
    places = _unsteady(ours, theirs)
    transitions = []
    for key in sorted(ours.keys() | theirs.keys()):
        before, after = ours.get(key), theirs.get(key)
        if before is None:
            silence = _silence(key, ours, "base")
            found = Transition(key, "not_comparable" if silence else "new", silence or _absence(key, base), None, after)
        elif after is None:
            silence = _silence(key, theirs, "new")
            found = Transition(
                key, "not_comparable" if silence else "gone", silence or _absence(key, new), before, None
            )
        else:
            told = was_told.get(key), is_told.get(key)
            found = transition(key, before, after, _changes(*told), is_beside_a_defect=_is_beside(key, places))
        transitions.append(found)
    return Comparison(
        base=side_of(base),
        new=side_of(new),
        transitions=tuple(transitions),
        differences=tuple(differences(base, new)),
        incomplete=(*shortfalls(base, new), *shortfalls(new, base)),
    )


def _changes(base: ScenarioResult | None, new: ScenarioResult | None) -> tuple[Change, ...]:
    return tuple(changes(base, new)) if base is not None and new is not None else ()


def _key(result: Result) -> Key:
    return (result.case, result.law, result.adapter, result.dtype, result.peer)


def _by_key(results: Iterable[Result]) -> dict[Key, Result]:
    found: dict[Key, Result] = {}
    for result in results:
        key = _key(result)
        if key not in found or VERDICTS.index(result.verdict) > VERDICTS.index(found[key].verdict):
            found[key] = result
    return found


def _with_peers_of(base: Mapping[Key, Result], new: Mapping[Key, Result]) -> dict[Key, Result]:
    """The new verdicts, by the peer of the one before where an adapter is held against another one now.

    Of all its peers the one that differs most is named, which may be any of them where all agree.
    """
    was = {key[:4]: key for key in base if key[4] and key not in new}
    now = {key[:4]: key for key in new if key[4] and key not in base}
    renamed = {key: was[about] for about, key in now.items() if about in was}
    return {renamed.get(key, key): result for key, result in new.items()}


def _tellings(file: ResultsFile) -> dict[Key, ScenarioResult]:
    """By the same key, and of several the same one."""
    found: dict[Key, ScenarioResult] = {}
    for told in file.scenarios:
        key = _key(told.as_result())
        if key not in found or VERDICTS.index(told.verdict) > VERDICTS.index(found[key].verdict):
            found[key] = told
    return found


def _unsteady(base: Mapping[Key, Result], new: Mapping[Key, Result]) -> set[tuple[str, str, str]]:
    """Case, adapter and dtype of every failure that both files foresee alike, and measured otherwise."""
    return {
        (key[0], name, key[3])
        for key, was in base.items()
        if (now := new.get(key)) is not None and was.verdict == now.verdict
        if was.expected and was.expected == now.expected and was.worst != now.worst
        for name in (key[2], key[4])
        if name
    }


def _is_beside(key: Key, places: Container[tuple[str, str, str]]) -> bool:
    """Whether this is about such numbers, or holds others against them."""
    case, _, adapter, dtype, peer = key
    return (case, adapter, dtype) in places or (bool(peer) and (case, peer, dtype) in places)


def _silence(key: Key, results: Mapping[Key, Result], side: str) -> str:
    """Why a law has no verdict where its case was asked: there was no answer to judge.  Empty where there was one."""
    case, _, adapter, dtype, _ = key
    answer = results.get((case, ANSWERS, adapter, dtype, ""))
    if answer is None or answer.verdict == "agree":
        return ""
    return without_a_verdict(answer, side)


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


def _foresight(each: Transition) -> Foresight | None:
    """Where one file calls a defect known, and the other does not or for another reason."""
    if each.base is None or each.new is None:
        return None
    was, now = each.base.expected, each.new.expected
    is_bad = each.new.verdict in UNEXPECTED_VERDICTS
    if was == now or each.new.verdict == "unsupported":
        return None
    kind = "another reason" if was and now else "newly foreseen" if now else "no longer foreseen"
    return Foresight(kind if is_bad or now else "no longer there", each.adapter, was, now)


def _approach(transition: Transition) -> float:
    """How much nearer to its bound the gap came, in bounds."""
    drift = transition.drift
    if drift is None or not 0 < drift.new_bound < math.inf or drift.base_gap == math.inf:
        return 0.0
    return (drift.new_gap - drift.base_gap) / drift.new_bound
