"""F. Higher order."""

from __future__ import annotations

import torch
from torch.func import grad, jacfwd, vmap

from autograd_conformance.observer import Observer


def f1_cube(observe: Observer) -> None:
    """With create_graph the walk itself is recorded, so that its result can be differentiated again."""
    a = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(a**3, a, create_graph=True)
    (second,) = torch.autograd.grad(first, a, create_graph=True)
    (third,) = torch.autograd.grad(second, a, create_graph=True)
    (fourth,) = torch.autograd.grad(third, a)
    observe("first", first)
    observe("the first requires a gradient", first.requires_grad)
    observe("second", second)
    observe("third", third)
    observe("fourth", fourth)


def f2_functional(observe: Observer) -> None:
    """The function autograd.grad hands its gradients back and leaves the leaves alone."""
    a = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    gradients = torch.autograd.grad(a * b, [a, b])
    observe("kind of the answer", type(gradients).__name__)
    observe("number of gradients", len(gradients))
    observe("gradient held by the leaf afterwards", a.grad)


def f3_residuals(observe: Observer) -> None:
    """Three ways to the derivatives of u(t, x), elementwise over a batch of points."""
    a = torch.tensor([0.5, -0.25, 0.75], dtype=torch.float64)
    b = torch.tensor([1.0, 0.75, -0.5], dtype=torch.float64)
    c = torch.tensor([0.125, -0.25, 0.375], dtype=torch.float64)
    v = torch.tensor([0.625, -0.875, 0.5], dtype=torch.float64)
    t = torch.tensor([0.125, 0.375, 0.75], dtype=torch.float64, requires_grad=True)
    x = torch.tensor([-0.5, 0.25, 0.875], dtype=torch.float64, requires_grad=True)

    # A point's u depends on that point alone, so the gradient of the sum holds the derivative at each of them.
    u = torch.tanh(t[:, None] * a + x[:, None] * b + c) @ v
    u_t, u_x = torch.autograd.grad(u.sum(), [t, x], create_graph=True)
    (u_xx,) = torch.autograd.grad(u_x.sum(), x)
    observe("u_t by the sum trick", u_t)
    observe("u_xx by the sum trick", u_xx)

    def network(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(a * t + b * x + c) @ v

    t, x = t.detach(), x.detach()
    observe("u_t by vmap", vmap(grad(network, argnums=0))(t, x))
    observe("u_xx by vmap", vmap(grad(grad(network, argnums=1), argnums=1))(t, x))
    observe("u_xx by forward over forward or over reverse", vmap(jacfwd(grad(network, argnums=1), argnums=1))(t, x))
