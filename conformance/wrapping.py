"""What can stand round a part of a program: rematerialisation, custom rules, compilation, control flow, views, overwriting.

A wrapping is how a program is written, not what it means: a run of nodes becomes a function of its own, and the framework's
transform of that function stands in its place.  Value and derivatives are those of the plain program; a custom rule that
multiplies its derivative by a power of two, round the whole graph, multiplies every derivative by it.

The module needs only the standard library: it also runs inside workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograd_conformance.graph import Graph, MalformedGraph

KINDS: Mapping[str, str] = {
    "checkpoint": "computed again when it is differentiated",
    "custom vjp": "with a rule of its own for pulling back",
    "custom jvp": "with a rule of its own for tangents",
    "compiled": "compiled by itself",
    "branch": "one of two branches, which its operands choose; the other has other values and derivatives",
    "loop": "a half in every trip of a bounded loop",
    "scan": "a half in every step of a scan, whose carry holds the operands",
    "views": "between views of larger arrays",
    "in place": "with operands and results that are written over",
}
"""What can stand round a part of a program; frameworks have one form of each, several or none."""
STOP = "stop gradient"
"""What stands round a part that counts as constant; the one wrapper that changes derivatives."""
RULES = ("custom vjp", "custom jvp")
FORMS = 2
"""As many forms as the framework with most of them has."""


@dataclass(frozen=True)
class Wrapping:
    """Nodes ``start`` to ``stop`` - 1 within one of `KINDS` or `STOP`; a framework takes its form ``form``, counted
    round where it has fewer.  ``factor`` multiplies what a custom rule returns.
    """

    kind: str
    form: int
    start: int
    stop: int
    factor: int = 1


@dataclass(frozen=True)
class Wrapper:
    """One form of a kind in one framework.

    ``definition`` is the source of ``wrapped(function)``, of ``wrapped(function, factor)`` for a rule; the function takes
    arrays and returns a tuple of them.  ``lacks`` are words of forward and reverse steps that cannot go through it, with the
    reason.
    """

    definition: str
    lacks: Mapping[str, str] = field(default_factory=dict)


def wrapping_from_plain(plain: Any, graph: Graph) -> Wrapping:
    """Read a wrapping of a part of ``graph`` from untrusted data.  Raises MalformedGraph."""
    body: dict[str, Any] = plain if isinstance(plain, dict) else {}
    kind: Any = body.get("kind")
    numbers: list[Any] = [body.get(name) for name in ("form", "start", "stop", "factor")]
    if kind not in (*KINDS, STOP) or not all(type(number) is int and number >= 0 for number in numbers):
        raise MalformedGraph(f"not a wrapping: {repr(plain)[:80]}")
    wrapping = Wrapping(kind, *numbers)
    if not wrapping.start < wrapping.stop <= len(graph.nodes):
        raise MalformedGraph(f"{len(graph.nodes)} nodes have no part from {wrapping.start} to {wrapping.stop}")
    return wrapping


def boundary(graph: Graph, start: int, stop: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The values that nodes ``start`` to ``stop`` - 1 take from before, and those of their results that are used
    elsewhere, each in ascending order.
    """
    nodes = list(graph.numbered_nodes())
    made = {number for results, _ in nodes[start:stop] for number in results}
    taken = {number for _, node in nodes[start:stop] for number in node.operands}
    elsewhere = {number for _, node in (*nodes[:start], *nodes[stop:]) for number in node.operands}
    return tuple(sorted(taken - made)), tuple(sorted(made & (elsewhere | set(graph.outputs))))
