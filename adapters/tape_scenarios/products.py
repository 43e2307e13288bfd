"""E. Vector-Jacobian products."""

from __future__ import annotations

import numpy as np

import autograd_conformance.adapters.tape_engine as tp
from autograd_conformance.observer import Observer


def e1_non_scalar(observe: Observer) -> None:
    """Several outputs have no gradient of their own: backward wants to be told how they are weighed."""
    x = tp.array([2.0, 3.0], requires_grad=True)
    y = x * x
    with observe.attempt("gradient without a cotangent"):
        y.backward()
    y.backward([1.0, 1.0])
    observe("gradient with cotangent (1, 1)", x.grad)


def e2_rows(observe: Observer) -> None:
    """One walk gives one combination of the Jacobian's rows; the Jacobian takes one walk per row."""
    x = tp.array([2.0, 3.0], requires_grad=True)
    y = tp.stack([x[0] ** 2 + 3 * x[1], x[1] ** 2 + 2 * x[0]])
    y.backward([1.0, 1.0], retain_graph=True)
    observe("product with (1, 1)", x.grad)

    rows = []
    for cotangent in np.eye(2):
        x.zero_grad()
        y.backward(cotangent, retain_graph=True)
        rows.append(x.grad)
    observe("rows: products with (1, 0) and (0, 1)", rows)

    x.zero_grad()
    for cotangent in np.eye(2):
        y.backward(cotangent, retain_graph=True)
    observe("the same two accumulated without zeroing", x.grad)

    y = tp.array(np.zeros((1, 2)))
    y[0, 0] = x[0] ** 2 + 3 * x[1]
    y[0, 1] = x[1] ** 2 + 2 * x[0]
    rows = []
    for cotangent in np.eye(2):
        x.zero_grad()
        y.backward(cotangent.reshape(1, 2), retain_graph=True)
        rows.append(x.grad)
    observe("rows when y is filled in place", rows)


def e3_wrong_cotangent(observe: Observer) -> None:
    """A cotangent has the shape of the output; its dtype is converted."""
    x = tp.array([[2.0, 3.0]], requires_grad=True)
    with observe.attempt("cotangent of shape (2,) for an output of shape (1, 2)"):
        (x * x).backward([1.0, 1.0])
    with observe.attempt("float32 cotangent for a float64 output"):
        (x * x).backward(np.ones((1, 2), dtype=np.float32))


def e4_unconnected(observe: Observer) -> None:
    """An input that plays no part is an error, unless the caller allows it."""
    x = tp.array(3.0, requires_grad=True)
    unused = tp.array(5.0, requires_grad=True)
    y = x * x
    with observe.attempt("gradient at an unconnected input"):
        tp.gradient(y, unused, retain_graph=True)
    (allowed,) = tp.gradient(y, unused, allow_unused=True)
    observe("when that is allowed, or zeros are asked for", allowed)
