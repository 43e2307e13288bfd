"""J. What a complete tape engine does, asked of a graph that is there before anything runs."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def j1_exported(observe: Observer) -> None:
    """The graph lists its operations, and writes itself down as a GraphDef."""
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float64, ())
        y = tf.compat.v1.placeholder(tf.float64, ())
        _ = tf.sin(x * y) + x
    ops = graph.get_operations()
    observe("ops of the recorded graph", [op.type for op in ops])
    edges = [(tensor.op, op) for op in ops for tensor in op.inputs]
    observe("every edge joins two nodes", all(start in ops and end in ops for start, end in edges))
    named = [{"id": op.name, "op": op.type} for op in ops]
    observe("the recorded graph", {"nodes": named, "edges": [[start.name, end.name] for start, end in edges]})

    one, other = graph.as_graph_def(), graph.as_graph_def()
    del one.node[:]
    observe("two exports share nothing", len(other.node) == len(ops))


def j3_never_connected(observe: Observer) -> None:
    """None says that nothing leads there; zero that something does, and counts for nothing."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant(3.0, dtype=tf.float64)
        forgotten = tf.constant(1.0, dtype=tf.float64)
        silenced = tf.constant(1.0, dtype=tf.float64)
        at_forgotten, at_silenced = tf.gradients(x * x + 0 * silenced, [forgotten, silenced])
        observe("gradient of the unconnected bias", at_forgotten)
        observe("gradient of a bias multiplied by zero", session.run(at_silenced))


def j4_stepping(observe: Observer) -> None:
    """The node that assigns is built once and run three times."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        w = tf.compat.v1.Variable(1.0, dtype=tf.float64)
        [gradient] = tf.gradients(w * w, [w])
        step = w.assign_sub(0.1 * gradient)
        session.run(tf.compat.v1.global_variables_initializer())
        for _ in range(3):
            session.run(step)
        observe("w after three steps", session.run(w))
        observe("w is a leaf after a step in place", isinstance(w, tf.Variable))
        w = w - 0.1 * gradient
        observe("is w = w - 0.1 * gradient still a leaf", isinstance(w, tf.Variable))


def j5_two_leaves(observe: Observer) -> None:
    """What a run returns are arrays of NumPy."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant(2.0, dtype=tf.float64)
        y = tf.constant(3.0, dtype=tf.float64)
        at_x, at_y = session.run(tf.gradients(x + y, [x, y]))
        at_x *= 2
        observe("gradients of x and y after x's is doubled", [at_x, at_y])
