"""Derivatives of higher order: how near correct ones come to their bounds, and how small a fault is seen.

    python -m benchmarks.higher_orders --adapter torch:eager --order 2 --graphs 3000 -o orders.jsonl
    python -m benchmarks.higher_orders --read *.jsonl

The first form judges independent random graphs, every word of an order in float64 and float32, and writes one line per
graph; the second prints Markdown tables.  With ``--faults`` a fault is planted in the second derivative alone: at one node
y becomes y + c (y - y0)**2 with y0 the constant that y is, whose value and first derivative are those of y, and c such that
the product of the Hessian with the first tangent is off by a share d of its norm; asked about in float64.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from autograd_conformance.adapters.translator import TranslatingAdapter, source_of
from autograd_conformance.case import Case
from autograd_conformance.discovery import parse_adapter
from autograd_conformance.generation.strategies import independent_cases
from autograd_conformance.graph import Graph, Node
from autograd_conformance.judge import Judged, judge_case, measurement_of, question_in, questions_about
from autograd_conformance.laws import LAWS, Law
from autograd_conformance.laws.words import WORD_LAWS
from autograd_conformance.reference.estimate import Estimate, estimate
from autograd_conformance.worker.questions import Answered, Derived, question_to_plain
from autograd_conformance.worker.serve import Server, load
from benchmarks.mutants import influential_results
from tests.miniatures.words import WORDS

DTYPES = ("float64", "float32")
SIZES = (1e-2, 1e-3, 1e-4, 1e-6, 1e-8)
NAMES = {"torch": "Torch", "jax": "Jax", "tensorflow": "TensorFlow"}
HESSIAN = "rr"
Line = dict[str, Any]


def bent(adapter: type[TranslatingAdapter], struck: tuple[int, int], amount: float) -> type[TranslatingAdapter]:
    """The adapter with ``amount`` (y - y0)**2 added to one result of one node."""
    position, result = struck

    class Bent(adapter):  # type: ignore[misc, valid-type]
        def write_source(self, graph: Graph) -> str:
            def write_node(node: Node, operands: Sequence[str]) -> str:
                expression = self.write_node(node, operands)
                if node is not graph.nodes[position]:
                    return str(expression)
                if node.results == 1:
                    return f"bent({expression})"
                return f"[bent(y) if number == {result} else y for number, y in enumerate({expression})]"

            bend = f"def bent(y):\n    off = y - stop_gradient(y)\n    return y + {amount!r} * off * off"
            words = WORDS[NAMES[self.framework]]
            return str(source_of(graph, write_node, definitions=[words, *self.definitions_of(graph), bend]))

    return Bent


def judged(
    server: Server, found: Estimate, mode: str, laws: dict[str, Law], dtypes: tuple[str, ...] = DTYPES
) -> Judged:
    """What a run says, asked for every word of these laws."""
    asked = questions_about(found, mode, dtypes, laws, "all")
    answers: list[Any] = [server.answer(question_to_plain(one)) for one in asked]

    def other(dtype: str, words: frozenset[str]) -> Any:
        return server.answer(question_to_plain(question_in(found, mode, dtype, laws, "all", always=words)))

    return judge_case(found, mode, dtypes, laws, answers, other, "all")


def verdicts_of(each: Judged, laws: dict[str, Law]) -> Line:
    """Dtype to word to the verdict, the gap in bounds and how weak the bound is."""
    line: Line = {}
    for (dtype, name), verdict in each.verdicts.items():
        if name in laws:
            worst = verdict.worst
            numbers = [None, None] if worst is None else [worst.ratio, worst.weakness]
            detail = verdict.detail if verdict.name in ("error", "inconclusive", "disagree") else ""
            line.setdefault(dtype, {})[laws[name].words[0]] = [verdict.name, *numbers, detail[:120]]
    return line


def product(server: Server, found: Estimate, mode: str) -> np.ndarray | None:
    """H a in float64."""
    laws = {law.name: law for law in WORD_LAWS if law.words == (HESSIAN,)}
    answer = server.answer(question_to_plain(question_in(found, mode, "float64", laws, "all")))
    if not isinstance(answer, Answered) or not isinstance(answer.derived.get(HESSIAN), Derived):
        return None
    return measurement_of(found, mode, "float64", answer).derived(HESSIAN, is_leafy=True).astype(float)


def faults_of(adapter: type[TranslatingAdapter], found: Estimate, mode: str, laws: dict[str, Law]) -> Line:
    """Size to the verdicts about the fault of that size; nothing where no second derivative can be altered."""
    case = found.case
    clean = product(Server(adapter), found, mode)
    places = influential_results(case.graph)
    if clean is None or not np.any(clean) or not places:
        return {}
    struck = places[case.seed % len(places)]
    altered = product(Server(bent(adapter, struck, 1.0)), found, mode)
    effect = 0.0 if altered is None else float(np.linalg.norm(altered - clean))
    if not effect or not np.isfinite(effect):
        return {}
    share = float(np.linalg.norm(clean)) / effect
    servers = {d: Server(bent(adapter, struck, d * share)) for d in SIZES}
    return {
        f"{d:.0e}": verdicts_of(judged(server, found, mode, laws, ("float64",)), laws) for d, server in servers.items()
    }


def lines(arguments: argparse.Namespace) -> Iterator[Line]:
    spec = parse_adapter(arguments.adapter)
    adapter: Any = load(spec.target)
    assert spec.mode is not None
    laws = {law.name: LAWS[law.name] for law in WORD_LAWS if law.order == arguments.order}
    server = Server(adapter)
    cases: Iterator[Case] = islice(independent_cases(seed=arguments.seed), arguments.graphs)
    for case in cases:
        found = estimate(case)
        line: Line = {"case": case.id, "adapter": arguments.adapter, "ops": list(case.graph.op_names)}
        line["graph"] = case.graph.canonical
        line["clean"] = verdicts_of(judged(server, found, spec.mode, laws), laws)
        if arguments.faults:
            line["faults"] = faults_of(adapter, found, spec.mode, laws)
        yield line


def print_clean(read: Sequence[Line]) -> None:
    """Distributions of the gap in bounds over graphs, by word and dtype."""
    groups: dict[tuple[str, str, str], list[list[Any]]] = defaultdict(list)
    for line in read:
        for dtype, words in line["clean"].items():
            for word, said in words.items():
                groups[line["adapter"], word, dtype].append(said)
    shown = ("disagree", "weak", "imprecise", "inconclusive", "error")
    print(f"| adapter | word | dtype | judged | 50% | 90% | 99% | 99.9% | largest | above 1 | {' | '.join(shown)} |")
    print("|" + "---|" * 15)
    for key, said in groups.items():
        counted = Counter(one[0] for one in said)
        ratios = np.array([one[1] for one in said if one[1] is not None and one[0] != "disagree"])
        if ratios.size:
            quantiles = " | ".join(f"{q:.3f}" for q in np.quantile(ratios, [0.5, 0.9, 0.99, 0.999, 1]))
            judged_here = sum(counted.values()) - counted["unsupported"] - counted["error"]
            words = " | ".join(str(counted[word]) for word in shown)
            print(f"| {' | '.join(key)} | {judged_here} | {quantiles} | {np.sum(ratios > 1)} | {words} |")


def print_faults(read: Sequence[Line]) -> None:
    """Shares of faults seen, by word, dtype and size; where correct rules are known at all, that is, not inconclusive."""
    faults: dict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
    for line in read:
        for size, dtypes in line.get("faults", {}).items():
            for dtype, words in dtypes.items():
                for word, said in words.items():
                    faults[line["adapter"], word, dtype, size][said[0]] += 1
    if faults:
        print("\n| adapter | word | dtype | d | seen | of | other words |\n|" + "---|" * 7)
    for key, counted in sorted(faults.items()):
        total = sum(counted.values()) - counted["unsupported"] - counted["error"]
        others = ", ".join(f"{said} {count}" for said, count in counted.most_common() if said != "disagree")
        print(f"| {' | '.join(key)} | {100 * counted['disagree'] / max(total, 1):.1f}% | {total} | {others} |")


def print_alarms(read: Sequence[Line]) -> None:
    """Every gap above one bound, so that none disappears in a count."""
    print("\nGaps above one bound on graphs without a fault:\n")
    for line in read:
        for dtype, words in line["clean"].items():
            for word, (said, ratio, _, detail) in words.items():
                if said == "disagree" or (ratio or 0) > 1:
                    number = "" if ratio is None else f"{ratio:.3g}"
                    print(
                        f"- {line['adapter']} {word} {dtype} {said} {number} {detail} {line['case']}: {line['graph']}"
                    )


def main() -> None:
    """Judge or tabulate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", default="torch:eager")
    parser.add_argument("--order", type=int, default=2)
    parser.add_argument("--graphs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=2027)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("-o", "--output", type=Path, default=Path("orders.jsonl"))
    parser.add_argument("--read", type=Path, nargs="*")
    arguments = parser.parse_args()
    if arguments.read:
        read = [json.loads(line) for path in arguments.read for line in path.read_text().splitlines()]
        print_clean(read)
        print_faults(read)
        print_alarms(read)
        return
    started = time.monotonic()
    with arguments.output.open("w") as file:
        for number, line in enumerate(lines(arguments), start=1):
            file.write(json.dumps(line) + "\n")
            file.flush()
            if number % 100 == 0:
                print(f"{number} graphs, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
