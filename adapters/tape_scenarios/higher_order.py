"""F. Higher order."""
# mypy: no-strict-optional

from __future__ import annotations

import autograd_conformance.adapters.tape_engine as tp
from autograd_conformance.observer import Observer


def f1_cube(observe: Observer) -> None:
    """With create_graph the walk itself is recorded, so that its result can be differentiated again."""
    a = tp.array(3.0, requires_grad=True)
    (first,) = tp.gradient(a**3, a, create_graph=True)
    (second,) = tp.gradient(first, a, create_graph=True)
    (third,) = tp.gradient(second, a, create_graph=True)
    (fourth,) = tp.gradient(third, a)
    observe("first", first)
    observe("the first requires a gradient", first.requires_grad)
    observe("second", second)
    observe("third", third)
    observe("fourth", fourth)


def f2_functional(observe: Observer) -> None:
    """The function gradient hands its gradients back and leaves the leaves alone."""
    a = tp.array(3.0, requires_grad=True)
    b = tp.array(2.0, requires_grad=True)
    gradients = tp.gradient(a * b, [a, b])
    observe("kind of the answer", type(gradients).__name__)
    observe("number of gradients", len(gradients))
    observe("gradient held by the leaf afterwards", a.grad)


def f3_residuals(observe: Observer) -> None:
    """A point's u depends on that point alone, so the gradient of the sum holds the derivative at each of them."""
    a = tp.array([0.5, -0.25, 0.75])
    b = tp.array([1.0, 0.75, -0.5])
    c = tp.array([0.125, -0.25, 0.375])
    v = tp.array([0.625, -0.875, 0.5])
    t = tp.array([0.125, 0.375, 0.75], requires_grad=True)
    x = tp.array([-0.5, 0.25, 0.875], requires_grad=True)

    u = tp.tanh(t[:, None] * a + x[:, None] * b + c) @ v
    u_t, u_x = tp.gradient(u.sum(), [t, x], create_graph=True)
    (u_xx,) = tp.gradient(u_x.sum(), x)
    observe("u_t by the sum trick", u_t)
    observe("u_xx by the sum trick", u_xx)
