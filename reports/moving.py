"""The guide for somebody who knows one framework and moves to another, as Markdown, from a results file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograd_conformance.records import AdapterRecord, Observation, ScenarioResult
from autograd_conformance.reports.leads import LEADS
from autograd_conformance.reports.merged import Merged, merge
from autograd_conformance.reports.observed import in_words, is_curve, message_of
from autograd_conformance.reports.scenarios import (
    OUTCOMES,
    address_of,
    by_letter,
    is_difference,
    observation_names,
    place_of,
    reason_of,
    scenario_names,
    tellers,
    title_of,
)
from autograd_conformance.reports.wording import clipped, counted, joined
from autograd_conformance.results import ResultsFile

MOST_ROWS = 160
"""Observations of one scenario that are listed."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~^$])")
_HEAD = """# Moving between frameworks

What automatic differentiation promises besides numbers, side by side: when an array requires a gradient, which gradients
are kept, how often a graph can be walked, what is refused. Every cell is what a small program was *seen* to do; the link is
the page that documents it. Rows with **≠** are those where frameworks do different things: read these first. The programs
themselves, side by side and ready to run, are in the HTML report of the same results.

This page is generated; do not edit it:

    autograd-conformance run --scenario '*' -o results.jsonl
    autograd-conformance guide results.jsonl -o docs/moving-between-frameworks.md
    autograd-conformance report results.jsonl -o report.html
"""
_SIGNS = """`T` and `F` are true and false, *yes* and *no* single answers. **–** stands where a framework has no such
concept, with the reason in words. Losses and other long lists are compared number by number and only summarised here.
"""


class NothingToGuideBy(Exception):
    """The results tell no scenario; the message names the next step."""


def guide(files: Sequence[ResultsFile]) -> str:
    """The page as Markdown.  Raises NothingToGuideBy."""
    merged = merge(files)
    if not merged.scenarios:
        raise NothingToGuideBy(
            "the results tell no scenario; `autograd-conformance run --scenario '*' -o FILE` tells all of them"
        )
    told = {(one.scenario, one.adapter): one for one in merged.scenarios}
    names = scenario_names(merged)
    columns = tellers(merged.adapters, names, told)
    parts = [_HEAD, _versions(columns), _SIGNS]
    for letter, mine in by_letter(names).items():
        parts.append(_letter(letter, mine, tellers(columns, mine, told), told))
    parts += _deviations(merged)
    return "\n".join(parts)


def _versions(columns: Sequence[AdapterRecord]) -> str:
    lines = ["| Told by | Versions |", "|---|---|"]
    for adapter in columns:
        versions = ", ".join(f"{name} {version}" for name, version in adapter.versions.items())
        lines.append(f"| `{_code(adapter.name)}` | {_text(versions)} |")
    return "\n".join([*lines, ""])


def _letter(
    letter: str,
    names: Sequence[str],
    columns: Sequence[AdapterRecord],
    told: dict[tuple[str, str], ScenarioResult],
) -> str:
    title = f"{letter}. {title_of(letter)}" if letter else title_of(letter)
    rows, differing = [], []
    for name in names:
        results = [told.get((name, adapter.name)) for adapter in columns]
        lines, is_different = _rows(name, results)
        rows += lines
        differing += [name] if is_different else []
    parts = [f"## {title}", ""]
    if letter in LEADS:
        parts += [LEADS[letter].strip(), ""]
    parts += [_summary(differing, len(names)), ""]
    parts.append(f"| | {' | '.join(f'`{_code(adapter.name)}`' for adapter in columns)} |")
    parts.append("|---" * (len(columns) + 1) + "|")
    return "\n".join([*parts, *rows, ""])


def _summary(differing: Sequence[str], count: int) -> str:
    if not differing:
        return f"Where frameworks have the concept, they do the same in {'all' if count > 1 else 'the one'} of these."
    return f"Frameworks differ in {joined([_text(name) for name in differing], 20)} of {counted(count, 'scenario')}."


def _rows(name: str, results: Sequence[ScenarioResult | None]) -> tuple[list[str], bool]:
    """The row of a scenario and those of its observations, and whether frameworks differ in one of them."""
    present = [result for result in results if result is not None]
    claim = _text(clipped(present[0].claim, 300))
    rows = [f"| **{_text(clipped(name, 40))}. {claim}** | {' | '.join(map(_outcome, results))} |"]
    is_different = False
    for observation in observation_names(present)[:MOST_ROWS]:
        found = [_find(result, observation) for result in results]
        differs = is_difference(found)
        is_different = is_different or differs
        sign = "**≠** " if differs else ""
        rows.append(f"| {sign}{_text(clipped(observation, 200))} | {' | '.join(map(_seen, found))} |")
    return rows, is_different


def _find(result: ScenarioResult | None, name: str) -> Observation | None:
    return next((seen for seen in result.observations if seen.name == name), None) if result else None


def _outcome(result: ScenarioResult | None) -> str:
    if result is None:
        return "not told"
    words = OUTCOMES.get(result.verdict, result.verdict)
    words = f"**{words}**" if result.verdict not in ("agree", "unsupported") else words
    if result.verdict == "unsupported":
        words = f"– {_text(reason_of(result.detail))}"
    address, path = address_of(result.link), place_of(result.link)
    if address:
        target = address.replace("(", "%28").replace(")", "%29")
        return f"[{words}]({target})" if result.verdict == "agree" else f"{words} ([page]({target}))"
    return f"{words} (`{_code(path)}`)" if path else words


def _seen(observation: Observation | None) -> str:
    if observation is None:
        return ""
    if observation.verdict == "unsupported":
        return f"– {_text(reason_of(observation.detail))}"
    words = _text(_summarised(observation))
    if observation.verdict == "agree":
        return words
    wanted = clipped(observation.detail, 200) or f"documented: {in_words(observation.documented)}"
    return f"**{words}** ({OUTCOMES.get(observation.verdict, observation.verdict)}; {_text(wanted)})"


def _summarised(observation: Observation) -> str:
    value = observation.observed
    if is_curve(value):
        return in_words(value)
    said = message_of(value)
    return in_words(value) + (f": {clipped(said, 90)}" if said else "")


def _deviations(merged: Merged) -> list[str]:
    known = [one for one in merged.scenarios if one.expected]
    if not known:
        return []
    lines = ["## Known not to be as documented", ""]
    lines += [f"- {_text(one.scenario)}, `{_code(one.adapter)}`: {_text(clipped(one.expected, 400))}" for one in known]
    return [*lines, ""]


def _text(text: str) -> str:
    """Nothing in a results file is Markdown."""
    return _SPECIAL.sub(r"\\\1", clipped(text, 600))


def _code(text: str) -> str:
    return clipped(text, 80).translate(str.maketrans("`|<>", "'¦‹›"))
