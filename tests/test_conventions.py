"""What two tellings of a scenario gave, and what of it counts as another convention."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from autograd_conformance.comparison import compare
from autograd_conformance.comparison_views import to_json, to_markdown, to_text
from autograd_conformance.conventions import changes, is_same
from autograd_conformance.records import Observation, ScenarioResult
from autograd_conformance.scenarios import EXPLORED
from tests import results_samples as samples

TORCH = "torch:eager"


def told(observed: Any, documented: Any = None, verdict: Any = "agree", **more: Any) -> ScenarioResult:
    seen = Observation(name="relu at 0", observed=observed, documented=documented, verdict=verdict)
    return samples.told("G4", TORCH, [seen], verdict, **more)


def error(kind: str, message: str = "no gradient") -> dict[str, Any]:
    return {"raises": kind, "kinds": ["RuntimeError", "Exception"], "message": message}


GRAPH = samples.recorded_graph()
RENUMBERED = {
    "nodes": [{**node, "id": f"node {node['id'] + 70}"} for node in GRAPH["nodes"]],
    "edges": [[f"node {end + 70}" for end in edge] for edge in GRAPH["edges"]],
}
OTHER_OP = {**GRAPH, "nodes": [*GRAPH["nodes"][:2], {**GRAPH["nodes"][2], "op": "multiply"}]}


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (0.0, 0.5), (0.0, None), (None, 0.0), (True, 1), (0.0, "nan"), ([0.0, 1.0], [0.0, 0.5]), ([1.0], [1.0, 1.0]),
        (error("RuntimeError"), error("ValueError")), (error("RuntimeError"), "no error"), ("no warning", {"warns": "W"}),
        (GRAPH, OTHER_OP), (GRAPH, {**GRAPH, "edges": [[0, 2]]}), (1.0, 1.0 + 1e-7), ("tuple", "list"),
    ],
)  # fmt: skip
def test_another_value_is_another_convention(was: Any, now: Any) -> None:
    assert not is_same(was, now)
    (change,) = changes(told(was), told(now))
    assert change.was != change.now


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (1, 1.0), (0.1 + 0.2, 0.3), ([1.0, [0.1 + 0.2]], [1.0, [0.3]]), ("nan", "nan"),
        (error("RuntimeError", "at 0x7f00"), error("RuntimeError", "at 0x7f08, see the notes")), (GRAPH, RENUMBERED),
        ({"x": [1.0], "fit": [0.3]}, {"x": [1.0], "fit": [0.1 + 0.2]}),
    ],
)  # fmt: skip
def test_wording_rounding_and_counters_are_no_convention(was: Any, now: Any) -> None:
    assert is_same(was, now)
    assert list(changes(told(was), told(now))) == []


def test_numbers_that_are_both_as_documented_are_rounding() -> None:
    """The bound is the documentation's; without one, digits of the lower half of float64 count."""
    assert list(changes(told(2.973, {"about": "2.97"}), told(2.968, {"about": "2.97"}))) == []
    assert len(list(changes(told(2.973), told(2.968)))) == 1
    assert len(list(changes(told(0.0, 0.0), told(0.5, 0.5)))) == 1  # the documentation changed as well


def test_a_number_that_may_lie_anywhere_between_two_is_a_convention() -> None:
    """At a kink both the old and the new one are as documented, and differ."""
    sides = {"from below": 0.0, "from above": 1.0}
    (change,) = changes(told(0.0, sides), told(0.5, sides))
    assert (change.was, change.now) == ("0.0", "0.5")
    assert list(changes(told(0.5, sides), told(0.5, sides))) == []


def test_a_change_of_exhibits_is_one_too() -> None:
    was, now = (told(1.0, exhibits={"the recorded graph": graph}) for graph in (GRAPH, OTHER_OP))
    (change,) = changes(was, now)
    assert str(change) == (
        "the recorded graph: 3 nodes (leaf, leaf, mul), 2 edges -> 3 nodes (leaf, leaf, multiply), 2 edges"
    )


def test_a_long_list_names_the_element() -> None:
    (change,) = changes(told([0.0] * 300), told([0.0] * 200 + [1.0] + [0.0] * 99))
    assert (change.what, change.was, change.now) == ("relu at 0, element 200", "0.0", "1.0")


def test_what_one_file_does_not_hold_is_not_compared() -> None:
    assert list(changes(told(1.0), samples.told("G4", TORCH, []))) == []
    assert list(changes(told(1.0), told(1.0, exhibits={"the recorded graph": GRAPH}))) == []


def test_random_programs_depend_on_the_seed_and_hold_no_convention() -> None:
    was, now = (msgspec.structs.replace(told(text), scenario=EXPLORED) for text in ("12 programs", "13 programs"))
    assert list(changes(was, now)) == []


def sides(was: ScenarioResult, now: ScenarioResult) -> Any:
    made = [samples.Sample([samples.adapter(TORCH)]) for _ in range(2)]
    for sample, result in zip(made, (was, now), strict=True):
        sample.scenarios.append(result)
    return compare(*(sample.file() for sample in made))


def test_it_is_listed_with_what_was_and_what_is_and_gates_nothing() -> None:
    found = sides(told(0.0, 0.0), told(0.5, 0.5))
    assert found.counts["convention_changed"] == 1
    assert found.exit_code == 0
    for text in (to_text(found), to_markdown(found), to_json(found).decode()):
        assert "relu at 0" in text
        assert "0.0" in text
        assert "0.5" in text


def test_a_verdict_that_changed_is_no_changed_convention() -> None:
    found = sides(told(0.0, 0.0), told(0.5, 0.0, "disagree"))
    assert found.counts["convention_changed"] == 0
    assert found.counts["regressed"] == 1


def test_a_failure_that_fails_otherwise_is_one() -> None:
    """The verdict is the same, what is returned is not."""
    assert sides(told(0.5, 0.0, "disagree"), told(0.7, 0.0, "disagree")).counts["convention_changed"] == 1
