"""How small a wrong rule this suite and the frameworks' own gradient checkers still see, on the same graphs in one run.

    python benchmarks/sharpness.py [--graphs 400] [--seed 20] [--jobs 2] [--skip PEER] [--dtypes DTYPE] > sharpness.md
    python benchmarks/sharpness.py --common --skip jax jax-jit tensorflow > beside_autograd.md

Draws independent random graphs, plants a mutant (see mutants.py) in each, asks this suite (the real adapter of one
framework with the fault in its generated source, the real laws and the real judge) and every peer (see peers.py), and
prints Markdown tables with exact counts and 95% Wilson intervals.  Half an hour at 400 graphs on two cores; progress goes
to standard error.  Not part of the tests.

Counted as detected by the suite: any law gives *disagree*.  A mutant counts for a checker only where that accepts the
graph without it; what the suite says of those it does not is looked up among the shipped expectations.  A mutant is
*equivalent*, and left out, when the gradients of mutant and clean graph, both in float64, differ by less than d / 100 of the
clean one's norm (d = 1 for sign and zero); the difference is proportional to d, so one measurement at d = 1 decides for all
sizes.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import io
import multiprocessing
import platform
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from itertools import islice
from math import sqrt
from typing import Any

import numpy as np
from alarms import alarms_of, investigation_of
from mutants import KINDS, SLIGHT_KINDS, Mutant, mutant_of, mutated

from autograd_conformance.adapter import Adapter
from autograd_conformance.case import Case
from autograd_conformance.generation.strategies import independent_cases
from autograd_conformance.investigation import Investigator
from autograd_conformance.judge import Judged, judge_case, questions_about
from autograd_conformance.laws import LAWS
from autograd_conformance.measurement import FIRST, Measurement, question
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.precision import UNIT_ROUNDOFF
from autograd_conformance.reference.estimate import Estimate, estimate
from autograd_conformance.worker.questions import Answer, Answered, Refused, question_to_plain
from autograd_conformance.worker.serve import Server, installed_versions

MOST_ELEMENTS = 48
SIZES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8)
LOW_SIZES = (5e-1, 2e-1, 1e-1, 5e-2, 2e-2, 1e-2)
"""Sizes of the fault in 16 bits."""
LIMIT_SIZES = {"float64": (1e-10, 1e-11, 1e-12, 1e-13, 1e-14), "float32": (3e-5, 1e-5, 3e-6)}
"""Smaller ones that only the suite is asked about, to find where it sees nothing any more."""
SHOULD = (
    *(("float64", d) for d in (*SIZES, 1e-10)),
    *(("float32", d) for d in SIZES if d >= 1e-4),
    ("float16", 1e-1),
    ("bfloat16", 5e-1),
)
"""What it should detect: every miss is printed with its reasons."""
OTHER_KIND_SIZES = (1e-1, 1e-3, 1e-6, 1e-8)
"""Sizes for mutants of one element, or of half the domain."""
ADAPTERS = {"torch": "torch:TorchAdapter", "jax": "jax:JaxAdapter", "tensorflow": "tensorflow:TensorFlowAdapter"}
MODES = {"torch": "eager", "jax": "eager", "tensorflow": "eager"}
PEER_NAMES = {
    "gradcheck": "torch gradcheck",
    "gradcheck-fast": "torch gradcheck, fast_mode=True",
    "jax-jit": "JAX check_grads, jitted",
    "jax": "JAX check_grads, plain",
    "tensorflow": "TensorFlow compute_gradient",
    "autograd": "HIPS autograd check_grads",
    "autograd-order1": "HIPS autograd check_grads, order=1",
}
CLEAN = "clean"
FIRST_LAW = "vjp_matches_finite_differences"
EQUIVALENT_BELOW = 0.01
KNOWN = "known"
DETECTED = ("disagree", "rejects")
COUNTED = (*DETECTED, "accepts", "agree", "weak", "imprecise", "inconclusive")


@dataclass(frozen=True)
class Plan:
    """What every graph is put through."""

    framework: str
    dtypes: tuple[str, ...]
    peers: tuple[str, ...]
    peer_kinds: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """One answer of one checker; ``kind`` is "clean" where nothing was planted."""

    checker: str
    dtype: str
    kind: str
    d: float
    said: str
    note: str = ""


@dataclass(frozen=True)
class Measured:
    """All answers about one graph.  ``equivalent`` are the kinds whose mutant alters next to nothing here."""

    case: str
    outcomes: tuple[Outcome, ...]
    equivalent: frozenset[str]

    def is_alarming(self, checker: str, dtype: str) -> bool:
        """Whether the checker rejects the graph with nothing planted."""
        return any(
            (outcome.checker, outcome.dtype, outcome.kind) == (checker, dtype, CLEAN) and outcome.said in DETECTED
            for outcome in self.outcomes
        )


@dataclass(eq=False)
class Results:
    """All answers of the run."""

    measured: list[Measured] = field(default_factory=list)

    def of(self, checker: str, dtype: str, kind: str, d: float) -> list[Outcome]:
        """Answers about clean graphs, or about mutants that are not equivalent of graphs the checker accepts clean."""
        return [
            outcome
            for each in self.measured
            if kind == CLEAN or (kind not in each.equivalent and not each.is_alarming(checker, dtype))
            for outcome in each.outcomes
            if (outcome.checker, outcome.dtype, outcome.kind, outcome.d) == (checker, dtype, kind, d)
        ]


def main() -> None:
    """Draw, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--framework", choices=sorted(ADAPTERS), default="torch", help="whose adapter the suite judges")
    parser.add_argument("--dtypes", nargs="*", default=list(UNIT_ROUNDOFF), choices=list(UNIT_ROUNDOFF))
    parser.add_argument("--skip", nargs="*", default=[], choices=[*PEER_NAMES, "all"], help="peers left out")
    parser.add_argument("--common", action="store_true", help="draw only ops that every peer asked has")
    parser.add_argument("--peer-graphs", type=int, help="peers are asked about the first so many graphs only")
    parser.add_argument("--peer-kinds", nargs="*", default=["rule", "sign", "zero"], choices=KINDS)
    arguments = parser.parse_args()
    peers = () if "all" in arguments.skip else tuple(name for name in PEER_NAMES if name not in arguments.skip)
    plan = Plan(arguments.framework, tuple(arguments.dtypes), peers, tuple(arguments.peer_kinds))
    started = time.monotonic()
    left_out: Counter[str] = Counter()
    ops = import_module("peers").common_ops([peer_of(name) for name in peers]) if arguments.common else None
    drawn = list(islice(suitable_cases(ops, arguments.seed, left_out), arguments.graphs))
    progress(f"{len(drawn)} graphs drawn", started)
    results = Results()
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(arguments.jobs, mp_context=spawned) as pool:
        alone = replace(plan, peers=())
        most = len(drawn) if arguments.peer_graphs is None else arguments.peer_graphs
        waiting = {pool.submit(measure, one, plan if n < most else alone): n for n, one in enumerate(drawn)}
        found: dict[int, Measured] = {}
        for done in as_completed(waiting):
            found[waiting[done]] = done.result()
            if len(found) % 10 == 0:
                progress(f"{len(found)} of {len(drawn)} graphs", started)
    results.measured = [found[number] for number in sorted(found)]
    print_all(
        results, plan, f"over {len(ops or VOCABULARY)} ops, seed {arguments.seed}", left_out, time.monotonic() - started
    )


def progress(text: str, started: float) -> None:
    """One line on standard error."""
    print(f"{time.monotonic() - started:7.0f} s  {text}", file=sys.stderr, flush=True)


def suitable_cases(ops: Sequence[Op] | None, seed: int, left_out: Counter[str]) -> Iterator[Case]:
    """Graphs every checker can afford, at points where a derivative exists and is not zero; ``ops`` as of the generator."""
    for case in independent_cases(ops, seed):
        if any(array.size == 0 for array in case.point) or 0 in {int(np.prod(s)) for s in case.output_shapes}:
            left_out["an empty input or output"] += 1
        elif case.element_count > MOST_ELEMENTS:
            left_out[f"more than {MOST_ELEMENTS} input elements"] += 1
        else:
            estimated = estimate(case)
            if estimated.problem:
                left_out[estimated.problem] += 1
            elif estimated.is_constant:
                left_out["no derivative differs from zero"] += 1
            elif isinstance(_answer(estimated, None), Refused):
                left_out["an op that torch does not differentiate"] += 1
            else:
                yield Case(case.graph, case.point, case.stratum)


def measure(case: Case, plan: Plan) -> Measured:
    """Everything about one graph; runs in a process of the pool."""
    estimated = estimate(case)
    outcomes: list[Outcome] = []
    mutants = {kind: mutant_of(case, kind) for kind in KINDS}
    shares = effects(estimated, mutants)
    for dtype in plan.dtypes:
        outcomes.append(ask_suite(estimated, plan.framework, dtype, CLEAN, 0.0, None, 0.0))
        for kind in KINDS:
            if shares[kind] < EQUIVALENT_BELOW:
                continue
            for d in suite_sizes(kind, dtype):
                mutant = mutants[kind].scaled(d)
                outcomes.append(ask_suite(estimated, plan.framework, dtype, kind, d, mutant, shares[kind]))
    for name in plan.peers:
        peer = peer_of(name)
        for dtype in peer.dtypes:
            outcomes.append(ask_peer(name, case, dtype, CLEAN, 0.0, mutants["rule"].scaled(0.0)))
            for kind in plan.peer_kinds:
                if shares[kind] < EQUIVALENT_BELOW:
                    continue
                for d in peer_sizes(kind):
                    outcomes.append(ask_peer(name, case, dtype, kind, d, mutants[kind].scaled(d)))  # noqa: PERF401
    equivalent = frozenset(kind for kind in KINDS if shares[kind] < EQUIVALENT_BELOW)
    return Measured(case.id, tuple(outcomes), equivalent)


def suite_sizes(kind: str, dtype: str) -> tuple[float, ...]:
    """Sizes of the fault the suite is asked about."""
    if kind not in SLIGHT_KINDS:
        return (1.0,)
    if dtype in ("float16", "bfloat16"):
        return LOW_SIZES
    return (*SIZES, *LIMIT_SIZES[dtype]) if kind == "rule" else OTHER_KIND_SIZES


def peer_sizes(kind: str) -> tuple[float, ...]:
    """Sizes of the fault a peer is asked about."""
    if kind not in SLIGHT_KINDS:
        return (1.0,)
    return SIZES if kind == "rule" else OTHER_KIND_SIZES


@cache
def peer_of(name: str) -> Any:
    """A peer, made once in every process; importing them takes seconds."""
    return import_module("peers").PEERS[PEER_NAMES[name]]()


def ask_peer(name: str, case: Case, dtype: str, kind: str, d: float, mutant: Mutant | None) -> Outcome:
    """What a peer says.  Its clean graph carries a fault of size 0, so that compilers compile it once for all sizes."""
    said, _, note = import_module("peers").asked(peer_of(name), case, mutant, dtype).partition(": ")
    return Outcome(name, dtype, kind, d, said, note)


def server_of(framework: str, mutant: Mutant | None) -> Server:
    """The worker's own server around the real adapter with the fault in its source."""
    module, _, name = ADAPTERS[framework].partition(":")
    adapter: type[Adapter] = getattr(import_module(f"autograd_conformance.adapters.{module}"), name)
    return Server(mutated(adapter, mutant))  # type: ignore[arg-type]


def effects(estimated: Estimate, mutants: dict[str, Mutant]) -> dict[str, float]:
    """For every kind: how far the fault of size 1 moves the gradient, beside the gradient's norm; in float64, torch."""
    clean = _gradient(estimated, None)
    found = {}
    for kind, mutant in mutants.items():
        altered = _gradient(estimated, mutant)
        size = np.linalg.norm(clean)
        found[kind] = float(np.linalg.norm(altered - clean) / size) if size else 0.0
    return found


def _gradient(estimated: Estimate, mutant: Mutant | None) -> np.ndarray:
    answer = _answer(estimated, mutant)
    if not isinstance(answer, Answered):
        raise TypeError(f"torch gave no answer: {answer}")
    return Measurement(estimated.case, "torch:eager", "float64", answer).gradient(FIRST).astype(np.float64)


def _answer(estimated: Estimate, mutant: Mutant | None) -> Answer:
    asked = question(estimated, "eager", "float64")
    return server_of("torch", mutant).answer(question_to_plain(asked))


def ask_suite(
    estimated: Estimate, framework: str, dtype: str, kind: str, d: float, mutant: Mutant | None, share: float
) -> Outcome:
    """What the suite says: ``disagree`` if any law does, else the first law's word.

    The law that sees most mutants is asked first, and the others only if it sees nothing; of a clean graph all are asked.
    """
    server, mode = server_of(framework, mutant), MODES[framework]
    said: dict[str, Any] = {}
    judging = {name: law for name, law in LAWS.items() if law.judge is not None}
    first = {FIRST_LAW: judging.pop(FIRST_LAW)}
    with contextlib.redirect_stdout(io.StringIO()):
        for laws in (first, judging):
            asked = questions_about(estimated, mode, (dtype,), laws)
            answers: list[Any] = [server.answer(question_to_plain(one)) for one in asked]

            def other(wanted: str, _words: frozenset[str]) -> Any:
                return server.answer(question_to_plain(question(estimated, mode, wanted)))

            judged = judge_case(estimated, f"{framework}:{mode}", (dtype,), laws, answers, other)
            said |= {law: verdict for (_, law), verdict in judged.verdicts.items()}
            if any(verdict.name == "disagree" for verdict in said.values()):
                broken = ", ".join(law for law, verdict in said.items() if verdict.name == "disagree")
                return Outcome("suite", dtype, kind, d, "disagree", broken if mutant else what_is_known(judged))
    return Outcome("suite", dtype, kind, d, _word(said), _why(estimated, mutant, said, share))


def what_is_known(judged: Judged) -> str:
    """Of the alarms about a clean graph: KNOWN where shipped expectations foresee them all, else the others' laws."""
    subject, investigator = _investigation(judged.adapter)
    unknown = [alarm for alarm in alarms_of(subject, judged, investigator) if not alarm["known"]]
    return f"case {judged.case.id}: " + ", ".join(alarm["law"] for alarm in unknown) if unknown else KNOWN


@cache
def _investigation(adapter: str) -> tuple[PlannedAdapter, Investigator]:
    """With a worker of the adapter's own, made once in every process."""
    worker, subject, investigator = investigation_of(adapter, LAWS)
    atexit.register(worker.close)
    return subject, investigator


def _word(said: dict[str, Any]) -> str:
    names = {verdict.name for verdict in said.values()}
    for name in ("unsupported", "error", "crash", "timeout", "imprecise", "inconclusive"):
        if name in names:
            return name
    return said[FIRST_LAW].name if FIRST_LAW in said else "agree"


def _why(estimated: Estimate, mutant: Mutant | None, said: dict[str, Any], share: float) -> str:
    """For the list of what was missed: which node, and every law that says something."""
    parts = [f"case {estimated.case.id}"]
    if mutant is not None:
        parts.append(f"node {mutant.node} {estimated.case.graph.nodes[mutant.node].op}, effect {share:.2g}")
    for law, verdict in said.items():
        worst = verdict.worst
        if worst is None:
            if verdict.name not in ("agree", "unsupported"):
                parts.append(f"{law}: {verdict.name} ({verdict.detail})")
        elif law == FIRST_LAW or verdict.name != "agree":
            parts.append(
                f"{law}: {verdict.name}, gap {worst.ratio:.2g} bounds, reference {worst.reference:.3g}, "
                f"bound {worst.bound:.2g} of which error {worst.error:.2g}"
                + (f" ({verdict.detail})" if verdict.detail else "")
            )
    return "; ".join(parts)


def print_all(results: Results, plan: Plan, drawn: str, left_out: Counter[str], seconds: float) -> None:
    """Every table."""
    distributions = ("autograd-conformance", "numpy", "torch", "jax", "tensorflow", "tensorflow-cpu", "autograd")
    versions = ", ".join(" ".join(each) for each in installed_versions(distributions).items())
    print(f"{len(results.measured)} independent random graphs {drawn}, at most {MOST_ELEMENTS} input elements; "
          f"the suite judges {plan.framework}:{MODES[plan.framework]}.")  # fmt: skip
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, {versions}; "
          f"{seconds / 60:.0f} minutes.")  # fmt: skip
    print("Left out while drawing: " + "; ".join(f"{count} x {why}" for why, count in left_out.most_common()) + ".")
    counts = {kind: sum(kind in each.equivalent for each in results.measured) for kind in KINDS}
    print("Equivalent mutants, left out: " + ", ".join(f"{kind} {count}" for kind, count in counts.items()) + ".\n")
    suite = [("suite", dtype) for dtype in plan.dtypes]
    wide = [row for row in suite if row[1] not in ("float16", "bfloat16")]
    low = [row for row in suite if row not in wide]
    peers = [(name, dtype) for name in plan.peers for dtype in peer_of(name).dtypes]
    print("## Wrong rule: the cotangent at one node times 1 + d, share detected\n")
    print_table(results, wide + peers, [("rule", d) for d in SIZES])
    print("\n## Where the suite sees no more\n")
    for row in wide:
        print_table(results, [row], [("rule", d) for d in LIMIT_SIZES[row[1]]])
        print()
    if low:
        print("\n## Wrong rule, in 16 bits\n")
        print_table(results, low, [("rule", d) for d in LOW_SIZES])
    slight = [(kind, d) for kind in ("element", "domain") for d in OTHER_KIND_SIZES]
    whole = [(kind, 1.0) for kind in ("sign", "zero")]
    print("\n## Other kinds of mutants, share detected\n")
    print_table(results, wide + peers, slight + whole)
    if low:
        low_slight = [(kind, d) for kind in ("element", "domain") for d in LOW_SIZES]
        print()
        print_table(results, low, low_slight + whole)
    print("\n## The same graphs without a mutant: false alarms\n")
    print_clean(results, suite + peers)
    print("\n## What the suite says of mutants it does not detect\n")
    for row in wide:
        print_words(results, [row], sorted({*SIZES, *LIMIT_SIZES[row[1]]}, reverse=True))
    print_words(results, low, LOW_SIZES)
    print("\n## Mutants of kind rule that the suite should detect and does not\n")
    for dtype, d in SHOULD:
        for outcome in results.of("suite", dtype, "rule", d):
            if outcome.said not in (*DETECTED, "unsupported"):
                print(f"- {dtype}, d = {d:g}, {outcome.said}: {outcome.note}")
    print_errors(results, peers)


def print_table(results: Results, rows: Sequence[tuple[str, str]], columns: Sequence[tuple[str, float]]) -> None:
    """Shares with counts and intervals; errors and what could not be asked are in neither count."""
    asked = [(row, [[o for o in results.of(*row, *column) if o.said in COUNTED] for column in columns]) for row in rows]
    kept = [number for number in range(len(columns)) if any(cells[number] for _, cells in asked)]
    if not kept:
        return
    kinds = {columns[number][0] for number in kept}
    heads = [_head(*columns[number], with_kind=len(kinds) > 1) for number in kept]
    print("| checker | dtype | " + " | ".join(heads) + " |")
    print("|" + "---|" * (len(heads) + 2))
    for (checker, dtype), cells in asked:
        if any(cells):
            texts = [share(sum(o.said in DETECTED for o in cells[n]), len(cells[n])) for n in kept]
            print(f"| {label(checker)} | {dtype} | " + " | ".join(texts) + " |")


def _head(kind: str, d: float, with_kind: bool) -> str:
    size = "" if kind not in SLIGHT_KINDS else f"d={d:.0e}".replace("e-0", "e-")
    return f"{kind} {size}".strip() if with_kind else size or kind


def label(checker: str) -> str:
    """The name of a row."""
    return "this suite" if checker == "suite" else PEER_NAMES[checker]


def share(count: int, total: int) -> str:
    """``97.2% (389/400; 95.1-98.4)``: with the 95% Wilson interval."""
    if not total:
        return "-"
    low, high = wilson(count, total)
    return f"{100 * count / total:.1f}% ({count}/{total}; {100 * low:.1f}-{100 * high:.1f})"


def wilson(count: int, total: int) -> tuple[float, float]:
    """The 95% score interval of Wilson (1927) for a share."""
    z = 1.959964
    p = count / total
    centre = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return max(0.0, centre - half), min(1.0, centre + half)


def print_clean(results: Results, rows: Sequence[tuple[str, str]]) -> None:
    """Alarms on graphs that are right; a sharp checker that cries wolf is no checker."""
    print("| checker | dtype | alarms | foreseen by expectations | errors | cannot be asked | other words |")
    print("|---|---|---|---|---|---|---|")
    for checker, dtype in rows:
        outcomes = results.of(checker, dtype, CLEAN, 0.0)
        said = Counter(outcome.said for outcome in outcomes)
        counted = sum(said[word] for word in COUNTED)
        alarms = sum(said[word] for word in DETECTED)
        cannot = said["cannot"] + said["unsupported"]
        errors = said["error"] + said["crash"] + said["timeout"]
        words = ", ".join(f"{word} {said[word]}" for word in ("weak", "imprecise", "inconclusive") if said[word])
        known = sum(outcome.note == KNOWN for outcome in outcomes) if checker == "suite" else "-"
        alarms_said = f"{share(alarms, counted)} | {known}"
        print(f"| {label(checker)} | {dtype} | {alarms_said} | {errors} | {cannot} | {words or '-'} |")
    for outcome in (each for row in rows for each in results.of(*row, CLEAN, 0.0)):
        if outcome.checker == "suite" and outcome.said in DETECTED and outcome.note != KNOWN:
            print(f"- unexplained, {outcome.dtype}: {outcome.note}")


def print_words(results: Results, rows: Sequence[tuple[str, str]], sizes: Sequence[float]) -> None:
    """Counts of every word for mutants of kind rule."""
    if not rows:
        return
    print("| dtype | " + " | ".join(_head("rule", d, with_kind=False) for d in sizes) + " |")
    print("|" + "---|" * (len(sizes) + 1))
    for checker, dtype in rows:
        cells = []
        for d in sizes:
            said = Counter(outcome.said for outcome in results.of(checker, dtype, "rule", d))
            cells.append(", ".join(f"{word} {count}" for word, count in sorted(said.items()) if word != "disagree"))
        print(f"| {dtype} | " + " | ".join(cell or "-" for cell in cells) + " |")
    print()


def print_errors(results: Results, rows: Sequence[tuple[str, str]]) -> None:
    """What peers said that was no word on the gradient."""
    said: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for each in results.measured:
        for outcome in each.outcomes:
            if (outcome.checker, outcome.dtype) in rows and outcome.said not in COUNTED:
                said[outcome.checker, outcome.dtype][f"{outcome.said}: {outcome.note}"] += 1
    if said:
        print("\n## Errors of peers, and what they cannot be asked\n")
    for (checker, dtype), texts in said.items():
        for text, count in texts.most_common(12):
            print(f"- {label(checker)}, {dtype}, {count} x {text}")


if __name__ == "__main__":
    main()
