"""I. Training parity."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-subclassing-any

from __future__ import annotations

import numpy as np
import torch

from autograd_conformance.observer import Observer


def i1_parabola(observe: Observer) -> None:
    """Gradient descent by hand, on gradients from autograd."""
    x = np.linspace(-1, 1, 100)
    y = 3 * x**2 + 2 + 0.2 * np.random.RandomState(0).rand(100)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(800):
        loss = 0.5 * ((w * x**2 + b - y) ** 2).sum()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w -= 0.001 * w.grad
            b -= 0.001 * b.grad
        w.grad = b.grad = None
    observe("losses", losses)
    observe("w and b", [w, b])
    observe("w, rounded", w)
    observe("b, rounded", b)
    observe("data and fit", {"x": x, "y": y, "fit": w.item() * x**2 + b.item()})


def i2_two_rules(observe: Observer) -> None:
    """Adam does not ask where its gradients come from."""
    x = torch.from_numpy(np.random.RandomState(4).rand(200).astype(np.float32))

    def model(x, w):
        return 2 * x * w[0] + x**2 * w[1]

    class ForwardDifference(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return model(x, w)

        @staticmethod
        def backward(ctx, cotangent):
            x, w = ctx.saved_tensors
            steps = 0.001 * torch.eye(2)
            slopes = torch.stack([(model(x, w + step) - model(x, w)) / 0.001 for step in steps])
            return None, slopes @ cotangent

    def fit(model_of):
        w = torch.zeros(2, requires_grad=True)
        optimizer = torch.optim.Adam([w], lr=0.1)
        losses = []
        for _ in range(20):
            batch_losses = []
            for batch in x.split(10):
                optimizer.zero_grad()
                target = model(batch, torch.tensor([1.2, -3.4]))
                loss = torch.nn.functional.mse_loss(model_of(batch, w), target)
                loss.backward()
                optimizer.step()
                batch_losses.append(loss.item())
            losses.append(sum(batch_losses) / len(batch_losses))
        return w, losses

    w, losses = fit(model)
    observe("w by autodiff", w)
    observe("losses by autodiff", losses)
    w, _ = fit(ForwardDifference.apply)
    observe("w by forward difference", w)


def i3_network(observe: Observer) -> None:
    """A relu written as an autograd.Function trains as the built-in one does."""

    class OwnRelu(torch.autograd.Function):
        @staticmethod
        def forward(ctx, h):
            ctx.save_for_backward(h)
            return h.clamp(min=0)

        @staticmethod
        def backward(ctx, cotangent):
            (h,) = ctx.saved_tensors
            gradient = cotangent.clone()
            gradient[h < 0] = 0
            return gradient

    def train(relu):
        random = np.random.RandomState(3)
        x, y = torch.from_numpy(random.randn(64, 1000)), torch.from_numpy(random.randn(64, 10))
        w1, w2 = torch.from_numpy(random.randn(1000, 100)), torch.from_numpy(random.randn(100, 10))
        w1.requires_grad_(), w2.requires_grad_()
        losses = []
        for _ in range(500):
            loss = ((relu(x @ w1) @ w2 - y) ** 2).sum()
            losses.append(loss.item())
            loss.backward()
            with torch.no_grad():
                w1 -= 1e-6 * w1.grad
                w2 -= 1e-6 * w2.grad
            w1.grad = w2.grad = None
        return losses

    observe("losses", train(torch.relu))
    observe("losses with a relu of one's own", train(OwnRelu.apply))


def i4_regression(observe: Observer) -> None:
    """The mean squared error of a line, by gradient descent."""
    x = np.linspace(-1, 1, 20)
    y = 2 * x + 1 + 0.1 * np.random.RandomState(2).rand(20)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(100):
        loss = ((w * x + b - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            b -= 0.1 * b.grad
        w.grad = b.grad = None
    observe("losses", losses)
    observe("w, rounded", w)
    observe("b, rounded", b)
    observe("data and fit", {"x": x, "y": y, "fit": w.item() * x + b.item()})
