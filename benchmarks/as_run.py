"""How long a graph takes in a run, on the clock, beside the framework's own gradient checker on the same graphs.

    python benchmarks/as_run.py [--graphs 200] [--seed 40] [--seconds 120] > as_run.md

In a run the framework is in a process of its own, and answers one batch while the one before is judged and the one after is
estimated.  That is what is timed here, pipes included: of each graph its estimate, its judging, and its share of what its
batch was waited for.  throughput.py has both sides in one process, one graph after the other, which is processor time.
Neither side draws the graph, reduces what fails or writes anything down.  Blocks of graphs take turns with the peer's checks
of the same.  What a framework compiles is compiled before, on both sides.  About three minutes on two cores; not part of the
tests.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import peers
from timing import (
    ANY,
    JAX_JIT,
    LAWS_OF_ONE,
    TORCH,
    UNCOUNTED,
    Check,
    Rival,
    check_once,
    fresh,
    quartiles,
    quietly,
    ready,
    ready_check_grads,
    suitable_cases,
    until,
    value_and_gradient,
)

from autograd_conformance.campaign import BATCH
from autograd_conformance.case import Case
from autograd_conformance.estimates import Estimates
from autograd_conformance.judging import Asking, Judging
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.preparation import prepare
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.settings import Settings

BLOCK = 16 * BATCH
"""Graphs of one side before it is the other's turn; for the first batch of a block the worker is always waited for."""
PARTS = ("estimate", "waiting", "judging")
RIVALS = (
    Rival(TORCH, "torch gradcheck", ready(peers.Gradcheck), most=1 / 3),
    Rival(TORCH, "torch gradcheck", ready(peers.Gradcheck), most=1 / 3, most_elements=ANY),
    Rival(JAX_JIT, "JAX check_grads, jitted, once compiled", ready_check_grads, is_warm=True, most=1.0),
)


class Timed(Estimates):
    """Estimates of cases that are each asked for once, and the seconds they took."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: dict[str, float] = {}

    def of(self, case: Case) -> Estimate:
        started = time.perf_counter()
        found = super().of(case)
        self.seconds[case.id] = time.perf_counter() - started
        return found


@dataclass(frozen=True)
class Spent:
    """Seconds on one graph; its questions count with its estimate."""

    estimate: float
    waiting: float
    judging: float

    @property
    def all(self) -> float:
        return self.estimate + self.waiting + self.judging


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=120, help="no new graph for one row after so many")
    arguments = parser.parse_args()
    gc.collect()
    gc.freeze()
    print("| suite on | peer | graphs | run / peer, median (quartiles) | of sums | aim "
          "| run, ms | estimate | waiting | judging | peer, ms |")  # fmt: skip
    print("|" + "---|" * 11)
    for rival in RIVALS:
        drawn = suitable_cases(arguments.seed, None, rival.most_elements)
        deadline = time.monotonic() + arguments.seconds
        spent, peer = beside(rival, until(islice(drawn, arguments.graphs), deadline))
        print(row(rival, spent, peer), flush=True)


def beside(rival: Rival, cases: Iterator[Case]) -> tuple[list[Spent], list[float]]:
    """Every case through a run and the peer; those that either cannot take are left out."""
    settings = Settings(dtypes=rival.subject.dtypes, laws=tuple(LAWS_OF_ONE))
    spent: list[Spent] = []
    seconds: list[float] = []
    prepared = prepare([rival.subject.name], settings, [])
    try:
        (adapter,) = prepared.adapters
        with ThreadPoolExecutor(1) as threads:

            def run(block: Sequence[Case]) -> list[Spent]:
                estimates = Timed()
                judging = Judging(settings, prepared.workers, estimates=estimates)
                with quietly():
                    return list(_through(judging, estimates, adapter, [fresh(case) for case in block], threads))

            number = 0
            while block := list(islice(_takeable(rival, cases), BLOCK)):
                checks = [check for _, check in block]
                graphs = [case for case, _ in block]
                run(graphs if rival.subject.compiles else graphs[:UNCOUNTED])
                for check in checks if rival.is_warm else checks[:UNCOUNTED]:
                    check_once(check)
                sides: list[Callable[[], None]] = [
                    lambda graphs=graphs: spent.extend(run(graphs)),  # type: ignore[misc]
                    lambda checks=checks: seconds.extend(check_once(check)[0] for check in checks),  # type: ignore[misc]
                ]
                for side in sides if number % 2 == 0 else reversed(sides):
                    side()
                number += 1
    finally:
        prepared.close()
    return spent, seconds


def _takeable(rival: Rival, cases: Iterator[Case]) -> Iterator[tuple[Case, Check]]:
    for case in cases:
        try:
            check = rival.ready(case)
        except peers.CannotAsk:
            continue
        if value_and_gradient(rival.subject, case) is not None and check_once(check)[1] in ("accepts", "rejects"):
            yield case, check


def _through(
    judging: Judging, estimates: Timed, adapter: PlannedAdapter, cases: Sequence[Case], threads: Executor
) -> Iterator[Spent]:
    """As a lane does it whose worker has a thread to itself.  All of it together is what passes on the clock."""
    batches = [list(cases[start : start + BATCH]) for start in range(0, len(cases), BATCH)]
    asked: list[float] = []
    """Seconds of every batch that is prepared: its estimates, and its questions."""

    def asking(batch: list[Case]) -> Asking:
        started = time.perf_counter()
        found = judging.asking(adapter, batch)
        asked.append(time.perf_counter() - started)
        return found

    heard = judging.hear_each(map(asking, batches), threads, lambda: True)
    for number, batch in enumerate(batches):
        before, started = len(asked), time.perf_counter()
        answered = next(heard)
        waiting = time.perf_counter() - started - sum(asked[before:])
        questions = asked[number] - sum(estimates.seconds[case.id] for case in batch)
        for estimated, laws, answers in answered.answers:
            started = time.perf_counter()
            judging.verdicts(adapter, estimated, laws, answers)
            judged = time.perf_counter() - started
            yield Spent(estimates.seconds[estimated.case.id] + questions / len(batch), waiting / len(batch), judged)


def row(rival: Rival, spent: Sequence[Spent], peer: Sequence[float]) -> str:
    """Milliseconds, and the ratio first."""
    mine, theirs = np.array([each.all for each in spent]), np.array(peer)
    cells = [
        rival.subject.name,
        rival.called,
        str(len(spent)),
        f"**{quartiles(mine / theirs, 1, 2)}**",
        f"{mine.sum() / theirs.sum():.2f}",
        f"<= {rival.most:.2f}",
        quartiles(mine),
        *(f"{1e3 * np.median([getattr(each, part) for each in spent]):.2f}" for part in PARTS),
        quartiles(theirs),
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
