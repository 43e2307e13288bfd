"""C. The life of the graph."""
# mypy: no-strict-optional

from __future__ import annotations

import gc
import weakref

import autograd_conformance.adapters.tape_engine as tp
from autograd_conformance.observer import Observer


def c3_recorded_walk(observe: Observer) -> None:
    """A recorded backward ties a leaf and its gradient into a cycle, which Python's collector finds."""
    a = tp.array(3.0, requires_grad=True)
    b = a * a
    b.retain_grad()
    with observe.warnings("a recorded walk into leaves"):
        b.backward(create_graph=True)
    observe("a's gradient requires a gradient, is a leaf", [a.grad.requires_grad, a.grad.is_leaf])
    observe("b's gradient requires a gradient, is a leaf", [b.grad.requires_grad, b.grad.is_leaf])

    alive = weakref.ref(a)
    del a, b
    gc.collect()
    observe("array and gradient keep each other alive after it", alive() is not None)

    gc.disable()  # what dies from here on dies because nothing refers to it
    a = tp.array(3.0, requires_grad=True)
    b = a * a
    b.backward(create_graph=True)
    a.zero_grad()
    alive = weakref.ref(a)
    del a, b
    observe("they do after the gradient is reset", alive() is not None)

    a = tp.array(3.0, requires_grad=True)
    b = a * a
    with observe.warnings("asking for the gradient as a new array, recorded"):
        (gradient,) = tp.gradient(b, a, create_graph=True)
    alive = weakref.ref(a)
    del a, b, gradient
    observe("that keeps the array alive", alive() is not None)
    gc.enable()


def c5_dynamic(observe: Observer) -> None:
    """Python's own loop makes the graph, so each step may have another one."""
    x = tp.array(2.0, requires_grad=True)
    gradients = []
    for length in (1, 2, 3):
        y = x
        for _ in range(length):
            y = y * x
        gradients.append(tp.gradient(y, x)[0])
    observe("gradients of the three steps", gradients)


def c6_saved_then_changed(observe: Observer) -> None:
    """Every storage counts its versions, and a walk compares them with those that were saved."""
    x = tp.array(3.0, requires_grad=True)
    y = tp.exp(x)  # saves its result
    y += 1
    with observe.attempt("walk after a saved value was changed"):
        y.backward()

    v = tp.array(3.0, requires_grad=True)
    w = v * v  # saves its operands
    w += 1
    with observe.attempt("walk after a value that was not saved was changed"):
        w.backward()
    observe("its gradient", v.grad)
