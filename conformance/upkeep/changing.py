"""An expectations file as it should be after a run: with what is new, and without what no longer holds."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import msgspec
from packaging.version import Version

from autograd_conformance.known import Expectation, framework_version
from autograd_conformance.records import AdapterRecord, KnownRecord
from autograd_conformance.upkeep import ranges
from autograd_conformance.upkeep.blocks import Document
from autograd_conformance.upkeep.proposing import Proposal, is_about_the_same, is_drawn


@dataclass(eq=False)
class Change:
    """A file before and after, and what the reader has to know besides the diff."""

    old: Document
    new: Document
    notes: list[str] = field(default_factory=list)


def updated(
    document: Document,
    proposals: Iterable[Proposal],
    reason: str,
    link: str,
    witnesses: Mapping[str, str],
    today: datetime.date,
) -> Change:
    """The file with these entries; one that is there already, for the release before or a smaller gap, is amended."""
    change = Change(document, document)
    added: list[dict[str, object]] = []
    comment = f"{today}: {one_line(reason)}"
    for proposal in proposals:
        entry = proposal.entry(one_line(reason), link, witnesses, today)
        amended = _amended(change.new, msgspec.convert(entry, Expectation), comment)
        if amended is not None:
            change.new = amended
            continue
        added.append(entry)
        if is_drawn(proposal) and "witness" not in entry:
            number = len(document.entries) + len(added)
            change.notes.append(
                f"entry {number}: no frozen case shows it, so that it is not strict: `autograd-conformance corpus add "
                f"{proposal.example}`, then name it in `witness` and leave out `strict`"
            )
    change.new = change.new.with_entries(added)
    return change


def _amended(document: Document, wanted: Expectation, comment: str) -> Document | None:
    """The file with the range or the gap of one entry widened to what was seen; None where there is no such entry."""
    for number, plain in enumerate(document.entries, start=1):
        known = msgspec.convert(plain, Expectation)
        values = _widened(known, wanted) if is_about_the_same(known, wanted) else None
        if values is not None:
            for key, value in values.items():
                document = document.with_value(number, key, value, comment)
            return document
    return None


def _widened(known: Expectation, wanted: Expectation) -> dict[str, object] | None:
    """The values of an entry that have to change; None where another entry is needed."""
    values: dict[str, object] = {}
    if not ranges.covers(known.when, wanted.when):
        when = ranges.with_minor(known.when, (wanted.when or "").removeprefix("==").removesuffix(".*"))
        if when is None:
            return None
        values["when"] = when
    if known.largest_gap is not None:
        if wanted.largest_gap is None:
            return None
        if wanted.largest_gap > known.largest_gap:
            values["largest_gap"] = wanted.largest_gap
    return values


def pruned(
    document: Document,
    stale: Iterable[KnownRecord],
    adapters: Sequence[AdapterRecord],
    reason: str,
    *,
    removes: bool = False,
) -> Change:
    """The file without entries that a run found stale.

    One that also speaks of earlier versions, in which it held, ends below the version that ran, unless ``removes``.
    """
    change = Change(document, document)
    gone: dict[int, str] = {}
    for record in stale:
        number = _number_of(document, record)
        if number is None:
            change.notes.append(f"entry {record.number} is not what it was when the run read it: left as it is")
        else:
            _end(change, gone, number, record, {} if removes else _ran(record, adapters), reason)
    change.new = change.new.without(gone)
    return change


def _end(
    change: Change, gone: dict[int, str], number: int, record: KnownRecord, ran: Mapping[str, str], reason: str
) -> None:
    """End the range of an entry below the version that ran, or have it ``gone`` where nothing is left of it."""
    if len(ran) > 1:
        several = " and ".join(sorted(ran))
        change.notes.append(f"entry {number} speaks of {several}: end its range by hand, or remove it with --remove")
        return
    framework, version = next(iter(ran.items()), ("", ""))
    when = ranges.below(record.when, version) if version else None
    since = f"since {framework} {version}: " if version else ""
    if when is not None:
        change.new = change.new.with_value(number, "when", when, _comment(since, reason))
        return
    gone[number] = _comment(f"Removed: {record.signature or record.case}, {record.kind}, {since}", reason)
    if above := change.old.comment_above(number):
        change.notes.append(f"entry {number} goes, the comment above it stays: {above}")


def _number_of(document: Document, record: KnownRecord) -> int | None:
    """Where the entry of a record stands now: in its old place, or in another if it was moved."""
    wanted = {name: getattr(record, name) for name in Expectation.__struct_fields__}
    known = msgspec.convert({key: value for key, value in wanted.items() if value not in ("", None)}, Expectation)
    found = [
        number for number, plain in enumerate(document.entries, start=1) if msgspec.convert(plain, Expectation) == known
    ]
    return record.number if record.number in found else next(iter(found), None)


def _ran(record: KnownRecord, adapters: Sequence[AdapterRecord]) -> dict[str, str]:
    """Framework to the lowest version that ran of those the entry speaks of, as far as versions can be read."""
    found: dict[str, str] = {}
    for adapter in adapters:
        if adapter.missing is None and fnmatchcase(adapter.name, record.adapter):
            version = framework_version(adapter.name, adapter.versions, is_own=True)
            if version is not None and ranges.is_version(version) and _holds(record.when, version):
                found[adapter.framework] = min(version, found.get(adapter.framework, version), key=Version)
    return found


def _holds(when: str | None, version: str) -> bool:
    return ranges.contains(when, Version(version))


def _comment(what: str, reason: str) -> str:
    """Empty where no reason is given, as before it is written."""
    return f"{what[:1].upper()}{what[1:]}{one_line(reason)}" if reason else ""


def one_line(text: str) -> str:
    """A text that can stand in a comment or a value of one line."""
    return " ".join(text.split())
