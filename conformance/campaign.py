"""A run: every planned case through every adapter, judged, reduced where it fails, written down in order.

One lane per worker asks its framework and judges what comes back; estimates are computed once per case and shared.  Lanes
take turns, so that all are about as far and what is judged is soon written; where each has a thread of its own, its worker
answers the next batch while one is judged and the one after prepared.  What is written depends only on the settings and
the frameworks, not on how many lanes run at a time or which is faster.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

from autograd_conformance.case import Case
from autograd_conformance.coverage import Ledger
from autograd_conformance.estimates import Estimates
from autograd_conformance.expectation import Expectations
from autograd_conformance.floor import Floor
from autograd_conformance.judge import CERTIFIES
from autograd_conformance.judging import Asking, Heard, Judging, Stopped
from autograd_conformance.plan import FLOOR, PlannedAdapter, PlannedCase, Singles, planned_cases
from autograd_conformance.recorder import Done, Recorder
from autograd_conformance.records import (
    COVERAGE_LAW,
    SCENARIO_STRATUM,
    CoverageRecord,
    Footer,
    Record,
    ScenarioResult,
)
from autograd_conformance.resuming import Earlier
from autograd_conformance.settings import Settings
from autograd_conformance.telling import Programme, foreseen
from autograd_conformance.turns import Turns
from autograd_conformance.verdict import Verdict
from autograd_conformance.worker.process import Worker

BATCH = 6
"""Cases asked in one batch: long enough to keep a worker busy, short enough to show progress."""
SECONDS_BETWEEN_LOOKS = 0.2
"""While a lane waits for another, at whether the run is to stop."""


@dataclass(frozen=True)
class Batch:
    """What is asked of an adapter together: cases by their positions in a stretch of the plan that begins at ``start``."""

    start: int
    adapter: PlannedAdapter
    positions: list[int]


@dataclass(eq=False)
class Campaign:
    """Runs once.  ``write`` receives every record in order; ``workers`` are by the names that parts of adapters give them.

    Scenarios are told after all cases, because their programs may change a framework's global state.
    """

    settings: Settings
    adapters: list[PlannedAdapter]
    workers: dict[str, Worker]
    frozen: list[Case]
    expectations: Expectations
    write: Callable[[Record], None]
    lanes: int = 2
    earlier: Earlier | None = None
    """The run this one goes on with; then ``cut`` is told how much of its file to keep."""
    cut: Callable[[int], None] = lambda size: None
    estimates: Estimates = field(default_factory=Estimates)
    companions: Sequence[PlannedAdapter] = ()
    """Adapters of another campaign that judges the same cases: what is drawn is what all of them can take."""
    planned: int = 0
    """Pairs of case and adapter to judge, and scenarios to tell."""
    judged: int = 0
    is_over: bool = False
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        self.changed = threading.Condition()
        self._plan: list[PlannedCase] = []
        self._is_planned = False
        self._done: dict[int, dict[str, Done]] = defaultdict(dict)
        self._next = 0
        self._started = time.perf_counter()
        self.planned = sum(sum(adapter.budget.values()) for adapter in self.adapters)
        self.programmes = {adapter.name: Programme(adapter, self.settings) for adapter in self.adapters}
        self._unwritten: dict[str, list[ScenarioResult]] = defaultdict(list)
        self._has_told: set[str] = set()
        self._singles = Singles(self.settings)
        self._ledger = Ledger({adapter.name: adapter.dtypes(self.settings) for adapter in self.adapters})
        self._floor = Floor(self.settings, self._singles, self._ledger, self.expectations)
        self.judging = Judging(self.settings, self.workers, self.expectations, self.estimates)
        self.recorder = Recorder(self.adapters, self.settings.dtypes, self.judging.laws, self.expectations, self.write)
        self._parts = [part for adapter in self.adapters for part in adapter.parts]
        self._unjudged = {part.worker for part in self._parts}
        self._unfilled = set(self._unjudged)
        self.coverage: list[CoverageRecord] = []

    def start(self) -> threading.Thread:
        """Run in a thread of its own; `changed` is notified whenever a case is written."""
        thread = threading.Thread(target=self._run_safely, name="campaign", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Ask every lane to end after the batch it is in.

        Ctrl-C may have struck this thread between taking the lock of `changed` and the block that gives it back.
        """
        self.judging.stop.set()
        with contextlib.suppress(RuntimeError):  # it is not held
            while True:
                self.changed.release()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for news; True when the run is over."""
        with self.changed:
            if not self.is_over:
                self.changed.wait(seconds)
            return self.is_over

    def has_written(self, stratum: str) -> bool:
        """Whether every case of the stratum is written, or nothing more will be."""
        with self.changed:
            if self.is_over:
                return True
            is_flushed = self._is_planned and self._next == len(self._plan)
            if stratum == SCENARIO_STRATUM:
                has_none = not any(programme.names for programme in self.programmes.values())
                return len(self._has_told) == len(self.adapters) or (has_none and is_flushed)
            if stratum == FLOOR:
                return not self._unfilled or (not self.settings.floor and is_flushed)
            return self._is_planned and all(planned.stratum != stratum for planned in self._plan[self._next :])

    def footer(self, is_deterministic: bool = False) -> Footer:
        """The last record; call it when the run is over or interrupted."""
        is_complete = self.is_over and self.failure is None and not self.judging.stop.is_set()
        ran = self.recorder.ran(is_search=not self.settings.replay_only)
        stale = self.expectations.stale(ran) if is_complete and self.settings.is_full else []
        if not self.settings.floor:
            stale = [entry for entry in stale if entry.expectation.law != COVERAGE_LAW]
        total = time.perf_counter() - self._started
        return Footer(
            status="complete" if is_complete else "interrupted",
            results=sum(self.recorder.verdicts.values()),
            verdicts=dict(sorted(self.recorder.verdicts.items())),
            unexpected=self.recorder.unexpected,
            scenarios=dict(sorted(self.recorder.scenario_verdicts.items())),
            stale=[entry.title for entry in stale],
            expectations=self.expectations.records(ran, stale),
            uncovered=[record.title for record in self.coverage if record.is_below_floor],
            seconds={}
            if is_deterministic
            else {**{k: round(v, 3) for k, v in self.judging.seconds.items()}, "total": round(total, 3)},
        )

    def _run_safely(self) -> None:
        try:
            self._run()
        except Stopped:
            pass
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that waits
            self.failure = failure
        with self.changed:
            self._flush_rest()
            self.is_over = True
            self.changed.notify_all()

    def _run(self) -> None:
        started = time.perf_counter()
        lanes: dict[int, list[PlannedAdapter]] = defaultdict(list)
        for part in self._parts:
            lanes[id(self.workers[part.worker])].append(part)
        everyone = [*self.adapters, *self.companions]
        self._plan = list(planned_cases(self.settings, everyone, self.frozen, self._singles))
        self._is_planned = True
        self.planned = sum(len(self._takers(planned)) for planned in self._plan)
        self.planned += sum(len(programme.names) for programme in self.programmes.values())
        self.judging.seconds["generation"] = time.perf_counter() - started
        if self.earlier is not None:
            self._take_over(self.earlier)
        with (
            ThreadPoolExecutor(max_workers=max(1, len(lanes)), thread_name_prefix="ahead") as ahead,
            ThreadPoolExecutor(max_workers=max(1, self.lanes), thread_name_prefix="lane") as pool,
        ):
            turns = Turns([self._lane(adapters, ahead) for adapters in lanes.values()])
            for future in [pool.submit(self._take, turns) for _ in range(max(1, self.lanes))]:
                future.result()

    def _take_over(self, earlier: Earlier) -> None:
        """Count what an earlier process judged, cut off what it left in pieces, and go on behind that."""
        taken = earlier.blocks(self._plan, self._takers)
        self.cut(taken.size)
        self.recorder.take_cases(taken.cases)
        for block in taken.blocks:
            planned = self._plan[block.position]
            self.recorder.take(block.results, block.diagnostics)
            for adapter in self._takers(planned):
                verdicts = {(each.dtype, each.law): Verdict(each.verdict, each.detail)
                            for each in block.results if each.adapter == adapter.name and not each.peer}  # fmt: skip
                self._ledger.add(adapter.name, planned.case, verdicts)
                tried = [each.law for each in block.diagnostics
                         if each.adapter == adapter.name and each.calls is not None]  # fmt: skip
                minima = taken.minima(block, adapter) if tried else []
                part = adapter.part_for(planned.share)
                self.judging.investigator.remember(part, planned.case.graph.key, tried, minima)
                self.judged += 1
            self._next = block.position + 1

    def _take(self, turns: Turns) -> None:
        """Work in one thread; what breaks one lane ends the run."""
        try:
            turns.take()
        except Stopped:
            pass
        except BaseException:
            self.judging.stop.set()
            raise

    def _takers(self, planned: PlannedCase) -> list[PlannedAdapter]:
        return [adapter for adapter in self.adapters if planned.is_for(adapter)]

    def _batches(self, adapters: list[PlannedAdapter]) -> Iterator[Batch]:
        """All cases of the parts of adapters that share a worker, one mode after the other within a stretch of the plan."""
        for start in range(self._next, len(self._plan), BATCH):
            stretch = range(start, min(start + BATCH, len(self._plan)))
            for adapter in adapters:
                mine = [position for position in stretch if self._plan[position].is_for_part(adapter)]
                if mine:
                    yield Batch(start, adapter, mine)

    def _lane(self, adapters: list[PlannedAdapter], threads: Executor) -> Iterator[int]:
        """Everything to do with one worker.  Yields where it stands in the plan, before each step."""
        batches = [*self._batches(adapters)]
        heard = self.judging.hear_each(map(self._asking, batches), threads, self._has_thread_for_each)
        for batch in batches:
            yield batch.start
            self._judge_planned(batch, next(heard))
        with self.changed:
            self._unjudged -= {adapter.worker for adapter in adapters}
            self.changed.notify_all()
        for adapter in adapters:
            yield len(self._plan)
            self._fill(adapter)
        for adapter in adapters:
            if not adapter.part:
                yield len(self._plan) + 1
                self._tell(adapter)

    def _has_thread_for_each(self) -> bool:
        """Whether no lane that still has planned cases waits for a thread."""
        with self.changed:
            return len({id(self.workers[name]) for name in self._unjudged}) <= self.lanes

    def _fill(self, adapter: PlannedAdapter) -> None:
        """Judge further cases once all parts of the adapter have judged what was planned, and count what came of it all."""
        others = {part.worker for part in adapter.parts}
        with self.changed:
            while others & self._unjudged and not self.judging.stop.is_set():
                self.changed.wait(SECONDS_BETWEEN_LOOKS)
        self._floor.fill(adapter, self._heard_further)
        with self.changed:
            self._unfilled.discard(adapter.worker)
            if not self._unfilled:
                self._write_further()
                self._write_coverage()
            self.changed.notify_all()

    def _heard_further(self, adapter: PlannedAdapter, cases: list[Case]) -> Iterator[Done]:
        with self.changed:
            self.planned += len(cases)
        return self._judged(self.judging.hear(self.judging.asking(adapter, cases)))

    def _write_further(self) -> None:
        for planned, done in self._floor.taken():
            self._write_case(planned, done)

    def _write_coverage(self) -> None:
        """Of every chosen op in every adapter, once all cases are judged."""
        if CERTIFIES.name not in self.judging.laws or not self.settings.judges_graphs:
            return
        for adapter in self.adapters:
            for op in self.settings.chosen_ops():
                self.coverage.append(self._floor.coverage(adapter, op))
                self.write(self.coverage[-1])

    def _tell(self, adapter: PlannedAdapter) -> None:
        self.judging.go_on_or_stop()
        started = time.perf_counter()
        try:
            for told in self.programmes[adapter.name].tell(self.workers[adapter.worker]):
                self.judging.go_on_or_stop()
                with self.changed:
                    self._unwritten[adapter.name].append(foreseen(told, self.expectations, adapter.description))
                    self.judged += 1
                    self._flush_scenarios()
                    self.changed.notify_all()
        finally:
            self.judging.go_on_or_stop()
        with self.changed:
            self.judging.seconds["scenarios"] += time.perf_counter() - started
            self._has_told.add(adapter.name)
            self._flush_scenarios()
            self.changed.notify_all()

    def _flush_scenarios(self) -> None:
        """After the last case, write what is told in the order of the adapters, up to the first that is not done."""
        if self._unfilled:
            return
        for adapter in self.adapters:
            self._write_scenarios(adapter)
            if adapter.name not in self._has_told:
                return

    def _write_scenarios(self, adapter: PlannedAdapter) -> None:
        for told in self._unwritten.pop(adapter.name, []):
            self.recorder.write_scenario(adapter.name, told)

    def _asking(self, batch: Batch) -> Asking:
        return self.judging.asking(batch.adapter, [self._plan[position].case for position in batch.positions])

    def _judge_planned(self, batch: Batch, heard: Heard) -> None:
        for position, done in zip(batch.positions, self._judged(heard), strict=True):
            with self.changed:
                self._ledger.add(batch.adapter.name, done.judged.case, done.judged.verdicts)
                self._done[position][batch.adapter.name] = done
                self._flush()

    def _judged(self, heard: Heard) -> Iterator[Done]:
        for done in self.judging.judged(heard):
            with self.changed:
                self.judged += 1
                self.changed.notify_all()
            yield done

    def _write_case(self, planned: PlannedCase, done: dict[str, Done]) -> None:
        self.recorder.write_case(planned.case, planned.stratum, done)
        self.judging.estimates.forget(planned.case)

    def _flush(self) -> None:
        """Write every case whose adapters are all done, in order."""
        while self._next < len(self._plan):
            planned = self._plan[self._next]
            if len(self._done[self._next]) < len(self._takers(planned)):
                return
            self._write_case(planned, self._done.pop(self._next))
            self._next += 1

    def _flush_rest(self) -> None:
        """After an interruption: write what is judged, gaps and all."""
        for position in sorted(self._done):
            done = self._done[position]
            if done:
                self._write_case(self._plan[position], done)
        self._done.clear()
        self._write_further()
        for adapter in self.adapters:
            self._write_scenarios(adapter)
