"""Which cases a run judges, in which adapters, in one order that depends on nothing but the settings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.discovery import AdapterSpec
from autograd_conformance.generation.large import KERNELS, large_cases
from autograd_conformance.generation.strategies import cases, stream
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op
from autograd_conformance.rewrites import Share
from autograd_conformance.settings import Settings
from autograd_conformance.worker.description import Description

CORE, SINGLE, LARGE = "core", "single", "large"
STRATA = {
    corpus.STRATUM: "frozen cases of the corpus",
    CORE: "random graphs over the ops every adapter of the run has",
    SINGLE: "one op in a small context",
    LARGE: "one op on thousands of elements",
}
CONTEXT = ("mul", "sin", "shift")
"""Ops that give a single op something nonlinear to stand in."""


@dataclass(frozen=True, eq=False)
class PlannedAdapter:
    """An adapter that can be asked, and how many cases of each stratum it gets."""

    spec: AdapterSpec
    description: Description
    budget: dict[str, int]

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def mode(self) -> str:
        return self.description.mode

    @property
    def is_compiled(self) -> bool:
        return self.mode in self.description.compiled_modes

    @property
    def share_of_rewrites(self) -> Share:
        """Of the rewrites of a case: a compiled mode compiles every one anew."""
        return "one in eight" if self.is_compiled else "one in three"


@dataclass(frozen=True, eq=False)
class PlannedCase:
    """A case and its number within its stratum; an adapter takes the first ``budget`` of them."""

    case: Case
    stratum: str
    number: int


def budget(settings: Settings, is_compiled: bool, corpus_size: int) -> dict[str, int]:
    """Cases per stratum for an adapter."""
    if not settings.judges_graphs:
        return {}
    ops = len(settings.chosen_ops())
    return {
        corpus.STRATUM: corpus_size,
        CORE: settings.random_cases(is_compiled),
        SINGLE: ops * settings.single_cases(is_compiled),
        LARGE: settings.large_cases(is_compiled) if has_kernels(settings) else 0,
    }


def planned_cases(settings: Settings, adapters: list[PlannedAdapter], frozen: list[Case]) -> Iterator[PlannedCase]:
    """The corpus, then random graphs and single ops; the same first n cases however many follow."""
    if not settings.judges_graphs:
        return
    for number, case in enumerate(frozen):
        yield PlannedCase(case, corpus.STRATUM, number)
    common = [op for op in settings.chosen_ops() if all(op.name in one.description.lowers for one in adapters)]
    most_core = max((adapter.budget[CORE] for adapter in adapters), default=0)
    if common and most_core:
        drawn = itertools.islice(stream(cases(common, stratum=CORE), settings.seed), most_core)
        for number, case in enumerate(drawn):
            yield PlannedCase(case, CORE, number)
    most_single = max((adapter.budget[SINGLE] for adapter in adapters), default=0)
    for number, case in enumerate(itertools.islice(_single_cases(settings), most_single)):
        yield PlannedCase(case, SINGLE, number)
    most_large = max((adapter.budget[LARGE] for adapter in adapters), default=0)
    drawn_large = large_cases({op.name for op in common}, settings.seed, LARGE)
    for number, case in enumerate(itertools.islice(drawn_large, most_large)):
        yield PlannedCase(case, LARGE, number)


def has_kernels(settings: Settings) -> bool:
    """Whether an op was chosen that has large cases."""
    return not {kernel.op for kernel in KERNELS}.isdisjoint(op.name for op in settings.chosen_ops())


def _single_cases(settings: Settings) -> Iterator[Case]:
    """One case for every chosen op, then a second one for every op, and so on."""
    streams = [
        _cases_with(op, settings.seed * 7919 + position + 1) for position, op in enumerate(settings.chosen_ops())
    ]
    while streams:
        for each in streams:
            yield next(each)


def _cases_with(op: Op, seed: int) -> Iterator[Case]:
    context = [op, *(VOCABULARY[name] for name in CONTEXT)]
    for case in stream(cases(context, 2, 4, stratum=SINGLE), seed):
        if op.name in case.graph.op_names:
            yield case
