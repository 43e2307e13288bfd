"""Sentences the command line prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from autograd_conformance.records import UNEXPECTED_VERDICTS, VERDICTS, AdapterRecord, Footer

SCENARIO_WORDS = {"agree": "as documented", "disagree": "not as documented", "unsupported": "no such concept"}


def sentence(footer: Footer, adapters: int) -> str:
    """The outcome of a run in one sentence, every verdict counted."""
    counts = ", ".join(f"{footer.verdicts[name]} {name}" for name in VERDICTS if footer.verdicts.get(name))
    ended = "" if footer.status == "complete" else "INTERRUPTED: "
    news = f"{footer.unexpected} unexpected" if footer.unexpected else "nothing unexpected"
    alarms = sum(footer.verdicts.get(name, 0) + footer.scenarios.get(name, 0) for name in UNEXPECTED_VERDICTS)
    known = alarms - footer.unexpected
    foreseen = f", {known} known" if known > 0 else ""
    subject = counted(adapters, "adapter")
    stale = f", {len(footer.stale)} stale expectation{'s' * (len(footer.stale) > 1)}" if footer.stale else ""
    stale += f", {counted(len(footer.uncovered), 'op')} below the floor" if footer.uncovered else ""
    seen = [name for name in VERDICTS if footer.scenarios.get(name)]
    told = ", ".join(f"{footer.scenarios[name]} {SCENARIO_WORDS.get(name, name)}" for name in seen)
    subjects = [f"{footer.results} verdicts"] if footer.results or not told else []
    subjects += [counted(sum(footer.scenarios.values()), "scenario")] if told else []
    outcomes = "; ".join(part for part in (counts, told) if part) or "none"
    return f"{ended}{' and '.join(subjects)} on {subject}, {news}{foreseen}{stale}: {outcomes}"


def counted(number: int, noun: str) -> str:
    """``1 scenario``, ``2 scenarios``."""
    return f"{number} {noun}{'s' * (number != 1)}"


def print_missing(console: Console, missing: Sequence[AdapterRecord]) -> None:
    """Adapters that could not be asked, with the reason."""
    for record in missing:
        console.print(f"{record.name:24} missing: {record.missing}", markup=False)
