"""C. The life of the graph."""

from __future__ import annotations

from autograd_conformance.scenarios.scenario import Scenario, scenario
from autograd_conformance.tape import Story


@scenario(
    "C1",
    "A graph is walked once unless it is kept",
    "second walk over a*a at 3",
    "gradient after the second walk",
    "second walk over x + 1, where nothing is saved",
    "gradient of x after it",
    "second walk over a kept graph",
)
def walked_once(t: Story) -> None:
    t.leaf("a", 3.0)
    t.apply("b", "mul", "a", "a")
    t.backward("b")
    t.backward("b", attempt="second walk over a*a at 3")
    t.observe("gradient after the second walk", t.gradient_of("a"))
    t.leaf("x", 5.0)
    t.apply("y", "shift", "x", offset=1.0)
    t.backward("y")
    t.backward("y", attempt="second walk over x + 1, where nothing is saved")
    t.observe("gradient of x after it", t.gradient_of("x"))
    t.leaf("v", 3.0)
    t.apply("w", "mul", "v", "v")
    t.backward("w", retain_graph=True)
    t.backward("w", attempt="second walk over a kept graph")


def _kept(t: Story) -> None:
    t.leaf("a", 3.0)
    t.apply("b", "mul", "a", "a")
    for walk, retain in enumerate((True, True, False), start=1):
        t.backward("b", retain_graph=retain)
        t.observe(f"gradient after walk {walk}", t.gradient_of("a"))
    t.backward("b", attempt="walk 4")


kept = Scenario(
    "C2",
    "A graph kept twice is walked three times, and no more: a*a at 3",
    ("gradient after walk 1", "gradient after walk 2", "gradient after walk 3", "walk 4"),
    _kept,
)
recorded_walk = Scenario(
    "C3",
    "A recorded walk makes gradients that belong to a graph: b = a*a at 3",
    (
        "a's gradient requires a gradient, is a leaf",
        "b's gradient requires a gradient, is a leaf",
        "a recorded walk into leaves",
        "array and gradient keep each other alive after it",
        "they do after the gradient is reset",
        "asking for the gradient as a new array, recorded",
        "that keeps the array alive",
    ),
)


@scenario(
    "C4",
    "A recorded walk keeps the graph unless told otherwise",
    "walk again after a recorded walk",
    "walk again after a recorded walk that was told not to keep",
)
def recorded_walk_keeps(t: Story) -> None:
    t.leaf("a", 3.0)
    t.apply("b", "mul", "a", "a")
    t.gradient(["g"], "b", ["a"], create_graph=True)
    t.gradient(["h"], "b", ["a"], attempt="walk again after a recorded walk")
    t.leaf("v", 3.0)
    t.apply("w", "mul", "v", "v")
    t.gradient(["p"], "w", ["v"], create_graph=True, retain_graph=False)
    t.gradient(["q"], "w", ["v"], attempt="walk again after a recorded walk that was told not to keep")


dynamic = Scenario(
    "C5",
    "A graph is built anew at each step: y = x, then y = y*x in a loop of length 1, 2, 3, at x = 2",
    ("gradients of the three steps",),
)
saved_then_changed = Scenario(
    "C6",
    "A value saved for the walk and then changed in place is noticed, never silently wrong",
    ("walk after a saved value was changed", "walk after a value that was not saved was changed", "its gradient"),
)

SCENARIOS = (walked_once, kept, recorded_walk, recorded_walk_keeps, dynamic, saved_then_changed)
