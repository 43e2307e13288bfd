"""Frozen cases: what the suite found, replayed by every run before anything is searched, and a sample of what passes.

A file holds the graph and the exact point, the content hash of both, and what the case stands for.  Numbers are decimals
that name one float64 each, so every version of every framework is asked about the same bits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograd_conformance.case import Case, case_from_plain, plain_array
from autograd_conformance.graph import MalformedGraph
from autograd_conformance.writing import signature_of

STRATUM, PASSING = "corpus", "passing"
PASSING_ORDERS = "passing orders"
"""What cases of the sample say of themselves whose derivatives of higher order pass too, and are asked."""
LARGEST_FILE = 8 << 20
KINDS = {str: "text", int: "number", bool: "yes or no, true or false"}
FOLDER = Path(__file__).resolve().with_suffix("")
"""Of the found cases; an editable install may be a tree of links, and what is added to the folder is seen at once."""
PASSING_FOLDER = FOLDER / "passing"


class UnreadableCase(Exception):
    """A case file cannot be used; the message names the file and what is wrong."""


class ContradictedCase(UnreadableCase):
    """A file carries the id of another case than it holds."""


@dataclass(frozen=True, eq=False)
class Frozen:
    """A case with the place it is kept at; ``carried`` and ``signature`` are what stands there, None in older files."""

    case: Case
    path: Path
    about: str = ""
    """What it stands for, in a line."""
    carried: str | None = None
    signature: str | None = None
    place: int = 0
    """Among the passing ones: every beginning of them is spread over what they stand for."""

    @property
    def is_passing(self) -> bool:
        return is_passing(self.case)

    @property
    def name(self) -> str:
        """How it is called: its file, and for one of many of a file its id."""
        return f"{PASSING}/{self.path.stem}/{self.case.id}" if self.is_passing else self.path.stem


def is_passing(case: Case) -> bool:
    """Whether it is of the sample, and not a found one."""
    return case.stratum in (PASSING, PASSING_ORDERS)


def shipped() -> list[Path]:
    """The files of found cases that come with the package."""
    return sorted(FOLDER.glob("*.json"))


def files_in(folder: Path) -> list[Path]:
    """The case files of a folder of the user's.  Raises UnreadableCase where there is none."""
    if not folder.is_dir():
        raise UnreadableCase(f"{folder} is no folder; `autograd-conformance corpus add ID --to {folder}` makes it")
    if files := sorted(folder.glob("*.json")):
        return files
    raise UnreadableCase(
        f"no *.json in {folder}; `autograd-conformance corpus add ID --to {folder}` freezes a case there"
    )


def found(folders: Sequence[str | Path] = ()) -> list[Frozen]:
    """The found cases that are shipped and those of the user's folders.

    Raises UnreadableCase; also where two files of one name hold two cases, since expectations name their witnesses so.
    """
    every = [read_frozen(path) for path in (*shipped(), *(file for one in folders for file in files_in(Path(one))))]
    names: dict[str, Frozen] = {}
    for one in every:
        before = names.setdefault(one.path.name, one)
        if before.case.id != one.case.id:
            raise UnreadableCase(f"{one.path} and {before.path} are two cases of one name; rename one of them")
    return every


def passing_frozen() -> list[Frozen]:
    """The shipped sample of cases that passed when they were frozen, in the order of their places."""
    return sorted((one for path in passing_files() for one in read_passing(path)), key=lambda one: one.place)


def passing() -> list[Case]:
    """The cases of the sample; every beginning of it is as spread as possible."""
    return [one.case for one in passing_frozen()]


def passing_files() -> list[Path]:
    """The files of the sample, one per family of ops."""
    return sorted(PASSING_FOLDER.glob("*.json"))


def find(text: str) -> Case | None:
    """The shipped case of this id, or the found one of this name; None where there is none.  Raises UnreadableCase."""
    for path in shipped():
        case = read(path)
        if text in (case.id, path.stem):
            return case
    for path in passing_files():
        for plain in _entries(path):
            if isinstance(plain, dict) and plain.get("case") == text:
                return frozen_from_plain(plain, path, PASSING).case
    return None


def load(paths: Iterable[Path]) -> list[Case]:
    """Read case files.  Raises UnreadableCase."""
    return [read(path) for path in paths]


def read(path: Path) -> Case:
    """The case of a file.  Raises UnreadableCase."""
    return read_frozen(path).case


def read_frozen(path: Path) -> Frozen:
    """Read one case file: ``{"graph": ..., "point": [...]}``, with its id, its signature and what it is about.

    Nothing in it is ever executed.  Raises UnreadableCase.
    """
    plain = read_plain(path)
    if isinstance(plain, dict) and "cases" in plain:
        raise UnreadableCase(f"{path} holds many cases; name one of them by its id: `autograd-conformance corpus list`")
    return frozen_from_plain(plain, path)


def read_passing(path: Path) -> list[Frozen]:
    """Read one file of the sample.  Raises UnreadableCase."""
    return [frozen_from_plain(plain, path, PASSING) for plain in _entries(path)]


def read_plain(path: Path, number: Callable[[str], Any] | None = None) -> Any:
    """The JSON of a file, its numbers as ``number`` makes them of their text.  Raises UnreadableCase."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UnreadableCase(f"{path} is larger than {LARGEST_FILE >> 20} MiB; is it a case file?")
        return json.loads(path.read_text("utf-8"), parse_float=number, parse_int=number)
    except OSError as failure:
        raise UnreadableCase(f"cannot read {path}: {failure.strerror}") from None
    except (ValueError, RecursionError) as failure:
        raise UnreadableCase(f"{path} is not JSON: {failure}") from None


def _entries(path: Path) -> list[Any]:
    plain = read_plain(path)
    entries = plain.get("cases") if isinstance(plain, dict) else None
    if not isinstance(entries, list):
        raise UnreadableCase(f'{path} is no file of the sample; it has a list under the key "cases"')
    return entries


def frozen_from_plain(plain: object, path: Path, stratum: str = STRATUM) -> Frozen:
    """A frozen case from untrusted JSON data.  Raises UnreadableCase, and ContradictedCase where its id is another's."""
    if not isinstance(plain, dict) or "graph" not in plain or "point" not in plain:
        raise UnreadableCase(f'{path} is no case file; it has the keys "graph" and "point"')
    for key, kind in (("case", str), ("signature", str), ("about", str), ("place", int), ("orders", bool)):
        if not isinstance(plain.get(key, kind()), kind):
            raise UnreadableCase(f'{path}: "{key}" is a {KINDS[kind]}')
    if stratum == PASSING and plain.get("orders"):
        stratum = PASSING_ORDERS
    try:
        case = case_from_plain(plain["graph"], plain["point"], stratum)
    except MalformedGraph as failure:
        raise UnreadableCase(f"{path}: {failure}") from None
    carried = plain.get("case")
    if carried not in (None, case.id):
        raise ContradictedCase(
            f"{path} says that it is case {carried}, and what it holds is case {case.id}: somebody changed it. "
            f'Take the file of {carried} again, or its line "case" away to freeze what it holds now'
        )
    about, place = plain.get("about", ""), plain.get("place", 0)
    return Frozen(case, path, about, carried, plain.get("signature"), place)


def plain_case(case: Case, about: str = "") -> dict[str, Any]:
    """JSON-ready form of a case file."""
    what = {"about": about} if about else {}
    point = [plain_array(array) for array in case.point]
    return {"case": case.id, "signature": signature_of(case), **what, "graph": case.graph.to_plain(), "point": point}


def file_text(case: Case, about: str = "") -> str:
    """A case file, a line for each key."""
    lines = (f" {json.dumps(key)}: {json.dumps(value)}" for key, value in plain_case(case, about).items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def passing_text(members: Iterable[Frozen]) -> str:
    """A file of the sample, a line for each case."""
    entries = (
        {"place": one.place, "orders": one.case.stratum == PASSING_ORDERS, **plain_case(one.case, one.about)}
        for one in members
    )
    lines = (json.dumps(entry, separators=(",", ":")) for entry in entries)
    return '{"cases":[\n' + ",\n".join(lines) + "\n]}\n"


def write(case: Case, path: Path, about: str = "") -> None:
    """Write a case file; the same bytes on every machine."""
    path.write_bytes(file_text(case, about).encode())


def distinct(cases: Iterable[Case]) -> Iterator[Case]:
    """Every case once, where it first comes."""
    seen: set[str] = set()
    for case in cases:
        if case.id not in seen:
            seen.add(case.id)
            yield case


def corpus_hash(cases: Iterable[Case]) -> str:
    """Content hash of a corpus; empty for an empty one."""
    ids = sorted(case.id for case in cases)
    return hashlib.sha256(" ".join(ids).encode()).hexdigest()[:16] if ids else ""
