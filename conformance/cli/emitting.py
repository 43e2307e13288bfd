"""Where commands that read results put what they say: standard output, a file, the end of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from autograd_conformance.markdown import MOST_BYTES

append_option = click.option(
    "--append",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help='Add it to the end of FILE instead of printing it, for "$GITHUB_STEP_SUMMARY".',
)


def check_append(append: Path | None, form: str) -> None:
    """Workflow commands mean something on standard output only."""
    if append is not None and form == "github":
        raise click.UsageError("GitHub reads workflow commands from standard output; leave out --append")


def room_in(append: Path | None) -> int:
    """Bytes that a job's summary still has room for."""
    try:
        return MOST_BYTES if append is None else max(MOST_BYTES - append.stat().st_size, 0)
    except OSError:
        return MOST_BYTES


def emit(text: str, append: Path | None) -> None:
    """Print, or add to the end of a file; exit code 2 where that cannot be written."""
    if append is None:
        click.echo(text, nl=False)
        return
    if not text:
        click.echo(f"{append} is as large as GitHub shows; nothing was added to it", err=True)
        return
    try:
        with append.open("ab") as file:
            file.write(text.encode("utf-8", "replace"))
    except OSError as failure:
        raise click.UsageError(f"cannot write {append}: {failure.strerror}; choose another file") from None


def write(text: str, output: str, inputs: Sequence[str], name: str) -> bool:
    """Write a file, or print it where ``output`` is ``-``; whether it was a file.  What was read is never overwritten."""
    if output == "-":
        click.echo(text, nl=False)
        return False
    if any(_is_same_file(output, path) for path in inputs):
        raise click.UsageError(f"{output} is a file the {name} is made from; choose another one with -o")
    try:
        Path(output).write_text(text, "utf-8")
    except OSError as failure:
        raise click.UsageError(f"cannot write {output}: {failure.strerror}; choose another file with -o") from None
    return True


def _is_same_file(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return False
