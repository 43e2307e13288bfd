"""Which law sees which fault: every miniature judged by every law, beside real adapters.

    python -m benchmarks.kill_matrix [--framework Torch] [--seed 5] [--search 8] [--single 6] [-o docs/kill-matrix.md]

Each miniature of `tests.miniatures` gets its smallest case, random graphs over its ops and graphs of one of its ops in a
small context, as many as asked for that have the fault.  It is judged through the whole machinery, without reductions,
next to the real adapter of its framework (the last row, which must stay empty) and of another one.  A fault in what stands
round a part of a program has one case, which is asked in every kind and form.  Ten minutes on two slow cores.
"""

from __future__ import annotations

import argparse
import itertools
import platform
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from autograd_conformance import investigation, variants
from autograd_conformance.campaign import Campaign
from autograd_conformance.case import Case
from autograd_conformance.corpus import STRATUM
from autograd_conformance.expectation import load, shipped
from autograd_conformance.generation.strategies import cases, stream
from autograd_conformance.judge import ANSWERS
from autograd_conformance.laws import LAWS
from autograd_conformance.laws.linearity import doubled
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.preparation import Prepared, prepare
from autograd_conformance.records import UNEXPECTED_VERDICTS, Record, Result
from autograd_conformance.rewrites import rewritten
from autograd_conformance.settings import Settings
from autograd_conformance.word import ORDERS
from tests.miniature_samples import SAMPLES
from tests.miniatures import EVERY_FAULT, FAULTS
from tests.miniatures.fault import FRAMEWORKS, Fault
from tests.miniatures.wrappers import CASE, WRAPPER_FAULTS

CONTEXT = ("mul", "sin", "add")
"""Ops beside the faulty one; faults of no particular op live on them alone."""
MOST_DRAWN = 400
"""Graphs looked at until enough of them have the fault."""
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "kill-matrix.md"
ABOUT_GRADIENTS = tuple(name for name, law in LAWS.items() if not law.words)
SETTINGS = Settings(replay_only=True, laws=ABOUT_GRADIENTS)
"""The graphs of this script take the place of the corpus; to name laws leaves scenarios out."""

WRAPPED = replace(SETTINGS, laws=("vjp_*", "wrapped_*", "stopped_*"))

INTRODUCTION = (
    "Every deliberately faulty adapter of `tests/miniatures/`, judged on its smallest case and a few random graphs whose",
    "program has the fault: in how many of them each law gave `disagree` (or `error`); an empty cell means in none. A",
    "case counts once, whatever the dtype and the mode. The last but one row is the real adapter on all of these graphs,",
    "without the defects that are known of it ([findings.md](findings.md)).",
    "Laws about forward mode and higher orders are asked of the faults in those, at the end of the table: the others are",
    "made of custom rules that have no such derivatives.",
    "A share below one is no miss by itself: graphs without elements and operands outside a fault's condition count too.",
)


@dataclass(eq=False)
class Row:
    """How many of the cases broke each law."""

    name: str
    text: str
    cases: set[str] = field(default_factory=set)
    broken: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def cell(self, law: str) -> str:
        return f"{len(self.broken[law])}/{len(self.cases)}" if self.broken.get(law) else ""


def cases_for(fault: type[Fault], seed: int, search: int, single: int) -> list[Case]:
    """Cases that have the fault: the smallest, a small search over all its ops, then each of its ops alone."""
    ops = () if fault.is_of_rewrites else fault.ops
    over_all = stream(cases([VOCABULARY[name] for name in dict.fromkeys((*ops, *CONTEXT))], 2, 6), seed)
    alone = [
        stream(cases([VOCABULARY[name] for name in dict.fromkeys((op, *CONTEXT))], 2, 4), seed * 7919 + position)
        for position, op in enumerate(ops or ("mul",))
    ]
    smallest = SAMPLES[fault.__name__].case
    chosen = [smallest, *_affected(fault, over_all, search), *_affected(fault, _in_turn(alone), single)]
    return list({case.id: case for case in chosen}.values())


def _in_turn(streams: Sequence[Iterator[Case]]) -> Iterator[Case]:
    while True:
        for each in streams:
            yield next(each)


def _affected(fault: type[Fault], drawn: Iterator[Case], most: int) -> Iterator[Case]:
    return itertools.islice((case for case in itertools.islice(drawn, MOST_DRAWN) if has_fault(fault, case)), most)


def has_fault(fault: type[Fault], case: Case) -> bool:
    """Whether a program that a run asks about has it: a fault of no particular op may lie in the doubled graph alone."""
    graphs = [case.graph]
    if fault.is_of_rewrites:
        graphs += [each.case.graph for each in rewritten(case, {"graph", "leaves"}, "one in three")]
    elif not fault.ops:
        graphs.append(doubled(case.graph))
    return any(fault.affects(graph) for graph in graphs)


def judge(prepared: Sequence[Prepared], chosen: list[Case], settings: Settings) -> list[Result]:
    """What a run writes about these cases."""
    written: list[Record] = []
    adapters = [adapter for each in prepared for adapter in each.adapters]
    workers = {name: worker for each in prepared for name, worker in each.workers.items()}
    for adapter in adapters:
        adapter.budget[STRATUM] = len(chosen)
    campaign = Campaign(settings, adapters, workers, chosen, load(shipped()), written.append)
    campaign.start().join()
    if campaign.failure is not None:
        raise campaign.failure
    return [record for record in written if isinstance(record, Result)]


def judge_wrapped(faulty: Prepared) -> list[Result]:
    """What a run writes about the one case of such a fault, in every kind and form."""
    share, PlannedAdapter.share_of_rewrites = PlannedAdapter.share_of_rewrites, lambda *_: "all"  # type: ignore[method-assign]
    try:
        return judge([faulty], [CASE], WRAPPED)
    finally:
        PlannedAdapter.share_of_rewrites = share  # type: ignore[method-assign]


def add(row: Row, results: list[Result], framework: str) -> None:
    """Count the results of every mode of one framework, but for what a shipped expectation foresees."""
    for result in results:
        if result.adapter.rpartition(":")[0] != framework:
            continue
        row.cases.add(result.case)
        if result.verdict in UNEXPECTED_VERDICTS and not result.expected:
            row.broken[result.law].add(result.case)


def headers() -> dict[str, str]:
    """Law to a short header: the first and the last word of its name, or all of them where two laws share those."""
    ends = {law: " ".join((law.split("_")[0], law.split("_")[-1])) for law in LAWS}
    shared = Counter(ends.values())
    return {law: short if shared[short] == 1 else law.replace("_", " ") for law, short in ends.items()}


def document(rows: Sequence[Row], real: Row, environment: str, command: str) -> str:
    """The Markdown page."""
    short = headers()
    laws = list(LAWS)
    lines = [
        "# Which law sees which fault",
        "",
        *INTRODUCTION,
        "",
        f"    {command}",
        "",
        environment,
        "",
        "| miniature | fault | " + " | ".join(short[law] for law in laws) + " |",
        "|---|---|" + ":-:|" * len(laws),
    ]
    for row in [*rows, real]:
        text = row.text.replace("|", "\\|")
        lines.append(f"| {row.name} | {text} | " + " | ".join(row.cell(law) for law in laws) + " |")
    killers = [sum(bool(row.broken.get(law)) for row in rows) for law in laws]
    lines += ["| *miniatures seen* | | " + " | ".join(f"{count}" for count in killers) + " |", "", "## The laws", ""]
    lines += ["| column | law | says |", "|---|---|---|"]
    for name, law in LAWS.items():
        formula = law.formula.replace("|", "\\|")
        lines.append(f"| {short[name]} | `{name}` | {formula}. {law.description} |")
    return "\n".join(lines) + "\n"


def environment_of(prepared: Sequence[Prepared]) -> str:
    versions: dict[str, str] = {}
    for each in prepared:
        for adapter in each.adapters:
            versions.update(adapter.description.versions)
    versions |= {"NumPy": np.__version__, "Python": platform.python_version()}
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{named}; {platform.system()} {platform.machine()}."


def measure(framework: str, names: Sequence[str], options: Mapping[str, int]) -> tuple[list[Row], Row, str]:
    """A row per miniature, the real adapter's, and the environment."""
    investigation.MOST_REDUCTIONS = 0  # a smaller case would tell nothing here, and costs most of the time
    variants.GRAPHS_IN = 1
    variants.ASKED_IN = dict.fromkeys(ORDERS, 1)
    own = framework.lower()
    real = prepare([own, "tensorflow:eager" if own == "torch" else "torch:eager"], SETTINGS, [])
    rows, real_row = [], Row("*the real adapter*", f"None: {framework} itself, in every mode.")
    try:
        for name in names:
            target = f"tests.miniatures:{name}{framework}"
            row = Row(name, EVERY_FAULT[name].__doc__ or "")
            faulty = prepare([target], SETTINGS, [])
            try:
                if faulty.missing or real.missing:
                    raise SystemExit(f"cannot be asked: {[each.name for each in (*faulty.missing, *real.missing)]}")
                if name in WRAPPER_FAULTS:
                    results = judge_wrapped(faulty)
                else:
                    settings = replace(SETTINGS, laws=("*",)) if SAMPLES[name].word else SETTINGS
                    results = judge([faulty, real], cases_for(FAULTS[name], **options), settings)
            finally:
                faulty.close()
            add(row, results, target)
            add(real_row, results, own)
            if row.broken[ANSWERS] or real_row.broken[ANSWERS]:
                raise SystemExit(f"{name} or {own} gave no answer, so that no law was judged: run again")
            rows.append(row)
            print(name, {law: row.cell(law) for law in row.broken}, file=sys.stderr, flush=True)
        return rows, real_row, environment_of([real])
    finally:
        real.close()


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--framework", choices=FRAMEWORKS, default="Torch")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--search", type=int, default=8, help="random graphs per miniature")
    parser.add_argument("--single", type=int, default=6, help="graphs of one faulty op per miniature")
    parser.add_argument("--only", nargs="*", choices=sorted(EVERY_FAULT), help="these miniatures")
    parser.add_argument("-o", "--output", type=Path, default=DOCUMENT)
    given = parser.parse_args()
    names = [name for name in given.only or EVERY_FAULT if given.framework in EVERY_FAULT[name].frameworks]
    options = {"seed": given.seed, "search": given.search, "single": given.single}
    rows, real, environment = measure(given.framework, names, options)
    flags = "".join(f" --{name} {value}" for name, value in options.items())
    only = f" --only {' '.join(given.only)}" if given.only else ""
    command = f"python -m benchmarks.kill_matrix --framework {given.framework}{flags}{only}"
    given.output.write_text(document(rows, real, environment, command), encoding="utf-8")


if __name__ == "__main__":
    main()
