"""Sentences the command line prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from autograd_conformance.records import VERDICTS, AdapterRecord, Footer


def sentence(footer: Footer, adapters: int) -> str:
    """The outcome of a run in one sentence, every verdict counted."""
    counts = ", ".join(f"{footer.verdicts[name]} {name}" for name in VERDICTS if footer.verdicts.get(name))
    ended = "" if footer.status == "complete" else "INTERRUPTED: "
    news = f"{footer.unexpected} unexpected" if footer.unexpected else "nothing unexpected"
    stale = f", {len(footer.stale)} stale expectations" if footer.stale else ""
    return f"{ended}{footer.results} verdicts on {adapters} adapters, {news}{stale}: {counts or 'none'}"


def print_missing(console: Console, missing: Sequence[AdapterRecord]) -> None:
    """Adapters that could not be asked, with the reason."""
    for record in missing:
        console.print(f"{record.name:24} missing: {record.missing}", markup=False)
