"""The model's walk over a graph: what it visits, why it would be refused, and what it brings to each source.

A walk is planned without changing anything, so that one whose outcome is not documented leaves no trace.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial

from autograd_conformance.exploration.arrays import Array, Leaf, Node, Slot, Source, Storage, Unclear
from autograd_conformance.exploration.rules import OPS, apply, pulled
from autograd_conformance.exploration.semantics import Refusal, Unspecified
from autograd_conformance.exploration.values import Value, elementwise, full_of, value_from_plain

Target = Leaf | Node
"""Where a gradient may be asked for."""


@dataclass(frozen=True)
class Plan:
    """The nodes whose rules are applied, youngest first, and the targets that a gradient arrives at."""

    root: Target
    nodes: tuple[Node, ...]
    reached: frozenset[Target]


def plan(root: Target, targets: Collection[Target] | None) -> Plan:
    """To every leaf when ``targets`` is None, else to these.  Raises Unspecified for what is not documented."""
    below = sorted(_below(root), key=lambda node: node.serial)
    if targets is None:
        leaves = {source for node in below for source in node.sources if isinstance(source, Leaf)}
        result = Plan(root, tuple(reversed(below)), frozenset({root, *below, *leaves}))
    else:
        visited: set[Target] = set()
        for node in below:
            if any(source in targets or source in visited for source in _ends(node)):
                visited.add(node)
        reached = {each for each in targets if each is root or any(each in node.sources for node in below)}
        nodes = tuple(node for node in reversed(below) if node in visited)
        result = Plan(root, nodes, frozenset(reached | visited))
    for node in result.nodes:
        if any(isinstance(source, Unclear) for source in node.sources):
            raise Unspecified("a constant derivative may or may not be part of the graph")
        if node.is_unknown:
            raise Unspecified("what a refused walk has freed")
    return result


def _below(root: Target) -> set[Node]:
    found: set[Node] = set()
    waiting: list[Source] = [root]
    while waiting:
        source = waiting.pop()
        if isinstance(source, Node) and source not in found:
            found.add(source)
            waiting.extend(source.sources)
    return found


def _ends(node: Node) -> Iterable[Target]:
    return (source for source in node.sources if isinstance(source, (Leaf, Node)))


def refusals(walk: Plan, node: Node, is_recorded: bool) -> frozenset[Refusal]:
    """Why a node's rule cannot be applied; empty when it can.  Raises Unspecified."""
    if is_recorded and OPS[node.op].is_differentiable_once:
        raise Unspecified("the second derivative of a kinked function may or may not be part of the graph")
    if node.is_freed:
        return frozenset({Refusal.FREED})
    if any((node.result if number == -1 else node.saved[number]).is_changed for number in OPS[node.op].may_save):
        raise Unspecified("which of its values a rule saves")
    pulls = OPS[node.op].pulls
    needed = {n for pull, source in zip(pulls, node.sources, strict=True) if source in walk.reached for n in pull.needs}
    saved = {n for pull, source in zip(pulls, node.sources, strict=True) if source is not None for n in pull.needs}
    if any(node.saved[number].is_changed for number in needed):
        return frozenset({Refusal.CHANGED})
    if any(node.saved[number].is_changed for number in saved):
        raise Unspecified("whether a saved value is looked at that this walk does not need")
    return frozenset()


def gradients(walk: Plan, cotangent: Array, is_recorded: bool) -> dict[Target, Array]:
    """The total that arrives at each target.  Raises TooLarge, and Unspecified at a kink."""
    do = partial(apply, recording=is_recorded)
    totals: dict[Target, Array] = {walk.root: cotangent}
    for node in walk.nodes:
        for position, source in enumerate(node.sources):
            if not isinstance(source, (Leaf, Node)) or source not in walk.reached:
                continue
            passed = pulled(do, node, position, totals[node])
            totals[source] = do("add", totals[source], passed) if source in totals else passed
    return totals


def slots_of(target: Target) -> list[Slot]:
    """Where the gradient that arrives at a target is stored."""
    return [target.slot] if isinstance(target, Leaf) else target.retained


def sum_of(one: Value, other: Value) -> Value:
    return elementwise(lambda a, b: a + b, one, other)


def cotangent_of(output: Array, given: object) -> Array:
    """As given, else ones."""
    return Array(Storage(full_of(1.0, output.shape) if given is None else value_from_plain(given)))
