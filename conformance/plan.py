"""Which cases a run judges, in which adapters, in one order that depends on nothing but the settings."""

from __future__ import annotations

import itertools
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.discovery import AdapterSpec
from autograd_conformance.generation import style
from autograd_conformance.generation.large import KERNELS, large_cases
from autograd_conformance.generation.patterns import pattern_cases, pattern_count
from autograd_conformance.generation.points import moved
from autograd_conformance.generation.quota import Quota
from autograd_conformance.generation.special import in_order_of_delicacy, smooth_points, special_cases
from autograd_conformance.generation.strategies import balanced
from autograd_conformance.laws import Law
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op
from autograd_conformance.rewrites import Share
from autograd_conformance.settings import Settings
from autograd_conformance.variants import CORE, HIGHER, SPECIAL
from autograd_conformance.worker.description import Description

WHOLE, SHAPES, DEEP, WIDE, SINGLE = "vocabulary", "shapes", "deep", "wide", "single"
PATTERNS, LARGE, FLOOR = "patterns", "large", "floor"
STRATA = {
    corpus.STRATUM: "frozen cases of the corpus",
    corpus.PASSING: "a sample of what passes, frozen for comparing versions; a run that searches draws its own",
    CORE: "random graphs over the ops every adapter of the run has",
    WHOLE: "random graphs over everything one adapter has, most of all what others lack",
    SHAPES: "broadcasting, and values of no axes, no element and one element",
    DEEP: "long chains",
    WIDE: "values used many times",
    SINGLE: "one op in a small context",
    HIGHER: "one op in a small context, in forward mode and differentiated again",
    SPECIAL: "one op at its special points, in forward mode and differentiated again",
    PATTERNS: "small expressions that optimisers rewrite",
    LARGE: "one op on thousands of elements",
    FLOOR: "further cases of ops that were strongly judged too few times",
}
STYLES = {CORE: style.PLAIN, SHAPES: style.ODD, DEEP: style.DEEP, WIDE: style.WIDE}
"""Strata over the common ops, and what their graphs look like."""
AHEAD = 4
"""Times the common ops count as drawn before the first graph over the whole vocabulary of an adapter."""
POINTS = 5
"""Points at which the graph of a single op is judged; all but the first cost no compilation.  As many as the floor of the
default profile: where all are strong, no second graph is needed."""
PARTS = 2
"""Workers that share the cases of a slow mode."""
CONTEXT = ("mul", "sin", "shift")
"""Ops that give a single op something nonlinear to stand in."""


@dataclass(frozen=True, eq=False)
class PlannedAdapter:
    """An adapter that can be asked, and how many cases of each stratum it gets."""

    spec: AdapterSpec
    description: Description
    budget: dict[str, int]
    part: int = 0
    """Which of its workers is meant, where they share its cases."""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def mode(self) -> str:
        return self.description.mode

    @property
    def usual_modes(self) -> list[str]:
        """The names of its framework's adapters in all modes that are run without being named."""
        described = self.description
        return [f"{self.spec.framework}:{mode}" for mode in described.modes if mode not in described.costly_modes]

    @property
    def worker(self) -> str:
        """The name of its worker, which for the first part is the adapter's own."""
        return f"{self.name} ({self.part + 1})" if self.part else self.name

    @property
    def parts(self) -> list[PlannedAdapter]:
        """The adapter once for every worker that it has."""
        count = PARTS if self.mode in self.description.slow_modes else 1
        return [replace(self, part=part) for part in range(count)]

    def part_for(self, share: int) -> PlannedAdapter:
        """The part that takes the cases of a share."""
        return self.parts[share % len(self.parts)]

    @property
    def is_compiled(self) -> bool:
        return self.mode in self.description.compiled_modes

    def laws_about(self, case: Case, laws: Mapping[str, Law], always: Set[str] = frozenset()) -> Mapping[str, Law]:
        """Those to hold against a case: laws about words that cost much here are for some cases, chosen by their content.

        Those about words that are ``always`` asked are for every case.
        """
        rarely = self.description.rarely
        if not rarely:
            return laws
        content = case.seed >> 20
        return {
            name: law
            for name, law in laws.items()
            if all(word in always or content % rarely.get(word, 1) == 0 for word in law.words)
        }

    def dtypes(self, settings: Settings) -> tuple[str, ...]:
        """Those it is asked in."""
        return settings.slow_dtypes if self.mode in self.description.slow_modes else settings.dtypes

    @property
    def is_costly(self) -> bool:
        return self.mode in self.description.costly_modes

    def floor(self, settings: Settings) -> int:
        """Strong judgements every op needs here; a handful of cases reaches none."""
        return 0 if self.is_costly else settings.floor

    def share_of_rewrites(self, stratum: str) -> Share:
        """Of the rewrites of a case: a compiled mode compiles every one anew, and is asked about none of an op alone."""
        if not self.is_compiled:
            return "one in three"
        is_alone = stratum in (SINGLE, FLOOR, HIGHER, SPECIAL, corpus.PASSING, corpus.PASSING_ORDERS)
        return "none" if self.is_costly or is_alone else "one in eight"


@dataclass(frozen=True, eq=False)
class PlannedCase:
    """A case and its number within its stratum; an adapter takes the first ``budget`` of them.

    ``only`` names the adapters it is for, where it is not for all.  ``share`` decides which worker of an adapter is asked,
    where it has several: all cases of a single op, so all points of its graphs, have one.
    """

    case: Case
    stratum: str
    number: int
    only: frozenset[str] | None = None
    share: int = 0

    def is_for(self, adapter: PlannedAdapter) -> bool:
        if self.only is not None and adapter.name not in self.only:
            return False
        return self.number < adapter.budget.get(self.stratum, 0)

    def is_for_part(self, adapter: PlannedAdapter) -> bool:
        """Whether it is for the adapter, and this part of it."""
        return self.is_for(adapter) and adapter.part_for(self.share).part == adapter.part


def budget(
    settings: Settings, is_compiled: bool, corpus_size: int, is_slow: bool = False, passing_size: int = 0
) -> dict[str, int]:
    """Cases per stratum for an adapter that has more ops than the common ones."""
    if not settings.judges_graphs:
        return {}
    ops = len(settings.chosen_ops()) * POINTS
    random = (CORE, WHOLE, SHAPES, DEEP, WIDE)
    graphs = {stratum: settings.random_cases(stratum, is_compiled, is_slow) for stratum in random}
    return {
        corpus.STRATUM: corpus_size,
        corpus.PASSING: settings.passing_cases(passing_size, is_compiled, is_slow),
        **graphs,
        SINGLE: ops * settings.single_cases(is_compiled),
        HIGHER: settings.order_cases(is_compiled),
        SPECIAL: special_count(settings, is_compiled, is_slow),
        PATTERNS: settings.pattern_cases(pattern_count(names_of(settings)), is_compiled, is_slow),
        LARGE: settings.large_cases(is_compiled) if has_kernels(settings) else 0,
    }


def special_count(settings: Settings, is_compiled: bool, is_slow: bool) -> int:
    """All smooth special points of as many ops as an adapter is asked about."""
    ops = in_order_of_delicacy(settings.chosen_ops())[: settings.special_ops(is_compiled, is_slow)]
    return sum(len(smooth_points(op)) for op in ops)


def handful(settings: Settings, corpus_size: int) -> dict[str, int]:
    """Cases per stratum for an adapter in which a graph costs seconds; frozen ones only where nothing else is asked."""
    if not settings.judges_graphs:
        return {}
    if settings.replay_only:
        return {corpus.STRATUM: corpus_size}
    return {
        CORE: settings.handful,
        HIGHER: min(settings.handful, settings.order_cases(is_compiled=False)),
        PATTERNS: min(settings.handful, pattern_count(names_of(settings))),
    }


def common_ops(settings: Settings, adapters: Sequence[PlannedAdapter]) -> tuple[Op, ...]:
    """The chosen ops that every adapter has."""
    return tuple(op for op in settings.chosen_ops() if all(op.name in one.description.lowers for one in adapters))


def spare(settings: Settings, adapters: Sequence[PlannedAdapter]) -> None:
    """Take away the graphs over its whole vocabulary from an adapter for which that is the common core."""
    common = {op.name for op in common_ops(settings, adapters)}
    for adapter in adapters:
        if WHOLE in adapter.budget and not _further(settings, adapter, common):
            adapter.budget[WHOLE] = 0


def _further(settings: Settings, adapter: PlannedAdapter, common: set[str]) -> frozenset[str]:
    """The chosen ops an adapter has besides the common ones."""
    return frozenset(op.name for op in settings.chosen_ops() if op.name in adapter.description.lowers) - common


def planned_cases(
    settings: Settings, adapters: list[PlannedAdapter], frozen: list[Case], singles: Singles
) -> Iterator[PlannedCase]:
    """The corpus, then random graphs and single ops; the same first n cases of a stratum however many follow.

    ``frozen`` are the found cases and, where a run searches nothing, the passing ones, told apart by their strata.
    """
    if not settings.judges_graphs:
        return
    for stratum, is_passing in ((corpus.STRATUM, False), (corpus.PASSING, True)):
        for number, case in enumerate(each for each in frozen if corpus.is_passing(each) == is_passing):
            yield PlannedCase(case, stratum, number, share=number)
    common = common_ops(settings, adapters)
    for position, (stratum, look) in enumerate(STYLES.items()):
        drawn = balanced(common, settings.seed + 7907 * position, stratum, look)
        yield from _numbered(drawn if common else iter(()), stratum, adapters)
    yield from _whole_vocabularies(settings, adapters, common)
    ops = settings.chosen_ops()
    most = max((adapter.budget.get(SINGLE, 0) for adapter in adapters), default=0)
    for number in range(most):
        graph, rest = divmod(number, POINTS * len(ops))
        op, point = divmod(rest, POINTS)
        yield PlannedCase(singles.case(ops[op], graph, point), SINGLE, number, share=op)
    yield from _higher(settings, adapters)
    yield from _special(settings, adapters)
    names = {op.name for op in common}
    yield from _numbered(pattern_cases(names_of(settings), PATTERNS), PATTERNS, adapters)
    yield from _numbered(large_cases(names, settings.seed, LARGE), LARGE, adapters)


def _higher(settings: Settings, adapters: list[PlannedAdapter]) -> Iterator[PlannedCase]:
    """Every op in turn, in an order that mixes families, since compiled modes take the first ones only."""
    ops = sorted(settings.chosen_ops(), key=lambda op: zlib.crc32(op.name.encode()))
    singles = Singles(settings, HIGHER)
    for number in range(max((adapter.budget.get(HIGHER, 0) for adapter in adapters), default=0)):
        graph, place = divmod(number, len(ops))
        yield PlannedCase(singles.case(ops[place], graph, 0), HIGHER, number, share=number)


def _special(settings: Settings, adapters: list[PlannedAdapter]) -> Iterator[PlannedCase]:
    """Every op at all its points, then the next op: an adapter that takes the first ones compiles fewer graphs."""
    most = max((adapter.budget.get(SPECIAL, 0) for adapter in adapters), default=0)
    numbers = itertools.count()
    for place, op in enumerate(in_order_of_delicacy(settings.chosen_ops())):
        for case in special_cases(op, SPECIAL):
            number = next(numbers)
            if number >= most:
                return
            yield PlannedCase(case, SPECIAL, number, share=place)


def has_kernels(settings: Settings) -> bool:
    """Whether an op was chosen that has large cases."""
    return not {kernel.op for kernel in KERNELS}.isdisjoint(names_of(settings))


def names_of(settings: Settings) -> frozenset[str]:
    """Of the chosen ops."""
    return frozenset(op.name for op in settings.chosen_ops())


def _numbered(drawn: Iterator[Case], stratum: str, adapters: list[PlannedAdapter]) -> Iterator[PlannedCase]:
    """As many as the adapter that takes most of them."""
    most = max((adapter.budget.get(stratum, 0) for adapter in adapters), default=0)
    for number, case in enumerate(itertools.islice(drawn, most)):
        yield PlannedCase(case, stratum, number, share=number)


def _whole_vocabularies(
    settings: Settings, adapters: list[PlannedAdapter], common: tuple[Op, ...]
) -> Iterator[PlannedCase]:
    """One stream for each different vocabulary, shared by the adapters that have it."""
    names = {op.name for op in common}
    groups: dict[frozenset[str], list[PlannedAdapter]] = {}
    for adapter in adapters:
        if further := _further(settings, adapter, names):
            groups.setdefault(further, []).append(adapter)
    for further, group in groups.items():
        ops = tuple(op for op in settings.chosen_ops() if op.name in names | further)
        quota = Quota(dict.fromkeys(names, AHEAD))
        only = frozenset(adapter.name for adapter in group)
        for planned in _numbered(balanced(ops, settings.seed + 104_729, WHOLE, quota=quota), WHOLE, group):
            yield replace(planned, only=only)


def with_stratum(case: Case, stratum: str) -> Case:
    return Case(case.graph, case.point, stratum)


class Singles:
    """The cases of every op in a small context, drawn when first asked for."""

    def __init__(self, settings: Settings, stratum: str = SINGLE) -> None:
        self._seed = settings.seed
        self._stratum = stratum
        self._streams: dict[str, Iterator[Case]] = {}
        self._drawn: dict[str, list[Case]] = {}
        self._lock = threading.Lock()

    def case(self, op: Op, graph: int, point: int) -> Case:
        """The case of this number among those of the op, at another point unless that is the first."""
        case = self._case(op, graph)
        return moved(case, point, self._stratum) if point else case

    def _case(self, op: Op, number: int) -> Case:
        with self._lock:
            if op.name not in self._streams:
                self._streams[op.name], self._drawn[op.name] = self._stream(op), []
            drawn = self._drawn[op.name]
            while len(drawn) <= number:
                drawn.append(next(self._streams[op.name]))
            return drawn[number]

    def _stream(self, op: Op) -> Iterator[Case]:
        """Seeded by the op's name: another vocabulary draws the same cases of it."""
        seed = self._seed * 7919 + zlib.crc32(
            (op.name if self._stratum == SINGLE else op.name + self._stratum).encode()
        )
        context = tuple(dict.fromkeys((op, *(VOCABULARY[name] for name in CONTEXT))))
        quota = Quota(dict.fromkeys(CONTEXT, 1))
        for case in balanced(context, seed, self._stratum, style.SMALL, quota):
            if op.name in case.graph.op_names:
                yield case
