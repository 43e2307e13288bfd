"""Markdown as GitHub shows it: what comes out of a results file stays text, and a page never is too large to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MOST_BYTES = 1024 * 1024 - 1
"""GitHub drops the summary of a step that is larger than 1 MiB."""
MOST_IN_A_CELL = 400
_ROOM_FOR_THE_NOTE = 300


def cell(text: str, most: int = MOST_IN_A_CELL) -> str:
    """Text that Markdown shows as it is, in one line: no table, link, mention or HTML comes out of it."""
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    for mark in "\\|`*_[]~":
        text = text.replace(mark, f"\\{mark}")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return printable(text)


def printable(line: str) -> str:
    """No control character of a file's texts reaches a terminal or a page."""
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in line)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table; every cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(map(cell, line))} |" for line in lines]


def limited(text: str, most: int = MOST_BYTES, more: str = "the results file has everything") -> str:
    """The text in at most ``most`` bytes of UTF-8: whole lines from its beginning, and a last one that says what is cut."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text.encode("utf-8")) <= most:
        return text
    lines = text.split("\n")
    kept, size = 0, 0
    for line in lines:
        size += len(line.encode("utf-8")) + 1
        if size > most - _ROOM_FOR_THE_NOTE:
            break
        kept += 1
    note = f"**Cut here: {len(lines) - kept:,} more lines would be larger than GitHub shows; {more}.**"
    whole = "\n".join([*lines[:kept], "", note, ""])
    return whole if len(whole.encode("utf-8")) <= most else ""
