"""E. Vector-Jacobian products."""

from __future__ import annotations

import torch

from autograd_conformance.observer import Observer


def e1_non_scalar(observe: Observer) -> None:
    """Several outputs have no gradient of their own: backward wants to be told how they are weighed."""
    x = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
    y = x * x
    with observe.attempt("gradient without a cotangent"):
        y.backward()
    y.backward(torch.ones_like(y))
    observe("gradient with cotangent (1, 1)", x.grad)


def e2_rows(observe: Observer) -> None:
    """One walk gives one combination of the Jacobian's rows; the Jacobian takes one walk per row."""
    x = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
    y = torch.stack([x[0] ** 2 + 3 * x[1], x[1] ** 2 + 2 * x[0]])
    y.backward(torch.ones_like(y), retain_graph=True)
    observe("product with (1, 1)", x.grad)

    rows = []
    for cotangent in torch.eye(2, dtype=torch.float64):
        x.grad = None
        y.backward(cotangent, retain_graph=True)
        rows.append(x.grad)
    observe("rows: products with (1, 0) and (0, 1)", rows)

    x.grad = None
    for cotangent in torch.eye(2, dtype=torch.float64):
        y.backward(cotangent, retain_graph=True)
    observe("the same two accumulated without zeroing", x.grad)

    y = torch.zeros(1, 2, dtype=torch.float64)
    y[0, 0] = x[0] ** 2 + 3 * x[1]
    y[0, 1] = x[1] ** 2 + 2 * x[0]
    rows = []
    for cotangent in torch.eye(2, dtype=torch.float64):
        x.grad = None
        y.backward(cotangent.reshape(1, 2), retain_graph=True)
        rows.append(x.grad)
    observe("rows when y is filled in place", rows)


def e3_wrong_cotangent(observe: Observer) -> None:
    """A cotangent has the shape of the output; its dtype is converted."""
    x = torch.tensor([[2.0, 3.0]], dtype=torch.float64, requires_grad=True)
    with observe.attempt("cotangent of shape (2,) for an output of shape (1, 2)"):
        (x * x).backward(torch.ones(2, dtype=torch.float64))
    with observe.attempt("float32 cotangent for a float64 output"):
        (x * x).backward(torch.ones(1, 2, dtype=torch.float32))


def e4_unconnected(observe: Observer) -> None:
    """An input that plays no part is an error, unless the caller says what its gradient shall be."""
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    unused = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
    y = x * x
    with observe.attempt("gradient at an unconnected input"):
        torch.autograd.grad(y, unused, retain_graph=True)
    (allowed,) = torch.autograd.grad(y, unused, retain_graph=True, allow_unused=True)
    (zeros,) = torch.autograd.grad(y, unused, materialize_grads=True)
    observe("when that is allowed, or zeros are asked for", [allowed, zeros])
