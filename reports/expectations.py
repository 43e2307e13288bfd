"""The known verdicts of the runs: which were met, how often, since when, and which no longer hold."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from autograd_conformance.known import age
from autograd_conformance.records import KnownRecord
from autograd_conformance.reports.merged import Merged, Source
from autograd_conformance.reports.scenarios import address_of
from autograd_conformance.reports.wording import clipped

MOST_ROWS = 400
STATES = ("stale", "met", "unmet", "not_applicable")
"""What became of an entry, the most telling first: what one run found stale is so although another met it."""


@dataclass(eq=False)
class Row:
    """One entry over all files of the page."""

    record: KnownRecord
    state: str
    times: Counter[str] = field(default_factory=Counter)
    age: str = ""
    is_due: bool = False
    """Whether the day of its review had come when the run began."""

    @property
    def subject(self) -> str:
        return self.record.case or "" if self.record.signature is None else self.record.signature

    @property
    def address(self) -> str:
        return address_of(self.record.link)

    @property
    def narrowing(self) -> list[tuple[str, str]]:
        """What else must be so, in the words of the file."""
        record = self.record
        gap = "" if record.largest_gap is None else f"{record.largest_gap:g}"
        values = (
            ("when", record.when or ""), ("dtype", record.dtype), ("point", record.point), ("device", record.device),
            ("detail", record.detail), ("largest_gap", gap),
            ("case", record.case or "" if record.signature is not None else ""),
        )  # fmt: skip
        return [(name, clipped(value, 80)) for name, value in values if value not in ("", "*")]


@dataclass(frozen=True, eq=False)
class Expected:
    """The rows by what became of them."""

    stale: list[Row]
    met: list[Row]
    unmet: list[Row]
    not_applicable: list[Row]

    @property
    def verdicts(self) -> int:
        return sum(row.times.total() for row in self.met)

    @property
    def due(self) -> int:
        return sum(row.is_due for row in (*self.stale, *self.met, *self.unmet))

    @property
    def is_dated(self) -> bool:
        """Whether any entry says since when it is known, or when somebody should look."""
        return any(row.record.added or row.record.review for row in (*self.stale, *self.met, *self.unmet))


def expectations(merged: Merged) -> Expected | None:
    """What became of every entry; None where no file says so."""
    rows: dict[tuple[str, int, str, str], Row] = {}
    for source, record in _records(merged):
        key = (record.file, record.number, record.law, record.signature or record.case or "")
        row = rows.setdefault(key, Row(record, record.state))
        row.state = min(row.state, record.state, key=STATES.index)
        row.times.update({adapter: max(count, 0) for adapter, count in record.times.items()})
        began = _day((source.header.started or "")[:10])
        added, review = _day(record.added), _day(record.review)
        row.age = age(added, began) if added and began and added <= began else row.age
        row.is_due = row.is_due or bool(review and began and review <= began)
    if not rows:
        return None
    by_state = {state: [row for row in rows.values() if row.state == state] for state in STATES}
    by_state["met"].sort(key=lambda row: -row.times.total())
    return Expected(*(by_state[state] for state in STATES))


def _records(merged: Merged) -> Iterator[tuple[Source, KnownRecord]]:
    for source in merged.sources:
        for record in source.footer.expectations if source.footer is not None else ():
            yield source, record


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None
