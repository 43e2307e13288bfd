"""D. Accumulation."""

from __future__ import annotations

from autograd_conformance.scenarios.scenario import Scenario, scenario
from autograd_conformance.tape import Story

adding_up = Scenario(
    "D1",
    "Gradients of several walks add up until they are zeroed: a*a at 3",
    (
        "after one, two, three walks",
        "after setting it to zero and a walk",
        "after setting it to None and a walk",
        "what an optimizer's zero_grad leaves",
    ),
)
used_twice = Scenario(
    "D2",
    "A value used twice receives the sum, an intermediate too, and thirty diamonds finish at once",
    (
        "f = x*x, g = x*x, y = f + g at 2: y, dy/dg, dy/dx",
        "z = x*x, y = z + z at 2: dy/dx",
        "z = x*x, y = z*z + z, at 2: dy/dx",
        "thirty times x = x + x from 1: dy/dx",
    ),
)
batches = Scenario(
    "D3",
    "The gradient of a sum is the sum of the gradients: losses, micro-batches, the whole batch",
    ("gradient of the sum of losses", "sum of their gradients", "micro-batches accumulated", "the whole batch"),
)
broadcast = Scenario(
    "D4",
    "A broadcast operand receives the sum over the broadcast axes, in its own shape",
    (
        "gradient of the (3, 1) operand of (3, 1) * (4,)",
        "gradient of the (4,) operand",
        "gradient of a scalar added to (2, 3)",
    ),
)


@scenario(
    "D5",
    "A walk adds to what is there: a gradient filled with 10 before walking a*a at 3",
    "a gradient filled with 10, after a walk",
    "gradient of a table whose row 1 of 3 is looked up twice",
)
def prefilled(t: Story) -> None:
    t.leaf("a", 3.0)
    t.apply("ten", "scale", "a", factor=10.0)
    t.backward("ten")
    t.apply("b", "mul", "a", "a")
    t.backward("b")
    t.observe("a gradient filled with 10, after a walk", t.gradient_of("a"))
    t.leaf("table", [1.0, 2.0, 3.0])
    t.apply("rows", "take", "table", indices=(1, 1), axis=0)
    t.apply("total", "sum", "rows", axes=(0,), keepdims=False)
    t.backward("total")
    t.observe("gradient of a table whose row 1 of 3 is looked up twice", t.gradient_of("table"))


SCENARIOS = (adding_up, used_twice, batches, broadcast, prefilled)
