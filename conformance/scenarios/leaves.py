"""A. Leaves and requires_grad."""

from __future__ import annotations

from autograd_conformance.scenarios.scenario import Scenario, scenario
from autograd_conformance.tape import Story


@scenario(
    "A1",
    "The result of ops on leaves is no leaf; what requires no gradient is a leaf by convention",
    "requires_grad of a, b, c, d",
    "is_leaf of a, b, c, d",
    "gradient of b = a*a at a leaf a = 3",
    "gradient of d = c*c at a constant c = 5",
)
def leaf_table(t: Story) -> None:
    t.leaf("a", 3.0)
    t.apply("b", "mul", "a", "a")
    t.constant("c", 5.0)
    t.apply("d", "mul", "c", "c")
    t.observe("requires_grad of a, b, c, d", *map(t.requires_grad, "abcd"))
    t.observe("is_leaf of a, b, c, d", *map(t.is_leaf, "abcd"))
    t.backward("b")
    t.observe("gradient of b = a*a at a leaf a = 3", t.gradient_of("a"))
    t.backward("d", attempt="gradient of d = c*c at a constant c = 5")


@scenario(
    "A2",
    "A result requires a gradient when any of its operands does",
    "requires_grad of sin(a*b*c), c constant",
    "requires_grad of sin(c*c), c constant",
    "gradient of sin(a*b*c) at a, b, c = 2, 0, 3, c constant",
)
def any_operand(t: Story) -> None:
    t.leaf("a", 2.0)
    t.leaf("b", 0.0)
    t.constant("c", 3.0)
    t.apply("ab", "mul", "a", "b")
    t.apply("abc", "mul", "ab", "c")
    t.apply("y", "sin", "abc")
    t.apply("cc", "mul", "c", "c")
    t.apply("z", "sin", "cc")
    t.observe("requires_grad of sin(a*b*c), c constant", t.requires_grad("y"))
    t.observe("requires_grad of sin(c*c), c constant", t.requires_grad("z"))
    t.backward("y")
    t.observe("gradient of sin(a*b*c) at a, b, c = 2, 0, 3, c constant", *map(t.gradient_of, "abc"))


dtypes = Scenario(
    "A3",
    "An array requires a gradient only when told so, and only floating and complex arrays may",
    (
        "requires_grad by default",
        "requires_grad after it is switched on",
        "an integer as a leaf",
        "a complex number as a leaf",
    ),
)


@scenario(
    "A4",
    "A leaf was made by no op; a result remembers the op that made it",
    "a leaf has a grad_fn",
    "a result has a grad_fn",
    "a result of constants has a grad_fn",
)
def made_by(t: Story) -> None:
    t.leaf("a", 3.0)
    t.constant("c", 5.0)
    t.apply("b", "mul", "a", "a")
    t.apply("d", "mul", "c", "c")
    t.observe("a leaf has a grad_fn", t.has_grad_fn("a"))
    t.observe("a result has a grad_fn", t.has_grad_fn("b"))
    t.observe("a result of constants has a grad_fn", t.has_grad_fn("d"))


@scenario(
    "A5",
    "Constants keep no gradient: z = w*x + b with x = 2 constant",
    "gradients of w, b",
    "gradient of the constant x",
)
def constants(t: Story) -> None:
    t.leaf("w", 3.0)
    t.leaf("b", 1.0)
    t.constant("x", 2.0)
    t.apply("wx", "mul", "w", "x")
    t.apply("z", "add", "wx", "b")
    t.backward("z")
    t.observe("gradients of w, b", t.gradient_of("w"), t.gradient_of("b"))
    t.observe("gradient of the constant x", t.gradient_of("x"))


@scenario(
    "A6",
    "A leaf is not changed in place while that is recorded; a training step changes it unrecorded",
    "adding to a leaf in place, recorded",
    "adding to a leaf in place, not recorded",
    "the leaf after the unrecorded step from 3 by -0.5",
    "requires_grad and is_leaf after the step",
)
def update_step(t: Story) -> None:
    t.leaf("w", 3.0)
    t.update("w", 1.0, recording=True, attempt="adding to a leaf in place, recorded")
    t.leaf("v", 3.0)
    t.update("v", -0.5, recording=False, attempt="adding to a leaf in place, not recorded")
    t.observe("the leaf after the unrecorded step from 3 by -0.5", t.value("v"))
    t.observe("requires_grad and is_leaf after the step", t.requires_grad("v"), t.is_leaf("v"))


SCENARIOS = (leaf_table, any_operand, dtypes, made_by, constants, update_step)
