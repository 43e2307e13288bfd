"""`guide`: from results files to the page for people who move between frameworks."""

from __future__ import annotations

import click

from autograd_conformance.cli.emitting import write
from autograd_conformance.cli.reading import expand, read_or_stop


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option("-o", "--output", default="-", show_default=True, metavar="FILE", help="- is standard output.")
def guide(files: tuple[str, ...], output: str) -> None:
    """Write what frameworks were seen to do, side by side, as Markdown."""
    from autograd_conformance.reports.moving import NothingToGuideBy
    from autograd_conformance.reports.moving import guide as written

    try:
        text = written([read_or_stop(path) for path in expand(files)])
    except NothingToGuideBy as failure:
        raise click.UsageError(str(failure)) from None
    if write(text, output, expand(files), "guide"):
        click.echo(f"guide: {output}", err=True)
