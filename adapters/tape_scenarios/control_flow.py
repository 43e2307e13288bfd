"""H. Dynamic and static graphs."""
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numpy as np

import autograd_conformance.adapters.tape_engine as tp
from autograd_conformance.observer import Observer


def h1_one_trajectory(observe: Observer) -> None:
    """The forms of a relu differ at 0 alone."""
    random = np.random.RandomState(1)
    x, y = random.randn(8, 6), random.randn(8, 3)
    first, second = random.randn(6, 5), random.randn(5, 3)

    def train(relu):
        w1, w2 = tp.array(first, requires_grad=True), tp.array(second, requires_grad=True)
        optimizer = tp.SGD([w1, w2], rate=1e-3)
        losses = []
        for _ in range(20):
            optimizer.zero_grad()
            loss = ((relu(x @ w1) @ w2 - y) ** 2).sum()
            losses.append(loss.item())
            loss.backward()
            optimizer.step()
        return losses

    observe("losses with relu as clamp", train(lambda h: tp.clip(h, low=0.0, high=np.inf)))
    observe("losses with relu", train(tp.relu))
    observe("losses with relu as maximum", train(lambda h: tp.maximum(h, 0.0)))


def h2_loops(observe: Observer) -> None:
    """The loops are Python's: what ran was recorded, and that is differentiated."""
    w = tp.array(2.0, requires_grad=True)
    gradients = []
    for sequence in ([1.0], [1.0, 2.0], [1.0, 2.0, 3.0]):
        h = tp.array(0.0)
        for element in sequence:
            h = h * w + element
        gradients.append(tp.gradient(h, w)[0])
    observe("gradients by a plain loop", gradients)

    def branch(x):
        return x * x if x > 0 else -x

    gradients = []
    for start in (3.0, -3.0):
        x = tp.array(start, requires_grad=True)
        gradients.append(tp.gradient(branch(x), x)[0])
    observe("gradient through a branch taken, not taken", gradients)

    x = tp.array(3.0, requires_grad=True)
    y = x
    while y < 100:
        y = y + y
    observe("gradient through a loop without a bound", tp.gradient(y, x)[0])
