"""J. What a complete tape engine does."""
# mypy: no-strict-optional

from __future__ import annotations

import autograd_conformance.adapters.tape_engine as tp
from autograd_conformance.observer import Observer


def j1_exported(observe: Observer) -> None:
    """The graph is exported as plain data: nodes with their ops, and edges from operand to result."""
    x = tp.array(2.0, requires_grad=True, name="x")
    y = tp.array(3.0, requires_grad=True, name="y")
    z = tp.sin(x * y) + x

    graph = tp.export(z)
    numbers = [node["id"] for node in graph["nodes"]]
    observe("ops of the recorded graph", sorted(node["op"] for node in graph["nodes"]))
    observe("every edge joins two nodes", all(end in numbers for edge in graph["edges"] for end in edge))

    observe("the recorded graph", graph)

    again = tp.export(z)
    graph["edges"].clear()
    observe("two exports share nothing", len(again["edges"]) > 0)


def j2_switched(observe: Observer) -> None:
    """The function set_recording is the switch; no_grad and enable_grad throw it for a block."""
    x = tp.array(3.0, requires_grad=True)
    tp.set_recording(False)
    off = x * x
    tp.set_recording(True)
    on = x * x
    observe("a result made while it is off requires a gradient", off.requires_grad)
    observe("a result made after it", on.requires_grad)
    on.backward()
    observe("gradient of x*x at 3 after it", x.grad)


def j3_never_connected(observe: Observer) -> None:
    """What no walk has reached has no gradient at all, which is not the same as zero."""
    x = tp.array([[3.0]])
    weight = tp.array([[2.0]], requires_grad=True)
    forgotten = tp.array(1.0, requires_grad=True)
    silenced = tp.array(1.0, requires_grad=True)
    y = tp.linear(x, weight, 0 * silenced)
    y.backward()
    observe("gradient of the unconnected bias", forgotten.grad)
    observe("gradient of a bias multiplied by zero", silenced.grad)


def j4_stepping(observe: Observer) -> None:
    """The step that keeps the leaf is the one in place, unrecorded, as an optimizer makes it."""
    w = tp.array(1.0, requires_grad=True)
    optimizer = tp.SGD([w], rate=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss = tp.sum(tp.stack(optimizer.parameters) ** 2)
        loss.backward()
        optimizer.step()
    observe("w is a leaf after a step in place", all(parameter.is_leaf for parameter in optimizer.parameters))
    observe("w after three steps", w)

    (gradient,) = tp.gradient(w * w, w)
    w = w - 0.1 * gradient
    observe("is w = w - 0.1 * gradient still a leaf", w.is_leaf)


def j5_two_leaves(observe: Observer) -> None:
    """Addition sends one and the same cotangent to both leaves; each keeps a buffer of its own."""
    x = tp.array(2.0, requires_grad=True)
    y = tp.array(3.0, requires_grad=True)
    (x + y).backward()
    x.grad *= 2
    observe("gradients of x and y after x's is doubled", [x.grad, y.grad])
