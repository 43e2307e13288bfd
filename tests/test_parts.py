"""A slow mode has two workers: what is written is the same as with one, whoever is faster and whoever dies."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from autograd_conformance.campaign import Campaign
from autograd_conformance.case import Case
from autograd_conformance.corpus import load, shipped
from autograd_conformance.coverage import Ledger
from autograd_conformance.expectation import Expectations
from autograd_conformance.floor import Floor
from autograd_conformance.judge import Judged
from autograd_conformance.judging import Asking, Heard, Judging
from autograd_conformance.plan import PATTERNS, POINTS, SINGLE, SPECIAL, PlannedAdapter, Singles, planned_cases
from autograd_conformance.preparation import Prepared, prepare
from autograd_conformance.recorder import Done
from autograd_conformance.records import Diagnostic, Record, Result, ScenarioResult
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.settings import Settings
from autograd_conformance.worker.process import Worker
from autograd_conformance.worker.questions import Answer, Crashed, Question
from autograd_conformance.worker.stories import Telling

SMALL = Settings(ops=("tanh", "mul"), dtypes=("float64",), laws=("vjp_matches*",), examples=1, timeout=20.0)
SETTINGS = Settings(ops=("tanh", "mul", "shift", "sin"), dtypes=("float64", "float32"), examples=4, timeout=20.0)


def run(name: str, threads: int, settings: Settings) -> tuple[bytes, Prepared]:
    """What a search writes about an adapter of `tests.misbehaving`, under one name, without how often a worker tried to
    reduce a failure, which depends on what it has met; and its workers, which are closed.
    """
    written: list[Record] = []
    prepared = prepare([f"tests.misbehaving:{name}"], settings, [])
    for adapter in prepared.adapters:
        adapter.budget[SPECIAL] = adapter.budget[PATTERNS] = 0  # a slow mode gets none of them, and the other one would
    try:
        campaign = Campaign(
            settings, prepared.adapters, prepared.workers, [], Expectations(()), written.append, threads
        )
        campaign.start().join(300)
    finally:
        prepared.close()
    assert campaign.failure is None
    assert campaign.footer().status == "complete"
    lasting = [
        msgspec.structs.replace(record, calls=None) if isinstance(record, Diagnostic) else record for record in written
    ]
    return msgspec.json.encode(lasting).replace(b"InTwo", b"").replace(b"Gradients", b""), prepared


@pytest.mark.parametrize(
    ("alone", "shared", "settings"), [("HalvesGradients", "HalvesInTwo", SETTINGS), ("Exits", "ExitsInTwo", SMALL)]
)
def test_two_workers_write_what_one_writes(alone: str, shared: str, settings: Settings) -> None:
    """In the same order, reduced to the same cases; a process that dies costs the case it was asked about."""
    one, _ = run(alone, 1, settings)
    for threads in (1, 2):
        two, prepared = run(shared, threads, settings)
        assert two == one
        assert [worker.starts > 0 for worker in prepared.workers.values()] == [True, True]


@dataclass(eq=False)
class Watched:
    """A worker in which two threads at a time are one too many."""

    worker: Worker
    is_asked: bool = False

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        assert not self.is_asked
        self.is_asked = True
        try:
            return self.worker.ask(questions)
        finally:
            self.is_asked = False


@pytest.mark.parametrize(("adapters", "is_ahead"), [(1, True), (2, False)])
def test_a_worker_answers_the_next_batch_while_one_is_judged_and_one_prepared(
    monkeypatch: pytest.MonkeyPatch, adapters: int, is_ahead: bool
) -> None:
    """Where no other waits for the thread; what is asked about failures meanwhile waits for its turn."""
    names = ["tests.misbehaving:HalvesGradients", "tests.misbehaving:Honest"][:adapters]
    prepared = prepare(names, SETTINGS, [])
    workers: dict[str, Any] = {name: Watched(worker) for name, worker in prepared.workers.items()}
    asked = {name: threading.Semaphore(0) for name in workers}
    ready = {name: threading.Semaphore(0) for name in workers}
    seen: list[bool] = []
    seen_ready: list[bool] = []
    asking, hear, judged = Judging.asking, Judging.hear, Judging.judged

    def asking_and_say(judging: Judging, adapter: PlannedAdapter, cases: list[Case]) -> Asking:
        ready[adapter.worker].release()
        return asking(judging, adapter, cases)

    def hear_and_say(judging: Judging, batch: Asking) -> Heard:
        name = batch.adapter.worker
        asked[name].release()
        if len(seen_ready) < 3:
            ready[name].acquire()  # this batch's own
            seen_ready.append(ready[name].acquire(timeout=20))
            ready[name].release()
        return hear(judging, batch)

    def judged_once_the_next_is_asked(judging: Judging, heard: Heard) -> Iterator[Done]:
        if len(seen) < 3:
            batches = asked[heard.adapter.worker]
            batches.acquire()
            seen.append(batches.acquire(timeout=20 if is_ahead else 0.5))
            if seen[-1]:
                batches.release()
        return judged(judging, heard)

    monkeypatch.setattr(Judging, "asking", asking_and_say)
    monkeypatch.setattr(Judging, "hear", hear_and_say)
    monkeypatch.setattr(Judging, "judged", judged_once_the_next_is_asked)
    try:
        campaign = Campaign(SETTINGS, prepared.adapters, workers, [], Expectations(()), lambda record: None, 1)
        campaign.start().join(300)
    finally:
        prepared.close()
    assert campaign.failure is None
    assert campaign.footer().status == "complete"
    assert seen == [is_ahead] * 3
    assert seen_ready == [True] * 3


def planned(slow: bool) -> PlannedAdapter:
    name = "HalvesInTwo" if slow else "HalvesGradients"
    prepared = prepare([f"tests.misbehaving:{name}"], SETTINGS, [])
    prepared.close()
    return prepared.adapters[0]


def test_every_case_has_one_part_and_an_op_alone_one() -> None:
    """The parts are about as large."""
    adapter = planned(slow=True)
    first, second = adapter.parts
    counts: Counter[int] = Counter()
    parts_of: dict[str, set[int]] = {}
    for case in planned_cases(SETTINGS, [adapter], [], Singles(SETTINGS)):
        if case.is_for(adapter):
            assert case.is_for_part(first) != case.is_for_part(second)
            part = 0 if case.is_for_part(first) else 1
            counts[part] += 1
            if case.stratum == SINGLE:
                parts_of.setdefault(case.case.graph.key, set()).add(part)
    assert all(len(parts) == 1 for parts in parts_of.values())
    assert abs(counts[0] - counts[1]) <= POINTS
    assert [part.worker for part in planned(slow=False).parts] == [adapter.name.replace("InTwo", "Gradients")]


def test_the_parts_fill_what_one_fills() -> None:
    """Each op is asked of one part, in further cases until there are enough or no more graphs."""

    def asked(adapter: PlannedAdapter) -> list[str]:
        floor = Floor(Settings(), Singles(Settings()), Ledger({adapter.name: ("float64",)}), Expectations(()))
        heard: list[str] = []

        def hear(_: PlannedAdapter, cases: list[Case]) -> Iterator[Done]:
            for case in cases:
                heard.append(case.id)
                yield Done(Judged(estimate(case), adapter.name), {}, {})

        for part in adapter.parts:
            floor.fill(part, hear)
        return sorted(heard)

    assert asked(planned(slow=True)) == asked(planned(slow=False)) != []


def test_a_slow_mode_is_asked_in_float64() -> None:
    """Unless others are asked for, or a profile takes hours."""
    slow, plain = planned(slow=True), planned(slow=False)
    assert plain.dtypes(Settings()) == ("float64", "float32")
    assert slow.dtypes(Settings()) == ("float64",)
    assert slow.dtypes(Settings(dtypes=("float32", "float64"))) == ("float32", "float64")
    assert slow.dtypes(Settings(profile="nightly")) == ("float64", "float32")


@dataclass(eq=False)
class EndedWithTheRun:
    """A worker whose process is ended, as all are when a run is interrupted, while it is asked or told something."""

    stop: Callable[[], None]
    breaks: bool

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        self._end()
        return [Crashed("ended by SIGKILL (out of memory?)")] * len(questions)

    def tell(self, tellings: Sequence[Telling]) -> list[Crashed]:
        self._end()
        return [Crashed("ended by SIGKILL (out of memory?)")] * len(tellings)

    def _end(self) -> None:
        self.stop()
        if self.breaks:
            raise OSError(9, "Bad file descriptor")


@pytest.mark.parametrize("breaks", [False, True], ids=["crash", "closed pipe"])
@pytest.mark.parametrize(
    "chosen", [Settings(replay_only=True), Settings(scenarios=("A*",))], ids=["frozen cases", "scenarios"]
)
def test_what_is_under_way_when_a_run_is_interrupted_is_no_crash(chosen: Settings, breaks: bool) -> None:
    """It says nothing about the adapter, and nothing is written of it; nor is it an error of the run."""
    written: list[Record] = []
    frozen = load(shipped()[:2])
    prepared = prepare(["tape"], chosen, frozen)
    workers: dict[str, Any] = {name: EndedWithTheRun(lambda: campaign.stop(), breaks) for name in prepared.workers}
    campaign = Campaign(chosen, prepared.adapters, workers, frozen, Expectations(()), written.append, 1)
    prepared.close()
    campaign.start().join(60)
    assert campaign.footer().status == "interrupted"
    assert campaign.failure is None
    assert not [each for each in written if isinstance(each, (Result, ScenarioResult)) and each.verdict == "crash"]
