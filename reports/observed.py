"""What a scenario observed, in words short enough for a cell."""

from __future__ import annotations

import math
from typing import Any

from autograd_conformance.records import ABOVE, BELOW
from autograd_conformance.reports.wording import clipped, counted, plain, scientific

LONG = 8
"""A list of more numbers is described and drawn, not printed."""

MOST_POINTS = 4_000
"""Numbers of one curve that are looked at."""

_NAMED = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def in_words(value: Any, most: int = 160) -> str:
    """``yes``, ``T T F F``, ``(4, 3), (2, 6)``, ``raises RuntimeError``, ``800 numbers from 412 to 0.333``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return _outcome(value, most)
    if isinstance(value, (list, tuple)):
        return _list(list(value), most)
    return _single(value, most)


def message_of(value: Any) -> str:
    """What an error or a warning said, or must say."""
    if not isinstance(value, dict) or not ("raises" in value or "warns" in value):
        return ""
    return clipped(value.get("message") or value.get("gist") or "", 220)


def numbers_of(value: Any) -> list[float]:
    """A flat list of numbers as floats; nothing for anything else."""
    if not isinstance(value, (list, tuple)):
        return []
    numbers = []
    for item in value[:MOST_POINTS]:
        if isinstance(item, bool) or not (isinstance(item, (int, float)) or item in ("nan", "inf", "-inf")):
            return []
        try:
            numbers.append(_NAMED[item] if isinstance(item, str) else float(item))
        except OverflowError:
            numbers.append(math.inf)
    return numbers


def is_curve(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > LONG and bool(numbers_of(value))


def _outcome(value: dict[str, Any], most: int) -> str:
    for verb in ("raises", "warns"):
        if verb in value:
            return f"{verb} {clipped(value[verb], 80)}"
    if value.keys() == {BELOW, ABOVE}:
        return f"{in_words(value[BELOW], most)} {BELOW}, {in_words(value[ABOVE], most)} {ABOVE}"
    if "about" in value:
        return f"about {clipped(value['about'], 40)}"
    if "absent" in value:
        return f"no such concept: {clipped(value['absent'], most)}"
    if isinstance(value.get("nodes"), list) and isinstance(value.get("edges"), list):
        return f"{counted(len(value['nodes']), 'node')}, {counted(len(value['edges']), 'edge')}"
    return clipped(plain(value, most), most)


def _list(values: list[Any], most: int) -> str:
    if not values:
        return "nothing: an empty list"
    if all(isinstance(item, bool) for item in values[:most]):
        return " ".join("T" if item else "F" for item in values[:most])
    if is_curve(values):
        numbers = numbers_of(values)
        return f"{len(values):,} numbers from {scientific(numbers[0], 4)} to {scientific(numbers[-1], 4)}"
    shown = [in_words(item, most) if not isinstance(item, bool) else ("T" if item else "F") for item in values[:40]]
    if any(isinstance(item, (list, tuple)) for item in values):
        shown = [
            f"({text})" if isinstance(item, (list, tuple)) else text for item, text in zip(values, shown, strict=False)
        ]
    more = f" and {len(values) - 40:,} more" if len(values) > 40 else ""
    return clipped(", ".join(shown) + more, 2 * most)


def _single(value: Any, most: int) -> str:
    if value is None:
        return "None"
    if isinstance(value, float):
        return scientific(value, 7)
    return clipped(value, most)
