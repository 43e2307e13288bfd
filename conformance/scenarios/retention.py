"""B. Retention: which gradients are kept."""

from __future__ import annotations

from autograd_conformance.scenarios.scenario import Scenario, scenario
from autograd_conformance.tape import Story

kept_at_leaves = Scenario(
    "B1",
    "After a walk the leaf has its gradient and the intermediate has none; reading that warns",
    ("gradient of the leaf a = 3 of b = a*a", "gradient of the intermediate b", "reading it"),
)


@scenario(
    "B2",
    "An intermediate keeps its gradient when asked to",
    "gradient of b after retain_grad",
    "gradient of the leaf a",
)
def retained(t: Story) -> None:
    t.leaf("a", 3.0)
    t.apply("b", "mul", "a", "a")
    t.retain_grad("b")
    t.backward("b")
    t.observe("gradient of b after retain_grad", t.gradient_of("b"))
    t.observe("gradient of the leaf a", t.gradient_of("a"))


gradient_is_an_array = Scenario(
    "B3",
    "A gradient is an array like any other: a leaf that requires no gradient and retains none",
    ("the gradient is a leaf", "the gradient requires a gradient", "the gradient retains one"),
)
intermediates = Scenario(
    "B4",
    "Gradients with respect to intermediates: y = x*x, z = y*y at x = 3",
    ("gradients of z at x and y",),
)

SCENARIOS = (kept_at_leaves, retained, gradient_is_an_array, intermediates)
