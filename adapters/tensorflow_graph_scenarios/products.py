"""E. Vector-Jacobian products: the cotangent is called grad_ys."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def e1_non_scalar(observe: Observer) -> None:
    """The gradient of several outputs is that of their sum."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant([2.0, 3.0], dtype=tf.float64)
        y = x * x
        with observe.attempt("gradient without a cotangent"):
            observe("gradient without a cotangent", session.run(tf.gradients(y, [x])[0]))
        [gradient] = tf.gradients(y, [x], grad_ys=[tf.ones_like(y)])
        observe("gradient with cotangent (1, 1)", session.run(gradient))


def e2_rows(observe: Observer) -> None:
    """The cotangent is fed, so one node gives every combination of the Jacobian's rows."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant([2.0, 3.0], dtype=tf.float64)
        y = tf.stack([x[0] ** 2 + 3 * x[1], x[1] ** 2 + 2 * x[0]])
        seed = tf.compat.v1.placeholder(tf.float64, (2,))
        [product] = tf.gradients(y, [x], grad_ys=[seed])
        observe("product with (1, 1)", session.run(product, {seed: [1.0, 1.0]}))
        rows = [session.run(product, {seed: row}) for row in ([1.0, 0.0], [0.0, 1.0])]
        observe("rows: products with (1, 0) and (0, 1)", rows)


def e3_wrong_cotangent(observe: Observer) -> None:
    """What is wrong with a cotangent is found while the graph is built."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant([[2.0, 3.0]], dtype=tf.float64)
        y = x * x
        name = "cotangent of shape (2,) for an output of shape (1, 2)"
        with observe.attempt(name):
            observe(name, session.run(tf.gradients(y, [x], grad_ys=[tf.ones(2, dtype=tf.float64)])[0]))
        name = "float32 cotangent for a float64 output"
        with observe.attempt(name):
            observe(name, session.run(tf.gradients(y, [x], grad_ys=[tf.ones((1, 2), dtype=tf.float32)])[0]))


def e4_unconnected(observe: Observer) -> None:
    """What is not connected has the gradient None, or zero for those who ask for it."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant(3.0, dtype=tf.float64)
        unused = tf.constant(5.0, dtype=tf.float64)
        y = x * x
        [gradient] = tf.gradients(y, [unused])
        observe("gradient at an unconnected input", gradient)
        [zero] = tf.gradients(y, [unused], unconnected_gradients=tf.UnconnectedGradients.ZERO)
        observe("when that is allowed, or zeros are asked for", [gradient, session.run(zero)])
