"""`upgrade`: two versions of a framework on the same cases, what changed between them, and a page that shows it."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from autograd_conformance import comparison_views
from autograd_conformance.cli.reading import read_or_stop, write_report
from autograd_conformance.cli.running import QUIET_SECONDS
from autograd_conformance.cli.wording import counted
from autograd_conformance.comparison import compare as compare_files
from autograd_conformance.discovery import frameworks
from autograd_conformance.environments import (
    UnusableEnvironment,
    Wanted,
    default_folder,
    interpreter_of,
    wanted,
)
from autograd_conformance.expectation import Expectations
from autograd_conformance.preparation import BAD_INPUT, known_beforehand
from autograd_conformance.settings import PROFILES, Settings
from autograd_conformance.upgrading import NothingInCommon, Twins, twins


@click.command()
@click.argument("base", metavar="BASE")
@click.argument("new", metavar="NEW")
@click.option(
    "-a", "--adapter", multiple=True, metavar="NAME", help="jax:jit, pkg.mod:Class...; default: the framework."
)
@click.option("-o", "--output", metavar="FOLDER", help="Default: upgrade-BASE-NEW.")
@click.option(
    "--examples", type=int, metavar="N", help="Search N random graphs instead of replaying the sample of what passes."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the random graphs.")
@click.option("--law", multiple=True, metavar="GLOB", help="Only these laws, and no scenarios.")
@click.option("--scenario", multiple=True, metavar="GLOB", help="Only these scenarios, and no graphs unless asked for.")
@click.option("--op", multiple=True, metavar="GLOB", help="Only these ops, and no scenarios.")
@click.option("--dtype", multiple=True, metavar="NAME", help="float64, float32, float16 or bfloat16.")
@click.option("--profile", type=click.Choice(sorted(PROFILES)), default="default", show_default=True)
@click.option(
    "--timeout", type=float, default=60.0, show_default=True, help="Seconds after which an answer counts as none."
)
@click.option("--corpus", multiple=True, metavar="FOLDER", help="Frozen cases besides the shipped ones.")
@click.option("--expectations", multiple=True, metavar="FILE", help="Expectations besides the shipped ones.")
@click.option(
    "--for-python", "for_python", default="", metavar="X.Y", help="Python of the environments; default: this one's."
)
@click.option("--environments", metavar="FOLDER", help=f"Where they are kept; default: {default_folder()}.")
@click.option("--fresh", is_flag=True, help="Make the environments anew.")
def upgrade(base: str, new: str, output: str | None, for_python: str, environments: str | None, fresh: bool,
            adapter: tuple[str, ...], **options: Any) -> None:  # fmt: skip
    """What changes between two versions of a framework, asked the same questions at the same time.

    BASE and NEW are requirements (jax==0.6.2, or "tensorflow-cpu==2.16.2 numpy<2"), each installed into an environment
    that is kept, or paths of interpreters.  Leaves base.jsonl, new.jsonl, changes.md, changes.json and report.html in
    FOLDER.

    Exit codes are those of `compare`: 1 where something regressed or got worse.
    """
    try:
        sides = tuple(wanted(text, sorted(frameworks())) for text in (base, new))
        names = adapter or _adapters_of(sides)
        folder = Path(output or f"upgrade-{sides[0].title}-{sides[1].title}")
        place = Path(environments) if environments else default_folder()
        pythons = [
            interpreter_of(side, place, for_python, fresh, lambda said: click.echo(said, err=True)) for side in sides
        ]
    except UnusableEnvironment as failure:
        raise click.UsageError(str(failure)) from None
    _make_folder(folder)
    files = folder / "base.jsonl", folder / "new.jsonl"
    _judge(names, pythons, files, options)
    _show(files, folder)


def _adapters_of(sides: Sequence[Wanted]) -> tuple[str, ...]:
    """Raises UnusableEnvironment."""
    named = list(dict.fromkeys(side.framework for side in sides if side.framework))
    if len(named) > 1:
        raise UnusableEnvironment(
            f"{named[0]} and {named[1]} are two frameworks; `run -a {named[0]} -a {named[1]}` holds them against each other"
        )
    if not named:
        raise UnusableEnvironment("two interpreters say nothing of the framework: name it with -a, such as -a jax")
    return tuple(named)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise click.UsageError(f"cannot write {folder}: {failure.strerror}; choose another folder with -o") from None


def _judge(names: Sequence[str], pythons: Sequence[str], files: tuple[Path, Path], options: dict[str, Any]) -> None:
    """Both versions through the same cases; what is judged is on disk whatever happens."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        chosen = [_settings(options, dict.fromkeys(names, python)) for python in pythons]
        frozen, known = known_beforehand(chosen[0], options["corpus"], options["expectations"])
        counted_apart = Expectations(known.entries, known.witnesses)  # each side counts for itself what it has met
        with twins(names, (chosen[0], chosen[1]), files, frozen, (known, counted_apart)) as both:
            _print_sides(console, both)
            both.start()
            try:
                _watch(console, both)
            except KeyboardInterrupt:
                console.print("interrupted; what is judged is kept")
            finally:
                both.finish()
    except (*BAD_INPUT, NothingInCommon) as failure:
        raise click.UsageError(str(failure)) from None


def _settings(options: dict[str, Any], python: dict[str, str]) -> Settings:
    return Settings(
        seed=options["seed"],
        profile=options["profile"],
        examples=options["examples"],
        dtypes=tuple(dict.fromkeys(options["dtype"])),
        laws=options["law"],
        ops=options["op"],
        scenarios=options["scenario"],
        replay_only=options["examples"] is None,
        timeout=options["timeout"],
        python=python,
    )


def _print_sides(console: Console, both: Twins) -> None:
    for word, side in zip(("base", "new"), both.sides, strict=True):
        for each in side.prepared.adapters:
            versions = " ".join(f"{name} {number}" for name, number in each.description.versions.items())
            scenarios = len(side.campaign.programmes[each.name].names)
            told = f", {counted(scenarios, 'scenario')}" if scenarios else ""
            cases = counted(sum(each.budget.values()), "case")
            console.print(f"{word:5} {each.name:20} {versions}, Python {each.description.python}, {cases}{told}")


def _watch(console: Console, both: Twins) -> None:
    """Show how far both are until they are over."""
    if not console.is_terminal:
        last = time.monotonic()
        while not both.wait(0.2):
            if time.monotonic() - last > QUIET_SECONDS:
                last = time.monotonic()
                said = [f"{side.campaign.judged} of {side.campaign.planned}" for side in both.sides]
                console.print(f"judged: {said[0]} in base, {said[1]} in new")
        return
    columns = TextColumn("{task.description:5}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: list[TaskID] = [progress.add_task(word, total=None) for word in ("base", "new")]
        while not both.wait(0.2):
            for task, side in zip(tasks, both.sides, strict=True):
                progress.update(task, completed=side.campaign.judged, total=side.campaign.planned)


def _show(files: tuple[Path, Path], folder: Path) -> None:
    """Print what changed, and write it down for people, programs and browsers."""
    found = compare_files(*(read_or_stop(str(path)) for path in files))
    for name, text in (
        ("changes.md", comparison_views.to_markdown(found)),
        ("changes.json", comparison_views.to_json(found)),
    ):
        (folder / name).write_bytes((text if isinstance(text, bytes) else text.encode()) + b"\n")
    click.echo(comparison_views.to_text(found))
    write_report([str(files[1])], str(folder / "report.html"), str(files[0]))
    sys.exit(found.exit_code)
