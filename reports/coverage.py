"""What was really exercised, so that a calm page cannot mean that nothing ran."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from autograd_conformance.graph import Graph
from autograd_conformance.records import CaseRecord
from autograd_conformance.reports.merged import Merged
from autograd_conformance.reports.tally import by_precision

MOST_ROWS = 300
PATTERNS = ("same", "broadcast", "scalar", "one", "empty")
"""What `CoverageRecord.counts` distinguishes."""


@dataclass(frozen=True)
class Bar:
    label: str
    count: int
    share: float
    """Of the largest bar, 0 to 1."""


@dataclass(frozen=True, eq=False)
class Stratum:
    name: str
    cases: int
    adapters: tuple[tuple[int, int], ...]
    """Cases judged and cases planned, for every adapter."""


@dataclass(frozen=True, eq=False)
class Coverage:
    dtypes: tuple[str, ...]
    ops: tuple[tuple[str, tuple[int, ...]], ...]
    """For every op, the number of judged cases that hold it, by dtype."""
    patterns: tuple[str, ...]
    strong: tuple[tuple[str, tuple[int, ...]], ...]
    """For every op, the number of strongly judged cases by pattern of shapes, of all adapters and dtypes together."""
    node_counts: tuple[Bar, ...]
    kinds: tuple[Bar, ...]
    strata: tuple[Stratum, ...]
    seconds: tuple[Bar, ...]


def coverage(merged: Merged) -> Coverage:
    judged: dict[tuple[str, str], set[str]] = defaultdict(set)
    for result in merged.results:
        if result.verdict not in ("unsupported", "error", "crash", "timeout"):
            for op in merged.ops.get(result.case, ()):
                judged[op, result.dtype].add(result.case)
    dtypes = tuple(by_precision(result.dtype for result in merged.results))[:12]
    ops = tuple(
        (op, tuple(len(judged.get((op, dtype), ())) for dtype in dtypes)) for op in merged.vocabulary[:MOST_ROWS]
    )
    strong = _strong(merged)
    patterns = PATTERNS if strong else ()
    return Coverage(
        dtypes, ops, patterns, strong, _node_counts(merged), _kinds(merged), _strata(merged), _seconds(merged)
    )


def _strong(merged: Merged) -> tuple[tuple[str, tuple[int, ...]], ...]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (op, _), record in merged.coverage.items():
        for patterns in record.counts.values():
            counts[op].update(patterns)
    return tuple((op, tuple(counts[op][pattern] for pattern in PATTERNS)) for op in sorted(counts)[:MOST_ROWS])


def _bars(counts: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    most = max((count for _, count in counts), default=0) or 1
    return tuple(Bar(label, count, count / most) for label, count in counts)


def _node_counts(merged: Merged) -> tuple[Bar, ...]:
    sizes = Counter(len(graph.nodes) for graph in merged.graphs.values())
    if not sizes:
        return ()
    width = max(1, -(-(max(sizes) + 1) // 16))
    bins: Counter[int] = Counter()
    for size, count in sizes.items():
        bins[size // width] += count
    labels = [
        (f"{place * width}" if width == 1 else f"{place * width}–{place * width + width - 1}")
        for place in range(max(bins) + 1)
    ]
    first = min(bins)
    return _bars([(labels[place], bins[place]) for place in range(first, max(bins) + 1)])


def _kinds(merged: Merged) -> tuple[Bar, ...]:
    counts: Counter[str] = Counter(dict.fromkeys(_KINDS, 0))
    for case in merged.cases.values():
        counts.update(kinds_of(case, merged.graphs.get(case.id)))
    return _bars([(kind, counts[kind]) for kind in _KINDS])


_KINDS = (
    "0-d value", "size 0", "size 1", "broadcast pair", "several inputs", "several outputs", "a value used twice",
    "the same value twice in one op",
)  # fmt: skip


def kinds_of(case: CaseRecord, graph: Graph | None) -> set[str]:
    """What is special about a case's shapes and structure."""
    kinds = set()
    for shape in case.shapes:
        if not shape:
            kinds.add("0-d value")
        elif 0 in shape:
            kinds.add("size 0")
        elif all(size == 1 for size in shape):
            kinds.add("size 1")
    if graph is None:
        return kinds
    if len(graph.inputs) > 1:
        kinds.add("several inputs")
    if len(graph.outputs) > 1:
        kinds.add("several outputs")
    if any(count > 1 for count in graph.use_counts):
        kinds.add("a value used twice")
    for numbers, node in graph.numbered_nodes():
        if len(set(node.operands)) < len(node.operands):
            kinds.add("the same value twice in one op")
        if len(case.shapes) == graph.value_count and _is_broadcast(
            [tuple(case.shapes[operand]) for operand in node.operands], tuple(case.shapes[numbers[0]])
        ):
            kinds.add("broadcast pair")
    return kinds


def _is_broadcast(operands: Sequence[tuple[int, ...]], result: tuple[int, ...]) -> bool:
    """Operands of different shapes, every axis of which is 1 or the result's."""
    if len(set(operands)) < 2:
        return False
    return all(
        len(shape) <= len(result)
        and all(size in (1, full) for size, full in zip(reversed(shape), reversed(result), strict=False))
        for shape in operands
    )


def _strata(merged: Merged) -> tuple[Stratum, ...]:
    judged: dict[tuple[str, str], set[str]] = defaultdict(set)
    for result in merged.results:
        judged[result.stratum, result.adapter].add(result.case)
    recorded = Counter(case.stratum for case in merged.cases.values())
    planned = [name for adapter in merged.adapters for name in adapter.cases]
    names = list(dict.fromkeys([*planned, *recorded, *(stratum for stratum, _ in judged)]))[:40]
    return tuple(
        Stratum(
            name,
            recorded[name],
            tuple((len(judged.get((name, a.name), ())), a.cases.get(name, 0)) for a in merged.adapters),
        )
        for name in names
    )


def _seconds(merged: Merged) -> tuple[Bar, ...]:
    seconds: Counter[str] = Counter()
    for source in merged.sources:
        for name, spent in (source.footer.seconds if source.footer else {}).items():
            if 0 <= spent < 1e9:
                seconds[name] += round(1000 * spent)
    return _bars(seconds.most_common(20))
