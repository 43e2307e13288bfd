"""All verdicts, small enough to embed: columns of numbers into lists of texts, gzip, base64.

The browser decodes them with DecompressionStream and shows them with ``textContent`` only.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_conformance.records import VERDICTS, Result, as_float
from autograd_conformance.reports.merged import Merged
from autograd_conformance.reports.tally import is_known, is_unexpected
from autograd_conformance.reports.wording import cleaned, clipped, scientific

MOST_RESULTS = 200_000
DETAIL_BUDGET = 600_000
"""Characters of detail text in the page; further details are left out and say so."""
MOST_GAPS = 4_000
MOST_SCRIPT = 60_000
_CALM = {"inconclusive": 1, "imprecise": 2, "weak": 3, "unsupported": 4, "agree": 5}


@dataclass(eq=False)
class _Texts:
    """Texts by number, each once, as long as the budget lasts."""

    longest: int = 160
    budget: int = 4_000_000
    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        short = clipped(text, self.longest)
        if short not in self.numbers:
            if self.budget < len(short):
                short = "(left out: the page is full; see the results file)"
            self.budget -= len(short)
        return self.numbers.setdefault(short, len(self.numbers))


def pack(merged: Merged, anchors: Callable[[str], str]) -> str:
    """Base64 text of the packed table; ``anchors`` gives the page of a case, or nothing."""
    return _packed(_columns(merged, anchors))


def pack_scripts(scripts: Sequence[str]) -> str:
    """Base64 text of the runnable scripts of all scenarios; a paragraph that many share is in it once."""
    paragraphs: dict[str, int] = {}
    numbers = [
        [paragraphs.setdefault(text, len(paragraphs)) for text in cleaned(script, MOST_SCRIPT).split("\n\n")]
        for script in scripts
    ]
    return _packed({"paragraphs": list(paragraphs), "scripts": numbers})


def _packed(value: dict[str, Any]) -> str:
    raw = json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=True)
    return base64.b64encode(gzip.compress(raw.encode(), 9, mtime=0)).decode()


def _columns(merged: Merged, anchors: Callable[[str], str]) -> dict[str, Any]:
    results = sorted(merged.results, key=_severity)[:MOST_RESULTS]
    adapters, laws, dtypes, details, peers, ops = (_Texts() for _ in range(6))
    details.budget, details.longest = DETAIL_BUDGET, 400
    cases = {case: number for number, case in enumerate(dict.fromkeys(result.case for result in results))}
    for adapter in merged.adapters:
        adapters.number(adapter.name)
    for law in merged.laws:
        laws.number(law)
    details.number("")
    peers.number("")
    ratios: list[float | None] = []
    gaps: dict[int, Sequence[str]] = {}
    columns: dict[str, list[int]] = {
        name: [] for name in ("case", "adapter", "law", "dtype", "verdict", "detail", "peer")
    }
    for row, result in enumerate(results):
        columns["case"].append(cases[result.case])
        columns["adapter"].append(adapters.number(result.adapter))
        columns["law"].append(laws.number(result.law))
        columns["dtype"].append(dtypes.number(result.dtype))
        columns["verdict"].append(VERDICTS.index(result.verdict))
        columns["detail"].append(details.number(_detail(result)))
        columns["peer"].append(peers.number(result.peer))
        ratios.append(_ratio(result))
        if result.worst and result.verdict != "agree" and len(gaps) < MOST_GAPS:
            gaps[row] = _gap(result)
    return {
        "adapters": list(adapters.numbers), "laws": list(laws.numbers), "dtypes": list(dtypes.numbers),
        "details": list(details.numbers), "peers": list(peers.numbers), "verdicts": list(VERDICTS),
        "cases": [clipped(case, 80) for case in cases], "anchors": [anchors(case) for case in cases],
        "caseOps": [[ops.number(op) for op in merged.ops.get(case, ())] for case in cases], "ops": list(ops.numbers),
        "columns": columns, "ratio": ratios, "gaps": gaps,
        "unexpected": [row for row, result in enumerate(results) if is_unexpected(result)],
        "known": [row for row, result in enumerate(results) if is_known(result)],
        "leftOut": len(merged.results) - len(results),
    }  # fmt: skip


def _severity(result: Result) -> tuple[bool, bool, int]:
    """The table starts with what a reader looks for; passes come last."""
    return (not is_unexpected(result), not is_known(result), _CALM.get(result.verdict, 0))


def _detail(result: Result) -> str:
    parts = [result.detail, f"known: {result.expected}" if result.expected else ""]
    if result.confirmed:
        parts.append(f"confirmed by {result.confirmed}")
    return "; ".join(part for part in parts if part)


def _ratio(result: Result) -> float | None:
    """Gap over bound, with two digits: the whole table stays small."""
    if result.worst is None:
        return None
    gap, bound = as_float(result.worst.gap), as_float(result.worst.bound)
    if not (math.isfinite(gap) and math.isfinite(bound)) or bound <= 0 or not math.isfinite(gap / bound):
        return None
    return float(f"{gap / bound:.1e}")


def _gap(result: Result) -> Sequence[str]:
    worst = result.worst
    if worst is None:
        return []
    numbers = [worst.measured, worst.reference, worst.error, worst.bound, worst.gap]
    return [clipped(worst.where, 120), *(scientific(value, 6) for value in numbers)]
