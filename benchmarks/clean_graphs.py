"""Verdicts of real frameworks on random graphs: how often a correct rule raises an alarm, and how near the bound it comes.

    python benchmarks/clean_graphs.py [--scale 1.0] [--seed 101] [--keep FOLDER] > clean_graphs.md

Runs the command line once per framework (2,000 graphs for torch:eager and 500 for every other adapter at scale 1, float64
and float32, every law) and prints a Markdown table.  About 15 minutes on two cores; not part of the tests.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from autograd_conformance.records import as_float
from autograd_conformance.results import ResultsFile, read

RUNS = (
    (("torch:eager",), 2000),
    (("tensorflow:eager", "tensorflow:function", "tensorflow:graph"), 500),
    (("jax:jit", "jax:eager"), 500),
)
COUNTED = ("weak", "imprecise", "inconclusive")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the numbers of graphs")
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--keep", type=Path, help="folder that keeps the results files")
    parser.add_argument("--read", type=Path, nargs="*", help="tabulate these results files instead of running")
    arguments = parser.parse_args()
    if arguments.read:
        print_table([read(path) for path in arguments.read])
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for number, (adapters, graphs) in enumerate(RUNS):
            path = folder / f"{adapters[0].partition(':')[0]}.jsonl"
            flags = [flag for adapter in adapters for flag in ("-a", adapter)]
            flags += ["--examples", str(int(graphs * arguments.scale)), "--seed", str(arguments.seed + number)]
            subprocess.run(
                [sys.executable, "-m", "autograd_conformance.cli", "run", *flags, "-o", str(path)], check=False
            )
            files.append(read(path))
        print_table(files)


def print_table(files: list[ResultsFile]) -> None:
    """One row per adapter and dtype; largest ratio is the largest gap in bounds among verdicts that are no disagree."""
    columns = ["adapter", "dtype", "graphs", "verdicts", "unexpected", "known", *COUNTED, "largest gap in bounds"]
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for file in files:
        for adapter in file.header.adapters:
            version = next(iter(adapter.versions.values()), "missing")
            for dtype in ("float64", "float32"):
                mine = [r for r in file.results if r.adapter == adapter.name and r.dtype == dtype]
                if not mine:
                    continue
                verdicts = Counter(result.verdict for result in mine)
                alarms = [r for r in mine if r.verdict in {"disagree", "error", "crash", "timeout"}]
                known = sum(bool(result.expected) for result in alarms)
                ratios = [
                    as_float(r.worst.gap) / as_float(r.worst.bound) for r in mine if r.worst and r.verdict != "disagree"
                ]
                shares = " | ".join(f"{100 * verdicts[name] / len(mine):.2f}%" for name in COUNTED)
                print(
                    f"| {adapter.name} {version} | {dtype} | {len({r.case for r in mine})} | {len(mine)} | "
                    f"{len(alarms) - known} | {known} | {shares} | {max(ratios, default=0):.2f} |"
                )


if __name__ == "__main__":
    main()
