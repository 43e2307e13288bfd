"""Verdicts that are known: what a framework does wrongly, written down with a reason and a link.

An entry that matches nothing any more is *stale*, and fails the run that could have shown it.  What cannot be read is
refused, never dropped: a mistyped line would match nothing and nobody would know.
"""

from __future__ import annotations

import datetime
import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from autograd_conformance.known import Expectation, unmet
from autograd_conformance.records import COVERAGE_LAW, SCENARIO_LAW, KnownRecord, Result

UNDECIDED = frozenset({"unsupported", "weak", "inconclusive"})
"""Verdicts that do not say whether a defect is still there."""
SHIPPED = Path(__file__).parent / "expectations"


class UnreadableExpectations(Exception):
    """An expectations file cannot be used; the message names every bad entry and what is wrong with it."""


@dataclass(frozen=True, eq=False)
class Entry:
    """An expectation and the place it was read from."""

    path: str
    number: int
    expectation: Expectation

    @property
    def is_shipped(self) -> bool:
        """Whether it comes with the package."""
        return Path(self.path).parent == SHIPPED

    @property
    def file(self) -> str:
        """The file as records name it: a shipped one without its folder, which is another on every machine."""
        return Path(self.path).name if self.is_shipped else self.path

    @property
    def place(self) -> str:
        """Where to look for it."""
        return f"{'shipped ' if self.is_shipped else ''}{self.file}: entry {self.number}"

    @property
    def title(self) -> str:
        return f"{self.place} ({self.expectation.title})"


@dataclass(frozen=True, eq=False)
class Ran:
    """What a run can say of expectations.

    ``is_search``: whether everything was searched, so that an entry which matched nothing is stale; else only what
    ``replayed`` puts to the test can be.
    """

    versions: Mapping[str, Mapping[str, str]]
    """Adapter name to its versions; those of which nothing can be expected are left out."""
    devices: Mapping[str, str] = field(default_factory=dict)
    replayed: Iterable[Result] = ()
    """The verdicts on frozen cases, and those on scenarios."""
    is_search: bool = True
    absent: Collection[str] = frozenset()
    """Modes of the frameworks that ran which were left out: what is said of several modes may show in these alone."""

    def had(self, known: Expectation) -> bool:
        """Whether an adapter and version it speaks of ran."""
        return any(self.was(adapter, known) for adapter in self.versions)

    def had_all(self, known: Expectation) -> bool:
        """Whether no mode that it speaks of was left out."""
        return not any(fnmatchcase(adapter, known.adapter) for adapter in self.absent)

    def was(self, adapter: str, known: Expectation) -> bool:
        return (
            adapter in self.versions
            and fnmatchcase(adapter, known.adapter)
            and known.applies_to(adapter, self.versions[adapter], self.devices.get(adapter, ""))
        )

    def shows(self, known: Expectation, result: Result) -> bool:
        return known.matches(result, self.versions[result.adapter], self.devices.get(result.adapter, ""))


@dataclass(eq=False)
class Expectations:
    """All expectations of a run, and which verdicts they have matched."""

    entries: tuple[Entry, ...] = ()
    witnesses: Mapping[str, str] = field(default_factory=dict)
    """File name of a frozen case to its id."""
    _met: dict[int, set[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(set))
    """Position of an entry to the verdicts it foresaw, each once however often it is looked at."""

    @property
    def content_hash(self) -> str:
        """Of what the entries say, wherever they stand; empty where there are none."""
        said = msgspec.json.encode([entry.expectation for entry in self.entries])
        return hashlib.sha256(said).hexdigest()[:16] if self.entries else ""

    def match(self, result: Result, versions: Mapping[str, str], device: str = "") -> Expectation | None:
        """The first entry that foresaw this verdict; every entry that did counts as used.

        ``versions`` maps the adapter's distributions to their versions, as in its `AdapterRecord`.
        """
        found = None
        for position, entry in enumerate(self.entries):
            if entry.expectation.matches(result, versions, device):
                self._met[position].add((result.adapter, result.case, result.law, result.dtype, result.peer))
                found = found or entry.expectation
        return found

    def foresee(
        self,
        result: Result,
        versions: Mapping[str, str],
        device: str = "",
        *,
        in_any_graph: bool = False,
        by_detail: bool = False,
    ) -> bool:
        """Whether an entry foresaw this verdict without a closer look (``by_detail``: by its words); none counts as used.

        What depends on the point needs one, unless the text of an error is known: at a smaller case it may be another.
        """
        return any(
            (entry.expectation.detail != "*" or (entry.expectation.point == "*" and not by_detail))
            and (entry.expectation.signature == "*" or not in_any_graph)
            and entry.expectation.matches(result, versions, device)
            for entry in self.entries
        )

    def witnessed(self, case: str, adapter: str, versions: Mapping[str, str], device: str = "") -> list[Expectation]:
        """What this frozen case shows in this adapter, where that is about certain laws.

        A run must ask for it, or it would call the entry stale.
        """
        return [
            entry.expectation
            for entry in self.entries
            if entry.expectation.law != "*"
            and self.witnesses.get(entry.expectation.witness or "") == case
            and fnmatchcase(adapter, entry.expectation.adapter)
            and entry.expectation.applies_to(adapter, versions, device)
        ]

    def shown_by(self, name: str) -> list[Expectation]:
        """Those whose witness is the frozen case of this file name."""
        return [entry.expectation for entry in self.entries if entry.expectation.witness == name]

    def stale(self, ran: Ran) -> list[Entry]:
        """Strict entries that were put to the test and not met.

        A frozen case that an entry names is a test of it by itself, whatever a search finds besides: where none of the
        verdicts on it is the known one, the entry is stale, unless all of them are undecided.  Without such a case only a
        full search can tell.  Of an entry on several modes a run of some of them cannot.
        """
        replayed: dict[str, list[Result]] = defaultdict(list)
        for result in ran.replayed:
            if result.adapter in ran.versions and result.verdict not in UNDECIDED:
                replayed[result.case].append(result)
        return [
            entry
            for position, entry in enumerate(self.entries)
            if entry.expectation.strict
            and ran.had(entry.expectation)
            and ran.had_all(entry.expectation)
            and self._is_stale(position, ran, replayed)
        ]

    def _is_stale(self, position: int, ran: Ran, replayed: Mapping[str, list[Result]]) -> bool:
        known = self.entries[position].expectation
        named = {self.witnesses.get(known.witness or ""), known.case}
        tests = [
            result
            for case in named
            for result in replayed.get(case or "", ())
            if ran.was(result.adapter, known) and known.is_about(result.law) and fnmatchcase(result.dtype, known.dtype)
        ]
        if tests:
            return not any(ran.shows(known, result) for result in tests)
        return ran.is_search and known.law != SCENARIO_LAW and not self._met[position]

    def records(self, ran: Ran, stale: Iterable[Entry]) -> list[KnownRecord]:
        """What became of every entry, for the footer."""
        return [_record(entry, self._met[position], entry in stale, ran) for position, entry in enumerate(self.entries)]


def _record(entry: Entry, met: Collection[tuple[str, ...]], is_stale: bool, ran: Ran) -> KnownRecord:
    known = entry.expectation
    applies = met or ran.had(known)
    fields = {name: getattr(known, name) for name in Expectation.__struct_fields__}
    times: dict[str, int] = defaultdict(int)
    for adapter, _, law, *_ in sorted(met):
        times[adapter] += law != COVERAGE_LAW or known.law == COVERAGE_LAW  # an op that fails is no verdict by itself
    return KnownRecord(
        file=entry.file,
        number=entry.number,
        is_shipped=entry.is_shipped,
        state="stale" if is_stale else "met" if met else "unmet" if applies else "not_applicable",
        times=dict(times),
        **{**fields, "added": _day(known.added), "review": _day(known.review)},
    )


def _day(date: datetime.date | None) -> str:
    return "" if date is None else date.isoformat()


def shipped() -> list[Path]:
    """The expectations files that come with the package, one per framework."""
    return sorted(SHIPPED.glob("*.toml"))


def load(
    paths: Iterable[str | Path],
    known_laws: Collection[str] | None = None,
    witnesses: Mapping[str, str] | None = None,
) -> Expectations:
    """Read expectations files; ``witnesses`` maps the file names of frozen cases to their ids.

    With ``known_laws``, an entry whose law is none of them is refused too.  Raises UnreadableExpectations, which names
    every entry that cannot be used.
    """
    entries: list[Entry] = []
    problems: list[str] = []
    for path in map(str, paths):
        try:
            plain_file = plain_entries(path, _read(path))
        except UnreadableExpectations as failure:
            problems.append(str(failure))
            continue
        for number, plain in enumerate(plain_file, start=1):
            try:
                expectation = msgspec.convert(plain, Expectation)
            except msgspec.ValidationError as failure:
                problems.append(f"{path}: entry {number}{_subject(plain)}: {failure}")
                continue
            about = f"{path}: entry {number}{_subject(plain)}"
            nameless = [] if known_laws is None else unmet(expectation.law, known_laws)
            problems += [f"{about}: no law is called {glob!r}" for glob in nameless]
            entries.append(Entry(path, number, expectation))
    if problems:
        raise UnreadableExpectations("\n".join(problems))
    return Expectations(tuple(entries), witnesses or {})


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as failure:
        raise UnreadableExpectations(f"cannot read {path}: {failure.strerror}") from None
    except UnicodeDecodeError as failure:
        raise UnreadableExpectations(f"{path} is not TOML: {failure}") from None


def plain_entries(path: str, text: str) -> list[Any]:
    """The entries of a file as plain data, none of them checked.  Raises UnreadableExpectations."""
    try:
        plain = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as failure:
        raise UnreadableExpectations(f"{path} is not TOML: {failure}") from None
    entries = plain.pop("expectation", [])
    if plain:
        unknown = ", ".join(map(repr, plain))
        raise UnreadableExpectations(f"{path}: unknown {unknown}; entries stand under [[expectation]]")
    if not isinstance(entries, list):
        raise UnreadableExpectations(f"{path}: `expectation` is a list of tables; write [[expectation]], two brackets")
    return entries


def _subject(plain: object) -> str:
    """What can be said of an entry that cannot be read."""
    if not isinstance(plain, dict):
        return ""
    parts = [repr(plain[name]) for name in ("law", "adapter", "signature", "case") if name in plain]
    return f" ({', '.join(parts)})" if parts else ""
