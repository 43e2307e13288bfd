"""Text for readers: counted, clipped, and with nothing invisible in it.

Strings of a results file may be of any length and hold control characters, lone surrogates or marks that turn the
direction of writing; a page must show none of them as they are.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Sequence
from itertools import islice

from autograd_conformance.records import Number, as_float

MOST_CHARACTERS = 20_000
"""No single text on the page is longer."""

_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def cleaned(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text with invisible characters replaced, cut to ``most`` characters with the cut said."""
    if len(text) > most:
        text = (
            f"{text[: max(most - 1, 0)]}…" if most <= 400 else f"{text[:most]} … ({len(text) - most:,} more characters)"
        )
    return _INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", text)


def clipped(value: object, most: int = 160) -> str:
    """Any value of a results file as one short line."""
    text = value if isinstance(value, str) else plain(value, most)
    return " ".join(cleaned(text[: 4 * most], most).split())


def plain(value: object, most: int) -> str:
    """JSON-like data as text, without building more of it than is shown."""
    if isinstance(value, dict):
        return ", ".join(f"{clipped(key, 60)}={plain(item, most)}" for key, item in islice(value.items(), most))
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(plain(item, most) for item in islice(value, most)) + "]"
    if isinstance(value, float):
        return f"{value:.17g}"
    if isinstance(value, int) and value.bit_length() > 10_000:
        return f"an integer of {value.bit_length():,} bits"
    return str(value)[: most + 1]


def counted(count: int, noun: str, nouns: str = "") -> str:
    """``1 case``, ``2,000 cases``."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def joined(words: Sequence[str], most: int = 6) -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b and 4 more``."""
    shown = list(words[:most])
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def percent(part: int, whole: int) -> str:
    """A share that never rounds something to nothing, nor nearly everything to all."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "<0.1%"
    if 99.9 < share < 100:
        return ">99.9%"
    return f"{share:.0f}%" if share in (0, 100) else f"{share:.1f}%"


def scientific(value: Number | None, digits: int = 3) -> str:
    """A number with few digits; nan and infinities as words."""
    if value is None:
        return "–"
    real = as_float(value)
    if not math.isfinite(real):
        return str(real)
    return "0" if real == 0 else f"{real:.{digits}g}"


def power_of_ten(exponent: int) -> str:
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def shape_text(shape: Sequence[int]) -> str:
    """``3×4``; a 0-d shape is called scalar."""
    return "×".join(clipped(size, 12) for size in shape) if shape else "scalar"


def replay_line(case: str, adapter: str) -> str:
    """The command that runs the case again, quoted for a shell because both names come from the file."""
    line = f"autograd-conformance replay {shlex.quote(clipped(case, 80))}"
    return f"{line} -a {shlex.quote(clipped(adapter, 120))}" if adapter else line
