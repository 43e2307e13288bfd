"""What two tellings of one scenario gave at its special points: the values that no verdict tells apart.

A convention is what is returned where the documentation leaves a choice: the kind of an error, a zero or nothing, the
nodes of a recorded graph.  It may change from one version to the next while both are as documented.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograd_conformance.records import ABOVE, BELOW, Observation, ScenarioResult
from autograd_conformance.scenarios import EXPLORED
from autograd_conformance.scenarios.outcome import worded

HALF_THE_DIGITS = 2.0**-26
"""Of float64: what no documentation bounds and what differs by less is taken for rounding."""

_VERBS = ("raises", "warns")


@dataclass(frozen=True)
class Change:
    """One thing that is returned otherwise."""

    what: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.what}: {self.was} -> {self.now}"


def changes(base: ScenarioResult, new: ScenarioResult) -> Iterator[Change]:
    """What both tellings observed or exhibited, and not the same of it.

    The wording of an error is no convention, and neither are the last digits of a number; what only one file holds
    cannot be compared.  Random programs are told to find something, so that what they gave depends on the seed.
    """
    if base.scenario == EXPLORED:
        return
    others = {each.name: each for each in new.observations}
    for was in base.observations:
        now = others.get(was.name)
        if now is not None and not is_same(was.observed, now.observed, is_bounded=_is_bounded(was, now)):
            yield _change(was.name, was.observed, now.observed)
    for name in base.exhibits.keys() & new.exhibits.keys():
        if not is_same(base.exhibits[name], new.exhibits[name]):
            yield _change(name, base.exhibits[name], new.exhibits[name])


def _is_bounded(was: Observation, now: Observation) -> bool:
    """Whether both numbers are the documented one, as far as that is documented."""
    is_documented = was.documented is not None and was.documented == now.documented
    is_one = not (isinstance(was.documented, Mapping) and was.documented.keys() == {BELOW, ABOVE})
    return is_documented and is_one and was.verdict == now.verdict == "agree"


def is_same(was: Any, now: Any, *, is_bounded: bool = False) -> bool:
    """Whether two outcomes are one; ``is_bounded`` where numbers were both found to be what is documented."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        return _is_same_record(was, now, is_bounded)
    if isinstance(was, list) and isinstance(now, list):
        return len(was) == len(now) and all(
            is_same(*pair, is_bounded=is_bounded) for pair in zip(was, now, strict=True)
        )
    if _is_number(was) and _is_number(now):
        return bool(was == now) or is_bounded or math.isclose(was, now, rel_tol=HALF_THE_DIGITS)
    return type(was) is type(now) and bool(was == now)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_same_record(was: Mapping[str, Any], now: Mapping[str, Any], is_bounded: bool) -> bool:
    for verb in _VERBS:
        if verb in was or verb in now:
            return was.get(verb) == now.get(verb)
    if _is_graph(was) and _is_graph(now):
        was, now = _numbered(was), _numbered(now)
    return was.keys() == now.keys() and all(is_same(was[key], now[key], is_bounded=is_bounded) for key in was)


def _is_graph(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("nodes"), list) and isinstance(value.get("edges"), list)


def _numbered(graph: Mapping[str, Any]) -> dict[str, Any]:
    """Nodes by their places: what a framework calls them may be a counter."""
    places: dict[str, int] = {}
    nodes = []
    for place, node in enumerate(graph["nodes"]):
        if isinstance(node, Mapping):
            places.setdefault(str(node.get("id")), place)
            node = {key: value for key, value in node.items() if key != "id"}
        nodes.append(node)
    edges = [
        [places.get(str(end), str(end)) for end in edge] if isinstance(edge, list) else edge for edge in graph["edges"]
    ]
    return {"nodes": nodes, "edges": edges}


def _change(what: str, was: Any, now: Any) -> Change:
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now) and len(was) > 1:
        place = next((place for place, pair in enumerate(zip(was, now, strict=True)) if not is_same(*pair)), 0)
        return Change(f"{what}, element {place}", _words(was[place]), _words(now[place]))
    return Change(what, _words(was), _words(now))


def _words(value: Any) -> str:
    if isinstance(value, Mapping) and _is_graph(value):
        ops = [str(node.get("op", "?")) if isinstance(node, Mapping) else "?" for node in value["nodes"][:12]]
        more = f" and {len(value['nodes']) - 12} more" if len(value["nodes"]) > 12 else ""
        return f"{len(value['nodes'])} nodes ({', '.join(ops)}{more}), {len(value['edges'])} edges"
    return worded(value)
