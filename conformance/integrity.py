"""What can be wrong with files of frozen cases: a replay is the same for every version only where nothing of this is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from autograd_conformance import corpus
from autograd_conformance.corpus import ContradictedCase, Frozen, UnreadableCase
from autograd_conformance.expectation import Expectations
from autograd_conformance.writing import signature_of

LARGEST_CORPUS = 3 << 20
"""Bytes of all shipped files together: every checkout and every wheel carries them."""


@dataclass(eq=False)
class Inspection:
    """Looks at files one after the other; ``problems`` and ``unreadable`` have a line for each thing that is wrong."""

    problems: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    frozen: list[Frozen] = field(default_factory=list)
    size: int = 0
    _kept: dict[str, Path] = field(default_factory=dict)

    def look_at(self, path: Path, shown: Callable[[Path], str] = str) -> None:
        """Take one file; ``shown`` is how its path is printed."""
        try:
            plain = corpus.read_plain(path)
            written = corpus.read_plain(path, number=_Decimal)
        except UnreadableCase as failure:
            self.unreadable.append(str(failure))
            return
        self.size += path.stat().st_size
        is_sample = isinstance(plain, dict) and isinstance(plain.get("cases"), list)
        entries = zip(plain["cases"], written["cases"], strict=True) if is_sample else [(plain, written)]
        for entry, texts in entries:
            try:
                one = corpus.frozen_from_plain(entry, path, corpus.PASSING if is_sample else corpus.STRATUM)
            except ContradictedCase as failure:
                self.problems.append(str(failure))
            except UnreadableCase as failure:
                self.unreadable.append(str(failure))
            else:
                where = f"{shown(path)}, case {one.case.id}" if is_sample else shown(path)
                self.problems += (
                    f"{where}: {what}" for what in (*_problems(one, shown(path)), *_inexact(texts["point"]))
                )
                self._look_for_another(one, where)
                self.frozen.append(one)

    def _look_for_another(self, one: Frozen, where: str) -> None:
        before = self._kept.setdefault(one.case.id, one.path)
        if before != one.path or any(one.case.id == other.case.id for other in self.frozen):
            self.problems.append(f"{where}: {before.name} holds the same case; keep one of them")

    def look_for_witnesses(self, expectations: Expectations, names: Iterable[str]) -> None:
        """Whether a file stands for every witness that expectations name."""
        there = set(names)
        for entry in expectations.entries:
            witness = entry.expectation.witness
            if witness is not None and witness not in there:
                self.problems.append(f"{entry.title}: its witness {witness} is no frozen case")

    def look_at_size(self) -> None:
        """Whether the shipped files are small enough to be carried by every checkout."""
        if self.size > LARGEST_CORPUS:
            self.problems.append(
                f"the corpus has {megabytes(self.size)}, and is to have at most {megabytes(LARGEST_CORPUS)}: "
                "make the sample smaller, `autograd-conformance corpus sample --most N`"
            )


def _problems(one: Frozen, path: str) -> Iterator[str]:
    """What is wrong with a case that can be read and is not another's."""
    signature = signature_of(one.case)
    if one.carried is None or one.signature is None:
        missing = "id" if one.carried is None else "signature"
        yield f"carries no {missing}; `autograd-conformance corpus renew {path}` writes it down"
    elif one.signature != signature:
        yield f"says {one.signature!r}, and its signature is {signature!r}; `corpus renew {path}` writes that down"


class _Decimal(str):
    """A number as it is written."""

    __slots__ = ()


def _inexact(written: object) -> Iterator[str]:
    """The first number of a point that is not one float64 and no other."""
    for text in _texts(written):
        if not is_exact(text):
            yield f"the number {text[:40]} of its point is no float64; write the shortest digits that name one"
            return


def _texts(written: Any) -> Iterator[str]:
    if isinstance(written, list):
        for item in written:
            yield from _texts(item)
    else:
        yield str(written)


def is_exact(text: str) -> bool:
    """Whether a decimal is the shortest name of a float64 or its whole value, so that reading it rounds nothing away.

    An integer has no negative zero in JSON.
    """
    value = float(text)
    if not math.isfinite(value) or text == "-0":
        return False
    return Decimal(text) in (Decimal(repr(value)), Decimal(value))


def megabytes(size: int) -> str:
    return f"{size / (1 << 20):.2f} MiB"
