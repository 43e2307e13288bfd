"""What a law is: a formula, and a judgement of one adapter's answer about one case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from autograd_conformance.measurement import Measurement, RewrittenMeasurement
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.rewrites import Changes
from autograd_conformance.verdict import Finding

Judgement = Callable[[Estimate, Measurement], Finding | None]
FinerJudgement = Callable[[Estimate, Measurement, Measurement], Finding | None]
RewrittenJudgement = Callable[[Estimate, Measurement, RewrittenMeasurement], Finding | None]
PeerJudgement = Callable[[Estimate, Measurement, Sequence[Measurement]], "tuple[Finding, str] | None"]

Confirms = Literal["derivative", "value", "nothing"]


@dataclass(frozen=True, eq=False)
class Law:
    """A property that must hold for every graph.

    ``judge`` compares one adapter with the reference or with itself, ``judge_finer`` with itself in float64,
    ``judge_rewritten`` with itself on the case in another form, and ``judge_peers`` with others on the same case, naming
    the peer.  Exactly one of them is set.
    """

    name: str
    formula: str
    description: str
    judge: Judgement | None = None
    judge_peers: PeerJudgement | None = None
    judge_finer: FinerJudgement | None = None
    judge_rewritten: RewrittenJudgement | None = None
    changes: Changes | None = None
    """What a rewrite of the case changes, for laws that compare with it."""
    wants_doubled: bool = False
    """Whether the measurement is of the graph with every output added to itself; then the law applies to graphs that use
    no value twice.
    """
    wants_calls: bool = False
    """Whether it compares calls with each other, and applies only where the measurement is about calls too."""
    confirms: Confirms = "derivative"
    """What of the reference a second opinion must confirm before a gap is a disagree."""
    words: tuple[str, ...] = ()
    """Names of the derivations it is about; it applies where they were asked for."""
    order: int = 1
    """Of the derivative that is confirmed."""


def law(
    formula: str, wants_doubled: bool = False, wants_calls: bool = False, confirms: Confirms = "derivative"
) -> Callable[[Judgement], Law]:
    """Make a law of a judgement; its name is the function's, its description the docstring's first line."""

    def make(judge: Judgement) -> Law:
        name = getattr(judge, "__name__", "law")
        description = _first_line(judge.__doc__)
        return Law(
            name, formula, description, judge, wants_doubled=wants_doubled, wants_calls=wants_calls, confirms=confirms
        )

    return make


def finer_law(formula: str) -> Callable[[FinerJudgement], Law]:
    """Make a law that compares an adapter in a coarse dtype with itself in float64."""

    def make(judge: FinerJudgement) -> Law:
        name = getattr(judge, "__name__", "law")
        return Law(name, formula, _first_line(judge.__doc__), judge_finer=judge, confirms="nothing")

    return make


def rewritten_law(formula: str, changes: Changes) -> Callable[[RewrittenJudgement], Law]:
    """Make a law that compares an adapter with itself on a rewritten case."""

    def make(judge: RewrittenJudgement) -> Law:
        name, description = getattr(judge, "__name__", "law"), _first_line(judge.__doc__)
        return Law(name, formula, description, judge_rewritten=judge, changes=changes, confirms="nothing")

    return make


def peer_law(formula: str) -> Callable[[PeerJudgement], Law]:
    """Make a law that compares an adapter with its peers."""

    def make(judge: PeerJudgement) -> Law:
        name = getattr(judge, "__name__", "law")
        return Law(name, formula, _first_line(judge.__doc__), judge_peers=judge, confirms="nothing")

    return make


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0] if text else ""
