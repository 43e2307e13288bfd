"""H. Dynamic and static graphs."""
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numpy as np
import torch

from autograd_conformance.observer import Observer


def h1_one_trajectory(observe: Observer) -> None:
    """The forms of a relu differ at 0 alone, and a compiled loss is the same function."""
    random = np.random.RandomState(1)
    x, y = torch.from_numpy(random.randn(8, 6)), torch.from_numpy(random.randn(8, 3))
    first, second = torch.from_numpy(random.randn(6, 5)), torch.from_numpy(random.randn(5, 3))

    def train(loss_of):
        w1, w2 = first.clone().requires_grad_(), second.clone().requires_grad_()
        losses = []
        for _ in range(20):
            loss = loss_of(w1, w2)
            losses.append(loss.item())
            loss.backward()
            with torch.no_grad():
                for w in (w1, w2):
                    w -= 1e-3 * w.grad
                    w.grad = None
        return losses

    observe("losses with relu as clamp", train(lambda w1, w2: (((x @ w1).clamp(min=0) @ w2 - y) ** 2).sum()))
    observe("losses with relu", train(lambda w1, w2: ((torch.relu(x @ w1) @ w2 - y) ** 2).sum()))
    zero = torch.tensor(0.0, dtype=torch.float64)
    observe("losses with relu as maximum", train(lambda w1, w2: ((torch.maximum(x @ w1, zero) @ w2 - y) ** 2).sum()))

    graphs = []

    def compiler(graph, inputs):
        graphs.append(graph)
        return torch._dynamo.lookup_backend("aot_eager")(graph, inputs)

    @torch.compile(backend=compiler, fullgraph=True)
    def compiled(w1, w2):
        return ((torch.relu(x @ w1) @ w2 - y) ** 2).sum()

    observe("losses compiled", train(compiled))
    assert graphs, "nothing was compiled"


def h2_loops(observe: Observer) -> None:
    """The loops are Python's: what ran was recorded, and that is differentiated."""
    w = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    gradients = []
    for sequence in ([1.0], [1.0, 2.0], [1.0, 2.0, 3.0]):
        h = torch.tensor(0.0, dtype=torch.float64)
        for x in sequence:
            h = h * w + x
        gradients += torch.autograd.grad(h, w)
    observe("gradients by a plain loop", gradients)

    def branch(x):
        return x * x if x > 0 else -x

    gradients = []
    for start in (3.0, -3.0):
        x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        gradients += torch.autograd.grad(branch(x), x)
    observe("gradient through a branch taken, not taken", gradients)

    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    y = x
    while y < 100:
        y = y + y
    observe("gradient through a loop without a bound", torch.autograd.grad(y, x)[0])


def h3_static(observe: Observer) -> None:
    """What torch.compile traces of torch.func.grad is a graph with gradients in it, its sizes left open."""
    graphs = []

    def compiler(graph, inputs):
        graphs.append(graph)
        return graph.forward

    gradient_of = torch.compile(
        torch.func.grad(lambda x: (x * x).sum()), backend=compiler, dynamic=True, fullgraph=True
    )
    feeds = [torch.tensor(feed, dtype=torch.float64) for feed in ([1.0], [1.0, 2.0], [1.0, 2.0, 3.0])]
    observe("gradients of x*x for feeds of 1, 2, 3 elements", [gradient_of(feed) for feed in feeds])
    observe("number of traces", len(graphs))
