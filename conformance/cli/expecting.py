"""`expect`: the verdicts that are known, looked through, added to and ended."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from autograd_conformance import corpus, expectation
from autograd_conformance.corpus import UnreadableCase
from autograd_conformance.discovery import frameworks
from autograd_conformance.expectation import Entry, UnreadableExpectations
from autograd_conformance.known import age, alternatives
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.preparation import KNOWN_LAWS
from autograd_conformance.scenarios import SCENARIOS, STORYLESS
from autograd_conformance.upkeep.covering import may_meet
from autograd_conformance.upkeep.lint import Known, lint
from autograd_conformance.worker.process import AdapterUnusable, Worker


@click.group()
def expect() -> None:
    """Known verdicts: list them, find what is wrong with them, add and end some.

    Without FILE: the files that come with the package and those of pyproject.toml.  `update` and `prune` show a diff of
    the file, and change it only with --write.
    """


def configured_files() -> list[str]:
    """The files that `run` would take from pyproject.toml."""
    defaults = click.get_current_context().find_root().default_map or {}
    found = (defaults.get("run") or {}).get("expectations", [])
    return [found] if isinstance(found, str) else [str(path) for path in found]


def today() -> datetime.date:
    return datetime.datetime.now(tz=datetime.UTC).date()


def read_entries(files: Sequence[str]) -> tuple[Entry, ...]:
    """The entries of these files, or of those that a run would read; usage errors name every one that cannot be read."""
    paths = files or [*map(str, expectation.shipped()), *configured_files()]
    try:
        return expectation.load(paths).entries
    except UnreadableExpectations as failure:
        raise click.UsageError(str(failure)) from None


@expect.command(name="list")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("-a", "--adapter", default="*", metavar="GLOB", help="Those that speak of such an adapter: torch:eager.")
@click.option("--law", default="*", metavar="GLOB", help="Those that speak of such a law.")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
def list_(files: tuple[str, ...], adapter: str, law: str, as_json: bool) -> None:
    """Name the known verdicts, with reason, link, witness and age."""
    modes = adapter if ":" in adapter or "*" in adapter else f"{adapter}:*"
    entries = [
        entry
        for entry in read_entries(files)
        if may_meet(entry.expectation.adapter, modes)
        and any(may_meet(glob, law) for glob in alternatives(entry.expectation.law))
    ]
    if as_json:
        click.echo(json.dumps([_plain(entry) for entry in entries], indent=1))
        return
    for entry in entries:
        click.echo("\n".join(_lines(entry, today())))
    files_read = len({entry.path for entry in entries})
    click.echo(f"{len(entries)} known verdict{'s' * (len(entries) != 1)} in {files_read} file{'s' * (files_read != 1)}")


def _plain(entry: Entry) -> dict[str, Any]:
    fields = msgspec.to_builtins(entry.expectation)
    return {"file": entry.path, "entry": entry.number, **{name: value for name, value in fields.items() if value}}


def _lines(entry: Entry, today: datetime.date) -> list[str]:
    """An entry for a reader: what, where and when; why; and what speaks for it."""
    known = entry.expectation
    where = [known.adapter, *(f"{name} {value}" for name, value in _narrowing(entry).items())]
    since = "" if known.added is None else f"since {known.added} ({age(known.added, today)})"
    review = "" if known.review is None else f"review {known.review}{' - due' if known.review <= today else ''}"
    proof = f"witness {known.witness}" if known.witness else "no witness"
    more = [known.link, proof, "" if known.strict else "by chance", since, review]
    subject = known.signature if known.signature is not None else f"case {known.case}"
    return [
        f"{entry.place}: {known.kind} of {subject} by {known.law}",
        f"  {', '.join(where)}",
        f"  {known.reason}",
        f"  {', '.join(part for part in more if part)}",
    ]


def _narrowing(entry: Entry) -> dict[str, Any]:
    known = entry.expectation
    named = {
        "when": known.when, "dtype": known.dtype, "point": known.point, "device": known.device, "saying": known.detail,
        "gap up to": known.largest_gap, "case": known.case if known.signature is not None else None,
    }  # fmt: skip
    return {name: value for name, value in named.items() if value not in (None, "*")}


@expect.command(name="lint")
@click.argument("files", nargs=-1, metavar="[FILE]...")
def lint_(files: tuple[str, ...]) -> None:
    """Find entries that match nothing or too much: names, ranges, witnesses, doubles, days.

    Exit 0: nothing, or warnings alone; 1: problems; 2: a file cannot be read.
    """
    entries = read_entries(files)
    try:
        cases = {path.name: corpus.read(path) for path in corpus.shipped()}
    except UnreadableCase as failure:
        raise click.UsageError(str(failure)) from None
    adapters, missing = _adapters()
    known = Known(KNOWN_LAWS, VOCABULARY, (*SCENARIOS, *STORYLESS), adapters, missing, cases, today())
    found = lint(entries, known)
    for finding in found:
        click.echo(finding)
    if missing:
        click.echo(f"not installed here, so that their modes were not looked at: {', '.join(missing)}", err=True)
    warnings = sum(finding.is_warning for finding in found)
    problems = len(found) - warnings
    click.echo(
        f"{len(entries)} entr{'y' if len(entries) == 1 else 'ies'}: "
        f"{problems or 'no'} problem{'s' * (problems != 1)}, {warnings or 'no'} warning{'s' * (warnings != 1)}",
        err=True,
    )
    sys.exit(1 if problems else 0)


def _adapters() -> tuple[list[str], list[str]]:
    """Adapters with their modes, and frameworks that cannot be asked for theirs."""
    names: list[str] = []
    missing: list[str] = []
    for framework, target in frameworks().items():
        with Worker(target) as worker:
            try:
                names += [f"{framework}:{mode}" for mode in worker.describe().modes]
            except AdapterUnusable:
                missing.append(framework)
    return names, missing
