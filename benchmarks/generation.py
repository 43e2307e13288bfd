"""How long it takes to draw a case, by stratum, and where that time goes.

    python benchmarks/generation.py [--cases 500] [--seed 1] [--repeats 3]

The cases are those that a run plans for one adapter that has every op, in their order; the stratum `vocabulary` is drawn
as the core is, with a head start.  Time is that of the process alone.  Every stratum is drawn several times, the same cases
each time, and the fastest counts.  The parts come from asking, once in a millisecond of that time, in which file of the
package Python is; what a file calls in NumPy counts as its own.  Needs Unix; takes a minute.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from types import FrameType

import autograd_conformance
from autograd_conformance.discovery import AdapterSpec
from autograd_conformance.generation.strategies import balanced
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import LARGE, POINTS, SINGLE, PlannedAdapter, PlannedCase, Singles, budget, planned_cases
from autograd_conformance.settings import Settings
from autograd_conformance.worker.description import Description

INTERVAL = 1e-3
WARM_UP = 100
"""Cases drawn before the clock starts."""
PACKAGE = str(Path(autograd_conformance.ops.__file__).parents[1])
PARTS = {
    "hypothesis": "Hypothesis",
    "ops": "meanings of ops",
    "generation/jitter.py": "jitter",
    "generation/builder.py": "graph under construction",
    "generation/fitting.py": "operands and repairs",
    "generation/decoder.py": "choosing ops",
    "generation/quota.py": "choosing ops",
}
"""Files and folders, and what is done there."""
REST = "finished case"
"""Numbering it, hashing it, comparing it with the others, moving its point."""


@dataclass
class Row:
    """One stratum: the means of its repeats in ms of process time, how many cases, and samples by part."""

    milliseconds: list[float] = field(default_factory=list)
    count: int = 0
    nodes: float = 0.0
    samples: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Draw, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=500, help="of each stratum of random graphs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    for _ in islice(balanced(tuple(VOCABULARY.values()), asked.seed + 1, "warm-up"), WARM_UP):
        pass
    rows: dict[str, Row] = {}
    for repeat in range(asked.repeats):
        print(f"repeat {repeat + 1} of {asked.repeats}", file=sys.stderr)
        draw(rows, plan(asked.seed, asked.cases))
    print_rows(rows)


def plan(seed: int, count: int) -> Iterator[PlannedCase]:
    """What a run plans for an adapter that has every op."""
    settings = Settings(seed=seed)
    cases = dict.fromkeys(budget(settings, False, 0), count) | {SINGLE: POINTS * len(VOCABULARY), LARGE: count // 10}
    described = Description("every op", "eager", {}, (), {}, {}, "", {}, tuple(VOCABULARY))
    adapter = PlannedAdapter(AdapterSpec("every op", "", "eager"), described, cases)
    return planned_cases(settings, [adapter], [], Singles(settings))


def draw(rows: dict[str, Row], planned: Iterator[PlannedCase]) -> None:
    """Draw all cases once; the first of a stratum pays for what the stratum needs."""
    samples: Counter[str] = Counter()
    with sampled(samples):
        before = time.process_time()
        for stratum, cases in groupby(planned, lambda one: one.stratum):
            row = rows.setdefault(stratum, Row())
            drawn = [each.case for each in cases]
            row.milliseconds.append(1e3 * (time.process_time() - before) / len(drawn))
            row.samples.update(samples)
            row.count, row.nodes = len(drawn), sum(len(case.graph.nodes) for case in drawn) / len(drawn)
            samples.clear()
            before = time.process_time()


@contextmanager
def sampled(into: Counter[str]) -> Iterator[None]:
    """Count the part that Python is in, once in every INTERVAL seconds of process time."""

    def note(_signal: int, frame: FrameType | None) -> None:
        into[part_of(frame)] += 1

    former = signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, former)


def part_of(frame: FrameType | None) -> str:
    """The part of the innermost frame that is of this package or of Hypothesis."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if "hypothesis" in path.parts:
            return PARTS["hypothesis"]
        if path.is_relative_to(PACKAGE):
            inner = path.relative_to(PACKAGE)
            return PARTS.get(inner.as_posix(), PARTS.get(inner.parts[0], REST))
        frame = frame.f_back
    return REST


def print_rows(rows: dict[str, Row]) -> None:
    """A Markdown table: cases, nodes, milliseconds, and the share of each part."""
    parts = [*dict.fromkeys(PARTS.values()), REST]
    print(f"| stratum | cases | nodes | ms a case | {' | '.join(parts)} |")
    print("|---|" + "---|" * (3 + len(parts)))
    for stratum, row in rows.items():
        total = row.samples.total() or 1
        shares = " | ".join(f"{row.samples[part] / total:.0%}" for part in parts)
        print(f"| {stratum} | {row.count} | {row.nodes:.1f} | **{min(row.milliseconds):.2f}** | {shares} |")


if __name__ == "__main__":
    main()
