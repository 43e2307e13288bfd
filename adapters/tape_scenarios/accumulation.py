"""D. Accumulation."""
# mypy: no-strict-optional

from __future__ import annotations

import numpy as np

import autograd_conformance.adapters.tape_engine as tp
from autograd_conformance.observer import Observer


def d1_adding_up(observe: Observer) -> None:
    """Each walk adds to the leaf; zeroing is the business of the training loop."""
    a = tp.array(3.0, requires_grad=True)
    gradients = []
    for _ in range(3):
        (a * a).backward()
        gradients.append(a.grad.item())
    observe("after one, two, three walks", gradients)

    a.grad.zero_()
    (a * a).backward()
    observe("after setting it to zero and a walk", a.grad)

    a.zero_grad()
    (a * a).backward()
    observe("after setting it to None and a walk", a.grad)

    optimizer = tp.SGD([a], rate=0.1)
    optimizer.zero_grad()
    observe("what an optimizer's zero_grad leaves", a.grad)


def d2_used_twice(observe: Observer) -> None:
    """Every use of a value sends back its own part, and the engine adds the parts before it goes on."""
    x = tp.array(2.0, requires_grad=True)
    f = x * x
    g = x * x
    y = f + g
    observe("f = x*x, g = x*x, y = f + g at 2: y, dy/dg, dy/dx", [y, *tp.gradient(y, [g, x])])

    z = x * x
    (gradient,) = tp.gradient(z + z, x)
    observe("z = x*x, y = z + z at 2: dy/dx", gradient)

    z = x * x
    (gradient,) = tp.gradient(z * z + z, x)
    observe("z = x*x, y = z*z + z, at 2: dy/dx", gradient)

    start = tp.array(1.0, requires_grad=True)
    end = start
    for _ in range(30):
        end = end + end
    (gradient,) = tp.gradient(end, start)
    observe("thirty times x = x + x from 1: dy/dx", gradient)


def d3_batches(observe: Observer) -> None:
    """Because gradients add up, a batch may be walked in parts."""
    x = tp.array([1.0, 2.0, 3.0, 4.0])
    y = 2 * x
    w = tp.array(0.5, requires_grad=True)
    losses = [((w * x[:2] - y[:2]) ** 2).sum(), ((w * x[2:] - y[2:]) ** 2).sum()]
    (gradient,) = tp.gradient(losses[0] + losses[1], w, retain_graph=True)
    observe("gradient of the sum of losses", gradient)
    observe("sum of their gradients", tp.gradient(losses[0], w)[0] + tp.gradient(losses[1], w)[0])

    for element_x, element_y in zip(x, y, strict=True):
        ((w * element_x - element_y) ** 2).backward()
    observe("micro-batches accumulated", w.grad)

    w.zero_grad()
    ((w * x - y) ** 2).sum().backward()
    observe("the whole batch", w.grad)


def d4_broadcast(observe: Observer) -> None:
    """What was repeated in the forward pass is summed in the backward pass."""
    column = tp.array([[1.0], [2.0], [3.0]], requires_grad=True)
    row = tp.array([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    (column * row).sum().backward()
    observe("gradient of the (3, 1) operand of (3, 1) * (4,)", column.grad)
    observe("gradient of the (4,) operand", row.grad)

    scalar = tp.array(5.0, requires_grad=True)
    (np.ones((2, 3)) + scalar).sum().backward()
    observe("gradient of a scalar added to (2, 3)", scalar.grad)
