"""How long judging a graph takes, beside the frameworks' own gradient checkers on the same graphs in one run.

    python benchmarks/throughput.py [--graphs 200] [--seconds 120] [--seed 40] [--warm N] [--parts PART ...] > throughput.md

Prints Markdown tables: judging beside each peer (see peers.py), beside one value with its gradient, where the time of one
graph and of a whole run of the command line goes, and how it grows with ops and with input elements.  About ten minutes
on two cores; progress goes to standard error.  Not part of the tests.

What is timed: for the suite an estimate from nothing (a new case object every time), every question the laws ask, in this
process, translation included, and judging by every law that needs no other adapter; in rows that say so, by those alone
that gradcheck has too.  For a peer one check with its own default numbers; its function and leaves are ready before.
Neither side draws the graph.  Both take turns on a graph, the suite first on even ones.  What is compiled or traced is so
on both sides before, and then the suite translates nothing.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import peers
from peers import CannotAsk
from timing import (
    ANY,
    GRADCHECKS,
    JAX_JIT,
    LAWS_OF_ONE,
    MOST_ELEMENTS,
    TENSORFLOW,
    TORCH,
    TORCH_DEFAULT,
    UNCOUNTED,
    Check,
    Judging,
    Rival,
    check_once,
    fresh,
    judge_once,
    quartiles,
    ready,
    ready_autograd,
    ready_check_grads,
    suitable_cases,
    until,
    value_and_gradient,
)

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.worker.serve import installed_versions

REPEATS = 5
"""Of every measurement of growth; the median is taken."""
TOO_LONG = 20.0
"""Seconds; a peer that is expected to take longer is not asked."""
PARTS = ("torch", "tensorflow", "jax", "run", "growth")


HIPS_OPS = peers.common_ops([peers.AutogradCheckGrads()])

RIVALS = (
    Rival(TORCH, "torch gradcheck", ready(peers.Gradcheck), most=1 / 3),
    Rival(TORCH, "torch gradcheck", ready(peers.Gradcheck), laws=GRADCHECKS),
    Rival(TORCH, "torch gradcheck", ready(peers.Gradcheck), most_elements=ANY),
    Rival(TORCH, "torch gradcheck", ready(peers.Gradcheck), laws=GRADCHECKS, most_elements=ANY),
    Rival(TORCH, "torch gradcheck, fast_mode=True", ready(peers.FastGradcheck)),
    Rival(TORCH, "torch gradcheck, fast_mode=True", ready(peers.FastGradcheck), laws=GRADCHECKS),
    Rival(TORCH_DEFAULT, "torch gradcheck", ready(peers.Gradcheck)),
    Rival(TORCH, "HIPS autograd check_grads, order=2", ready_autograd(peers.AutogradCheckGrads), ops=HIPS_OPS),
    Rival(TORCH, "HIPS autograd check_grads, order=1", ready_autograd(peers.FirstOrderAutograd), ops=HIPS_OPS),
    Rival(
        TENSORFLOW, "TensorFlow compute_gradient", ready(peers.ComputeGradient, peers.ComputeGradient.flat), most=1 / 3
    ),
    Rival(
        TENSORFLOW,
        "TensorFlow compute_gradient of a tf.function, once traced",
        ready(peers.ComputeGradient, peers.ComputeGradient.traced),
        is_warm=True,
    ),
    Rival(JAX_JIT, "JAX check_grads, jitted, once compiled", ready_check_grads, is_warm=True, most=1.0),
    Rival(JAX_JIT, "JAX check_grads, jitted, once compiled", ready_check_grads, is_warm=True, laws=GRADCHECKS),
)


@dataclass(eq=False)
class Row:
    """What was measured of one rival: pairs of one graph each, and what was left out."""

    rival: Rival
    judgings: list[Judging] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    """Seconds of the adapter's own value and gradient."""
    words: Counter[str] = field(default_factory=Counter)

    @property
    def suite(self) -> list[float]:
        return [judging.seconds for judging in self.judgings]


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=120, help="no new graph beside a peer after so many")
    parser.add_argument("--warm", type=int, default=0, help="judge every graph so often, uncounted, before it is timed")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS, help="of the measurement")
    arguments = parser.parse_args()
    started = time.monotonic()
    gc.collect()
    gc.freeze()  # four frameworks in one process make a collection slow, for whoever is being timed
    distributions = ("numpy", "torch", "jax", "tensorflow", "tensorflow-cpu", "autograd")
    versions = ", ".join(" ".join(each) for each in installed_versions(distributions).items())
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    print(f"{machine}, {versions}.\n")
    rows = []
    for rival in RIVALS:
        if rival.subject.framework in arguments.parts:
            cases = islice(suitable_cases(arguments.seed, rival.ops, rival.most_elements), arguments.graphs)
            row = beside(rival, until(cases, time.monotonic() + arguments.seconds), arguments.warm)
            if not row.peer:
                progress(f"{rival.title}: no graph that both can take was drawn", started)
                continue
            rows.append(row)
            ratio = np.median(np.divide(row.suite, row.peer))
            progress(f"{rival.title}: {ratio:.2f}, {len(row.peer)} graphs", started)
    if rows:
        print_peers(rows, arguments.seed)
    if "run" in arguments.parts:
        print_run(TORCH.name, 200)
        progress("one run of the command line", started)
    if "growth" in arguments.parts:
        print_growth("ops", [(count, chain(count)) for count in (10, 50, 200)])
        progress("growth with ops", started)
        print_growth("input elements", [(count, wide(count)) for count in (10, 100, 1000, 10000)])
        progress("growth with input elements", started)
    print(f"\n{(time.monotonic() - started) / 60:.0f} minutes in all.")


def progress(text: str, started: float) -> None:
    """One line on standard error."""
    print(f"{time.monotonic() - started:7.0f} s  {text}", file=sys.stderr, flush=True)


def beside(rival: Rival, cases: Iterable[Case], warm: int = 0) -> Row:
    """Judge and check every case, one after the other; ``warm``: judged so often before."""
    row = Row(rival)
    for number, case in enumerate(cases):
        try:
            check = rival.ready(case)
        except CannotAsk as op:
            row.words[f"cannot: {op}"] += 1
            continue
        own = value_and_gradient(rival.subject, case)
        if own is None:
            row.words["not answered"] += 1
            continue
        server = rival.subject.server()
        for _ in range(max(warm, rival.subject.compiles or number < UNCOUNTED)):
            judge_once(rival.subject, fresh(case), server, rival.laws)
        if rival.is_warm or number < UNCOUNTED:
            check_once(check)
        if not rival.subject.compiles:
            server = rival.subject.server()
        again = fresh(case)
        if number % 2 == 0:
            judging = judge_once(rival.subject, again, server, rival.laws)
            seconds, said = check_once(check)
        else:
            seconds, said = check_once(check)
            judging = judge_once(rival.subject, again, server, rival.laws)
        row.words[said] += 1
        if said in ("accepts", "rejects"):
            row.judgings.append(judging)
            row.peer.append(seconds)
            row.own.append(own)
    return row


def print_peers(rows: Sequence[Row], seed: int) -> None:
    """Ratios first; absolute times are those of a shared machine."""
    size = f"at most {MOST_ELEMENTS} input elements where it does not say otherwise"
    print(f"Independent random graphs, seed {seed}, {size}, no empty array.\n")
    print("## Judging beside peers, same graphs, one after the other\n")
    print("| suite on | dtype | laws | peer | graphs | suite / peer, median (quartiles) | ratio of medians | aim "
          "| suite, ms | peer, ms | suite, graphs/s | peer, graphs/s |")  # fmt: skip
    print("|" + "---|" * 12)
    for row in rows:
        rival, suite, peer = row.rival, np.array(row.suite), np.array(row.peer)
        aim = "-" if rival.most is None else f"<= {rival.most:.2f}"
        print(
            f"| {rival.subject.name} | {', '.join(rival.subject.dtypes)} | {rival.judged_by} | {rival.called} | "
            f"{len(peer)} | "
            f"**{quartiles(suite / peer, 1, 2)}** | {np.median(suite) / np.median(peer):.2f} | {aim} | "
            f"{quartiles(suite)} | {quartiles(peer)} | {len(suite) / suite.sum():.1f} | {len(peer) / peer.sum():.1f} |"
        )
    print("\nWhat peers said: ", end="")
    said = [f"{row.rival.called}: " + ", ".join(f"{n} x {word}" for word, n in row.words.most_common()) for row in rows]
    print("; ".join(said) + ".  Graphs a peer gives no word on are left out; one that rejects stops early.\n")
    print("## Beside the framework's own value and gradient\n")
    print("| suite on | dtype | graphs | value and gradient, ms | suite / that, median (quartiles) |")
    print("|" + "---|" * 5)
    for row in _one_each(rows):
        suite, own = np.array(row.suite), np.array(row.own)
        dtypes = ", ".join(row.rival.subject.dtypes)
        print(f"| {row.rival.subject.name} | {dtypes} | {len(own)} | {quartiles(own, digits=2)} | "
              f"{quartiles(suite / own, 1, 0)} |")  # fmt: skip
    print("\n## Where the time of a graph goes\n")
    print("| suite on | dtype | estimate | ask | judge | estimate, ms | ask, ms | judge, ms |")
    print("|" + "---|" * 8)
    for row in _one_each(rows):
        parts = np.array([(one.estimate, one.ask, one.judge) for one in row.judgings])
        shares = [f"{share:.0%}" for share in parts.sum(axis=0) / parts.sum()]
        cells = [*shares, *(quartiles(part) for part in parts.T)]
        print(f"| {row.rival.subject.name} | {', '.join(row.rival.subject.dtypes)} | " + " | ".join(cells) + " |")
    print("\nJudging includes the noise and the derivatives that the estimate computes only when they are asked for.\n")


def _one_each(rows: Sequence[Row]) -> list[Row]:
    whole = [row for row in rows if row.rival.laws is LAWS_OF_ONE]
    return list({row.rival.subject: row for row in reversed(whole)}.values())[::-1]


def print_run(adapter: str, examples: int) -> None:
    """The seconds that the command line itself writes down."""
    command = [sys.executable, "-m", "autograd_conformance.cli", "run", "-a", adapter, "--examples", str(examples)]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        ran = subprocess.run([*command, "-o", "results.jsonl"], cwd=folder, capture_output=True, text=True, check=False)
        wall = time.perf_counter() - started
        lines = (Path(folder) / "results.jsonl").read_text().splitlines()
    footer = json.loads(lines[-1])
    if footer.get("status") != "complete":
        raise SystemExit(f"the run did not end well (code {ran.returncode}): {ran.stderr[-2000:]}")
    seconds = {name.replace(f"worker {adapter}", "worker"): value for name, value in footer["seconds"].items()}
    total = seconds.pop("total")
    parts = {**seconds, "the rest (recording)": total - sum(seconds.values())}
    parts["outside: imports, starting the worker, printing"] = wall - total
    print(f"## Where a run's time goes: `run -a {adapter} --examples {examples}`\n")
    print("| part | seconds | share of the command |")
    print("|---|---|---|")
    for name, value in parts.items():
        print(f"| {name} | {value:.1f} | {value / wall:.0%} |")
    print(f"| **all** | {wall:.1f} | {footer['results']} results |")
    print("\nQuestions asked while judging or investigating count there too; the rest is smaller by them.\n")


def chain(count: int) -> Graph:
    """``count`` nodes over eight elements, the last of them a sum; the input and every product are used more than once.

    The product with the input, below 3/4, keeps values and derivatives moderate at any length.
    """
    nodes: list[Node] = []
    for last in range(count - 1):
        cycle = (
            Node("mul", (last, 0)),
            Node("sin", (last,)),
            Node("add", (last, last - 1)),
            Node("tanh", (last,)),
            Node("shift", (last,), {"offset": 0.25}),
        )
        nodes.append(cycle[last % len(cycle)])
    nodes.append(Node("sum", (count - 1,), {"axes": (0,), "keepdims": False}))
    return Graph(((8,),), tuple(nodes), (count,))


def wide(elements: int) -> Graph:
    """Four elementwise ops over one input and their sum."""
    nodes = (
        Node("sin", (0,)),
        Node("mul", (0, 1)),
        Node("tanh", (2,)),
        Node("add", (3, 0)),
        Node("sum", (4,), {"axes": (0,), "keepdims": False}),
    )
    return Graph(((elements,),), nodes, (5,))


def print_growth(what: str, graphs: Sequence[tuple[int, Graph]]) -> None:
    """The suite's parts on torch beside gradcheck, as one number grows."""
    print(f"## Growth with {what}: torch:eager, float64, milliseconds\n")
    print(f"| {what} | estimate | ask | judge | suite | gradcheck, fast | gradcheck | suite / fast | suite / slow "
          "| verdicts |")  # fmt: skip
    print("|" + "---|" * 10)
    generator = np.random.Generator(np.random.PCG64(7))
    taken = [0.0]
    for count, graph in graphs:
        point = tuple(generator.integers(-48, 48, size=shape) / 64.0 for shape in graph.inputs)
        case = Case(graph, point, "independent")
        judgings = [judge_once(TORCH, fresh(case), TORCH.server()) for _ in range(1 + REPEATS)][1:]
        parts = np.median([(one.estimate, one.ask, one.judge) for one in judgings], axis=0)
        suite = float(np.median([one.seconds for one in judgings]))
        fast = repeated(ready(peers.FastGradcheck)(case))
        slow = None
        expected = taken[-1] * (taken[-1] / taken[-2] if len(taken) > 2 else 1.0)
        if expected < TOO_LONG:
            slow = repeated(ready(peers.Gradcheck)(case), 1 if expected > 1 else REPEATS)
            taken.append(slow)
        cells = [*parts, suite, fast, slow]
        texts = ["-" if cell is None else f"{1e3 * cell:.1f}" for cell in cells]
        ratios = ["-" if peer is None else f"{suite / peer:.2f}" for peer in (fast, slow)]
        words = ", ".join(judgings[0].words)
        print(f"| {count} | " + " | ".join([*texts, *ratios, words]) + " |")
    print()


def repeated(check: Check, times: int = REPEATS) -> float:
    """Median seconds of a check, after one that does not count where it is repeated."""
    taken = [check_once(check)[0] for _ in range(times + (times > 1))]
    return float(np.median(taken[1:] if times > 1 else taken))


if __name__ == "__main__":
    main()
