"""Which cases of a search are kept as a sample of what passes, so that versions can be compared on it.

A case qualifies where every adapter that answered agreed strongly with the reference.  Strata are what comparing versions
should look at: every op, in every pattern of shapes, in every dtype and order it was judged in, kernels by size, and which
ops feed which.  A greedy cover takes small cases first; larger ones are for what no small one shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from autograd_conformance.case import Case, case_from_plain
from autograd_conformance.corpus import PASSING, PASSING_ORDERS, STRATUM, Frozen, passing_text, plain_case
from autograd_conformance.coverage import met
from autograd_conformance.graph import MalformedGraph
from autograd_conformance.judge import CERTIFIES, FINEST
from autograd_conformance.laws import LAWS
from autograd_conformance.laws.words import ASKABLE
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import CONTEXT, FLOOR, LARGE, SINGLE
from autograd_conformance.records import CaseRecord, Result
from autograd_conformance.results import ResultsFile
from autograd_conformance.variants import HIGHER, SPECIAL
from autograd_conformance.word import order_of

Stratum = tuple[str, ...]

UNSTEADY = frozenset({"lstsq"})
"""Ops of which a framework gives other last digits in each process, so that a version differs from itself: torch's
driver reads memory that nobody has written to (docs/findings.md)."""
PASSES = ("agree", "weak", "unsupported")
"""Verdicts that every result about a case of the sample has; strongly judged it is besides."""
CLASSES = (3, 6, 12)
"""Nodes up to which cases are taken first, next and after that; then what is larger, random graphs and large kernels."""
ALONE = (SINGLE, HIGHER, SPECIAL, FLOOR)
"""Strata of a search that draw one op in a small context."""
GRAPHS, KERNELS = "graphs", "kernels"
"""The files of graphs of many ops, and of those of thousands of elements; others are kept by the family of their op."""
MOST = 600
LARGEST_TEXT = 60_000
"""Bytes of one case in its file."""
TOTAL_TEXT = 2_500_000
"""Bytes of the whole sample, so that the repository stays small."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A case that qualifies, what it stands for, and how many bytes its text has."""

    case: Case
    strata: frozenset[Stratum]
    drawn: str
    """The stratum of the search that drew it."""
    text: int

    @property
    def is_large(self) -> bool:
        return self.drawn == LARGE

    @property
    def is_graph(self) -> bool:
        """Whether it is about how ops are put together, and not about one in a small context."""
        return not self.is_large and self.drawn not in ALONE and len(self.case.graph.nodes) > CLASSES[1]

    @property
    def size_class(self) -> int:
        nodes = len(self.case.graph.nodes)
        return len(CLASSES) + 1 + self.is_large if self.is_large or self.is_graph else sum(n < nodes for n in CLASSES)

    @cached_property
    def op(self) -> str:
        """The one it is about: the first that is no mere context."""
        names = [node.op for node in self.case.graph.nodes]
        return next((name for name in names if name not in (*CONTEXT, "scale")), names[0])

    @property
    def file(self) -> str:
        """The name of the file that it is kept in."""
        if self.is_large:
            return KERNELS
        return GRAPHS if self.is_graph else VOCABULARY[self.op].family.replace(" ", "-")

    @cached_property
    def coarse(self) -> tuple[Stratum, ...]:
        """What it should differ in from those next to it."""
        patterns = sorted({pattern for op, pattern in met(self.case) if op == self.op})
        return (
            ("op", self.op),
            ("file", self.file),
            *(("pattern", pattern) for pattern in patterns),
            ("order", str(self.order)),
            ("class", str(self.size_class)),
        )

    @property
    def order(self) -> int:
        """The highest that was judged."""
        return max((int(one[2]) for one in self.strata if one[0] == "order"), default=1)

    @property
    def about(self) -> str:
        """What it stands for, in a line."""
        shape = ", ".join(one[1] for one in self.coarse if one[0] == "pattern")
        if self.is_large:
            return f"{self.op} on {self.case.element_count} elements"
        if self.file == GRAPHS:
            return f"a graph of {len(self.case.graph.nodes)} nodes"
        return f"{self.op}, {shape}" + (f", order {self.order}" if self.order > 1 else "")


def candidates(files: Iterable[ResultsFile]) -> Iterator[Candidate]:
    """The cases of results files that qualify, each once; what any of the files says of a case counts.

    Raises MalformedGraph for a case that is none, or another than its id says.
    """
    by_case: dict[str, list[Result]] = {}
    records: dict[str, CaseRecord] = {}
    for file in files:
        for result in file.results:
            by_case.setdefault(result.case, []).append(result)
        records = {**file.cases, **records}
    for name, record in records.items():
        results = by_case.get(name, [])
        if record.stratum == STRATUM or not _qualifies(results):
            continue
        case = case_from_plain(record.graph, record.point, PASSING)
        if case.id != name:
            raise MalformedGraph(f"what is recorded as case {name} is case {case.id}; was a results file changed?")
        if UNSTEADY.intersection(case.graph.op_names):
            continue
        text = sum(map(len, map(str, plain_case(case).values())))
        if text <= LARGEST_TEXT:
            one = Candidate(case, frozenset(), record.stratum, text)
            yield replace(one, strata=frozenset(_strata(one, results)))


def _qualifies(results: Sequence[Result]) -> bool:
    """Whether all is well with a case, and strongly so in the finest dtype in every adapter that answered there."""
    if any(result.verdict not in PASSES for result in results):
        return False
    gradients = [result for result in results if result.law == CERTIFIES.name and result.dtype == FINEST]
    return bool(gradients) and all(result.verdict == "agree" for result in gradients)


def _strata(one: Candidate, results: Sequence[Result]) -> Iterator[Stratum]:
    """What a case stands for: of a graph of many ops only how they are put together."""
    case = one.case
    if one.is_large:
        yield "size", *_kernel(case)
        return
    ops = set(case.graph.op_names)
    if one.is_graph:
        yield "graphs", one.drawn, str(min(len(case.graph.nodes) // 4, 5))
        yield from _edges(case)
        yield from (("op", op) for op in ops)
        return
    for op, pattern in met(case):
        yield "op", op
        yield "pattern", op, pattern
    for result in results:
        order = max((order_of(ASKABLE[word]) for word in _words(result.law)), default=0)
        for op in ops if result.verdict == "agree" and order else ():
            yield ("order", op, str(order)) if order < 4 else ("order", VOCABULARY[op].family, str(order))
        if result.law == CERTIFIES.name:
            yield from (("dtype", op, result.dtype, result.verdict) for op in ops)


def _words(law: str) -> tuple[str, ...]:
    return LAWS[law].words if law in LAWS else ()


def _kernel(case: Case) -> Iterator[str]:
    """The op of a large case, the axes of its operands, and those it works along."""
    node = next(node for node in case.graph.nodes if node.op not in ("sin", "scale"))
    yield from (node.op, str([len(shape) for shape in case.graph.inputs]))
    yield str([value for name, value in sorted(node.attributes.items()) if name in ("axis", "axes")])


def _edges(case: Case) -> Iterator[Stratum]:
    """The families of which one feeds the other."""
    maker = {number: node for results, node in case.graph.numbered_nodes() for number in results}
    for node in case.graph.nodes:
        for operand in node.operands:
            if operand in maker:
                yield "edge", VOCABULARY[maker[operand].op].family, VOCABULARY[node.op].family


def chosen(pool: Sequence[Candidate], most: int = MOST) -> list[Candidate]:
    """A greedy cover of the strata of all candidates, small cases first, in an order of which every beginning is spread.

    Then a second graph is taken for the strata that one op in a small context shows, where there is another.
    """
    taken = _cover(pool, most, TOTAL_TEXT)
    graphs = {one.case.graph.key for one in taken}
    others = [one for one in pool if one.drawn in ALONE and one.case.graph.key not in graphs]
    taken += _cover(others, most - len(taken), TOTAL_TEXT - sum(one.text for one in taken))
    return spread(taken)


def _cover(pool: Sequence[Candidate], most: int, room: int) -> list[Candidate]:
    """The candidates of a cover, of at most this number and this many bytes."""
    covered: set[Stratum] = set()
    taken: list[Candidate] = []
    for size_class in sorted({one.size_class for one in pool}):
        left = sorted((one for one in pool if one.size_class == size_class), key=lambda one: (one.text, one.case.id))
        while left and len(taken) < most:
            best = max(left, key=lambda one: len(one.strata - covered))  # the first of equals, so the smallest
            if not best.strata - covered:
                break
            left.remove(best)
            if best.text <= room:
                taken.append(best)
                covered |= best.strata
                room -= best.text
    return taken


def uncovered(pool: Iterable[Candidate], taken: Iterable[Candidate]) -> int:
    """How many strata of the pool no case of the sample shows."""
    shown = {each for one in taken for each in one.strata}
    return len({each for one in pool for each in one.strata} - shown)


def spread(taken: Sequence[Candidate]) -> list[Candidate]:
    """In an order in which each case shows most of what those before it showed least."""
    counts: Counter[Stratum] = Counter()
    left = sorted(taken, key=lambda one: (one.text, one.case.id))
    ordered: list[Candidate] = []

    def news(one: Candidate) -> float:
        return sum(1 / (1 + counts[each]) ** 2 for each in one.coarse) / len(one.coarse)

    while left:
        best = max(left, key=news)
        left.remove(best)
        ordered.append(best)
        counts.update(best.coarse)
    return ordered


def sample_files(ordered: Sequence[Candidate]) -> dict[str, str]:
    """File name to text, of the sample in this order; the same bytes for the same cases."""
    kept: dict[str, list[Frozen]] = {}
    for place, one in enumerate(ordered):
        case = Case(one.case.graph, one.case.point, PASSING_ORDERS if one.order > 1 else PASSING)
        kept.setdefault(one.file, []).append(Frozen(case, Path(f"{one.file}.json"), one.about, place=place))
    return {f"{name}.json": passing_text(members) for name, members in sorted(kept.items())}
