"""How far the reference really is from the truth, beside how far it says it may be.

    python benchmarks/reference_accuracy.py [--graphs 1000] [--seed 7] [--elements 6] [--plot FILE.svg]

Draws independent cases, takes a few elements of each gradient, and compares the reference's estimate with a derivative
computed in 140 digits (`autograd_conformance.reference.multiprecision`).  The claim of an element is its
``estimate.derivative.error``; nothing may lie beyond.  About a minute per 500 graphs; not part of the tests.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.generation.strategies import independent_cases
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.reference.multiprecision import derivative

QUANTILES = (0.5, 0.9, 0.99, 0.999, 1.0)


@dataclass(frozen=True)
class Element:
    """One directional derivative: its claimed error, the actual one, and how exactly that is known."""

    case: Case
    column: int
    value: float
    claimed: float
    actual: float
    unknown: float

    @property
    def is_beyond(self) -> bool:
        """Beyond doubt: more than what the truth itself may be wrong by."""
        return self.actual - self.unknown > self.claimed

    @property
    def ratio(self) -> float:
        """Actual over claimed error."""
        if self.actual <= self.unknown and self.claimed == 0:
            return 0.0
        return self.actual / self.claimed if self.claimed else float("inf")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--elements", type=int, default=6, help="elements taken of each gradient, at most")
    parser.add_argument("--plot", type=Path, help="an SVG file for the distribution of actual over claimed error")
    arguments = parser.parse_args()
    skipped: Counter[str] = Counter()
    elements: list[Element] = []
    for case in islice(independent_cases(seed=arguments.seed), arguments.graphs):
        elements += measured(case, arguments.elements, skipped)
    print_table(elements, skipped, arguments.graphs)
    print_ops(elements)
    for element in elements:
        if element.is_beyond:
            print_beyond(element)
    if arguments.plot:
        plot(elements, arguments.plot)


def measured(case: Case, most: int, skipped: Counter[str]) -> Iterator[Element]:
    """Up to ``most`` elements of the gradient of ``case``, drawn by its seed."""
    found = estimate(case)
    if found.problem or not len(found.directions):
        skipped[found.problem or "no inputs"] += 1
        return
    generator = np.random.Generator(np.random.PCG64([case.seed, 4000]))
    chosen = generator.permutation(len(found.directions))[:most]
    for column in map(int, np.sort(chosen)):
        exact = derivative(case, found.cotangents[0], found.directions[column])
        if exact is None or not np.isfinite(exact[0]):
            skipped["no derivative in 140 digits (elements)"] += 1
            continue
        value, unknown = exact
        actual = abs(float(found.derivative.value[0, column] - value))
        yield Element(case, column, float(value), float(found.derivative.error[0, column]), actual, unknown)


def print_table(elements: Sequence[Element], skipped: Counter[str], graphs: int) -> None:
    """Counts, then quantiles."""
    beyond = [element for element in elements if element.is_beyond]
    largest = max((element.ratio for element in elements), default=0.0)
    print("| graphs | with a derivative | elements | beyond the claim | share | largest actual / claimed |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {graphs} | {len({element.case.id for element in elements})} | {len(elements)} | {len(beyond)} | "
        f"{len(beyond) / max(1, len(elements)):.3%} | {largest:.3g} |\n"
    )
    nonzero = [element for element in elements if abs(element.value) > element.unknown]
    rows = {
        "actual / claimed": [element.ratio for element in elements],
        "actual / claimed, value not 0": [element.ratio for element in nonzero],
        "claimed / value, value not 0": [element.claimed / abs(element.value) for element in nonzero],
        "actual / value, value not 0": [element.actual / abs(element.value) for element in nonzero],
    }
    print("| | " + " | ".join("max" if share == 1 else f"{share:.1%}" for share in QUANTILES) + " |")
    print("|---" * (len(QUANTILES) + 1) + "|")
    for name, numbers in rows.items():
        print(f"| {name} | " + " | ".join(f"{number:.2g}" for number in quantiles(numbers)) + " |")
    print()
    for reason, count in skipped.most_common():
        print(f"- left out, {count}: {reason}")
    print()


def quantiles(numbers: Sequence[float]) -> list[float]:
    """At QUANTILES, each a number that occurs."""
    ordered = sorted(numbers) or [float("nan")]
    return [ordered[round(share * (len(ordered) - 1))] for share in QUANTILES]


def print_ops(elements: Sequence[Element]) -> None:
    """The same by ops that occur: all where something is beyond, else the ten that come nearest."""
    groups: dict[str, list[Element]] = {}
    for element in elements:
        for name in element.case.graph.op_names:
            groups.setdefault(name, []).append(element)
    counts = {name: sum(element.is_beyond for element in group) for name, group in groups.items()}
    largest = {name: max(element.ratio for element in group) for name, group in groups.items()}
    shown = sorted(groups, key=lambda name: (-counts[name] / len(groups[name]), -largest[name]))
    print("| graphs with | elements | beyond | share | actual / claimed 99% | largest |")
    print("|---|---|---|---|---|---|")
    for name in shown if any(counts.values()) else shown[:10]:
        group = groups[name]
        high = quantiles([element.ratio for element in group])[2]
        share = counts[name] / len(group)
        print(f"| {name} | {len(group)} | {counts[name]} | {share:.2%} | {high:.2g} | {largest[name]:.2g} |")
    print()


def print_beyond(element: Element) -> None:
    """Everything needed to look at it again."""
    print(
        f"beyond: case {element.case.id}, direction {element.column}: value {element.value:.17g}, "
        f"claimed {element.claimed:.3g}, actual {element.actual:.3g} (known to {element.unknown:.1g})\n"
        f"    {element.case.graph.canonical}\n    {[array.tolist() for array in element.case.point]}"
    )


def plot(elements: Sequence[Element], path: Path) -> None:
    """The distribution of log2(actual / claimed); elements without any error are counted in the label."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "reference accuracy"  # the same figures, the same file
    ratios = np.array([element.ratio for element in elements])
    shown = np.log2(ratios[np.isfinite(ratios) & (ratios > 0)])
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axes = figure.add_subplot()
    label = f"{len(ratios)} elements; {np.sum(ratios == 0)} without any error are not drawn"
    axes.hist(shown, bins=np.arange(-24, max(4, np.max(shown, initial=0) + 1), 0.5), color="#4477aa", label=label)
    axes.axvline(0, color="#aa3377", label=f"the claim; {sum(element.is_beyond for element in elements)} beyond")
    axes.set_xlabel("log2 (actual error / claimed error)")
    axes.set_ylabel("elements")
    axes.legend(loc="upper left", frameon=False, fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
