"""The pytest front: options, items and the campaign behind them.

Items are shown per adapter, law and stratum.  They do not run anything themselves: the first one starts the campaign, and
each waits until its stratum is written and reports what it found.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from autograd_conformance.campaign import Campaign
    from autograd_conformance.preparation import Prepared
    from autograd_conformance.records import Footer
    from autograd_conformance.results import ResultsWriter
    from autograd_conformance.settings import Settings

SUITE = Path(__file__).with_name("suite.py")
STATE: pytest.StashKey[State] = pytest.StashKey()
MOST_SHOWN = 3


@dataclass(eq=False)
class State:
    """The one campaign of a pytest session."""

    settings: Settings
    output: str
    is_deterministic: bool
    lanes: int
    prepared: Prepared
    campaign: Campaign
    writer: ResultsWriter | None = None
    thread: Any = None
    footer: Footer | None = None
    show: list[Any] = field(default_factory=list)
    """Called with the campaign whenever there is news; the command line's progress display hooks in here."""

    def start(self) -> None:
        if self.thread is None:
            self.thread = self.campaign.start()

    def wait_for(self, stratum: str) -> None:
        """Until every case of the stratum is written, or the run is over."""
        self.start()
        while not self.campaign.has_written(stratum):
            self.campaign.wait(0.2)
            for show in self.show:
                show(self.campaign)
        if self.campaign.failure is not None:
            raise self.campaign.failure


def pytest_addoption(parser: pytest.Parser) -> None:
    """Every option has the prefix ``--conformance-`` and does nothing unless the suite is collected."""
    group = parser.getgroup("conformance", "autograd conformance (pytest --pyargs autograd_conformance.suite)")

    def add(name: str, help: str, **more: Any) -> None:
        group.addoption(f"--conformance-{name}", dest=f"conformance_{name.replace('-', '_')}", help=help, **more)

    add(
        "adapter",
        "adapter to run, repeatable; default: every installed one",
        action="append",
        default=[],
        metavar="NAME",
    )
    add("seed", "seed of the search", type=int, default=1)
    add("examples", "random graphs per adapter", type=int, default=None)
    add("profile", "quick, default or nightly", default="default")
    add("law", "glob of laws, repeatable", action="append", default=[])
    add("scenario", "glob of scenarios, repeatable", action="append", default=[])
    add("op", "glob of ops, repeatable", action="append", default=[])
    add("dtype", "float64, float32, float16 or bfloat16, repeatable", action="append", default=[])
    add("output", "results file; - is standard output", default="results.jsonl")
    add("workers", "frameworks run at a time", type=int, default=None)
    add("python", "ADAPTER=PATH: interpreter for an adapter's worker, repeatable", action="append", default=[])
    add("timeout", "seconds after which an answer counts as none", type=float, default=60.0)
    add("expectations", "expectations file besides the shipped ones, repeatable", action="append", default=[])
    add("corpus", "folder of frozen cases besides the shipped ones, repeatable", action="append", default=[])
    add("replay-only", "replay the corpus, search nothing", action="store_true", default=False)
    add("resume", "go on with the output of an earlier run of the same options", action="store_true", default=False)
    add("deterministic", "leave times out of the results file", action="store_true", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The suite's own file becomes items."""
    if file_path.name == SUITE.name and file_path.exists() and file_path.samefile(SUITE):
        collector: pytest.Collector = SuiteFile.from_parent(parent, path=file_path)
        return collector
    return None


class SuiteFile(pytest.File):
    """Collects one item per adapter, law and stratum."""

    def collect(self) -> Iterator[pytest.Item]:
        from autograd_conformance.judge import ANSWERS
        from autograd_conformance.plan import FLOOR
        from autograd_conformance.preparation import BAD_INPUT
        from autograd_conformance.records import COVERAGE_LAW

        try:
            state = prepare_state(self.config)
        except BAD_INPUT as failure:
            raise pytest.UsageError(str(failure)) from None
        for adapter in state.prepared.adapters:
            strata = {**adapter.budget, FLOOR: adapter.floor(state.settings)}
            for stratum, count in strata.items():
                for law in (ANSWERS, *state.campaign.judging.laws) if count else ():
                    yield LawItem.from_parent(
                        self, name=f"{law}[{adapter.name}-{stratum}]", key=(adapter.name, law, stratum)
                    )
            if adapter.floor(state.settings):
                yield CoverageItem.from_parent(self, name=f"{COVERAGE_LAW}[{adapter.name}]", adapter=adapter.name)
        for name, programme in state.campaign.programmes.items():
            for scenario in programme.names:
                yield ScenarioItem.from_parent(self, name=f"scenario_{scenario}[{name}]", key=(name, scenario))


def prepare_state(config: pytest.Config) -> State:
    """Read the options, ask the adapters, open the output.  Raises the suite's own errors for bad input."""
    if STATE in config.stash:
        return config.stash[STATE]
    from autograd_conformance.campaign import Campaign
    from autograd_conformance.preparation import BAD_INPUT, header, known_beforehand, open_output, prepare
    from autograd_conformance.results import ResultsWriter
    from autograd_conformance.resuming import earlier

    settings = _settings(config)
    frozen, known = known_beforehand(settings, _option(config, "corpus"), _option(config, "expectations"))
    output, is_deterministic = _option(config, "output"), _option(config, "deterministic")
    is_resumed = _option(config, "resume")
    descriptor = None if config.option.collectonly else open_output(output, is_kept=is_resumed)
    prepared = prepare(_option(config, "adapter"), settings, frozen)
    first = header(prepared, settings, frozen, known, is_deterministic)
    try:
        before = earlier(output, first) if is_resumed else None
    except BAD_INPUT:
        prepared.close()
        raise
    lanes = _option(config, "workers") or min(os.cpu_count() or 1, 4)
    writer = None if descriptor is None else ResultsWriter(os.fdopen(descriptor, "wb"))
    write = writer.write if writer is not None else lambda *records: None
    cut = writer.cut if writer is not None else lambda size: None
    campaign = Campaign(settings, prepared.adapters, prepared.workers, frozen, known, write, lanes, before, cut)
    if before is None:
        if is_resumed:
            cut(0)
        write(first)
    state = State(settings, output, is_deterministic, lanes, prepared, campaign, writer)
    config.stash[STATE] = state
    return state


def _option(config: pytest.Config, name: str) -> Any:
    return config.getoption(f"conformance_{name}")


def _settings(config: pytest.Config) -> Settings:
    from autograd_conformance.settings import BadSettings, Settings

    pythons = {}
    for text in _option(config, "python"):
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise BadSettings(f"--python takes ADAPTER=PATH, not {text!r}")
        pythons[name] = path
    return Settings(
        seed=_option(config, "seed"),
        profile=_option(config, "profile"),
        examples=_option(config, "examples"),
        dtypes=tuple(dict.fromkeys(_option(config, "dtype"))),
        laws=tuple(_option(config, "law")),
        ops=tuple(_option(config, "op")),
        scenarios=tuple(_option(config, "scenario")),
        replay_only=_option(config, "replay_only"),
        timeout=_option(config, "timeout"),
        python=pythons,
    )


class UnexpectedResults(Exception):
    """What an item found, already worded."""


class SuiteItem(pytest.Item):
    """What the suite says of itself, in its own words."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """No traceback: it would be made by reading source, which CPython 3.11 cannot do in two threads at a time."""
        if isinstance(excinfo.value, (UnexpectedResults, pytest.xfail.Exception)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class LawItem(SuiteItem):
    """One law for one adapter over one stratum."""

    def __init__(self, key: tuple[str, str, str], **more: Any) -> None:
        super().__init__(**more)
        self.key = key

    def runtest(self) -> None:
        """Wait for the stratum and report: failed, xfailed (all foreseen), skipped (nothing strongly judged), passed."""
        state = self.config.stash[STATE]
        state.wait_for(self.key[2])
        outcomes = state.campaign.recorder.outcomes[self.key]
        unexpected = [outcome.text for outcome in outcomes if outcome.text and not outcome.result.expected]
        if unexpected:
            more = len(unexpected) - MOST_SHOWN
            rest = [f"... and {more} more of this law, adapter and stratum"] if more > 0 else []
            raise UnexpectedResults("\n\n".join([*unexpected[:MOST_SHOWN], *rest]))
        foreseen = [outcome.result.expected for outcome in outcomes if outcome.result.expected]
        if foreseen:
            pytest.xfail(f"{len(foreseen)} known: {foreseen[0]}")
        if not any(outcome.result.verdict == "agree" for outcome in outcomes):
            words = sorted({outcome.result.verdict for outcome in outcomes})
            pytest.skip(f"no strong verdict: {', '.join(words)}" if words else "the law applies to no case here")

    def reportinfo(self) -> tuple[Path, int | None, str]:
        adapter, law, stratum = self.key
        return self.path, None, f"{law} [{adapter}, {stratum}]"


class CoverageItem(SuiteItem):
    """The floor of one adapter: every op it has was strongly judged often enough."""

    def __init__(self, adapter: str, **more: Any) -> None:
        super().__init__(**more)
        self.adapter = adapter

    def runtest(self) -> None:
        """Failed when an op is below the floor and no reason is stated; every such op is named."""
        from autograd_conformance.plan import FLOOR

        state = self.config.stash[STATE]
        state.wait_for(FLOOR)
        short = [one for one in state.campaign.coverage if one.adapter == self.adapter and one.is_below_floor]
        if short:
            raise UnexpectedResults(
                "\n".join(["op_is_covered: too few strong judgements", *(f"  {one.title}" for one in short)])
            )

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"op_is_covered [{self.adapter}]"


class ScenarioItem(SuiteItem):
    """One scenario told by one adapter."""

    def __init__(self, key: tuple[str, str], **more: Any) -> None:
        super().__init__(**more)
        self.key = key

    def runtest(self) -> None:
        """Failed when the outcome is not the documented one, xfailed when that is foreseen, skipped without a concept."""
        from autograd_conformance.records import SCENARIO_STRATUM

        state = self.config.stash[STATE]
        state.wait_for(SCENARIO_STRATUM)
        adapter, name = self.key
        found = [each for each in state.campaign.recorder.told.get(adapter, []) if each.scenario == name]
        for result in found:
            if result.expected:
                pytest.xfail(f"known: {result.expected}")
            if result.message:
                raise UnexpectedResults(result.message)
            if result.verdict == "agree":
                return
        pytest.skip(found[0].detail if found else "not told: the run was interrupted")

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"scenario {self.key[1]} [{self.key[0]}]"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop what still runs, write the footer, end the workers; also after Ctrl-C."""
    from autograd_conformance.plan import STRATA
    from autograd_conformance.records import SCENARIO_STRATUM

    state = session.config.stash.get(STATE, None)
    if state is None:
        return
    campaign = state.campaign
    if state.thread is not None:
        if all(campaign.has_written(stratum) for stratum in (*STRATA, SCENARIO_STRATUM)):
            state.thread.join(60)
        if not campaign.is_over:
            campaign.stop()
            state.prepared.close()
            state.thread.join(20)
        if state.writer is not None:
            state.footer = campaign.footer(state.is_deterministic)
            state.writer.write(state.footer)
            if state.footer.stale and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if state.writer is not None:
        state.writer.__exit__(None, None, None)
    state.prepared.close()
