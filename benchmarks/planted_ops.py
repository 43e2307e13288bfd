"""Faults planted in one op at a time: is each found by a default run, and what is it reduced to?

    python -m benchmarks.planted_ops [--seed 1] [--ops 40] [--every-kind] [--check] [-o planted.jsonl]

Every op of the vocabulary that has a float operand gets one fault of `tests.miniatures.operands`, the kinds taken in turn:
the gradient of its first operand is wrong by 1%, wrong in one element, written with its axes swapped, or shifted by one
index.  A fault that changes no gradient in any of the cases (an axis swapped where the op takes vectors, a derivative that
is zero) has no effect there, and the next kind takes its place; an op for which no kind has any effect is named.

The cases are those a default run of torch:eager has planned, in their order; each is judged in float64 and float32 by all
laws of reverse mode until one disagrees, in the way and with the numbers of a run, but within this process.  That case is
reduced as a run reduces it.  Laws of other derivatives and of transforms are left out: a fault is a rule of one's own
without a forward rule and without a batch rule, so that they would find the missing rule and not the fault.  ``--check``
also asks about every simpler neighbour that `tests.neighbours` enumerates on its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.judge import Judged
from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import PlannedAdapter, Singles, budget, planned_cases
from autograd_conformance.settings import Settings
from tests.asking import AskedHere
from tests.miniatures import miniature
from tests.miniatures.operands import PLANTED, FaultyOperand
from tests.neighbours import failing_neighbours

FRAMEWORK = "Torch"
REVERSE = {name: law for name, law in LAWS.items() if not law.words and law.changes != "wrapping"}


@dataclass
class Planted:
    """One fault and what became of it."""

    op: str
    family: str
    kind: str
    judged: int
    """Cases of the run with this op that were judged until it was found, or all of them."""
    stratum: str = ""
    law: str = ""
    dtype: str = ""
    nodes_before: int = 0
    nodes: int = 0
    ops: tuple[str, ...] = ()
    inputs: tuple[tuple[int, ...], ...] = ()
    calls: int = 0
    seconds: float = 0.0
    is_minimal: bool = False
    simpler: str = ""
    """A simpler neighbour that fails as well, where one was looked for and found."""

    @property
    def is_found(self) -> bool:
        return bool(self.law)


def run_of(settings: Settings) -> list[Case]:
    """The cases a default run judges in this framework, in their order."""
    frozen = corpus.load(corpus.shipped())
    real = AskedHere(_real()).planned
    planned = PlannedAdapter(real.spec, real.description, budget(settings, real.is_compiled, len(frozen)))
    return [each.case for each in planned_cases(settings, [planned], frozen, Singles(settings))]


def _real() -> type:
    return miniature(FaultyOperand, FRAMEWORK, ops=())


def families(names: Sequence[str]) -> Iterator[str]:
    """The ops, taken from every family in turn."""
    by_family: dict[str, list[str]] = {}
    for name in names:
        by_family.setdefault(VOCABULARY[name].family, []).append(name)
    while by_family:
        for family in list(by_family):
            yield by_family[family].pop(0)
            if not by_family[family]:
                del by_family[family]


def plant(op: str, kind: type[FaultyOperand], cases: Sequence[Case], real: AskedHere, check: bool) -> Planted | None:
    """Judge until the fault is found; None where it has no effect on any case."""
    faulty = AskedHere(miniature(kind, FRAMEWORK, ops=(op,)), laws=REVERSE)
    planted = Planted(op, VOCABULARY[op].family, kind.__name__, 0)
    has_effect = False
    for case in cases:
        if op not in case.graph.op_names:
            continue
        planted.judged += 1
        judged = faulty.investigator.judge(faulty.planned, case, Settings().dtypes)
        broken = _disagreeing(judged)
        if broken:
            clean = _disagreeing(real.investigator.judge(real.planned, case, Settings().dtypes))
            broken = [key for key in broken if key not in clean]
        if not broken:
            has_effect = has_effect or _differs(faulty, real, case)
            continue
        judged.verdicts = {key: judged.verdicts[key] for key in broken}
        started = time.perf_counter()
        found = faulty.investigator.investigate(faulty.planned, judged)
        planted.seconds = round(time.perf_counter() - started, 3)
        (planted.dtype, planted.law), first = next(iter(found.items()))
        smallest = first.reduced or case
        planted.stratum, planted.nodes_before = case.stratum, len(case.graph.nodes)
        graph = smallest.graph
        planted.nodes, planted.ops, planted.inputs = len(graph.nodes), graph.op_names, graph.inputs
        planted.calls = sum(each.calls or 0 for each in found.values())
        planted.is_minimal = first.is_minimal
        if check:
            fails = faulty.fails(planted.dtype, planted.law)
            planted.simpler = "; ".join(f"{step}: {other.point}" for step, other in failing_neighbours(smallest, fails))
        return planted
    return planted if has_effect else None


def _disagreeing(judged: Judged) -> list[tuple[str, str]]:
    return [key for key, verdict in judged.verdicts.items() if verdict.name == "disagree"]


def _differs(faulty: AskedHere, real: AskedHere, case: Case) -> bool:
    """Whether the fault changes the gradient of this case in float64."""
    pair = [each.investigator.judge(each.planned, case, ("float64",)).measurements for each in (faulty, real)]
    if any("float64" not in measured for measured in pair):
        return True
    first, second = (measured["float64"].gradient(0) for measured in pair)
    return not np.allclose(first, second, rtol=1e-12, atol=0, equal_nan=True)


def planted_faults(names: Sequence[str], cases: Sequence[Case], every_kind: bool, check: bool) -> Iterator[Planted]:
    """One fault per op, the next kind where one has no effect; or every kind that has one."""
    real = AskedHere(_real(), laws=REVERSE)
    kinds = cycle(PLANTED)
    for op in names:
        if every_kind:
            yield from (found for kind in PLANTED if (found := plant(op, kind, cases, real, check)) is not None)
            continue
        for kind in islice(kinds, len(PLANTED)):
            planted = plant(op, kind, cases, real, check)
            if planted is not None:
                yield planted
                break
        else:
            yield Planted(op, VOCABULARY[op].family, "", 0)


def summary(found: Sequence[Planted]) -> list[str]:
    """Markdown."""
    planted = [each for each in found if each.kind]
    seen = [each for each in planted if each.is_found]
    lines = [
        "| kind | planted | found | cases judged | nodes before | 1 node | 2 nodes | more | calls | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in (*(kind.__name__ for kind in PLANTED), "all"):
        mine = [each for each in planted if name in (each.kind, "all")]
        of_these = [each for each in mine if each.is_found]
        if not of_these:
            continue
        nodes = [each.nodes for each in of_these]
        judged, before, calls, seconds = (
            [getattr(each, what) for each in of_these] for what in ("judged", "nodes_before", "calls", "seconds")
        )
        lines.append(
            f"| {name} | {len(mine)} | {len(of_these)} | {np.median(judged):g}, {max(judged)} | {np.median(before):g}, "
            f"{max(before)} | {nodes.count(1)} | {nodes.count(2)} | {sum(n > 2 for n in nodes)} | {np.median(calls):g}, "
            f"{max(calls)} | {np.median(seconds):.2f}, {max(seconds):.2f} |"
        )
    minimal = f"{sum(each.is_minimal for each in seen)} of {len(seen)}"
    simpler = sum(bool(each.simpler) for each in seen)
    lines += ["", "Pairs of numbers: median and largest.", f"Minimal by the reducer's own account: {minimal}."]
    lines += [f"With a simpler neighbour that fails, where they were looked for: {simpler}."]
    lines += [f"Missed: {each.op} ({each.kind}, {each.judged} cases)." for each in planted if not each.is_found]
    idle = ", ".join(each.op for each in found if not each.kind)
    return [*lines, f"Without effect, whatever the kind: {idle}."] if idle else lines


def main() -> None:
    """Plant, judge, reduce and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ops", type=int, default=0, help="how many ops, spread over the families; default: all")
    parser.add_argument("--only", nargs="*", choices=sorted(VOCABULARY), help="these ops")
    parser.add_argument("--every-kind", action="store_true", help="plant every kind in every op")
    parser.add_argument("--check", action="store_true", help="look for simpler neighbours that fail, independently")
    parser.add_argument("-o", "--output", type=Path, help="write a line of JSON per fault")
    given = parser.parse_args()
    differentiable = [op.name for op in VOCABULARY.values() if op.result == "float" and "float" in op.operands]
    names = list(families(sorted(differentiable)))
    names = given.only or names[: given.ops or None]
    cases = run_of(Settings(seed=given.seed))
    found = []
    for planted in planted_faults(names, cases, given.every_kind, given.check):
        found.append(planted)
        shown = f"{planted.nodes} of {planted.nodes_before} nodes {planted.inputs}" if planted.is_found else "not found"
        print(
            f"{planted.op:14} {planted.kind:12} {shown}, {planted.calls} calls, {planted.seconds:.2f} s {planted.simpler}",
            file=sys.stderr,
            flush=True,
        )
    if given.output:
        given.output.write_text("".join(json.dumps(asdict(each)) + "\n" for each in found), "utf-8")
    print("\n".join(summary(found)))


if __name__ == "__main__":
    main()
