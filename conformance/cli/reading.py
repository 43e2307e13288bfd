"""`compare` and `report`: from results files to answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from glob import glob
from pathlib import Path

import click

from autograd_conformance import comparison_views
from autograd_conformance.annotations import of_comparison, workflow_commands
from autograd_conformance.cli.emitting import append_option, check_append, emit, room_in, write
from autograd_conformance.comparison import compare as compare_files
from autograd_conformance.results import ResultsFile, UnreadableResults, read


def read_or_stop(path: str) -> ResultsFile:
    """A results file, or exit code 2 with the reason."""
    try:
        return read(path)
    except UnreadableResults as failure:
        raise click.UsageError(str(failure)) from None


def expand(patterns: Sequence[str]) -> list[str]:
    """Paths for patterns such as ``results-*.jsonl``; a pattern that matches nothing is an error."""
    paths: list[str] = []
    for pattern in patterns:
        is_pattern = any(character in pattern for character in "*?[") and not Path(pattern).exists()
        found = sorted(glob(pattern)) if is_pattern else [pattern]  # noqa: PTH207 - it may be absolute
        if not found:
            raise click.UsageError(f"no file matches {pattern}; `autograd-conformance run -o FILE` writes one")
        paths += found
    return paths


@click.command()
@click.argument("base")
@click.argument("new")
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "json", "github"]), default="text", show_default=True,
    help="github prints workflow commands, which GitHub shows as annotations.",
)  # fmt: skip
@append_option
def compare(base: str, new: str, form: str, append: Path | None) -> None:
    """What changed between two results files of the same corpus and seed: transitions, never net counts.

    Exits 1 where something regressed or got worse and no expectation foresaw it.
    """
    check_append(append, form)
    if base == new == "-":
        raise click.UsageError("standard input can be one of the two files, not both")
    found = compare_files(read_or_stop(base), read_or_stop(new))
    match form:
        case "json":
            text = comparison_views.to_json(found).decode()
        case "markdown":
            text = comparison_views.to_markdown(found, most_bytes=room_in(append))
        case "github":
            text = workflow_commands(of_comparison(found))
        case _:
            text = comparison_views.to_text(found)
    emit(text, append)
    sys.exit(found.exit_code)


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option("-o", "--output", default="report.html", show_default=True, metavar="FILE", help="- is standard output.")
@click.option("--baseline", metavar="FILE", help="An older results file: adds the upgrade view.")
def report(files: tuple[str, ...], output: str, baseline: str | None) -> None:
    """Build the HTML report of one or more results files; one offline page."""
    write_report(files, output, baseline)


def write_report(files: Sequence[str], output: str, baseline: str | None) -> None:
    """Render and write; ends with exit code 2 where something cannot be read or written."""
    from autograd_conformance.reports import render_html

    page = render_html([read_or_stop(path) for path in expand(files)], read_or_stop(baseline) if baseline else None)
    inputs = [*expand(files), *([baseline] if baseline else [])]
    if write(page if output != "-" else f"{page}\n", output, inputs, "report"):
        click.echo(f"report: {output}   open it in a browser", err=True)
