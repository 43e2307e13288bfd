"""`run`: start pytest on the suite, show progress, say what came out."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from typing import Any

import click
import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograd_conformance import plugin
from autograd_conformance.cli import junit as junit_file
from autograd_conformance.cli.wording import counted, print_missing, sentence
from autograd_conformance.settings import PROFILES

INCOMPLETE, NOTHING = 3, 5
QUIET_SECONDS = 20.0
"""Between progress lines where there is no terminal."""


@click.command()
@click.option(
    "-a",
    "--adapter",
    multiple=True,
    metavar="NAME",
    help="torch, jax:jit, pkg.mod:Class...; default: all that import, no costly mode.",
)
@click.option("--examples", type=int, metavar="N", help="Random graphs per adapter, instead of the profile's number.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the search.")
@click.option("--law", multiple=True, metavar="GLOB", help="Only these laws, and no scenarios.")
@click.option("--scenario", multiple=True, metavar="GLOB", help="Only these scenarios, and no graphs unless asked for.")
@click.option("--op", multiple=True, metavar="GLOB", help="Only these ops, and no scenarios.")
@click.option(
    "--dtype", multiple=True, metavar="NAME", help="float64, float32, float16 or bfloat16; default: the profile's."
)
@click.option("--profile", type=click.Choice(sorted(PROFILES)), default="default", show_default=True)
@click.option(
    "-o", "--output", default="results.jsonl", show_default=True, metavar="FILE", help="- is standard output."
)
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Frameworks run at a time; default: the cores."
)
@click.option("--python", multiple=True, metavar="ADAPTER=PATH", help="Interpreter for an adapter's worker.")
@click.option(
    "--timeout", type=float, default=60.0, show_default=True, help="Seconds after which an answer counts as none."
)
@click.option("--expectations", multiple=True, metavar="FILE", help="Expectations besides the shipped ones.")
@click.option("--corpus", multiple=True, metavar="FOLDER", help="Frozen cases of yours besides the shipped ones.")
@click.option("--replay-only", is_flag=True, help="Replay the corpus and the sample of what passes, search nothing.")
@click.option("--resume", is_flag=True, help="Go on with FILE, left behind by a run with the same options.")
@click.option("--deterministic", is_flag=True, help="Leave times out of the results file.")
@click.option("--junit", metavar="FILE", help="Also write JUnit XML: known failures skipped, unexpected ones failed.")
@click.option("--report", "report_path", metavar="FILE", help="Also write the HTML report.")
def run(report_path: str | None, junit: str | None, **options: Any) -> None:
    """Judge one or more adapters on random graphs and the corpus; write results, print what is unexpected."""
    if report_path is not None and options["output"] == "-":
        raise click.UsageError("--report is drawn from the results file: name one with -o FILE instead of -")
    arguments = junit_file.arguments(junit)
    for name, value in options.items():
        flag = f"--conformance-{name.replace('_', '-')}"
        if isinstance(value, bool):
            arguments += [flag] if value else []
        else:
            values = value if isinstance(value, (tuple, list)) else [value]
            arguments += [f"{flag}={each}" for each in values if each is not None]
    front = Front(is_piped=options["output"] == "-")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a time limit ends a run as Ctrl-C does: nothing is lost
    with tempfile.TemporaryDirectory(prefix="conformance-") as scratch:
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", scratch)
        code = pytest.main(
            [
                str(plugin.SUITE), f"--rootdir={plugin.SUITE.parent}", "-c", os.devnull, "-p", "no:cacheprovider",
                "-p", "no:terminal", "-s", *arguments,
            ],
            plugins=[front],
        )  # fmt: skip
    if front.usage:
        raise click.UsageError(front.usage)
    state = front.state
    if state is None:
        sys.exit(2 if code == pytest.ExitCode.USAGE_ERROR else NOTHING)
    exit_code = front.finish()
    if junit is not None and front.shortfall:
        junit_file.say_incomplete(junit, front.shortfall)
    if report_path is not None:
        from autograd_conformance.cli.reading import write_report

        write_report([options["output"]], report_path, None)
    sys.exit(exit_code)


class Front:
    """What the command line shows of a pytest session."""

    def __init__(self, is_piped: bool) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.state: plugin.State | None = None
        self.usage = ""
        self._printed: set[str] = set()
        self._progress: Progress | None = None
        self._task: Any = None
        self._last_line = time.monotonic()
        self._failures: list[str] = []
        self._was_interrupted = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """The campaign is prepared: say what will run."""
        self.state = session.config.stash.get(plugin.STATE, None)
        if self.state is None:
            return
        self.state.show.append(self._show)
        for adapter in self.state.prepared.adapters:
            cases = sum(adapter.budget.values())
            version = " ".join(f"{name} {number}" for name, number in adapter.description.versions.items())
            scenarios = len(self.state.campaign.programmes[adapter.name].names)
            told = f", {counted(scenarios, 'scenario')}" if scenarios else ""
            dtypes = adapter.dtypes(self.state.settings)
            only = f" in {', '.join(dtypes)}" if cases and dtypes != self.state.settings.dtypes else ""
            self.console.print(f"{adapter.name:24} {version}, {counted(cases, 'case')}{only}{told}")
        print_missing(self.console, self.state.prepared.missing)
        earlier = self.state.campaign.earlier
        if earlier is not None and earlier.news:
            self.console.print(earlier.news, markup=False)
        if self.console.is_terminal:
            columns = (
                TextColumn("judging"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[news]}"),
                TimeElapsedColumn(),
            )
            self._progress = Progress(*columns, console=self.console, transient=True)
            self._task = self._progress.add_task("judging", total=None, news="")
            self._progress.start()

    def pytest_internalerror(self, excrepr: Any) -> None:
        self.console.print(f"internal error, please report it:\n{excrepr}", markup=False)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.usage = self.usage or str(report.longrepr)

    def pytest_exception_interact(self, call: Any) -> None:
        if isinstance(call.excinfo.value, pytest.UsageError):
            self.usage = str(call.excinfo.value)

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        self._was_interrupted = True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a failure once, as soon as its item is known."""
        if report.when == "call" and report.failed:
            text = str(report.longrepr)
            if text not in self._printed:
                self._printed.add(text)
                self.console.print(f"\n{text}", markup=False)

    def _show(self, campaign: Any) -> None:
        news = f"{campaign.recorder.unexpected} unexpected" if campaign.recorder.unexpected else ""
        if self._progress is not None:
            self._progress.update(self._task, completed=campaign.judged, total=campaign.planned, news=news)
        elif time.monotonic() - self._last_line > QUIET_SECONDS:
            self._last_line = time.monotonic()
            self.console.print(f"{campaign.judged} of {campaign.planned} judged{', ' if news else ''}{news}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._progress is not None:
            self._progress.stop()

    @property
    def shortfall(self) -> str:
        """Why not all that was asked for was judged; empty where it was."""
        if self.state is None or self.state.footer is None:
            return "the run ended before anything was judged"
        if self.state.footer.status != "complete":
            return f"the run was {self.state.footer.status}: what is not in this file was not judged"
        if self.state.prepared.is_short:
            return "; ".join(f"{each.name} is missing: {each.missing}" for each in self.state.prepared.missing)
        return ""

    def finish(self) -> int:
        """Print the summary; the exit code of the run."""
        assert self.state is not None
        state, footer = self.state, self.state.footer
        if footer is None or (footer.results == 0 and not footer.scenarios and footer.status == "complete"):
            self.console.print("nothing ran: no adapter could be asked, or no case was left to judge")
            return INCOMPLETE if state.prepared.is_short else NOTHING
        self.console.print(f"\n{sentence(footer, len(state.prepared.adapters))}")
        for entry in footer.stale:
            self.console.print(f"stale expectation: {entry}", markup=False)
        if footer.stale and state.output != "-":
            self.console.print(f"what to change: autograd-conformance expect prune {state.output}", markup=False)
        if state.output != "-":
            self.console.print(
                f"results: {state.output}   next: autograd-conformance report {state.output}", markup=False
            )
        if footer.status != "complete" or state.prepared.is_short:
            return INCOMPLETE
        return 1 if footer.unexpected or footer.stale or footer.uncovered else 0
