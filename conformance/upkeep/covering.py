"""Whether one entry forgives everything that another does."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from autograd_conformance.known import Expectation, alternatives
from autograd_conformance.upkeep import ranges

_GLOBS = ("adapter", "point", "dtype", "device", "detail")


def covers(wide: Expectation, narrow: Expectation) -> bool:
    """True only where it is certain."""
    return (
        wide.kind == narrow.kind
        and _all_covered(wide.law, narrow.law)
        and all(glob_covers(getattr(wide, name), getattr(narrow, name)) for name in _GLOBS)
        and (
            wide.signature is None or (narrow.signature is not None and _all_covered(wide.signature, narrow.signature))
        )
        and wide.case in (None, narrow.case)
        and _allows(wide.largest_gap, narrow.largest_gap)
        and ranges.covers(wide.when, narrow.when)
    )


def _all_covered(wide: str, narrow: str) -> bool:
    return all(any(glob_covers(one, other) for one in alternatives(wide)) for other in alternatives(narrow))


def glob_covers(wide: str, narrow: str) -> bool:
    """Whether every text the second glob matches is matched by the first, as far as that can be seen.

    A ``*`` of the first may stand for anything, wildcards too; its other wildcards only for plain letters.
    """
    if wide == narrow:
        return True
    if is_glob(narrow) and re.search(r"[?\[]", wide):
        return False
    plain = re.sub(r"\[[^\]]+\]|[*?]", "\x00", narrow) if is_glob(narrow) else narrow
    return fnmatchcase(plain, wide)


def may_meet(one: str, other: str) -> bool:
    """Whether some text could be matched by both globs; a bracket stands for any character."""
    first, second = (re.sub(r"\[[^\]]+\]", "?", text) for text in (one, other))
    reached = {(0, 0)}
    for i in range(len(first) + 1):
        for j in range(len(second) + 1):
            mine, yours = first[i : i + 1], second[j : j + 1]
            if (i, j) in reached and (mine == "*" or yours == "*"):
                reached |= {(i + bool(mine), j), (i, j + bool(yours))}
            elif (i, j) in reached and mine and yours and (mine == yours or "?" in (mine, yours)):
                reached.add((i + 1, j + 1))
    return (len(first), len(second)) in reached


def is_glob(text: str) -> bool:
    return any(character in text for character in "*?[")


def _allows(wide: float | None, narrow: float | None) -> bool:
    return wide is None or (narrow is not None and narrow <= wide)
