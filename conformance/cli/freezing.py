"""`corpus add` and `reduce`: from a case to the file that every later run replays."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.cli.replaying import ERROR, find_recorded, judge_and_print, pair
from autograd_conformance.corpus import UnreadableCase
from autograd_conformance.generation.complexity import size_of
from autograd_conformance.generation.reducer import PASSES
from autograd_conformance.laws import LAWS
from autograd_conformance.preparation import BAD_INPUT, prepare
from autograd_conformance.results import ResultsFile
from autograd_conformance.settings import Settings
from autograd_conformance.worker.process import AdapterUnusable

NOTHING_FAILS = 1
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,80}")

to_option = click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where; in a checkout of the suite its own corpus, unless said otherwise.",
)
as_option = click.option("--as", "name", metavar="NAME", help="Its file, without .json; default: its ops and id.")
about_option = click.option("--about", default="", metavar="TEXT", help="What it stands for, in a line.")
results_option = click.option(
    "--results", multiple=True, metavar="FILE", help="Where to look for an id; default: *.jsonl here."
)


def shown(path: Path) -> str:
    """A path as it is printed: from here, where it is below."""
    resolved, here = path.resolve(), Path.cwd().resolve()
    return str(resolved.relative_to(here)) if resolved.is_relative_to(here) else str(path)


@dataclass(frozen=True)
class Target:
    """The folder a case is frozen in, and the name it gets there, None for the usual one."""

    folder: Path
    name: str | None

    def path_of(self, case: Case) -> Path:
        ops = "-".join(dict.fromkeys(node.op for node in case.graph.nodes[:3])) or "identity"
        return self.folder / f"{self.name or f'{ops[:60]}-{case.id}'.replace('_', '-')}.json"

    def freeze(self, case: Case, about: str) -> None:
        """Write the file, unless the case or another of this name is there already."""
        path = self.path_of(case)
        if (kept := kept_at(case, self.folder)) is not None:
            raise click.UsageError(f"case {case.id} is frozen already: {shown(kept)}")
        if path.name in {one.name for one in corpus.shipped()}:
            raise click.UsageError(f"a shipped frozen case is called {path.name}; choose another name with --as")
        try:
            self.folder.mkdir(exist_ok=True)
            with path.open("xb") as stream:
                stream.write(corpus.file_text(case, " ".join(about.split())).encode())
        except FileExistsError:
            raise click.UsageError(f"{shown(path)} is there, and another case; choose another name with --as") from None
        except OSError as failure:
            raise click.UsageError(
                f"cannot write {path}: {failure.strerror}; choose another folder with --to"
            ) from None
        click.echo(f"case {case.id} is written to {shown(path)}")
        if self.folder.resolve() != corpus.FOLDER.resolve():
            click.echo(
                f"replay it with: autograd-conformance run --replay-only --corpus {shown(self.folder)}", err=True
            )


def target_of(folder: Path | None, name: str | None) -> Target:
    """Where a user wants a case; usage errors say what is missing."""
    if name is not None and not _NAME.fullmatch(name := name.removesuffix(".json")):
        raise click.UsageError(f"--as takes a name of small letters, digits, - and _, not {name!r}")
    folder = folder if folder is not None else _own_corpus()
    if folder is None:
        raise click.UsageError("name a folder with --to FOLDER; `autograd-conformance run --corpus FOLDER` replays it")
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{folder} is no folder; choose another with --to")
    return Target(folder, name)


def _own_corpus() -> Path | None:
    """The corpus of the suite, where the working directory is in its checkout."""
    folder = corpus.FOLDER
    checkout = folder.parents[1]
    is_checkout = (checkout / "pyproject.toml").is_file() and folder.parent == checkout / "conformance"
    return folder if is_checkout and Path.cwd().resolve().is_relative_to(checkout) else None


def kept_at(case: Case, folder: Path) -> Path | None:
    """The file that holds a case already, among the found ones that are shipped and those of the folder."""
    others = sorted(folder.glob("*.json")) if folder.is_dir() else []
    try:
        return next((path for path in (*corpus.shipped(), *others) if corpus.read(path).id == case.id), None)
    except UnreadableCase as failure:
        raise click.UsageError(str(failure)) from None


@click.command()
@click.argument("case")
@results_option
@as_option
@to_option
@about_option
def add(case: str, results: tuple[str, ...], name: str | None, folder: Path | None, about: str) -> None:
    """Freeze a case: an id of a results file, or a case file."""
    target = target_of(folder, name)
    found, file = find_recorded(case, results)
    target.freeze(found, about)
    if warning := _not_minimal(found, file):
        click.echo(f"note: {warning}", err=True)


def _not_minimal(case: Case, file: ResultsFile | None) -> str:
    """What speaks for freezing a smaller case instead; empty where nothing does."""
    mine = [one for one in file.results if one.case == case.id and one.reduced] if file is not None else []
    for result in mine:
        if result.reduced != case.id:
            return f"the failure was reduced to case {result.reduced}; a frozen case is best a minimal one"
    if mine or (file is not None and any(one.reduced == case.id for one in file.results)):
        return ""
    if any(size_of(simpler) < size_of(case) for way in PASSES for simpler in way(case)):
        return (
            f"it may not be minimal; `autograd-conformance corpus reduce {case.id} -a ADAPTER` looks for a smaller one"
        )
    return ""


@click.command()
@click.argument("case")
@click.option("-a", "--adapter", required=True, metavar="NAME", help="Where it fails.")
@click.option("--dtype", multiple=True, metavar="NAME", help="Default: float64 and float32.")
@click.option("--law", metavar="NAME", help="Judge by this law alone.")
@click.option("--python", multiple=True, metavar="ADAPTER=PATH", help="Interpreter for the adapter's worker.")
@results_option
@as_option
@to_option
@about_option
def reduce(
    case: str,
    adapter: str,
    dtype: tuple[str, ...],
    law: str | None,
    python: tuple[str, ...],
    results: tuple[str, ...],
    name: str | None,
    folder: Path | None,
    about: str,
) -> None:
    """Take a case that fails to a local minimum, and freeze that: no node, axis, element or digit of it can go.

    Exit 0 where it is written, or was minimal and frozen before; 1 where nothing fails; 3 where it could not be judged.
    """
    target = target_of(folder, name)
    found, _ = find_recorded(case, results)
    if law is not None and law not in LAWS:
        raise click.UsageError(f"no law {law!r}; `autograd-conformance list laws` names them")
    code, smallest = _judged(found, adapter, dtype, python, law)
    if code == ERROR:
        sys.exit(ERROR)
    if not smallest:
        click.echo(f"nothing fails in {adapter}, so there is nothing to reduce and nothing is written", err=True)
        sys.exit(NOTHING_FAILS)
    if smallest[0].id == found.id and (kept := kept_at(found, target.folder)) is not None:
        click.echo(f"case {found.id} is as small as it gets, and frozen already: {shown(kept)}")
        return
    target.freeze(smallest[0], about)


def _judged(
    case: Case, adapter: str, dtypes: tuple[str, ...], python: tuple[str, ...], law: str | None
) -> tuple[int, list[Case]]:
    """What `replay --reduce` says of a case: its exit code, and the smaller cases."""
    try:
        settings = Settings(dtypes=dtypes, python=dict(pair(text) for text in python))
        prepared = prepare((adapter,), settings, [])
    except BAD_INPUT as failure:
        raise click.UsageError(str(failure)) from None
    try:
        return judge_and_print(prepared, case, settings, law or "*", is_reduced=True)
    except AdapterUnusable as failure:
        click.echo(f"ERROR: {failure}", err=True)
        return ERROR, []
    finally:
        prepared.close()
