"""Frozen cases: what the suite found, replayed by every run before anything is searched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograd_conformance.case import Case, case_from_plain, plain_array
from autograd_conformance.graph import MalformedGraph

STRATUM = "corpus"
LARGEST_FILE = 8 << 20


class UnreadableCase(Exception):
    """A case file cannot be used; the message names the file and what is wrong."""


def shipped() -> list[Path]:
    """The case files that come with the package."""
    return sorted((Path(__file__).parent / "corpus").glob("*.json"))


def load(paths: Iterable[Path]) -> list[Case]:
    """Read case files.  Raises UnreadableCase."""
    return [read(path) for path in paths]


def read(path: Path) -> Case:
    """Read one case file: ``{"graph": ..., "point": [...]}``.  Nothing in it is ever executed.  Raises UnreadableCase."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UnreadableCase(f"{path} is larger than {LARGEST_FILE >> 20} MiB; is it a case file?")
        plain = json.loads(path.read_text("utf-8"))
    except OSError as failure:
        raise UnreadableCase(f"cannot read {path}: {failure.strerror}") from None
    except (ValueError, RecursionError) as failure:
        raise UnreadableCase(f"{path} is not JSON: {failure}") from None
    if not isinstance(plain, dict) or "graph" not in plain or "point" not in plain:
        raise UnreadableCase(f'{path} is no case file; it has the keys "graph" and "point"')
    try:
        return case_from_plain(plain["graph"], plain["point"], STRATUM)
    except MalformedGraph as failure:
        raise UnreadableCase(f"{path}: {failure}") from None


def plain_case(case: Case) -> dict[str, Any]:
    """JSON-ready form of a case file."""
    return {"graph": case.graph.to_plain(), "point": [plain_array(array) for array in case.point]}


def write(case: Case, path: Path) -> None:
    """Write a case file."""
    path.write_text(json.dumps(plain_case(case), indent=1) + "\n", "utf-8")


def corpus_hash(cases: Iterable[Case]) -> str:
    """Content hash of a corpus; empty for an empty one."""
    ids = sorted(case.id for case in cases)
    return hashlib.sha256(" ".join(ids).encode()).hexdigest()[:16] if ids else ""
