"""B. Retention: which gradients are kept."""

from __future__ import annotations

import torch

from autograd_conformance.observer import Observer


def b1_kept_at_leaves(observe: Observer) -> None:
    """Only the leaf keeps its gradient, and PyTorch says so to whoever reads that of an intermediate."""
    a = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    b = a * a
    b.backward()
    observe("gradient of the leaf a = 3 of b = a*a", a.grad)
    with observe.warnings("reading it"):
        observe("gradient of the intermediate b", b.grad)


def b3_gradient_is_an_array(observe: Observer) -> None:
    """A gradient is a tensor that nothing is recorded of."""
    a = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    b = a * a
    b.backward()
    observe("the gradient is a leaf", a.grad.is_leaf)
    observe("the gradient requires a gradient", a.grad.requires_grad)
    observe("the gradient retains one", a.grad.retains_grad)


def b4_intermediates(observe: Observer) -> None:
    """The function autograd.grad takes intermediates as readily as leaves."""
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    y = x * x
    z = y * y
    observe("gradients of z at x and y", torch.autograd.grad(z, [x, y]))
