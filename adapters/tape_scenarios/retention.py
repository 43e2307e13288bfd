"""B. Retention: which gradients are kept."""
# mypy: no-strict-optional

from __future__ import annotations

import autograd_conformance.adapters.tape_engine as tp
from autograd_conformance.observer import Observer


def b1_kept_at_leaves(observe: Observer) -> None:
    """Only the leaf keeps its gradient; that of an intermediate is None, without a word."""
    a = tp.array(3.0, requires_grad=True)
    b = a * a
    b.backward()
    observe("gradient of the leaf a = 3 of b = a*a", a.grad)
    with observe.warnings("reading it"):
        observe("gradient of the intermediate b", b.grad)


def b3_gradient_is_an_array(observe: Observer) -> None:
    """A gradient is an array that nothing is recorded of."""
    a = tp.array(3.0, requires_grad=True)
    b = a * a
    b.backward()
    observe("the gradient is a leaf", a.grad.is_leaf)
    observe("the gradient requires a gradient", a.grad.requires_grad)
    with observe.attempt("the gradient retains one"):
        a.grad.retain_grad()


def b4_intermediates(observe: Observer) -> None:
    """The function gradient takes results as readily as leaves."""
    x = tp.array(3.0, requires_grad=True)
    y = x * x
    z = y * y
    observe("gradients of z at x and y", tp.gradient(z, [x, y]))
