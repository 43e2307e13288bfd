"""What changed against a baseline: the transitions of `autograd_conformance.comparison`, laid out for a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from autograd_conformance.comparison import STATES, Comparison, Foresight, State, Transition, compare
from autograd_conformance.comparison_sides import Side
from autograd_conformance.comparison_views import GROUPED, LISTED, TITLES, answer
from autograd_conformance.records import SCENARIO_LAW, VERDICTS
from autograd_conformance.reports.drift import Scatter, scatter
from autograd_conformance.reports.merged import Merged
from autograd_conformance.reports.tally import by_precision
from autograd_conformance.reports.wording import clipped, joined, replay_line, scientific
from autograd_conformance.results import ResultsFile
from autograd_conformance.transition import alike

MOST_TRANSITIONS = 100
"""Rows of a list on the page; `compare --format json` has all of them."""
MOST_DRIFTED = 25
MOST_REASONS = 30

MEANINGS: dict[State, str] = {
    "regressed": "a failure now, and none before",
    "worse": "another kind of failure, a gap beyond its bound that grew tenfold, or one that crossed it",
    "fixed": "a failure before, and agreement now",
    "better": "a failure before and none now, or a gap that shrank tenfold or is within its bound again",
    "convention_changed": "as documented before and now, and not the same",
    "new": "no verdict of the baseline to hold it against",
    "gone": "a verdict of the baseline that this run did not give",
    "not_comparable": "one of the two said nothing that could be compared",
    "same": "nothing that a verdict tells changed",
}
_GLYPHS = {"bad": "✗", "unsure": "!", "ok": "✓", "empty": "–"}


@dataclass(frozen=True)
class Version:
    """One package of adapters that have it in the same versions."""

    adapters: str
    package: str
    before: str
    now: str

    @property
    def has_changed(self) -> bool:
        return self.before != self.now


@dataclass(frozen=True, eq=False)
class Row:
    """Transitions that are alike: the same law, ops and verdicts of one adapter."""

    transition: Transition
    """The one whose gap is the largest now."""
    dtypes: str
    count: int

    @property
    def subject(self) -> str:
        """A scenario has no law of its own."""
        return "scenario" if self.transition.law == SCENARIO_LAW else self.transition.law

    @property
    def gap(self) -> str:
        drift = self.transition.drift
        if drift is None:
            return ""
        return f"{_in_bounds(drift.base_gap, drift.base_bound)} → {_in_bounds(drift.new_gap, drift.new_bound)}"

    @property
    def why(self) -> str:
        """What its verdicts do not say already."""
        each = self.transition
        said = " -> ".join(each.verdicts)
        return "" if each.state == "same" else each.reason.removeprefix(f"{said}, ").removeprefix(said)

    @property
    def again(self) -> str:
        """The command that shows it."""
        each = self.transition
        if each.law == SCENARIO_LAW:
            return replay_line(each.case, each.adapter).replace("replay", "run --scenario", 1)
        return replay_line(each.smallest, each.adapter)


@dataclass(frozen=True, eq=False)
class Listing:
    """The transitions in one state."""

    state: State
    title: str
    meaning: str
    rows: list[Row]
    left_out: int
    """Kinds that have no row."""
    count: int
    foreseen: int

    @property
    def heading(self) -> str:
        """The state with its number, and how much of it expectations foresaw."""
        known = (
            ""
            if not self.foreseen
            else ", all foreseen"
            if self.foreseen == self.count
            else f", {self.foreseen:,} foreseen"
        )
        return f"{self.title}: {self.count:,}{known}"


@dataclass(frozen=True, eq=False)
class Grouping:
    """How many transitions of a state have one reason, by adapter."""

    title: str
    meaning: str
    count: int
    reasons: list[tuple[int, str, str]]
    left_out: int


@dataclass(frozen=True, eq=False)
class Upgrade:
    name: str
    kind: str
    """``bad``, ``unsure``, ``ok`` or ``empty``, as the answer of the page."""
    sentence: str
    comparison: Comparison
    versions: list[Version]
    differences: list[str]
    states: list[tuple[str, list[int]]]
    """Adapter, and how many of its verdicts are in each state; the last number says how many drifted."""
    verdicts: tuple[str, ...]
    matrix: tuple[tuple[str, tuple[int, ...]], ...]
    listings: list[Listing]
    groupings: list[Grouping]
    scatter: Scatter | None
    drifted: list[Row]
    drifted_left_out: int
    foresights: list[tuple[Foresight, int]]

    @property
    def glyph(self) -> str:
        return _GLYPHS[self.kind]

    @property
    def cases(self) -> list[str]:
        """Those a reader of the lists wants to see, in their order."""
        found = [row.transition for listing in self.listings for row in listing.rows] + [
            row.transition for row in self.drifted
        ]
        return list(dict.fromkeys(case for one in found for case in (one.smallest, one.case)))


def upgrade(merged: Merged, baseline: ResultsFile) -> Upgrade:
    """Hold the files of a page against an older one."""
    found = compare(baseline, merged.as_file())
    pairs = found.matrix
    seen = tuple(name for name in VERDICTS if any(name in pair for pair in pairs))
    drifted = found.drifted
    versions = _versions(found.base, found.new)
    return Upgrade(
        name=baseline.path.replace("\\", "/").rsplit("/", 1)[-1],
        kind=_kind(found),
        sentence=answer(found),
        comparison=found,
        versions=versions,
        differences=_others(found),
        states=_states(found),
        verdicts=seen,
        matrix=tuple((was, tuple(pairs.get((was, now), 0) for now in seen)) for was in seen),
        listings=[_listing(found, state) for state in LISTED if found.counts[state]],
        groupings=[_grouping(found, state) for state in GROUPED if found.counts[state]],
        scatter=scatter(found),
        drifted=[Row(each, each.dtype, 1) for each in drifted[:MOST_DRIFTED]],
        drifted_left_out=max(len(drifted) - MOST_DRIFTED, 0),
        foresights=found.foresights[:MOST_REASONS],
    )


def _kind(found: Comparison) -> str:
    if not found.compared:
        return "empty"
    if found.gating:
        return "bad"
    is_unsure = found.incomplete or found.in_state("regressed", "worse", "convention_changed", "not_comparable", "gone")
    return "unsure" if is_unsure else "ok"


def _versions(base: Side, new: Side) -> list[Version]:
    """Adapters of the same versions together; a missing one with its reason in the place of a version."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for adapter in sorted({*base.adapters, *new.adapters, *base.missing, *new.missing}):
        before, now = (side.adapters.get(adapter, {}) for side in (base, new))
        for package in sorted({*before, *now}):
            was, is_ = before.get(package, _absent(base, adapter)), now.get(package, _absent(new, adapter))
            rows.setdefault((package, was, is_), []).append(adapter)
    return [
        Version(joined([clipped(name, 40) for name in adapters]), clipped(package, 40), clipped(was, 80), clipped(is_, 80))
        for (package, was, is_), adapters in rows.items()
    ][:60]  # fmt: skip


def _absent(side: Side, adapter: str) -> str:
    if adapter in side.missing:
        return f"missing: {side.missing[adapter]}"
    return "–" if adapter in side.adapters else "not asked"


def _others(found: Comparison) -> list[str]:
    """How the runs differ besides their versions, which have a table of their own."""
    versions = {
        f"{adapter}: {package} {was.get(package, 'unset')} -> {now.get(package, 'unset')}"
        for adapter, was in found.base.adapters.items()
        for now in (found.new.adapters.get(adapter, {}),)
        for package in {*was, *now}
    }
    return [clipped(each, 200) for each in found.differences if each not in versions][:40]


def _states(found: Comparison) -> list[tuple[str, list[int]]]:
    counts = Counter((each.adapter, each.state) for each in found.transitions)
    drifted = Counter(each.adapter for each in found.drifted)
    adapters = sorted({adapter for adapter, _ in counts})[:40]
    return [(adapter, [*(counts[adapter, state] for state in STATES), drifted[adapter]]) for adapter in adapters]


def _listing(found: Comparison, state: State) -> Listing:
    own = found.in_state(state)
    own.sort(key=lambda each: bool(each.foreseen))
    rows = _rows(own)
    shown, foreseen = rows[:MOST_TRANSITIONS], sum(bool(each.foreseen) for each in own)
    return Listing(
        state, TITLES[state].capitalize(), MEANINGS[state], shown, len(rows) - len(shown), len(own), foreseen
    )


def _rows(transitions: Iterable[Transition]) -> list[Row]:
    return [
        Row(kind[0], ", ".join(by_precision(each.dtype for each in kind if each.dtype)), len(kind))
        for kind in alike(transitions)
    ]


def _grouping(found: Comparison, state: State) -> Grouping:
    own = found.in_state(state)
    reasons = Counter((each.adapter, each.reason) for each in own).most_common()
    shown = [(count, adapter, reason) for (adapter, reason), count in reasons[:MOST_REASONS]]
    return Grouping(TITLES[state].capitalize(), MEANINGS[state], len(own), shown, len(reasons) - len(shown))


def _in_bounds(gap: float, bound: float) -> str:
    return scientific(gap / bound if bound > 0 else gap, 2)
