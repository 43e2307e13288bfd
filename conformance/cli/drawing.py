"""`draw`: one case as nodes and edges, for Graphviz, or as a picture."""

from __future__ import annotations

import json
from pathlib import Path

import click

from autograd_conformance.case import Case
from autograd_conformance.cli.replaying import find_case
from autograd_conformance.drawing import to_dot, to_nodes_and_edges


@click.command()
@click.argument("case")
@click.option("--format", "form", type=click.Choice(["svg", "dot", "json"]), default="svg", show_default=True)
@click.option("--results", multiple=True, metavar="FILE", help="Where to look for an id; default: *.jsonl here.")
@click.option("-o", "--output", default="-", show_default=True, metavar="FILE", help="- is standard output.")
def draw(case: str, form: str, results: tuple[str, ...], output: str) -> None:
    """Draw a case: an id of a results file or of the corpus, or a case file."""
    text = _drawn(find_case(case, results), form)
    if output == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, "utf-8")
    except OSError as failure:
        raise click.UsageError(f"cannot write {output}: {failure.strerror}; choose another file with -o") from None


def _drawn(case: Case, form: str) -> str:
    match form:
        case "json":
            return json.dumps(to_nodes_and_edges(case.graph, case.shapes), indent=1) + "\n"
        case "dot":
            return to_dot(case.graph, case.shapes)
    from autograd_conformance.reports.picture import picture

    try:
        return picture(case.graph, case.shapes)
    except ValueError as failure:
        raise click.UsageError(str(failure)) from None
