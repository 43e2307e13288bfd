"""`corpus renew` and `sample`: files of frozen cases written anew, the same bytes every time."""

from __future__ import annotations

from pathlib import Path

import click

from autograd_conformance import corpus, expectation
from autograd_conformance.cli.freezing import about_option, shown
from autograd_conformance.cli.reading import expand, read_or_stop
from autograd_conformance.cli.wording import counted
from autograd_conformance.corpus import UnreadableCase
from autograd_conformance.expectation import UnreadableExpectations
from autograd_conformance.graph import MalformedGraph
from autograd_conformance.integrity import megabytes
from autograd_conformance.sampling import MOST, candidates, chosen, sample_files, uncovered


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@about_option
def renew(paths: tuple[Path, ...], about: str) -> None:
    """Write case files in the present form: id, signature, and what they stand for; by default the shipped ones.

    What a case stands for is, unless it is said, the reason of the expectation that it is a witness of.
    """
    if about and len(paths) != 1:
        raise click.UsageError("--about is about one case; name its file")
    try:
        known = expectation.load(expectation.shipped())
        files = [corpus.read_frozen(path) for path in paths or corpus.shipped()]
    except (UnreadableCase, UnreadableExpectations) as failure:
        raise click.UsageError(str(failure)) from None
    written = 0
    for one in files:
        reasons = [each.reason for each in known.shown_by(one.path.name)]
        line = " ".join((about or one.about or next(iter(reasons), "")).split())
        text = corpus.file_text(one.case, line).encode()
        if one.path.read_bytes() != text:
            _write(one.path, text)
            written += 1
            click.echo(f"written: {shown(one.path)}")
    click.echo(f"{counted(len(files), 'file')}, {written} of them rewritten")


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, metavar="FOLDER", help="Emptied first.")
@click.option("--most", type=click.IntRange(min=1), default=MOST, show_default=True, metavar="N", help="Cases kept.")
def sample(files: tuple[str, ...], folder: Path, most: int) -> None:
    """Choose among the cases of results files those that pass and together show most; write them, a file per family of ops.

    The same results give the same bytes.  The shipped sample stands in conformance/corpus/passing.
    """
    try:
        pool = list(candidates([read_or_stop(path) for path in expand(files)]))
    except MalformedGraph as failure:
        raise click.UsageError(str(failure)) from None
    if not pool:
        raise click.UsageError("no case of these files passes in all adapters, so there is nothing to choose from")
    taken = chosen(pool, most)
    texts = {name: text.encode() for name, text in sample_files(taken).items()}
    _empty(folder)
    for name, text in texts.items():
        _write(folder / name, text)
    size = sum(map(len, texts.values()))
    click.echo(f"{counted(len(taken), 'case')} of {len(pool)} that pass, {megabytes(size)}, in {shown(folder)}")
    if left := uncovered(pool, taken):
        click.echo(
            f"{counted(left, 'stratum')} of these results left out: they would take more than {most} cases or too much room"
        )


def _empty(folder: Path) -> None:
    """Take away an older sample, and nothing else."""
    try:
        folder.mkdir(exist_ok=True)
        for path in sorted(folder.iterdir()):
            if path.suffix == ".json":
                corpus.read_passing(path)
        for path in sorted(folder.glob("*.json")):
            path.unlink()
    except UnreadableCase as failure:
        raise click.UsageError(f"{failure}; it is not overwritten, name another folder with --to") from None
    except OSError as failure:
        raise click.UsageError(f"cannot write {folder}: {failure.strerror}; name another folder with --to") from None


def _write(path: Path, text: bytes) -> None:
    try:
        path.write_bytes(text)
    except OSError as failure:
        raise click.UsageError(f"cannot write {path}: {failure.strerror}") from None
