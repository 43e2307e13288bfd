"""How often a correct rule raises an alarm, and how near its gradients come to the bound.

    python benchmarks/false_alarms.py --adapter torch:eager --dtype float64 --graphs 10000 -o torch.jsonl
    python benchmarks/false_alarms.py --adapter torch:eager --order 2 --graphs 3000 -o second.jsonl
    python benchmarks/false_alarms.py --adapter tensorflow:function --pairs --graphs 3000 -o pairs.jsonl
    python benchmarks/false_alarms.py --read *.jsonl [--plot FOLDER]
    python benchmarks/false_alarms.py --read *.jsonl --freeze FOLDER
    python benchmarks/false_alarms.py --adapter torch:eager --order 2 --graphs 3000 --again second.jsonl -o mended.jsonl

The first form judges independent random graphs (every law, no corpus) and writes one line per graph; the second prints
Markdown tables and draws the distributions.  Graphs come from evenly drawn genomes, because the draws of a search are
correlated; their vocabulary is printed.  Beside the verdicts each line holds what the graph would have needed of C, the
factor of the bound: the largest (gap - E) / u (s + |r|) over the elements of its gradient.  Alarms are reduced, as in a
run, so that known defects are recognised.  With ``--order`` the laws are those about derivatives of that order, every one
of which is asked of every graph; ``--law`` narrows them.  ``--again`` judges those graphs alone whose alarms nothing
explained in a file of before; where several files that are read know a graph, the last one counts.  With ``--pairs`` graphs
are expressions that optimisers rewrite, one within another.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from alarms import Line, alarms_of, investigation_of, loses_known_digits

from autograd_conformance.case import Case
from autograd_conformance.expectation import load, shipped
from autograd_conformance.generation.patterns import drawn_pairs
from autograd_conformance.generation.strategies import independent_cases
from autograd_conformance.investigation import Investigator
from autograd_conformance.judge import ANSWERS, judge_case, question_in, questions_about
from autograd_conformance.laws import LAWS, Law
from autograd_conformance.laws.numbers import along_directions
from autograd_conformance.measurement import FIRST, Measurement
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import PATTERNS, PlannedAdapter
from autograd_conformance.precision import UNIT_ROUNDOFF
from autograd_conformance.reference.estimate import Estimate, estimate
from autograd_conformance.rewrites import Share
from autograd_conformance.variants import CORE
from autograd_conformance.verdict import CALIBRATION, moved_by_rounding

BATCH = 8
VJP = "vjp_matches_finite_differences"
FINER = "coarse_dtype_matches_float64"
"""The law that says nothing where the gradient in float64 is not certified, for which a known defect there is enough."""


def main() -> None:
    """Judge or tabulate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", default="torch:eager")
    parser.add_argument("--dtype", action="append")
    parser.add_argument("--order", type=int, help="of the derivatives that are judged; default: the gradient")
    parser.add_argument("--law", default="*", help="only laws that this glob matches")
    parser.add_argument("--pairs", action="store_true", help="graphs of two expressions that optimisers rewrite")
    parser.add_argument("--graphs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("-o", "--output", type=Path, default=Path("false_alarms.jsonl"))
    parser.add_argument("--read", type=Path, nargs="*")
    parser.add_argument("--plot", type=Path, help="folder for the pictures")
    parser.add_argument("--freeze", type=Path, help="folder for the cases that nothing explains, for `replay`")
    parser.add_argument("--again", type=Path, help="a file of before, of whose graphs only the unexplained are judged")
    arguments = parser.parse_args()
    if arguments.read:
        lines = lines_of(arguments.read)
        print_tables(lines)
        if arguments.plot:
            draw(lines, arguments.plot)
        if arguments.freeze:
            freeze(lines, arguments.freeze)
        return
    dtypes = tuple(arguments.dtype or ("float64", "float32"))
    only = None
    if arguments.again:
        before = lines_of([arguments.again])
        only = {line["case"] for line in before if any(not alarm["known"] for alarm in line["alarms"])}
    with arguments.output.open("w") as file:
        laws = laws_of(arguments.order, arguments.law)
        drawn = drawn_pairs(arguments.seed, PATTERNS) if arguments.pairs else independent_cases(seed=arguments.seed)
        cases = islice(drawn, arguments.graphs)
        for line in judged(arguments.adapter, dtypes, cases, laws, arguments.order, only):
            file.write(json.dumps(line) + "\n")
            file.flush()


def laws_of(order: int | None, glob: str = "*") -> dict[str, Law]:
    """Those about derivatives of an order; None: every law, and no comparison of frameworks in either case."""
    return {
        name: law
        for name, law in LAWS.items()
        if law.judge_peers is None
        and fnmatchcase(name, glob)
        and (order is None or (law.words and law.changes is None and law.order == order))
    }


def lines_of(paths: Sequence[Path]) -> list[Line]:
    """What the files say of each graph in each adapter; the last one that knows it counts, in the place of the first."""
    every = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    return list({(line["case"], line["adapter"], *line["verdicts"]): line for line in every}.values())


def judged(
    adapter: str,
    dtypes: tuple[str, ...],
    drawn: Iterable[Case],
    laws: Mapping[str, Law],
    order: int | None = None,
    only: Container[str] | None = None,
) -> Iterator[Line]:
    """A line for every graph, or for every one of ``only``, which are ids of cases."""
    worker, subject, investigator = investigation_of(adapter, laws)
    share: Share = subject.share_of_rewrites(CORE) if order is None else "all"
    started = time.perf_counter()
    cases = iter(drawn if only is None else [case for case in drawn if case.id in only])
    done = 0
    try:
        while batch := list(islice(cases, BATCH)):
            estimates = [estimate(case) for case in batch]
            # As a run asks it: what a compiled or slow mode is seldom asked there, it is seldom asked here.
            wanted = [subject.laws_about(each.case, laws) if order is None else laws for each in estimates]
            questions = [
                questions_about(each, subject.mode, dtypes, mine, share)
                for each, mine in zip(estimates, wanted, strict=True)
            ]
            answers = iter(worker.ask([one for some in questions for one in some]))
            for found, asked, mine in zip(estimates, questions, wanted, strict=True):
                given = list(islice(answers, len(asked)))
                yield line_of(subject, found, given, dtypes, investigator, mine, share)
            done += len(batch)
            if done % 200 == 0:
                print(f"{adapter}: {done} graphs, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    finally:
        worker.close()


def line_of(
    subject: PlannedAdapter,
    found: Estimate,
    answers: list[Any],
    dtypes: tuple[str, ...],
    investigator: Investigator,
    laws: Mapping[str, Law],
    share: Share,
) -> Line:
    """Verdicts by dtype and law, what was needed of C, and every alarm with what is known of it."""
    case, versions = found.case, subject.description.versions

    def ask_other(dtype: str, words: frozenset[str]) -> Any:
        return investigator.ask(subject, [question_in(found, subject.mode, dtype, laws, share, always=words)])[0]

    result = judge_case(found, subject.name, dtypes, laws, answers, ask_other, share)
    line: Line = {"case": case.id, "adapter": subject.name, "version": next(iter(versions.values())), "verdicts": {}}
    line |= {"needed": {}, "alarms": alarms_of(subject, result, investigator), "ops": list(case.graph.op_names)}
    for (dtype, law), verdict in result.verdicts.items():
        line["verdicts"].setdefault(dtype, {})[law] = verdict.name
    for dtype, measurement in result.measurements.items():
        if result.verdicts.get((dtype, VJP)) is not None:
            needed = needed_of_c(found, measurement)
            if needed is not None:
                line["needed"][dtype] = needed
    return line


def needed_of_c(found: Estimate, measured: Measurement) -> float | None:
    """The smallest C under which every element of the gradient lies within its bound; None where nothing is judged."""
    noise = found.noise(measured.dtype)
    if found.problem or noise.problem or not found.case.element_count:
        return None
    reference = found.derivative[FIRST]
    gap = np.abs(along_directions(found, measured.gradient(FIRST)) - reference.value).astype(float)
    scale = moved_by_rounding(noise.derivative[FIRST], reference.value)
    beyond = np.maximum(gap - reference.error, 0)
    with np.errstate(all="ignore"):
        needed = np.where(beyond > 0, beyond / (UNIT_ROUNDOFF[measured.dtype] * scale), 0).astype(float)
    return float(np.max(needed, initial=0.0))


def print_tables(lines: Sequence[Line]) -> None:
    """Alarms with their upper limit, verdicts, and the distribution of what C had to be."""
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        for dtype in line["verdicts"]:
            groups[f"{line['adapter']} {line['version']}", dtype].append(line)
    print(f"Vocabulary ({len(VOCABULARY)} ops): {', '.join(sorted(VOCABULARY))}\n")
    print("| adapter | dtype | graphs | judged | false alarms | 95% limit | known defects | weak | imprecise "
          "| of them known | inconclusive | uncertified | unsupported |")  # fmt: skip
    print("|" + "---|" * 13)
    known = load(shipped())
    for (adapter, dtype), mine in groups.items():
        words = [_word(line, dtype) for line in mine]
        counted = Counter(words)
        counted["of them known"] = sum(
            word == "imprecise" and loses_known_digits(line, dtype, known)
            for line, word in zip(mine, words, strict=True)
        )
        judged_here = len(mine) - counted["unsupported"]
        false = counted["alarm"]
        limit = f"{100 * upper_limit(false, judged_here):.3f}%"
        shares = " | ".join(f"{100 * counted[word] / max(judged_here, 1):.2f}%"
                            for word in ("weak", "imprecise", "of them known", "inconclusive", "uncertified"))  # fmt: skip
        print(f"| {adapter} | {dtype} | {len(mine)} | {judged_here} | {false} | {limit} | {counted['known']} | {shares} | "
              f"{counted['unsupported']} |")  # fmt: skip
    print("\nThe C a graph would have needed: quantiles over graphs; the share above 1, 2 (where *agree* ends), 6 (where "
          "*disagree* begins):\n")  # fmt: skip
    print("| adapter | dtype | graphs | 50% | 90% | 99% | 99.9% | largest | above 1 | above 2 | above 6 |")
    print("|" + "---|" * 11)
    for (adapter, dtype), mine in groups.items():
        needed = np.array([line["needed"][dtype] for line in mine if dtype in line["needed"] and not line["alarms"]])
        if not needed.size:
            continue
        quantiles = " | ".join(f"{q:.2f}" for q in np.quantile(needed, [0.5, 0.9, 0.99, 0.999, 1]))
        shares = " | ".join(f"{100 * np.mean(needed > c):.2f}%" for c in (1, CALIBRATION, 3 * CALIBRATION))
        print(f"| {adapter} | {dtype} | {needed.size} | {quantiles} | {shares} |")
    print_alarms(lines)


def _word(line: Line, dtype: str) -> str:
    """The one word for a graph in a dtype: the worst of its laws; unsupported only where none of them could be judged."""
    names = set(line["verdicts"][dtype].values())
    alarms = [alarm for alarm in line["alarms"] if alarm["dtype"] == dtype]
    if alarms:
        return "known" if all(alarm["known"] for alarm in alarms) else "alarm"
    if not names - {"unsupported"} or line["verdicts"][dtype].get(ANSWERS) == "unsupported":
        return "unsupported"
    if {law for law, said in line["verdicts"][dtype].items() if said == "inconclusive"} == {FINER}:
        return "uncertified"
    return next((word for word in ("inconclusive", "imprecise", "weak") if word in names), "agree")


def print_alarms(lines: Sequence[Line]) -> None:
    """Every alarm, so that none disappears in a count."""
    alarms = [(line, alarm) for line in lines for alarm in line["alarms"]]
    print(f"\n{len(alarms)} verdicts need attention:\n")
    counted = Counter((a["known"][:70] or "UNEXPLAINED", line["adapter"], a["verdict"]) for line, a in alarms)
    for (reason, adapter, verdict), count in sorted(counted.items()):
        print(f"* {adapter}, {verdict}, {count} times: {reason}")
    for line, alarm in alarms:
        if not alarm["known"]:
            print(
                f"    {line['case']} {line['adapter']} {alarm['dtype']} {alarm['law']}: {alarm['detail']} {alarm['graph']}"
            )


def freeze(lines: Sequence[Line], folder: Path) -> None:
    """A case file for every alarm without explanation."""
    folder.mkdir(parents=True, exist_ok=True)
    for line in lines:
        for alarm in line["alarms"]:
            if not alarm["known"]:
                path = folder / f"{line['case']}-{alarm['law']}-{alarm['dtype']}.json"
                path.write_text(json.dumps(alarm["frozen"], indent=1) + "\n")


def upper_limit(found: int, tried: int, confidence: float = 0.95) -> float:
    """The one-sided Clopper-Pearson limit of a rate, by bisection of the binomial tail."""
    if not tried:
        return 1.0
    low, high = found / tried, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _tail(found, tried, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _tail(found: int, tried: int, rate: float) -> float:
    """P(at most ``found`` of ``tried``)."""
    if rate >= 1:
        return 0.0
    term, total = tried * log(1 - rate), 0.0
    for k in range(found + 1):
        total += np.exp(term)
        term += log((tried - k) / (k + 1) * rate / (1 - rate)) if rate > 0 and k < tried else -np.inf
    return float(total)


def draw(lines: Sequence[Line], folder: Path) -> None:
    """What C had to be, as the share of graphs that needed more, one curve for each adapter and dtype."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "false alarms"
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for line in lines:
        for dtype, needed in line["needed"].items():
            if not line["alarms"]:
                groups[f"{line['adapter']} {line['version']}", dtype].append(needed)
    dtypes = [dtype for dtype in UNIT_ROUNDOFF if any(key[1] == dtype for key in groups)]
    figure, axes = plt.subplots(1, len(dtypes), figsize=(3.4 * len(dtypes), 3.2), sharey=True, squeeze=False)
    for axis, dtype in zip(axes[0], dtypes, strict=True):
        for (adapter, kind), needed in groups.items():
            if kind == dtype:
                values = np.sort(needed)[::-1]
                share = np.arange(1, len(values) + 1) / len(values)
                axis.loglog(np.maximum(values, 1e-3), share, drawstyle="steps-pre", label=adapter)
        axis.axvline(CALIBRATION, color="black", linestyle="--", linewidth=0.8)
        axis.axvline(3 * CALIBRATION, color="firebrick", linestyle="--", linewidth=0.8)
        axis.set(title=dtype, xlabel="C a graph needs", xlim=(1e-2, 20))
        axis.legend(fontsize=6, loc="lower left")
    axes[0][0].set_ylabel("share of graphs that need more")
    figure.tight_layout()
    figure.savefig(folder / "calibration.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
