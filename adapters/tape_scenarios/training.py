"""I. Training parity."""
# mypy: no-strict-optional, allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numpy as np

import autograd_conformance.adapters.tape_engine as tp
from autograd_conformance.observer import Observer


def i1_parabola(observe: Observer) -> None:
    """Gradient descent by hand, on gradients from the engine."""
    x = np.linspace(-1, 1, 100)
    y = 3 * x**2 + 2 + 0.2 * np.random.RandomState(0).rand(100)
    w = tp.array(0.0, requires_grad=True)
    b = tp.array(0.0, requires_grad=True)
    losses = []
    for _ in range(800):
        loss = 0.5 * ((w * x**2 + b - y) ** 2).sum()
        losses.append(loss.item())
        loss.backward()
        with tp.no_grad():
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
    x = np.random.RandomState(4).rand(200).astype(np.float32)
    batches = [tp.array(batch) for batch in np.split(x, 20)]

    def model(x, w):
        return 2 * x * w[0] + x**2 * w[1]

    class ForwardDifference(tp.Function):
        @staticmethod
        def forward(context, x, w):
            context.save_for_backward(x, w)
            return model(x, w)

        @staticmethod
        def backward(context, cotangent):
            x, w = context.saved_arrays
            steps = 0.001 * np.eye(2, dtype=np.float32)
            slopes = tp.stack([(model(x, w + step) - model(x, w)) / 0.001 for step in steps])
            return None, slopes @ cotangent

    def fit(model_of):
        w = tp.array([0.0, 0.0], dtype=np.float32, requires_grad=True)
        optimizer = tp.Adam([w], rate=0.1)
        losses = []
        for _ in range(20):
            batch_losses = []
            for batch in batches:
                optimizer.zero_grad()
                target = model(batch, tp.array([1.2, -3.4], dtype=np.float32))
                loss = ((model_of(batch, w) - target) ** 2).mean()
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
    """A relu written as a Function trains as the built-in one does."""

    class OwnRelu(tp.Function):
        @staticmethod
        def forward(context, h):
            context.save_for_backward(h)
            return tp.maximum(h, 0.0)

        @staticmethod
        def backward(context, cotangent):
            (h,) = context.saved_arrays
            return tp.where(h < 0.0, 0.0, cotangent)

    def train(relu):
        random = np.random.RandomState(3)
        x, y = random.randn(64, 1000), random.randn(64, 10)
        w1 = tp.array(random.randn(1000, 100), requires_grad=True)
        w2 = tp.array(random.randn(100, 10), requires_grad=True)
        optimizer = tp.SGD([w1, w2], rate=1e-6)
        losses = []
        for _ in range(500):
            optimizer.zero_grad()
            loss = ((relu(x @ w1) @ w2 - y) ** 2).sum()
            losses.append(loss.item())
            loss.backward()
            optimizer.step()
        return losses

    observe("losses", train(tp.relu))
    observe("losses with a relu of one's own", train(OwnRelu.apply))


def i4_regression(observe: Observer) -> None:
    """A line is a linear layer with one input and one output; its weight and bias are trained."""
    x = np.linspace(-1, 1, 20)
    y = 2 * x + 1 + 0.1 * np.random.RandomState(2).rand(20)
    w = tp.array([[0.0]], requires_grad=True)
    b = tp.array([0.0], requires_grad=True)
    optimizer = tp.SGD([w, b], rate=0.1)
    losses = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = ((tp.linear(x[:, None], w, b) - y[:, None]) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    observe("losses", losses)
    observe("w, rounded", w.item())
    observe("b, rounded", b.item())
    observe("data and fit", {"x": x, "y": y, "fit": w.item() * x + b.item()})
