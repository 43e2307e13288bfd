"""`badge`: what a results file comes to, as a small picture or for shields.io."""

from __future__ import annotations

import click

from autograd_conformance.cli.emitting import write
from autograd_conformance.cli.reading import read_or_stop
from autograd_conformance.digest import Digest


@click.command()
@click.argument("file", default="results.jsonl")
@click.option("-o", "--output", default="badge.svg", show_default=True, metavar="FILE", help="- is standard output.")
@click.option(
    "--format", "form", type=click.Choice(["svg", "json"]), default="svg", show_default=True,
    help="json is for an endpoint of shields.io.",
)  # fmt: skip
def badge(file: str, output: str, form: str) -> None:
    """Draw a badge: green only where all was judged that should be and nothing is unexpected."""
    from autograd_conformance.reports.badge import badge_of, to_json, to_svg

    found = badge_of(Digest(read_or_stop(file)))
    if form == "json" and output == "badge.svg":
        output = "badge.json"
    if write(to_json(found) if form == "json" else to_svg(found), output, [file], "badge"):
        click.echo(f"badge: {output}   autograd: {found.text}", err=True)
