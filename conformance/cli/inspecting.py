"""`list`, `doctor`, `schema`, `summary`: what there is, and what a run left."""

from __future__ import annotations

import json
import platform
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

import autograd_conformance
from autograd_conformance.annotations import of_digest, workflow_commands
from autograd_conformance.cli.emitting import append_option, check_append, emit, room_in
from autograd_conformance.cli.reading import read_or_stop
from autograd_conformance.cli.tables import text_of
from autograd_conformance.digest import Digest
from autograd_conformance.digest_views import to_markdown
from autograd_conformance.discovery import frameworks
from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.records import VERDICTS
from autograd_conformance.records import schema as results_schema
from autograd_conformance.reference.interpreter import EXTENDED
from autograd_conformance.results import ResultsFile
from autograd_conformance.scenarios import LETTERS, SCENARIOS, STORYLESS
from autograd_conformance.worker.description import Description
from autograd_conformance.worker.process import AdapterUnusable, Worker


@click.command(name="list")
@click.argument("what", type=click.Choice(["adapters", "ops", "laws", "scenarios"]))
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
def list_(what: str, as_json: bool) -> None:
    """Name adapters, ops, laws or scenarios."""
    rows = {"adapters": _adapters, "ops": _ops, "laws": _laws, "scenarios": _scenarios}[what]()
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        click.echo(f"no {what} yet in this version")
        return
    if what == "scenarios":
        rows = [{name: row[name] for name in ("name", "claim")} for row in rows]
    if what == "laws":
        rows = [{"name": row["name"], "claim": f"{row['formula']}: {row['description']}"} for row in rows]
    if what == "ops":
        rows = [row | {"special": [point["name"] for point in row["special"]]} for row in rows]
    name, *more = rows[0]
    table = Table(Column(name, no_wrap=True, overflow="fold"), *more, box=None, pad_edge=False)
    for row in rows:
        cells = (", ".join(value) if isinstance(value, list) else str(value) for value in row.values())
        table.add_row(*map(escape, cells))
    click.echo(text_of(table), nl=False)


def _ops() -> list[dict[str, Any]]:
    return [
        {
            "name": op.name,
            "family": op.family,
            "operands": list(op.operands),
            "attributes": sorted(op.attributes),
            "special": [{"name": point.name, "nature": point.nature} for point in op.special],
        }
        for op in VOCABULARY.values()
    ]


def _laws() -> list[dict[str, Any]]:
    return [{"name": law.name, "formula": law.formula, "description": law.description} for law in LAWS.values()]


def _scenarios() -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "subject": LETTERS[each.letter],
            "claim": each.claim,
            "observations": list(each.observations),
        }
        for each in SCENARIOS.values()
    ] + [
        {"name": name, "subject": LETTERS[name[0]], "claim": claim, "observations": []}
        for name, claim in STORYLESS.items()
    ]


def _adapters() -> list[dict[str, Any]]:
    """Every installed adapter and mode; starts each framework to ask it."""
    rows: list[dict[str, Any]] = []
    for name, target in frameworks().items():
        with Worker(target) as worker:
            try:
                described = worker.describe()
            except AdapterUnusable as failure:
                rows.append({"name": name, "versions": "", "description": f"missing: {failure}"})
                continue
        versions = ", ".join(f"{dist} {version}" for dist, version in described.versions.items())
        rows += [
            {"name": f"{name}:{mode}", "versions": versions, "description": _described(described, mode)}
            for mode in described.modes
        ]
    return rows


def _described(description: Description, mode: str) -> str:
    return description.modes[mode] + ("; runs only when named" if mode in description.costly_modes else "")


@click.command()
def doctor() -> None:
    """Check this environment: precision of the reference, frameworks, one gradient through each."""
    from autograd_conformance.checkup import check_adapter

    console = Console(highlight=False, soft_wrap=True)
    bits = np.finfo(EXTENDED).nmant + 1
    console.print(
        f"autograd-conformance {autograd_conformance.__version__}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}"
    )
    wide = "extended precision" if bits > 53 else "no extended precision here: the reference's own error is larger"
    console.print(f"reference: {bits} mantissa bits ({wide})")
    healthy = 0
    for name, target in frameworks().items():
        with Worker(target) as worker:
            for line, is_healthy in check_adapter(name, worker):
                console.print(line, markup=False)
                healthy += is_healthy
    if not healthy:
        console.print('no framework can be asked; pip install "autograd-conformance[torch]" installs one')
        sys.exit(3)


@click.command()
def schema() -> None:
    """Print the JSON Schema of one line of results.jsonl."""
    click.echo(json.dumps(results_schema(), indent=1, sort_keys=True))


@click.command()
@click.argument("file", default="results.jsonl")
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "github"]), default="text", show_default=True,
    help="github prints workflow commands, which GitHub shows as annotations.",
)  # fmt: skip
@append_option
def summary(file: str, form: str, append: Path | None) -> None:
    """Count the verdicts of a results file by adapter and law; as Markdown or annotations, what is unexpected."""
    check_append(append, form)
    digest = Digest(read_or_stop(file))
    match form:
        case "markdown":
            text = to_markdown(digest, most_bytes=room_in(append))
        case "github":
            text = workflow_commands(of_digest(digest))
        case _:
            text = _table(digest.file)
    emit(text, append)


def _table(results: ResultsFile) -> str:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for result in results.results:
        counts.setdefault((result.adapter, result.law), Counter())[result.verdict] += 1
    for told in results.scenarios:
        counts.setdefault((told.adapter, "scenarios"), Counter())[told.verdict] += 1
    seen = [name for name in VERDICTS if any(counter[name] for counter in counts.values())]
    table = Table("adapter", "law", *seen, box=None, pad_edge=False)
    for (adapter, law), counter in sorted(counts.items()):
        table.add_row(escape(adapter), escape(law), *(str(counter[name] or "") for name in seen))
    console = Console(highlight=False, soft_wrap=True)
    with console.capture() as captured:
        for record in results.header.adapters:
            if record.missing is not None:
                console.print(f"{record.name} missing: {record.missing}", markup=False)
        if results.footer is None:
            console.print("TRUNCATED: the file has no footer; the run was killed, and what it judged is above")
        elif results.footer.status != "complete":
            console.print("INTERRUPTED: the run did not finish; what it judged is above")
    return text_of(table) + captured.get()
