"""J. What a complete tape engine does."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def j1_exported(observe: Observer) -> None:
    """The tape itself cannot be looked into; the graph that tf.function traces can."""
    number = tf.TensorSpec((), tf.float64)
    graph = tf.function(lambda x, y: tf.sin(x * y) + x).get_concrete_function(number, number).graph
    ops = graph.get_operations()
    observe("ops of the recorded graph", [op.type for op in ops])
    edges = [(tensor.op, op) for op in ops for tensor in op.inputs]
    observe("every edge joins two nodes", all(start in ops and end in ops for start, end in edges))
    named = [{"id": op.name, "op": op.type} for op in ops]
    observe("the recorded graph", {"nodes": named, "edges": [[start.name, end.name] for start, end in edges]})

    one, other = graph.as_graph_def(), graph.as_graph_def()
    del one.node[:]
    observe("two exports share nothing", len(other.node) == len(ops))


def j2_switched(observe: Observer) -> None:
    """stop_recording suspends the tape for a block."""
    x = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        with tape.stop_recording():
            off = x * x
        on = x * x
    observe("a result made while it is off requires a gradient", tape.gradient(off, x) is not None)
    observe("a result made after it", tape.gradient(on, x) is not None)
    observe("gradient of x*x at 3 after it", tape.gradient(on, x))


def j3_never_connected(observe: Observer) -> None:
    """None says that nothing led there; zero that something did, and counted for nothing."""
    x = tf.Variable(3.0, dtype=tf.float64)
    forgotten = tf.Variable(1.0, dtype=tf.float64)
    silenced = tf.Variable(1.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = x * x + 0 * silenced
    at_forgotten, at_silenced = tape.gradient(y, [forgotten, silenced])
    observe("gradient of the unconnected bias", at_forgotten)
    observe("gradient of a bias multiplied by zero", at_silenced)


def j4_stepping(observe: Observer) -> None:
    """Assigning keeps the variable; a new value is a tensor, which the next tape does not watch."""
    w = tf.Variable(1.0, dtype=tf.float64)
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = w * w
        w.assign_sub(0.1 * tape.gradient(loss, w))
    observe("w is a leaf after a step in place", isinstance(w, tf.Variable))
    observe("w after three steps", w)

    with tf.GradientTape() as tape:
        loss = w * w
    w = w - 0.1 * tape.gradient(loss, w)
    observe("is w = w - 0.1 * gradient still a leaf", isinstance(w, tf.Variable))


def j5_two_leaves(observe: Observer) -> None:
    """Tensors do not change, so gradients could share one without harm."""
    x = tf.Variable(2.0, dtype=tf.float64)
    y = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        z = x + y
    at_x, at_y = tape.gradient(z, [x, y])
    at_x *= 2
    observe("gradients of x and y after x's is doubled", [at_x, at_y])
