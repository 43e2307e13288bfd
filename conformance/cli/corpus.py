"""`corpus`: the frozen cases there are, and whether they are sound."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from autograd_conformance import corpus as frozen_cases
from autograd_conformance import expectation
from autograd_conformance.cli.freezing import add, reduce, shown
from autograd_conformance.cli.renewing import renew, sample
from autograd_conformance.cli.wording import counted
from autograd_conformance.corpus import Frozen, UnreadableCase, plain_case
from autograd_conformance.expectation import Expectations, UnreadableExpectations
from autograd_conformance.integrity import Inspection, megabytes
from autograd_conformance.writing import signature_of

FOUND, PASSING = "found", "passing"


@click.group()
def corpus() -> None:
    """List, freeze, verify and reduce frozen cases: those that were found, and a sample of what passes."""


@corpus.command(name="list")
@click.argument("pattern", default="*", metavar="[GLOB]")
@click.option(
    "--corpus", "folders", multiple=True, metavar="FOLDER", help="Frozen cases of yours besides the shipped ones."
)
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
def list_(pattern: str, folders: tuple[str, ...], as_json: bool) -> None:
    """Name frozen cases whose name, id or signature fits GLOB; `found` ones show or showed a defect, `passing` ones none."""
    try:
        every = [*frozen_cases.found(folders), *frozen_cases.passing_frozen()]
        known = expectation.load(expectation.shipped())
    except (UnreadableCase, UnreadableExpectations) as failure:
        raise click.UsageError(str(failure)) from None
    rows = [_row(one, known) for one in every if _fits(one, pattern)]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        raise click.UsageError(f"no frozen case fits {pattern!r}, of {len(every)}; quote a glob: '{pattern}*'")
    width = max((len(row["name"]) for row in rows if row["kind"] == FOUND), default=0)
    for row in rows:
        click.echo("\n".join(_lines(row, width)))
    click.echo(
        f"{sum(row['kind'] == FOUND for row in rows)} found, {sum(row['kind'] == PASSING for row in rows)} passing"
    )


def _lines(row: dict[str, Any], width: int) -> Iterator[str]:
    """A case as it is listed: what it is, and under it what it stands for and what is known by it."""
    size = f"{counted(row['nodes'], 'node')}, {counted(row['elements'], 'element')}"
    if row["kind"] == PASSING:
        yield f"passing  {row['name']}  {row['about']}; {size}"
        return
    yield f"found    {row['name']:{width}}  {row['case']}  {row['signature']}; {size}"
    if row["about"]:
        yield f"         {row['about']}"
    if witness := "; ".join(dict.fromkeys(f"{one['adapter']} {one['kind']}" for one in row["witness_of"])):
        yield f"         witness of: {witness}"


def _fits(one: Frozen, pattern: str) -> bool:
    return any(fnmatchcase(text, pattern) for text in (one.name, one.case.id, signature_of(one.case)))


def _row(one: Frozen, known: Expectations) -> dict[str, Any]:
    shown_by = [] if one.is_passing else known.shown_by(one.path.name)
    return {
        "name": one.name,
        "case": one.case.id,
        "kind": PASSING if one.is_passing else FOUND,
        "signature": signature_of(one.case),
        "about": one.about or next((each.reason for each in shown_by), ""),
        "witness_of": [
            {"law": each.law, "adapter": each.adapter, "kind": each.kind, "reason": each.reason} for each in shown_by
        ],
        "nodes": len(one.case.graph.nodes),
        "elements": one.case.element_count,
        "bytes": len(json.dumps(plain_case(one.case, one.about))),
        "path": str(one.path),
    }


@corpus.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--expectations", multiple=True, metavar="FILE", help="Expectations besides the shipped ones.")
def verify(paths: tuple[Path, ...], expectations: tuple[str, ...]) -> None:
    """Check case files, or folders of them; by default everything that is shipped.

    A file must be what its id says, no two files the same case, every number one float64, and every witness of an
    expectation there.  Exit 0 where all is well, 1 with a line for each problem, 2 where a file cannot be read.
    """
    try:
        known = expectation.load(expectations if paths else [*expectation.shipped(), *expectations])
        files = [file for path in paths for file in (frozen_cases.files_in(path) if path.is_dir() else [path])]
    except (UnreadableCase, UnreadableExpectations) as failure:
        raise click.UsageError(str(failure)) from None
    inspection = Inspection()
    for file in files if paths else [*frozen_cases.shipped(), *frozen_cases.passing_files()]:
        inspection.look_at(file, shown)
    inspection.look_for_witnesses(known, (path.name for path in (*frozen_cases.shipped(), *files)))
    if not paths:
        inspection.look_at_size()
    for line in (*inspection.unreadable, *inspection.problems):
        click.echo(line)
    passing = sum(one.is_passing for one in inspection.frozen)
    wrong = len(inspection.problems) + len(inspection.unreadable)
    what = f"{counted(len(inspection.frozen) - passing, 'found case')} and {counted(passing, 'passing one')}"
    click.echo(f"{what}, {megabytes(inspection.size)}: {counted(wrong, 'problem') if wrong else 'nothing wrong'}")
    sys.exit(2 if inspection.unreadable else 1 if inspection.problems else 0)


for command in (add, reduce, renew, sample):
    corpus.add_command(command)
