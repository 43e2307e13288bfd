"""Before a run: which adapters there are, what they say of themselves, and the header that says so."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import autograd_conformance
from autograd_conformance import corpus, expectation
from autograd_conformance.case import Case
from autograd_conformance.corpus import UnreadableCase
from autograd_conformance.discovery import AdapterSpec, frameworks, parse_adapter
from autograd_conformance.expectation import Expectations, UnreadableExpectations
from autograd_conformance.judge import ANSWERS
from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import PlannedAdapter, budget, handful, spare
from autograd_conformance.records import COVERAGE_LAW, SCENARIO_LAW, AdapterRecord, Header
from autograd_conformance.reference.interpreter import EXTENDED
from autograd_conformance.results import UnreadableResults
from autograd_conformance.resuming import CannotResume
from autograd_conformance.scenarios import EXPLORED, KINKS, STORYLESS
from autograd_conformance.scenarios.contract import UnreadableContract
from autograd_conformance.settings import BadSettings, Settings
from autograd_conformance.worker.process import AdapterUnusable, FrameworkMissing, UnknownMode, Worker

BAD_INPUT = (
    AdapterUnusable,
    BadSettings,
    UnreadableExpectations,
    UnreadableCase,
    UnreadableContract,
    UnreadableResults,
    CannotResume,
)
"""What a user can get wrong before a run; each message names the next step."""
PATIENCE = 10
"""Times the timeout that an answer may take where a graph costs seconds: a question may hold a dozen."""
KNOWN_LAWS = (*LAWS, ANSWERS, SCENARIO_LAW, COVERAGE_LAW)
"""What an expectation may be about."""


def known_beforehand(
    settings: Settings, corpora: Sequence[str], expectations: Sequence[str]
) -> tuple[list[Case], Expectations]:
    """The frozen cases of a run, and what is expected of them and of others: what is shipped, and what a user adds.

    Raises UnreadableCase and UnreadableExpectations.
    """
    found = corpus.found(corpora)
    passing = corpus.passing() if settings.replay_only else []
    witnesses = {one.path.name: one.case.id for one in found}
    known = expectation.load([*expectation.shipped(), *expectations], KNOWN_LAWS, witnesses)
    return list(corpus.distinct([*(one.case for one in found), *passing])), known


@dataclass(eq=False)
class Prepared:
    """Everything a campaign needs.

    ``workers`` are by the names that the parts of adapters give them.  ``missing`` are adapters that cannot be asked, with
    the reason; ``is_short`` when one of them had been asked for by name.
    """

    adapters: list[PlannedAdapter] = field(default_factory=list)
    workers: dict[str, Worker] = field(default_factory=dict)
    missing: list[AdapterRecord] = field(default_factory=list)
    is_short: bool = False

    def close(self) -> None:
        """End every worker."""
        for worker in set(self.workers.values()):
            worker.close()


def prepare(names: Sequence[str], settings: Settings, frozen: Sequence[Case]) -> Prepared:
    """Start a worker per framework and ask what it is.

    No names mean every installed adapter.  Raises UnknownAdapter and UnknownMode for names that mean nothing; a framework
    that cannot be imported is recorded as missing.
    """
    specs = [parse_adapter(name) for name in (names or frameworks())]
    prepared = Prepared()
    shared: dict[tuple[str, str | None], Worker] = {}
    unused = dict(settings.python)
    try:
        for spec in specs:
            python = _python_for(spec, settings.python)
            for name in (spec.name, spec.framework):
                unused.pop(name, None)
            worker = shared.setdefault((spec.target, python), _worker(spec.target, python, settings))
            _describe(prepared, spec, worker, settings, frozen, is_requested=bool(names))
        spare(settings, prepared.adapters)
        if unused:
            raise BadSettings(f"--python {next(iter(unused))}=...: no adapter of this run is called so")
    except BaseException:
        prepared.close()
        for worker in shared.values():
            worker.close()
        raise
    return prepared


def _worker(target: str, python: str | None, settings: Settings) -> Worker:
    return Worker(target, python, timeout=settings.timeout, start_timeout=300)


def _describe(
    prepared: Prepared,
    spec: AdapterSpec,
    worker: Worker,
    settings: Settings,
    frozen: Sequence[Case],
    is_requested: bool,
) -> None:
    """Add the adapters a spec stands for: every mode that is not costly when none is named."""
    passing = sum(map(corpus.is_passing, frozen))
    found = len(frozen) - passing
    try:
        first = worker.describe(spec.mode, VOCABULARY)
        for expanded in spec.expanded(mode for mode in first.modes if mode not in first.costly_modes):
            if expanded.name in prepared.workers:
                continue
            is_compiled = expanded.mode in first.compiled_modes
            is_costly, is_slow = expanded.mode in first.costly_modes, expanded.mode in first.slow_modes
            needs_its_own = is_compiled and worker in prepared.workers.values()
            own = _worker(spec.target, worker.python, settings) if needs_its_own else worker
            if is_costly:
                own.timeout = settings.timeout * PATIENCE
            prepared.workers[expanded.name] = own
            described = first if expanded.mode == first.mode else own.describe(expanded.mode, VOCABULARY)
            if is_costly:
                planned = PlannedAdapter(expanded, described, handful(settings, found))
            else:
                planned = PlannedAdapter(expanded, described, budget(settings, is_compiled, found, is_slow, passing))
            prepared.adapters.append(planned)
            for part in planned.parts[1:]:
                prepared.workers[part.worker] = _worker(spec.target, worker.python, settings)
    except UnknownMode:
        raise
    except AdapterUnusable as failure:
        reason = str(failure)
        missing = AdapterRecord(name=spec.name, framework=spec.framework, mode=spec.mode or "", missing=reason)
        prepared.missing.append(missing)
        prepared.is_short = prepared.is_short or is_requested or not isinstance(failure, FrameworkMissing)


def _python_for(spec: AdapterSpec, pythons: dict[str, str]) -> str | None:
    return pythons.get(spec.name, pythons.get(spec.framework))


def header(
    prepared: Prepared, settings: Settings, frozen: Sequence[Case], known: Expectations, is_deterministic: bool
) -> Header:
    """The first record of the results."""
    laws = [ANSWERS, *settings.chosen_laws()] if settings.judges_graphs else []
    adapters = [
        AdapterRecord(
            name=adapter.name,
            framework=adapter.description.framework,
            mode=adapter.mode,
            versions=adapter.description.versions,
            numerics=adapter.description.numerics,
            python=adapter.description.python,
            laws=laws,
            dtypes=list(adapter.dtypes(settings)) if laws else [],
            cases={stratum: count for stratum, count in adapter.budget.items() if count},
            scenarios=len(settings.chosen_scenarios()) if adapter.description.contract else 0,
        )
        for adapter in prepared.adapters
    ]
    return Header(
        suite=autograd_conformance.__version__,
        seed=settings.seed,
        settings=settings.plain(),
        vocabulary=[op.name for op in settings.chosen_ops()] if settings.judges_graphs else [],
        laws={name: law.formula for name, law in settings.chosen_laws().items()} if settings.judges_graphs else {},
        scenarios={
            **{each.name: each.claim for each in settings.chosen_scenarios()},
            **({EXPLORED: STORYLESS[EXPLORED]} if settings.programs else {}),
            **({KINKS: STORYLESS[KINKS]} if settings.asks_kinks else {}),
        },
        adapters=[*adapters, *prepared.missing],
        host={
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": platform.machine(),
            "system": platform.system(),
            "reference_mantissa_bits": str(np.finfo(EXTENDED).nmant + 1),
        },
        corpus=corpus.corpus_hash(frozen),
        expectations=known.content_hash,
        started=None if is_deterministic else datetime.now(UTC).isoformat(timespec="seconds"),
    )


def open_output(path: str, is_kept: bool = False) -> int:
    """A file descriptor for the results, emptied unless it is kept; ``-`` is standard output.

    Raises BadSettings where it cannot be written.
    """
    if path == "-":
        return os.dup(1)
    try:
        return os.open(Path(path), os.O_WRONLY | os.O_CREAT | (0 if is_kept else os.O_TRUNC), 0o644)
    except OSError as failure:
        raise BadSettings(f"cannot write {path}: {failure.strerror}; choose another file with -o") from None
