"""Reading and writing results.jsonl.

Written line by line and flushed, so that a killed run leaves every complete record readable; the footer comes last, and
a file without it is reported as truncated.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from autograd_conformance.records import (
    FORMAT_VERSION,
    CaseRecord,
    CoverageRecord,
    Diagnostic,
    Footer,
    Header,
    Record,
    Result,
    ScenarioResult,
)

_decoder = msgspec.json.Decoder(Record)
_encoder = msgspec.json.Encoder(order="deterministic")


class UnreadableResults(Exception):
    """The file is not a results file of this format; the message names file, line and next step."""


@dataclass(frozen=True, eq=False)
class ResultsFile:
    """A results file in memory."""

    path: str
    header: Header
    cases: dict[str, CaseRecord] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    footer: Footer | None = None
    scenarios: list[ScenarioResult] = field(default_factory=list)
    coverage: list[CoverageRecord] = field(default_factory=list)

    def add(self, record: Record) -> Footer | None:
        """Put a record where it belongs; the footer is given back."""
        match record:
            case CaseRecord():
                self.cases[record.id] = record
            case Result():
                self.results.append(record)
            case Diagnostic():
                self.diagnostics.append(record)
            case ScenarioResult():
                self.scenarios.append(record)
            case CoverageRecord():
                self.coverage.append(record)
            case Footer():
                return record
        return None

    @property
    def verdicts(self) -> list[Result]:
        """Those of laws on cases, and the outcomes of scenarios as those of one more law."""
        return [*self.results, *(told.as_result() for told in self.scenarios)]

    @property
    def is_truncated(self) -> bool:
        return self.footer is None

    @property
    def is_complete(self) -> bool:
        return self.footer is not None and self.footer.status == "complete"


def read(path: str | Path) -> ResultsFile:
    """Read a results file; ``-`` is standard input.  Raises UnreadableResults."""
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
    except OSError as failure:
        raise UnreadableResults(f"cannot read {path}: {failure.strerror}") from None
    return parse(raw, str(path))


def parse(raw: bytes, path: str) -> ResultsFile:
    """Read results from bytes; an incomplete last line is what a killed run leaves, and is left out."""
    lines = raw.split(b"\n")
    ends_whole = lines and lines[-1] == b""
    records = [line for line in lines if line.strip()]
    if not records:
        raise UnreadableResults(f"{path} is empty; `autograd-conformance run -o {path}` writes it")
    header = header_of(_record(records[0], path, 1), path)
    file = ResultsFile(path, header)
    footer = None
    for number, line in enumerate(records[1:], start=2):
        try:
            record = _record(line, path, number)
        except UnreadableResults:
            if number == len(records) and not ends_whole:
                break
            raise
        if isinstance(record, Header):
            raise UnreadableResults(f"{path}: line {number} is a second header; was one file appended to another?")
        footer = file.add(record) or footer
    return replace(file, footer=footer)


def header_of(first: Record, path: str) -> Header:
    """The first record, as the header it must be.  Raises UnreadableResults."""
    if not isinstance(first, Header):
        raise UnreadableResults(f"{path}: line 1 is no header; is it a file written by `autograd-conformance run`?")
    if first.format.split(".")[0] != FORMAT_VERSION.split(".")[0]:
        raise UnreadableResults(
            f"{path} has format {first.format}, this version reads {FORMAT_VERSION.split('.')[0]}.x; "
            "read it with the version of autograd-conformance that wrote it"
        )
    return first


def numbered_records(raw: bytes, path: str) -> Iterator[tuple[int, Record]]:
    """Every whole record with the place where it begins; the last line counts only if it ends.  Raises UnreadableResults."""
    start = 0
    for number, line in enumerate(raw.split(b"\n")[:-1], start=1):
        if line.strip():
            yield start, _record(line, path, number)
        start += len(line) + 1


def _record(line: bytes, path: str, number: int) -> Record:
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as failure:
        raise UnreadableResults(f"{path}: line {number} is not a results record: {failure}") from None


class ResultsWriter:
    """Writes records as lines, each flushed.  A context manager; it does not write the footer by itself."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def cut(self, size: int) -> None:
        """Keep the first bytes, and go on behind them."""
        self._stream.flush()
        self._stream.truncate(size)
        self._stream.seek(size)

    def write(self, *records: Record) -> None:
        self._stream.write(b"".join(_encoder.encode(record) + b"\n" for record in records))
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


def write_all(path: Path, records: Iterable[Record]) -> None:
    """Write a whole results file at once (tests and tools)."""
    with ResultsWriter(path.open("wb")) as writer:
        for record in records:
            writer.write(record)
