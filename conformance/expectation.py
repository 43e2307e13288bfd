"""Verdicts that are known: what a framework does wrongly, written down with a reason and a link.

Random graphs never repeat an id, so an entry matches the *signature* of a reduced case: law, adapter, dtype, ops and
kind of failure.  An entry is exact about what it forgives: another kind of failure, a larger gap or another version is
unexpected again.  What cannot be read is refused, never dropped: a mistyped line would match nothing and nobody would
know.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from autograd_conformance.records import Result, as_float

ExpectedKind = Literal["disagree", "error", "crash", "timeout"]
"""The verdicts that fail a run unless they are foreseen."""

_LINK = re.compile(r"https?://\S+")


class UnreadableExpectations(Exception):
    """An expectations file cannot be used; the message names every bad entry and what is wrong with it."""


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One known verdict.  Texts are globs (`*`, `?`, `[...]`), compared with case, unless said otherwise."""

    law: str
    adapter: str
    """Adapter name, ``torch:*``."""
    kind: ExpectedKind
    """The verdict itself, exact."""
    reason: str
    """One sentence for the reader of a report."""
    link: str
    """The issue's address, or ``unreported``."""
    signature: str | None = None
    """The reduced graph's ops joined by ``+``; this or ``case`` is needed."""
    case: str | None = None
    """One exact case id."""
    point: str = "*"
    """What is special about the reduced point (``zero``, ``empty``, ``empty+zero``), or nothing."""
    dtype: str = "*"
    when: str | None = None
    """Versions of the framework that have it, PEP 440 (``>=2.10,<2.14``); absent: every version."""
    detail: str = "*"
    """What the verdict says in words: the text of an error, what was found in another layout; of a number, where it is."""
    largest_gap: float | None = None
    """The gap measured when it was written; a larger one is another defect.  Absent: any."""
    witness: str | None = None
    """File name of the frozen case that shows it, in the corpus."""
    strict: bool = True
    """Whether a full run must show it; else what it is about is drawn by chance, and no frozen case can stand for it."""

    def __post_init__(self) -> None:
        """Check what types cannot say; msgspec reports a ValueError with the entry it belongs to."""
        for name in ("law", "adapter", "dtype", "reason", "link", "detail", "signature", "case", "witness"):
            value = getattr(self, name)
            if value is not None and not value.strip():
                raise ValueError(f"`{name}` is empty")
        if self.signature is None and self.case is None:
            raise ValueError("`signature` (ops joined by `+`) or `case` (an exact id) is needed")
        if self.link != "unreported" and not _LINK.fullmatch(self.link):
            raise ValueError(f'`link` is an address or "unreported", not {self.link!r}')
        if self.largest_gap is not None and not self.largest_gap > 0:
            raise ValueError(f"`largest_gap` is above 0, not {self.largest_gap}")
        if self.witness is not None and (self.witness != Path(self.witness).name or "\\" in self.witness):
            raise ValueError(f"`witness` is a file name without a folder, not {self.witness!r}")
        if self.when is not None:
            try:
                SpecifierSet(self.when)
            except InvalidSpecifier as failure:
                raise ValueError(f"`when` is a PEP 440 specifier such as `>=2.10,<2.14`: {failure}") from None

    @property
    def title(self) -> str:
        """How messages call this entry."""
        subject = f"case {self.case}" if self.signature is None else self.signature
        return f"{self.law}, {self.adapter}, {subject}: {self.kind}"

    def matches(self, result: Result, versions: Mapping[str, str]) -> bool:
        """Whether this verdict is the known one.

        A law about two adapters is matched by either of them.  ``versions`` maps distributions to versions, those of
        the result's adapter at least.
        """
        return (
            result.verdict == self.kind
            and fnmatchcase(result.law, self.law)
            and fnmatchcase(result.dtype, self.dtype)
            and fnmatchcase(result.point, self.point)
            and fnmatchcase(_words_of(result), self.detail)
            and (self.case is None or self.case in (result.case, result.reduced))
            and (self.signature is None or fnmatchcase(result.signature, self.signature))
            and self._allows_gap(result)
            and any(
                fnmatchcase(name, self.adapter) and self.applies_to(name, versions, is_own=name == result.adapter)
                for name in (result.adapter, result.peer)
                if name
            )
        )

    def applies_to(self, adapter: str, versions: Mapping[str, str], *, is_own: bool = True) -> bool:
        """Whether ``when`` holds for this adapter's framework; an unknown version is outside every range."""
        if self.when is None:
            return True
        version = _framework_version(adapter, versions, is_own=is_own)
        try:
            return version is not None and SpecifierSet(self.when).contains(Version(version), prereleases=True)
        except InvalidVersion:
            return False

    def _allows_gap(self, result: Result) -> bool:
        if self.largest_gap is None:
            return True
        return result.worst is not None and as_float(result.worst.gap) <= self.largest_gap


def _words_of(result: Result) -> str:
    """What a verdict says, or else where the worst number is."""
    return result.detail or (result.worst.where if result.worst is not None else "")


def _framework_version(adapter: str, versions: Mapping[str, str], *, is_own: bool) -> str | None:
    """The version of ``torch`` for ``torch:eager``; ``tensorflow-cpu`` also stands for ``tensorflow``.

    A third-party adapter may be named otherwise than its distribution: then the first distribution it names counts.
    """
    framework = adapter.split(":")[0]
    if framework in versions:
        return versions[framework]
    for name, version in versions.items():
        if name.replace("_", "-").startswith(f"{framework}-"):
            return version
    return next(iter(versions.values()), None) if is_own else None


@dataclass(frozen=True, eq=False)
class Entry:
    """An expectation and the place it was read from."""

    path: str
    number: int
    expectation: Expectation

    @property
    def title(self) -> str:
        return f"{self.path}: entry {self.number} ({self.expectation.title})"


@dataclass(eq=False)
class Expectations:
    """All expectations of a run, and which of them have matched."""

    entries: tuple[Entry, ...] = ()
    witnesses: Mapping[str, str] = field(default_factory=dict)
    """File name of a frozen case to its id."""
    _matched: set[int] = field(default_factory=set)

    def match(self, result: Result, versions: Mapping[str, str]) -> Expectation | None:
        """The first entry that foresaw this verdict; every entry that did counts as used.

        ``versions`` maps the adapter's distributions to their versions, as in its `AdapterRecord`.
        """
        found = None
        for position, entry in enumerate(self.entries):
            if entry.expectation.matches(result, versions):
                self._matched.add(position)
                found = found or entry.expectation
        return found

    def foresee(
        self, result: Result, versions: Mapping[str, str], *, in_any_graph: bool = False, by_detail: bool = False
    ) -> bool:
        """Whether an entry foresaw this verdict without a closer look (``by_detail``: by its words); none counts as used.

        What depends on the point needs one, unless the text of an error is known: at a smaller case it may be another.
        """
        return any(
            (entry.expectation.detail != "*" or (entry.expectation.point == "*" and not by_detail))
            and (entry.expectation.signature == "*" or not in_any_graph)
            and entry.expectation.matches(result, versions)
            for entry in self.entries
        )

    def witnessed(self, case: str, adapter: str, versions: Mapping[str, str]) -> list[Expectation]:
        """What this frozen case shows in this adapter, where that is about certain laws.

        A run must ask for it, or it would call the entry stale.
        """
        return [
            entry.expectation
            for entry in self.entries
            if entry.expectation.law != "*"
            and self.witnesses.get(entry.expectation.witness or "") == case
            and fnmatchcase(adapter, entry.expectation.adapter)
            and entry.expectation.applies_to(adapter, versions)
        ]

    def shown_by(self, name: str) -> list[Expectation]:
        """Those whose witness is the frozen case of this file name."""
        return [entry.expectation for entry in self.entries if entry.expectation.witness == name]

    def stale(self, ran: Mapping[str, Mapping[str, str]]) -> list[Entry]:
        """Strict entries that matched nothing although an adapter and version they speak of ran.

        ``ran`` maps adapter names to their versions.  Only a full run can tell: one narrowed to some laws or ops says
        nothing about the others.
        """
        return [
            entry
            for position, entry in enumerate(self.entries)
            if position not in self._matched
            and entry.expectation.strict
            and any(
                fnmatchcase(adapter, entry.expectation.adapter) and entry.expectation.applies_to(adapter, versions)
                for adapter, versions in ran.items()
            )
        ]


def shipped() -> list[Path]:
    """The expectations files that come with the package, one per framework."""
    return sorted((Path(__file__).parent / "expectations").glob("*.toml"))


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
            plain_entries = _plain_entries(path)
        except UnreadableExpectations as failure:
            problems.append(str(failure))
            continue
        for number, plain in enumerate(plain_entries, start=1):
            try:
                expectation = msgspec.convert(plain, Expectation)
            except msgspec.ValidationError as failure:
                problems.append(f"{path}: entry {number}{_subject(plain)}: {failure}")
                continue
            if known_laws is not None and not any(fnmatchcase(law, expectation.law) for law in known_laws):
                problems.append(f"{path}: entry {number}{_subject(plain)}: no law is called {expectation.law!r}")
            entries.append(Entry(path, number, expectation))
    if problems:
        raise UnreadableExpectations("\n".join(problems))
    return Expectations(tuple(entries), witnesses or {})


def _plain_entries(path: str) -> list[Any]:
    try:
        plain = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as failure:
        raise UnreadableExpectations(f"cannot read {path}: {failure.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as failure:
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
