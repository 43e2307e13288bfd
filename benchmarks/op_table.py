"""Which op which framework has: under a name of its own, composed of others, or not at all and why.

    python -m benchmarks.op_table [-a torch:eager -a jax:jit ...] [-o docs/ops.md]

Asks the adapters what they say of themselves; nothing is run, so that this takes as long as importing the frameworks.
"""

from __future__ import annotations

import argparse
import platform
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from autograd_conformance.discovery import parse_adapter
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op
from autograd_conformance.worker.description import Description
from autograd_conformance.worker.process import Worker

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "ops.md"
ADAPTERS = ("torch:eager", "jax:jit", "tensorflow:eager", "tensorflow:graph", "tape:eager")

INTRODUCTION = (
    "The vocabulary, a table for each family, and how each adapter says an op: **native** is one function or operator of",
    "the framework, **composed** a combination of several, because the framework has no name for it, and **absent** means",
    "that the adapter has none; the reasons stand below the table. A graph with an absent op is *unsupported* there, never",
    "passed. The suite's own tape keeps to a core of 58 ops on purpose; what it does not have is left empty.",
)


def how(description: Description, op: str) -> str:
    """The cell of one op in one adapter; empty where it gives no reason for having none."""
    if op in description.lowers:
        return "composed" if op in description.composes else "native"
    return "absent" if op in description.absences else ""


def families() -> dict[str, list[Op]]:
    """Family to its ops, in the order of the vocabulary."""
    found: dict[str, list[Op]] = defaultdict(list)
    for op in VOCABULARY.values():
        found[op.family].append(op)
    return dict(found)


def document(described: Mapping[str, Description]) -> str:
    """The page; ``described`` maps names of adapters to what they say of themselves."""
    lines = ["# Which framework has which op", "", *INTRODUCTION, ""]
    lines += ["Written by `python -m benchmarks.op_table`, which asks the adapters:", "", *_totals(described)]
    for family, ops in families().items():
        lines += ["", f"## {family.capitalize()}", "", *_table(described, ops), *_reasons(described, ops)]
    return "\n".join(lines) + "\n"


def _totals(described: Mapping[str, Description]) -> list[str]:
    lines = [*_heading(["adapter", "versions", "native", "composed", "absent or left out"])]
    for name, description in described.items():
        counts = Counter(how(description, op) for op in VOCABULARY)
        versions = ", ".join(f"{each} {number}" for each, number in description.versions.items())
        absent = counts["absent"] + counts[""]
        lines.append(_row([name, versions, str(counts["native"]), str(counts["composed"]), str(absent)]))
    return [*lines, "", f"{len(VOCABULARY)} ops in all; Python {platform.python_version()}."]


def _table(described: Mapping[str, Description], ops: Iterable[Op]) -> list[str]:
    rows = [[f"`{op.name}`", *(how(description, op.name) for description in described.values())] for op in ops]
    return [*_heading(["op", *described]), *map(_row, rows)]


def _reasons(described: Mapping[str, Description], ops: Iterable[Op]) -> list[str]:
    """One line for each op and reason, with the adapters that give it."""
    given: dict[tuple[str, str], list[str]] = defaultdict(list)
    for op in ops:
        for name, description in described.items():
            if how(description, op.name) == "absent":
                given[op.name, description.absences[op.name]].append(name)
    lines = [f"* `{op}`, {' and '.join(names)}: {reason}." for (op, reason), names in given.items()]
    return ["", *lines] if lines else []


def _heading(cells: Sequence[str]) -> list[str]:
    return [_row(cells), _row(["---"] * len(cells))]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def describe(names: Iterable[str]) -> dict[str, Description]:
    """What each adapter says of itself; one worker at a time."""
    found = {}
    for name in names:
        spec = parse_adapter(name)
        with Worker(spec.target, start_timeout=300) as worker:
            found[name] = worker.describe(spec.mode, VOCABULARY)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-a", "--adapter", action="append", metavar="NAME", help=f"default: {', '.join(ADAPTERS)}")
    parser.add_argument("-o", "--output", type=Path, default=DOCUMENT)
    arguments = parser.parse_args()
    page = document(describe(arguments.adapter or ADAPTERS))
    arguments.output.write_text(page, encoding="utf-8")
    print(f"{arguments.output}: {len(VOCABULARY)} ops")


if __name__ == "__main__":
    main()
