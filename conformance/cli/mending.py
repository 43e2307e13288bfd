"""`expect update` and `expect prune`: what a run says about expectations, as a diff of their file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import click
import msgspec

from autograd_conformance import corpus, expectation
from autograd_conformance.cli.expecting import configured_files, expect, today
from autograd_conformance.cli.reading import read_or_stop
from autograd_conformance.corpus import UnreadableCase
from autograd_conformance.expectation import UnreadableExpectations
from autograd_conformance.records import KnownRecord
from autograd_conformance.results import ResultsFile
from autograd_conformance.upkeep.blocks import CannotEdit, Document, open_document
from autograd_conformance.upkeep.changing import Change, one_line, pruned, updated
from autograd_conformance.upkeep.proposing import Proposal, proposals, unexpected

INCOMPLETE = 3
DEFAULT_FILE = "expectations.toml"
WRITE = click.option("--write", is_flag=True, help="Change the file; without it the diff is shown, and nothing else.")
FILE = click.option("--file", metavar="FILE", help="The expectations file to change.")


@expect.command()
@click.argument("results")
@FILE
@click.option("--reason", metavar="TEXT", help="What is wrong, in one sentence for a reader of the report.")
@click.option("--link", default="unreported", show_default=True, metavar="URL", help="The issue.")
@click.option("-a", "--adapter", default="*", metavar="GLOB", help="Only verdicts on these adapters.")
@click.option("--law", default="*", metavar="GLOB", help="Only verdicts by these laws.")
@click.option("--signature", default="*", metavar="GLOB", help="Only these graphs, by their ops joined by +.")
@WRITE
def update(
    results: str,
    file: str | None,
    reason: str | None,
    link: str,
    adapter: str,
    law: str,
    signature: str,
    write: bool,
) -> None:
    """Propose entries for the unexpected verdicts of a results file.

    One entry for each family of laws, adapter, signature, kind and dtype.  It holds for the releases of one minor
    version (==2.13.*), since no other was seen, and up to the next power of ten of the gap that was measured.  An entry
    that knows the same of the release before, or with a smaller gap, is widened instead.

    One reason is given to all of them: narrow with --adapter, --law and --signature to one defect at a time.
    """
    if reason is None or not one_line(reason):
        raise click.UsageError(
            "--reason TEXT is wanted: one sentence that says what is wrong, for a reader of the report"
        )
    found = read_or_stop(results)
    bad = [
        one
        for one in unexpected(found)
        if fnmatchcase(one.adapter, adapter) and fnmatchcase(one.law, law) and fnmatchcase(one.signature, signature)
    ]
    if not bad:
        click.echo(f"nothing unexpected in {results}, so that nothing is to be added", err=True)
        return
    target = file or next(iter(configured_files()), DEFAULT_FILE)
    change = _with(target, proposals(bad, found.header.adapters), reason, link)
    added = len(change.new.entries) - len(change.old.entries)
    entries = f"{added} entr{'y' if added == 1 else 'ies'} to add"
    click.echo(f"{len(bad)} unexpected verdict{'s' * (len(bad) != 1)}: {entries}", err=True)
    _finish([change], write)
    if not change.old.text:
        click.echo(f"a run reads it with --expectations {target}, or from pyproject.toml", err=True)


def _with(target: str, found: Sequence[Proposal], reason: str, link: str) -> Change:
    """The file with what is proposed; usage errors say what cannot be read or written."""
    try:
        document = open_document(target, may_be_new=True)
        _check(document)
        return updated(document, found, reason, link, _witnesses(), today())
    except (CannotEdit, UnreadableExpectations, UnreadableCase) as failure:
        raise click.UsageError(str(failure)) from None
    except msgspec.ValidationError as failure:
        raise click.UsageError(f"no entry can be made of this: {failure}") from None


@expect.command()
@click.argument("results")
@FILE
@click.option("--reason", metavar="TEXT", help="Why they no longer hold; it stands in the file as a comment.")
@click.option("--remove", is_flag=True, help="Remove entries that also speak of earlier versions, too.")
@WRITE
def prune(results: str, file: str | None, reason: str | None, remove: bool, write: bool) -> None:
    """End the entries that a run found stale.

    An entry that speaks of earlier versions too is kept for them: its range ends below the version that ran.
    """
    if write and (reason is None or not one_line(reason)):
        raise click.UsageError(
            "--write wants --reason TEXT: why these no longer hold; it stands in the file as a comment"
        )
    found = read_or_stop(results)
    stale = _stale(found, results)
    if not stale:
        click.echo(f"nothing stale in {results}, so that nothing is to be ended", err=True)
        return
    try:
        changes = [
            pruned(_checked(path), records, found.header.adapters, reason or "", removes=remove)
            for path, records in _by_file(stale, file).items()
        ]
    except (CannotEdit, UnreadableExpectations) as failure:
        raise click.UsageError(str(failure)) from None
    _finish(changes, write)


def _stale(found: ResultsFile, path: str) -> list[KnownRecord]:
    """The stale entries of a complete run; else an exit that says what is lacking."""
    if found.footer is None or found.footer.status != "complete":
        click.echo(
            f"{path} is incomplete, and only a complete run can call an entry stale: run it to its end", err=True
        )
        sys.exit(INCOMPLETE)
    stale = [record for record in found.footer.expectations if record.state == "stale"]
    if found.footer.stale and not stale:
        raise click.UsageError(
            f"{path} does not say which entries are stale: it is older than this command, run it again"
        )
    return stale


def _by_file(stale: Sequence[KnownRecord], file: str | None) -> dict[str, list[KnownRecord]]:
    """The entries of each file; of one that is named, those that were read under its name, wherever it lay then."""
    found: dict[str, list[KnownRecord]] = {}
    for record in stale:
        path = str(expectation.SHIPPED / record.file) if record.is_shipped else record.file
        if file is None:
            found.setdefault(path, []).append(record)
        elif Path(path).name == Path(file).name:
            found.setdefault(file, []).append(record)
    if file is not None and not found:
        names = ", ".join(sorted({record.file for record in stale}))
        raise click.UsageError(f"no entry of {file} is stale; the stale ones are of {names}")
    return found


def _checked(path: str) -> Document:
    document = open_document(path)
    _check(document)
    return document


def _check(document: Document) -> None:
    """Every entry can be read, and stands on lines of its own."""
    if document.text:
        expectation.load([document.path])
        assert len(document.blocks) == len(document.entries)


def _witnesses() -> dict[str, str]:
    """The id of every frozen case to its file."""
    return {corpus.read(path).id: path.name for path in corpus.shipped()}


def _finish(changes: Sequence[Change], write: bool) -> None:
    """Show what would change, and what it takes besides; change it where that is asked for."""
    for change in changes:
        click.echo(change.old.diff(change.new), nl=False)
        for note in change.notes:
            click.echo(f"{change.old.path}: {note}", err=True)
    changed = [change for change in changes if change.new.text != change.old.text]
    if not changed:
        click.echo("nothing to change", err=True)
    for change in changed if write else ():
        try:
            change.new.write()
        except CannotEdit as failure:
            raise click.UsageError(str(failure)) from None
        click.echo(f"written: {change.new.path}", err=True)
    if changed and not write:
        click.echo("shown only; --write changes the file", err=True)
