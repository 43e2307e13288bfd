"""What is said of functions that vary faster than the reference's steps are long, by how fast.

    python -m benchmarks.waves [--adapter torch:eager] [--points 3] [--blind] > waves.md

Prints a Markdown table: verdicts of every law that needs no other adapter, in float64, on eleven functions of k radians for
one unit of each input, k = 1.25 * 2^0 to 1.25 * 2^55.  With ``--blind`` nothing asks whether the steps are short enough:
there are no probes, and no digits to confirm in.  A minute on one core; not part of the tests.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.discovery import parse_adapter
from autograd_conformance.reference import multiprecision
from autograd_conformance.reference.probes import Probes
from autograd_conformance.worker.serve import Server, installed_versions, load
from tests.waves import BELOW_ROUNDING, WAVES, judged, waves

BANDS = ((0, 8), (9, 14), (15, 20), (21, 26), (27, 32), (33, 37), (38, 44), (45, 55))
"""Exponents: up to the first ladder's last step, the second's and so on; then what no step is short enough for."""
WORDS = ("agree", "weak", "imprecise", "inconclusive", "disagree")


def main() -> None:
    """Judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", default="torch:eager")
    parser.add_argument("--points", type=int, default=3, help="of every function at every exponent")
    parser.add_argument("--blind", action="store_true", help="without probes and digits")
    arguments = parser.parse_args()
    if arguments.blind:
        Probes.contradict = lambda *_: False
        multiprecision.derivative = lambda *_: None
    warnings.simplefilter("ignore")
    spec = parse_adapter(arguments.adapter)
    kind = load(spec.target)
    server = Server(kind)
    adapter = server.adapter(spec.mode or next(iter(kind.modes)))
    print(f"{arguments.adapter}: {installed_versions(adapter.distributions)}, blind: {arguments.blind}\n")
    print(f"| exponents | {' | '.join(WORDS)} |\n|---|{'---|' * len(WORDS)}")
    total: Counter[str] = Counter()
    with np.errstate(all="ignore"):
        for low, high in BANDS:
            words: Counter[str] = Counter()
            for case in cases(range(low, high + 1), arguments.points):
                words.update(verdict.name for verdict in judged(server, adapter.mode, case).values())
            print(f"| {low} to {high} | {' | '.join(str(words[word]) for word in WORDS)} |", flush=True)
            total += words
    print(f"| all | {' | '.join(str(total[word]) for word in WORDS)} |")


def cases(exponents: range, points: int) -> Iterator[Case]:
    for exponent in exponents:
        for shape in (*WAVES.values(), BELOW_ROUNDING):
            first = waves(shape, exponent)
            for number in range(points):
                yield replace(first, point=tuple(np.roll(array, number) + number / 8 for array in first.point))


if __name__ == "__main__":
    main()
