"""Asking an adapter about cases and judging what comes back, with what is found out about failures."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import islice

from autograd_conformance.case import Case
from autograd_conformance.corpus import STRATUM
from autograd_conformance.estimates import Estimates
from autograd_conformance.expectation import Expectations
from autograd_conformance.investigation import Investigator, as_it_stands
from autograd_conformance.judge import Judged, judge_case, question_in, questions_about
from autograd_conformance.laws import Law
from autograd_conformance.laws.words import ASKABLE
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.recorder import Done
from autograd_conformance.reference.estimate import Estimate, estimate
from autograd_conformance.settings import Settings
from autograd_conformance.word import HESSIAN, order_of
from autograd_conformance.worker.process import Worker
from autograd_conformance.worker.questions import Answer, Question


@dataclass(frozen=True, eq=False)
class Asking:
    """A few cases that one adapter is to be asked about together."""

    adapter: PlannedAdapter
    cases: list[tuple[Estimate, Mapping[str, Law], list[Question]]]
    """Per case: the reference's answer, the laws about it, and the questions those ask."""


@dataclass(frozen=True, eq=False)
class Heard:
    """The same once it has answered."""

    adapter: PlannedAdapter
    answers: list[tuple[Estimate, Mapping[str, Law], list[Answer]]]
    """Per case: the reference's answer, the laws about it, and what the adapter said to the questions."""


class Stopped(BaseException):
    """The run was interrupted; what is judged so far has been written."""


@dataclass(eq=False)
class Judging:
    """Asks adapters, each through its worker; estimates are computed once per case and shared by all lanes."""

    settings: Settings
    workers: dict[str, Worker]
    expectations: Expectations = field(default_factory=Expectations)
    estimates: Estimates = field(default_factory=Estimates)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Of processor and waiting time, by what it was spent on."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Once it is set, every question raises Stopped."""

    def __post_init__(self) -> None:
        self.laws = self.settings.chosen_laws()
        self._turns = {id(worker): threading.Lock() for worker in self.workers.values()}
        # Candidates are many, and nobody shares their estimates.
        self.investigator = Investigator(self.laws, estimate, self.ask, self.expectations)

    def asking(self, adapter: PlannedAdapter, cases: list[Case]) -> Asking:
        """What to ask one adapter about a few cases, and the reference's own answers; in any thread."""
        started = time.perf_counter()
        estimates = [self.estimates.of(case) for case in cases]
        self.seconds["reference"] += time.perf_counter() - started
        dtypes = adapter.dtypes(self.settings)
        prepared: list[tuple[Estimate, Mapping[str, Law], list[Question]]] = []
        for estimated in estimates:
            share = adapter.share_of_rewrites(estimated.case.stratum)
            words = self._witnessed(adapter, estimated.case)
            laws = adapter.laws_about(estimated.case, self.laws, words)
            questions = questions_about(estimated, adapter.mode, dtypes, laws, share, words)
            prepared.append((estimated, laws, questions))
        return Asking(adapter, prepared)

    def hear(self, asking: Asking) -> Heard:
        """Ask; in any thread."""
        every = [question for _, _, questions in asking.cases for question in questions]
        answers = iter(self.ask(asking.adapter, every))
        heard = [
            (estimated, laws, list(islice(answers, len(questions)))) for estimated, laws, questions in asking.cases
        ]
        return Heard(asking.adapter, heard)

    def hear_each(self, each: Iterable[Asking], threads: Executor, has_thread: Callable[[], bool]) -> Iterator[Heard]:
        """Hear one after the other.  Where a thread is free the worker answers one while the one before is judged by
        whoever takes it from here, and the one after is prepared.
        """
        waiting = iter(each)
        now = next(waiting, None)
        answers: Future[Heard] | None = None
        while now is not None:
            following = next(waiting, None)
            heard = self.hear(now) if answers is None else answers.result()
            answers = threads.submit(self.hear, following) if following is not None and has_thread() else None
            yield heard
            now = following

    def judged(self, heard: Heard) -> Iterator[Done]:
        """What is to be said of each of the cases; whatever is in doubt is asked for."""
        for estimated, laws, answers in heard.answers:
            yield self._judge_one(heard.adapter, estimated, laws, answers)

    def verdicts(
        self, adapter: PlannedAdapter, estimated: Estimate, laws: Mapping[str, Law], answers: list[Answer]
    ) -> Judged:
        """Of one case; whatever is in doubt is asked for, and nothing is reduced."""
        started = time.perf_counter()
        share = adapter.share_of_rewrites(estimated.case.stratum)
        judged = judge_case(
            estimated,
            adapter.name,
            adapter.dtypes(self.settings),
            laws,
            answers,
            lambda dtype, words: self.ask(
                adapter, [question_in(estimated, adapter.mode, dtype, laws, share, always=words)]
            )[0],
            share,
        )
        self.seconds["judging"] += time.perf_counter() - started
        return judged

    def _judge_one(
        self, adapter: PlannedAdapter, estimated: Estimate, laws: Mapping[str, Law], answers: list[Answer]
    ) -> Done:
        judged = self.verdicts(adapter, estimated, laws, answers)
        started = time.perf_counter()
        is_frozen = judged.case.stratum == STRATUM
        investigated = as_it_stands(judged) if is_frozen else self.investigator.investigate(adapter, judged)
        scripts = {
            (dtype, law): self.investigator.script(
                adapter, found.reduced, dtype, law, found.verdict(judged, dtype, law)
            )
            for (dtype, law), found in investigated.items()
            if found.reduced is not None and judged.verdicts[dtype, law].name == "disagree"
        }
        self.seconds["investigation"] += time.perf_counter() - started
        return Done(judged, investigated, scripts)

    def _witnessed(self, adapter: PlannedAdapter, case: Case) -> frozenset[str]:
        """The derivatives of lowest order that an expectation says this frozen case gets wrong here: asked however dear."""
        found: set[str] = set()
        if case.stratum != STRATUM:
            return frozenset()
        described = adapter.description
        for known in self.expectations.witnessed(case.id, adapter.name, described.versions, described.device):
            wrong = {word for name, law in self.laws.items() if known.is_about(name) for word in law.words}
            lowest = min((order_of(ASKABLE[word]) for word in wrong), default=0)
            wrong = {word for word in wrong if order_of(ASKABLE[word]) == lowest}
            found |= wrong - {HESSIAN} or wrong
        return frozenset(found)

    def ask(self, adapter: PlannedAdapter, questions: list[Question]) -> list[Answer]:
        """The answers of its worker, once that is free.

        Raises Stopped, also where the run stopped meanwhile: its worker was ended then.
        """
        worker = self.workers[adapter.worker]
        with self._turns[id(worker)]:
            self.go_on_or_stop()
            started = time.perf_counter()
            try:
                answers = worker.ask(questions)
            finally:
                self.go_on_or_stop()
            self.seconds[f"worker {adapter.worker}"] += time.perf_counter() - started
        return answers

    def go_on_or_stop(self) -> None:
        """Raises Stopped once the run is to end."""
        if self.stop.is_set():
            raise Stopped
