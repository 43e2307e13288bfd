"""Expectations files as text: entries are changed, added and removed, and every other byte stays.

A round trip through a TOML library would be one more dependency of the base install for a format of one kind of table.
Here every change is checked: each block of lines is read by itself and must be the entry that the whole file has in that
place, before and after.  What is written in another form is refused, with the advice to edit by hand.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograd_conformance.expectation import UnreadableExpectations, plain_entries

_HEADER = re.compile(r"""\s*\[\[\s*["']?expectation["']?\s*\]\]\s*(#.*)?\s*""")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_VALUE = r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"']+)"""


class CannotEdit(Exception):
    """The file cannot be changed line by line, or not be written; the message names the entry and the next step."""


@dataclass(frozen=True, eq=False)
class Document:
    """The text of an expectations file; every change gives a new one."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """With their ends, of which only a line feed is one."""
        return _LINE.findall(self.text)

    @cached_property
    def entries(self) -> list[Any]:
        """The entries as plain data.  Raises UnreadableExpectations."""
        return plain_entries(self.path, self.text)

    @cached_property
    def blocks(self) -> list[range]:
        """The lines of every entry, from its header to its last value.  Raises CannotEdit."""
        starts = [number for number, line in enumerate(self.lines) if _HEADER.fullmatch(line)]
        found = [self._block(*ends) for ends in zip(starts, [*starts, len(self.lines)][1:], strict=True)]
        read = [_alone("".join(self.lines[place] for place in block)) for block in found]
        for number, entry in enumerate(self.entries, start=1):
            if number > len(read) or read[number - 1] != entry:
                raise CannotEdit(f"{self.path}: entry {number} is not written line by line; edit the file by hand")
        if len(read) > len(self.entries):
            raise CannotEdit(f"{self.path}: the entries are not written line by line; edit the file by hand")
        return found

    def _block(self, start: int, end: int) -> range:
        while not self.lines[end - 1].strip() or self.lines[end - 1].lstrip().startswith("#"):
            end -= 1
        return range(start, end)

    @property
    def newline(self) -> str:
        return "\r\n" if self.lines and self.lines[0].endswith("\r\n") else "\n"

    def comment_above(self, number: int) -> str:
        """The last line of the comment that stands directly above an entry; empty where there is none."""
        start = self.blocks[number - 1].start
        line = self.lines[start - 1].strip() if start else ""
        return line if line.startswith("#") else ""

    def with_value(self, number: int, key: str, value: object, comment: str = "") -> Document:
        """One value of an entry changed, or put before its reason; a comment, where given, stands above it."""
        block = self.blocks[number - 1]
        line = re.compile(rf"(\s*{key}\s*=\s*){_VALUE}(\s*(?:#[^\n]*)?\s*)")
        above = [f"# {comment}{self.newline}"] if comment else []
        for place in block:
            if found := line.fullmatch(self.lines[place]):
                new = [*above, f"{found[1]}{toml(value)}{found[3]}"]
                return self._changed(place, place + 1, new, number, key, value)
        place = next((place for place in block if self.lines[place].lstrip().startswith("reason")), block.stop)
        return self._changed(place, place, [*above, f"{key} = {toml(value)}{self.newline}"], number, key, value)

    def _changed(self, start: int, stop: int, new: list[str], number: int, key: str, value: object) -> Document:
        lines = list(self.lines)
        if start == len(lines) and lines and not lines[-1].endswith("\n"):
            lines[-1] += self.newline
        lines[start:stop] = new
        changed = Document(self.path, "".join(lines))
        wanted = list(self.entries)
        wanted[number - 1] = {**wanted[number - 1], key: value}
        return changed.checked(wanted, f"`{key}` of entry {number}")

    def without(self, comments: Mapping[int, str]) -> Document:
        """Entries removed, with the blank lines behind them, and a comment in their place, if any.

        Comments above them stay.
        """
        lines = list(self.lines)
        for number, comment in sorted(comments.items(), reverse=True):
            block = self.blocks[number - 1]
            stop = block.stop
            while stop < len(lines) and not lines[stop].strip():
                stop += 1
            lines[block.start : stop] = [f"# {comment}{self.newline}", self.newline] if comment else []
        while lines and not lines[-1].strip():
            lines.pop()
        kept = [entry for number, entry in enumerate(self.entries, start=1) if number not in comments]
        return Document(self.path, "".join(lines)).checked(kept, "entries")

    def with_entries(self, entries: Sequence[Mapping[str, object]]) -> Document:
        """Entries added at the end."""
        text = self.text if not self.text or self.text.endswith("\n") else self.text + self.newline
        for entry in entries:
            lines = ["[[expectation]]", *(f"{key} = {toml(value)}" for key, value in entry.items())]
            text += ("" if not text else self.newline) + "".join(line + self.newline for line in lines)
        return Document(self.path, text).checked([*self.entries, *map(dict, entries)], "new entries")

    def checked(self, entries: list[Any], what: str) -> Document:
        """This document, if it has these entries.  Raises CannotEdit."""
        try:
            is_right = self.entries == entries and len(self.blocks) == len(entries)
        except (CannotEdit, UnreadableExpectations):
            is_right = False
        if not is_right:
            raise CannotEdit(f"{self.path}: {what} cannot be changed line by line; edit the file by hand")
        return self

    def diff(self, new: Document) -> str:
        """A unified diff from this text to another; empty where they are equal."""
        changes = difflib.unified_diff(self.lines, new.lines, self.path, self.path)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in changes)

    def write(self) -> None:
        """Put the text in the place of the file, all at once.  Raises CannotEdit."""
        target = Path(self.path).resolve()
        try:
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
                new = Path(scratch) / target.name
                new.write_bytes(self.text.encode())
                new.chmod(mode)
                new.replace(target)
        except OSError as failure:
            raise CannotEdit(f"cannot write {self.path}: {failure.strerror}; name another with --file") from None


def open_document(path: str, *, may_be_new: bool = False) -> Document:
    """Read a file to change it.  Raises UnreadableExpectations."""
    try:
        return Document(path, Path(path).read_bytes().decode("utf-8"))
    except FileNotFoundError:
        if may_be_new:
            return Document(path, "")
        raise UnreadableExpectations(f"cannot read {path}: no such file") from None
    except OSError as failure:
        raise UnreadableExpectations(f"cannot read {path}: {failure.strerror}") from None
    except UnicodeDecodeError as failure:
        raise UnreadableExpectations(f"{path} is not TOML: {failure}") from None


def toml(value: object) -> str:
    """A plain value as TOML on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float):
        short = f"{value:.1e}".replace("e-0", "e-")
        return short if value < 1e-3 and float(short) == value else repr(value)
    return str(value)


def _alone(text: str) -> Any:
    try:
        return tomllib.loads(text)["expectation"][0]
    except (tomllib.TOMLDecodeError, KeyError, IndexError):
        return None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
