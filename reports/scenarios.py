"""Scenarios side by side: what every framework was seen to do, beside what it documents."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_conformance.records import UNEXPECTED_VERDICTS, VERDICTS, AdapterRecord, Observation, ScenarioResult
from autograd_conformance.reports.curves import Curve, Curves, curves
from autograd_conformance.reports.exhibits import Graphs, Room, exhibits
from autograd_conformance.reports.grid import Cell, Grid, Part, Row
from autograd_conformance.reports.merged import Merged
from autograd_conformance.reports.observed import in_words, is_curve, message_of, numbers_of
from autograd_conformance.reports.tally import GLYPHS, is_known, is_unexpected
from autograd_conformance.reports.wording import clipped
from autograd_conformance.scenarios import LETTERS

OUTCOMES = {
    "agree": "as documented", "disagree": "not as documented", "unsupported": "no such concept",
    "inconclusive": "inconclusive", "error": "the program failed", "crash": "the worker died",
    "timeout": "no answer in time",
}  # fmt: skip
MOST_SCENARIOS = 120
MOST_OBSERVATIONS = 48
PROGRAM_BUDGET = 600_000
"""Characters of programs in the page; further programs are left out and say so."""
MOST_PROGRAM = 8_000

_SAFE = re.compile(r"[0-9A-Za-z_-]{1,40}")
_LINK = re.compile(r"https?://[^\s\"'<>]{1,400}")
_PATH = re.compile(r"[a-z][a-z0-9_/.-]{1,100}")
_KINDS = {"agree": "ok", "unsupported": "none", "weak": "unsure", "imprecise": "unsure", "inconclusive": "unsure"}
_NO_CONCEPT = "no such concept: "


@dataclass(frozen=True, eq=False)
class Seen:
    """One cell: an observation of one adapter, or why there is none; ``rows`` is how many rows it stands for."""

    kind: str
    words: str
    glyph: str = ""
    outcome: str = ""
    message: str = ""
    documented: str = ""
    """What should have been seen, where it was not."""
    rows: int = 1
    is_reason: bool = False


@dataclass(frozen=True, eq=False)
class Line:
    """One observation, side by side; None where the cell above stands for this row too."""

    name: str
    cells: tuple[Seen | None, ...]
    is_different: bool


@dataclass(frozen=True, eq=False)
class Head:
    """One adapter's outcome of a scenario."""

    adapter: AdapterRecord
    kind: str
    glyph: str
    outcome: str
    detail: str
    link: str
    path: str
    expected: str


@dataclass(frozen=True, eq=False)
class Program:
    adapter: str
    text: str
    number: int
    """Place of the runnable script in the packed list; -1 when there is none."""


@dataclass(frozen=True, eq=False)
class Card:
    name: str
    anchor: str
    claim: str
    heads: tuple[Head, ...]
    lines: tuple[Line, ...]
    lines_left_out: int
    curves: Curves | None
    graphs: tuple[Graphs, ...]
    notes: tuple[str, ...]
    """What was exhibited and is not drawn."""
    programs: tuple[Program, ...]

    @property
    def is_different(self) -> bool:
        """Whether frameworks that have the concept were seen to do different things."""
        return any(line.is_different for line in self.lines)

    @property
    def is_bad(self) -> bool:
        return any(head.kind in ("bad", "known", "unsure") for head in self.heads)


@dataclass(frozen=True, eq=False)
class Letter:
    letter: str
    title: str
    anchor: str
    cards: tuple[Card, ...]


@dataclass(eq=False)
class Shown:
    """The section: an overview, the cards by letter, and the scripts of their programs."""

    columns: tuple[AdapterRecord, ...]
    overview: Grid
    letters: tuple[Letter, ...]
    scripts: list[str]
    left_out: int

    @property
    def cards(self) -> list[Card]:
        return [card for letter in self.letters for card in letter.cards]


def scenarios(merged: Merged) -> Shown | None:
    """The section, or None when no scenario was told."""
    if not merged.scenarios:
        return None
    told = {(one.scenario, one.adapter): one for one in merged.scenarios}
    names = scenario_names(merged)
    columns = tellers(merged.adapters, names, told)
    programs, room = _Programs(), Room()
    letters = []
    for letter, mine in by_letter(names[:MOST_SCENARIOS]).items():
        beside = tellers(columns, mine, told)
        cards = tuple(_card(name, merged, beside, told, programs, room) for name in mine)
        letters.append(Letter(letter, title_of(letter), f"scenarios-{letter or 'others'}", cards))
    return Shown(
        columns,
        _overview(letters, columns),
        tuple(letters),
        programs.scripts,
        max(len(names) - MOST_SCENARIOS, 0),
    )


def scenario_names(merged: Merged) -> list[str]:
    """In the order of the headers, those that only a result names last; by letter."""
    declared = [name for source in merged.sources for name in source.header.scenarios]
    told = dict.fromkeys(one.scenario for one in merged.scenarios)
    names = [name for name in dict.fromkeys([*declared, *told]) if name in told]
    places = {letter: place for place, letter in enumerate(LETTERS)}
    return sorted(names, key=lambda name: places.get(_letter_of(name), len(places)))


def by_letter(names: Sequence[str]) -> dict[str, list[str]]:
    """Their subjects with the scenarios of each."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for name in names:
        grouped[_letter_of(name)].append(name)
    return grouped


def tellers(
    adapters: Sequence[AdapterRecord], names: Sequence[str], told: Mapping[tuple[str, str], ScenarioResult]
) -> tuple[AdapterRecord, ...]:
    """The adapters that told any of these scenarios; modes without a contract are asked about few subjects."""
    return tuple(adapter for adapter in adapters if any((name, adapter.name) in told for name in names))


def title_of(letter: str) -> str:
    return LETTERS.get(letter, "Others")


def anchor_of(name: str) -> str:
    """An id attribute for a scenario; a name that is no plain word is replaced by its hash."""
    if _SAFE.fullmatch(name):
        return f"scenario-{name}"
    return f"scenario-x{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}"


def place_of(link: str) -> str:
    """The path of a file of this project, for documentation that is no page of its own."""
    return link if _PATH.fullmatch(link) else ""


def address_of(link: str) -> str:
    """The link when it is a plain web address, else nothing: a file may hold anything."""
    return link if _LINK.fullmatch(link) else ""


def outcome_of(result: ScenarioResult) -> str:
    return OUTCOMES.get(result.verdict, result.verdict)


def reason_of(detail: str) -> str:
    """Why there is no such concept."""
    return clipped(detail.removeprefix(_NO_CONCEPT), 300)


def observation_names(results: Sequence[ScenarioResult]) -> list[str]:
    return list(dict.fromkeys(seen.name for result in results for seen in result.observations))


def is_difference(found: Sequence[Observation | None]) -> bool:
    """Whether the adapters that have the concept were seen to do different things; long lists are drawn instead."""
    kinds = [one.observed for one in found if one is not None and one.verdict != "unsupported"]
    short = {_comparable(value) for value in kinds if not is_curve(value)}
    return len(short) > 1


def _comparable(value: Any) -> str:
    """What counts as the same outcome: an error of any type is an error, numbers agree to four digits."""
    if isinstance(value, dict) and ("raises" in value or "warns" in value):
        return "raises" if "raises" in value else "warns"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_comparable, value[:64]))})"
    return clipped(value, 200)


def _letter_of(name: str) -> str:
    return name[:1] if name[:1] in LETTERS else ""


@dataclass(eq=False)
class _Programs:
    scripts: list[str] = field(default_factory=list)
    budget: int = PROGRAM_BUDGET

    def add(self, result: ScenarioResult) -> Program:
        text = result.program.strip("\n")[:MOST_PROGRAM]
        if len(text) > self.budget:
            return Program(result.adapter, "(left out: the page is full; see the results file)", -1)
        self.budget -= len(text)
        number = -1
        if result.script:
            number = len(self.scripts)
            self.scripts.append(result.script[: 8 * MOST_PROGRAM])
        return Program(result.adapter, text, number)


def _card(
    name: str,
    merged: Merged,
    columns: Sequence[AdapterRecord],
    told: dict[tuple[str, str], ScenarioResult],
    programs: _Programs,
    room: Room,
) -> Card:
    results = [told.get((name, adapter.name)) for adapter in columns]
    present = [result for result in results if result is not None]
    names = _most_telling(observation_names(present), results)
    shown = exhibits(columns, results, room)
    return Card(
        name=clipped(name, 40),
        anchor=anchor_of(name),
        claim=clipped(present[0].claim, 300),
        heads=tuple(_head(adapter, result) for adapter, result in zip(columns, results, strict=True)),
        lines=tuple(_lines(names[:MOST_OBSERVATIONS], results)),
        lines_left_out=max(len(names) - MOST_OBSERVATIONS, 0),
        curves=shown.beside(curves(_curves(names, columns, results))),
        graphs=shown.graphs,
        notes=shown.notes,
        programs=tuple(programs.add(result) for result in present if result.program),
    )


def _by_name(results: Sequence[ScenarioResult | None]) -> list[dict[str, Observation]]:
    return [{seen.name: seen for seen in result.observations} if result else {} for result in results]


def _most_telling(names: list[str], results: Sequence[ScenarioResult | None]) -> list[str]:
    """In their order; where there are more than are shown, first those in which adapters differ."""
    if len(names) <= MOST_OBSERVATIONS:
        return names
    found = _by_name(results)
    return sorted(names, key=lambda name: not is_difference([seen.get(name) for seen in found]))


def _head(adapter: AdapterRecord, result: ScenarioResult | None) -> Head:
    if result is None:
        return Head(adapter, "none", "–", "not told", "", "", "", "")
    detail = reason_of(result.detail) if result.verdict == "unsupported" else ""
    if result.verdict in ("error", "crash", "timeout"):
        detail = clipped(result.detail, 300)
    return Head(
        adapter, _kind(result), GLYPHS[result.verdict], outcome_of(result), detail, address_of(result.link),
        place_of(result.link), clipped(result.expected, 300),
    )  # fmt: skip


def _kind(result: ScenarioResult) -> str:
    if is_unexpected(result):
        return "bad"
    return "known" if is_known(result) else _KINDS.get(result.verdict, "unsure")


def _lines(names: Sequence[str], results: Sequence[ScenarioResult | None]) -> list[Line]:
    """The rows; runs of the same reason in one column become one cell."""
    found = _by_name(results)
    table = [[_seen(seen.get(name), result) for seen, result in zip(found, results, strict=True)] for name in names]
    merged_cells = [_runs([row[column] for row in table]) for column in range(len(results))]
    return [
        Line(
            clipped(name, 200),
            tuple(column[place] for column in merged_cells),
            is_difference([seen.get(name) for seen in found]),
        )
        for place, name in enumerate(names)
    ]


def _runs(column: Sequence[Seen]) -> list[Seen | None]:
    cells: list[Seen | None] = []
    first = 0
    for place, cell in enumerate(column):
        above = cells[first] if cells else None
        if above is not None and cell.is_reason and above.is_reason and cell.words == above.words:
            cells[first] = Seen(
                above.kind, above.words, above.glyph, above.outcome, rows=above.rows + 1, is_reason=True
            )
            cells.append(None)
        else:
            first = place
            cells.append(cell)
    return cells


def _seen(observation: Observation | None, result: ScenarioResult | None) -> Seen:
    if result is None:
        return Seen("none", "not told", is_reason=True)
    if observation is None:
        reason = reason_of(result.detail) if result.verdict == "unsupported" else "not observed"
        return Seen(
            "none", reason, "–", OUTCOMES["unsupported"] if result.verdict == "unsupported" else "", is_reason=True
        )
    if observation.verdict == "unsupported":
        return Seen("none", reason_of(observation.detail), "–", OUTCOMES["unsupported"], is_reason=True)
    is_bad = observation.verdict in UNEXPECTED_VERDICTS
    kind = ("known" if result.expected else "bad") if is_bad else _KINDS.get(observation.verdict, "unsure")
    documented = ""
    if observation.verdict != "agree":
        documented = clipped(observation.detail, 300)
        if not documented:
            gist = message_of(observation.documented)
            documented = f"documented: {in_words(observation.documented)}{f' ({gist})' if gist else ''}"
    return Seen(
        kind,
        in_words(observation.observed),
        "" if observation.verdict == "agree" else GLYPHS[observation.verdict],
        "" if observation.verdict == "agree" else OUTCOMES.get(observation.verdict, observation.verdict),
        message_of(observation.observed),
        documented,
    )


def _curves(
    names: Sequence[str], columns: Sequence[AdapterRecord], results: Sequence[ScenarioResult | None]
) -> list[Curve]:
    """Every long list of numbers, the reference first where the suite measured one."""
    found: list[Curve] = []
    references: list[list[float]] = []
    for place, (adapter, result) in enumerate(zip(columns, results, strict=True)):
        for seen in result.observations if result else ():
            if seen.name in names and is_curve(seen.observed):
                found.append(Curve(adapter.name, place, seen.name, numbers_of(seen.observed)))
                if is_curve(seen.documented):
                    references.append(numbers_of(seen.documented))
    if found and references and all(reference == references[0] for reference in references):
        return [Curve("", -1, "reference", references[0]), *found]
    return found


def _overview(letters: Sequence[Letter], columns: Sequence[AdapterRecord]) -> Grid:
    rows = []
    for letter in letters:
        cells = []
        for adapter in columns:
            heads = [head for card in letter.cards for head in card.heads if head.adapter is adapter]
            counts = Counter((head.kind, head.glyph, head.outcome) for head in heads)
            ordered = sorted(counts, key=lambda key: ("bad", "ok", "known", "unsure", "none").index(key[0]))
            told_here = [Part(kind, f"{glyph} {counts[kind, glyph, words]} {words}") for kind, glyph, words in ordered]
            parts = tuple(told_here or [Part("none", "– not told")])
            title = f"{letter.title}, {clipped(adapter.name, 60)}: " + ", ".join(part.text for part in parts)
            cells.append(Cell(parts[0].kind if parts[0].kind == "bad" else "", parts, title, f"#{letter.anchor}"))
        rows.append(Row(f"{letter.letter}. {letter.title}" if letter.letter else letter.title, tuple(cells)))
    return Grid(tuple(columns), tuple(rows))


@dataclass(frozen=True, eq=False)
class Finding:
    """A scenario whose outcome is not the documented one, with the observations at fault."""

    result: ScenarioResult
    anchor: str
    rows: tuple[tuple[str, str, str, str], ...]
    """Observation, documented, observed, detail."""


def findings(results: Sequence[ScenarioResult]) -> list[Finding]:
    """The worst first, otherwise in order."""
    ordered = sorted(results, key=lambda one: -VERDICTS.index(one.verdict))
    return [Finding(one, anchor_of(one.scenario), tuple(_rows(one))) for one in ordered]


def _rows(result: ScenarioResult) -> list[tuple[str, str, str, str]]:
    """The worst first."""
    rows = []
    for seen in sorted(result.observations, key=lambda one: -VERDICTS.index(one.verdict)):
        if seen.verdict in ("agree", "weak", "unsupported"):
            continue
        said = message_of(seen.observed)
        observed = in_words(seen.observed) + (f" ({said})" if said else "")
        wanted = message_of(seen.documented)
        documented = in_words(seen.documented) + (f" ({wanted})" if wanted else "")
        rows.append((clipped(seen.name, 120), documented, observed, clipped(seen.detail, 300)))
    return rows[:8] or [("", "", "", clipped(result.detail, 300))]
