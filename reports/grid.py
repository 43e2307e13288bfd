"""Two grids: laws by adapters, and ops by adapters.

A cell says in glyph and words what colour only repeats; a cell where nothing was judged says so and is never green.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlencode

from autograd_conformance.records import UNEXPECTED_VERDICTS, AdapterRecord, CoverageRecord, Result
from autograd_conformance.reports.merged import Merged
from autograd_conformance.reports.tally import GLYPHS, Tally, by_precision, is_known
from autograd_conformance.reports.wording import clipped, joined

MOST_ROWS = 300
COVERAGE_LAW = "vjp_matches_finite_differences"
"""The law whose agreement counts as a strong judgement of the ops in a case."""

ANSWERS = "adapter_answers"
"""Where errors, crashes and timeouts are recorded: nothing came back that another law could judge."""


@dataclass(frozen=True)
class Part:
    """``✗ 3 disagree``; kind is ``bad``, ``known``, ``ok``, ``unsure`` or ``none``."""

    kind: str
    text: str


@dataclass(frozen=True)
class Cell:
    kind: str
    parts: tuple[Part, ...]
    title: str
    link: str = ""


@dataclass(frozen=True)
class Row:
    name: str
    cells: tuple[Cell, ...]
    stands_out: str = ""


@dataclass(frozen=True, eq=False)
class Grid:
    columns: tuple[AdapterRecord, ...]
    rows: tuple[Row, ...]
    left_out: int = 0


def law_grid(merged: Merged) -> Grid:
    cells: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for result in merged.results:
        cells[result.law, result.adapter].add(result)
    rows = [
        Row(law, tuple(_law_cell(law, adapter, cells.get((law, adapter.name))) for adapter in merged.adapters))
        for law in merged.laws[:MOST_ROWS]
    ]
    return Grid(tuple(merged.adapters), tuple(rows), len(merged.laws) - len(rows))


def _law_cell(law: str, adapter: AdapterRecord, verdicts: Tally | None) -> Cell:
    if verdicts is None or not verdicts.total:
        return _not_run(law, adapter)
    parts = _law_parts(verdicts)
    title = f"{clipped(law, 80)}, {clipped(adapter.name, 80)}: {verdicts.breakdown}"
    if verdicts.known:
        title += f"; {verdicts.known:,} of them known"
    return Cell(parts[0].kind, tuple(parts), title, table_link(law=law, adapter=adapter.name))


def _law_parts(verdicts: Tally) -> list[Part]:
    """What is worst comes first; passes follow."""
    counts, parts = verdicts.counts, []
    if verdicts.unexpected:
        parts.append(Part("bad", f"✗ {verdicts.unexpected:,} unexpected"))
    if counts["agree"]:
        parts.append(Part("ok", f"✓ {counts['agree']:,}"))
    if verdicts.known:
        parts.append(Part("known", f"◆ {verdicts.known:,} known"))
    unsure = [name for name in ("imprecise", "inconclusive", "weak") if counts[name]]
    parts += [Part("unsure", f"{GLYPHS[name]} {counts[name]:,} {name}") for name in unsure]
    if counts["unsupported"]:
        text = f"– {counts['unsupported']:,} unsupported" if verdicts.judged else "– unsupported"
        parts.append(Part("none", text))
    return parts


def _not_run(law: str, adapter: AdapterRecord) -> Cell:
    if adapter.missing is not None:
        why = f"{clipped(adapter.name, 60)} is missing: {clipped(adapter.missing)}"
    elif adapter.laws and law not in adapter.laws:
        why = "this law is not planned for this adapter"
    else:
        why = "no verdict was recorded"
    return Cell("none", (Part("none", "not run"),), why)


def table_link(**filters: str) -> str:
    """A fragment that opens the verdict table with these filters."""
    return "#verdicts?" + urlencode({name: clipped(value, 200) for name, value in filters.items()})


@dataclass(eq=False)
class _OpCount:
    """Cases by what they say about one op in one adapter."""

    strong: set[str] = field(default_factory=set)
    weak: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    unsupported: set[str] = field(default_factory=set)
    refused_dtypes: set[str] = field(default_factory=set)
    judged_dtypes: set[str] = field(default_factory=set)

    @property
    def missing_dtypes(self) -> list[str]:
        """Dtypes in which no case with the op was ever supported."""
        return by_precision(self.refused_dtypes - self.judged_dtypes)

    def add(self, op: str, result: Result) -> None:
        """A failure is laid on the ops of its signature only; for the others the case says nothing strong."""
        if result.verdict == "unsupported":
            self.unsupported.add(result.case)
            self.refused_dtypes.add(result.dtype)
            return
        self.judged_dtypes.add(result.dtype)
        if result.law == ANSWERS and result.verdict not in UNEXPECTED_VERDICTS:
            return
        if result.verdict == "agree":
            self.strong.add(result.case)
        elif result.verdict not in UNEXPECTED_VERDICTS or (result.signature and op not in result.signature.split("+")):
            self.weak.add(result.case)
        elif is_known(result):
            self.known.add(result.case)
        else:
            self.bad.add(result.case)


def op_grid(merged: Merged) -> Grid:
    """Counts cases, not verdicts: those in which the op was strongly judged, judged without force, or went wrong."""
    counts: dict[tuple[str, str], _OpCount] = defaultdict(_OpCount)
    for result in merged.results:
        if result.law not in (COVERAGE_LAW, ANSWERS):
            continue
        for op in merged.ops.get(result.case, ()):
            counts[op, result.adapter].add(op, result)
    rows = [_op_row(op, merged, counts) for op in merged.vocabulary[:MOST_ROWS]]
    return Grid(tuple(merged.adapters), tuple(rows), len(merged.vocabulary) - len(rows))


def _op_row(op: str, merged: Merged, counts: dict[tuple[str, str], _OpCount]) -> Row:
    adapters = merged.adapters
    found = [counts.get((op, adapter.name)) for adapter in adapters]
    cells = tuple(
        _with_floor(_op_cell(op, adapter, count), merged.coverage.get((op, adapter.name)))
        for adapter, count in zip(adapters, found, strict=True)
    )
    weak = [
        adapter.name
        for adapter, count in zip(adapters, found, strict=True)
        if adapter.missing is None and not (count and count.strong)
    ]
    everywhere = weak and len(weak) == sum(adapter.missing is None for adapter in adapters)
    return Row(op, cells, "never strongly judged" if everywhere else "")


def _with_floor(cell: Cell, record: CoverageRecord | None) -> Cell:
    """The cell with what the floor says where it was not reached, or the reason for which that is in order."""
    if record is None or record.strong >= record.floor:
        return cell
    if record.is_below_floor:
        part = Part("bad", f"▼ {record.strong:,} of {record.floor:,}")
        return Cell("bad", (part, *cell.parts), f"below the floor; {cell.title}", cell.link)
    return Cell(cell.kind, cell.parts, f"{cell.title}; {clipped(record.reason)}", cell.link)


def _op_cell(op: str, adapter: AdapterRecord, count: _OpCount | None) -> Cell:
    if count is None or adapter.missing is not None:
        return _not_run(COVERAGE_LAW, adapter)
    parts = []
    if count.bad:
        parts.append(Part("bad", f"✗ {len(count.bad):,} bad"))
    if count.strong:
        parts.append(Part("ok", f"✓ {len(count.strong):,}"))
    if count.known:
        parts.append(Part("known", f"◆ {len(count.known):,} known"))
    if count.weak:
        parts.append(Part("unsure", f"~ {len(count.weak):,} weak"))
    if not parts and not count.unsupported:
        return _not_run(COVERAGE_LAW, adapter)
    if not parts:
        parts.append(Part("none", "– unsupported"))
    else:
        if not count.strong:
            parts.insert(0, Part("unsure", "none strong"))
        if count.missing_dtypes:
            parts.append(Part("none", f"– unsupported in {clipped(joined(count.missing_dtypes), 80)}"))
    title = (
        f"{clipped(op, 60)}, {clipped(adapter.name, 60)}: strongly judged in {len(count.strong):,} cases, "
        f"without force in {len(count.weak):,}, bad in {len(count.bad):,}, "
        f"known to be bad in {len(count.known):,}, unsupported in {len(count.unsupported):,} (in some dtype)"
    )
    kind = "bad" if count.bad else parts[0].kind
    return Cell(kind, tuple(parts), title, table_link(op=op, adapter=adapter.name, law=COVERAGE_LAW))
