"""E. Vector-Jacobian products: the cotangent is called output_gradients."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def e1_non_scalar(observe: Observer) -> None:
    """The gradient of several outputs is that of their sum."""
    x = tf.Variable([2.0, 3.0], dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
    with observe.attempt("gradient without a cotangent"):
        observe("gradient without a cotangent", tape.gradient(y, x))
    observe("gradient with cotangent (1, 1)", tape.gradient(y, x, output_gradients=tf.ones_like(y)))


def e2_rows(observe: Observer) -> None:
    """One cotangent, one combination of the Jacobian's rows; a variable filled in place stops the tape."""
    x = tf.Variable([2.0, 3.0], dtype=tf.float64)
    y_in_place = tf.Variable([0.0, 0.0], dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        y = tf.stack([x[0] ** 2 + 3 * x[1], x[1] ** 2 + 2 * x[0]])
        y_in_place[0].assign(x[0] ** 2 + 3 * x[1])
        y_in_place[1].assign(x[1] ** 2 + 2 * x[0])
        read = tf.identity(y_in_place)
    observe("product with (1, 1)", tape.gradient(y, x, output_gradients=tf.ones_like(y)))
    seeds = tf.unstack(tf.eye(2, dtype=tf.float64))
    observe("rows: products with (1, 0) and (0, 1)", [tape.gradient(y, x, output_gradients=seed) for seed in seeds])
    observe("rows when y is filled in place", [tape.gradient(read, x, output_gradients=seed) for seed in seeds])


def e3_wrong_cotangent(observe: Observer) -> None:
    """The ops of the gradient take what they are given: a shape that broadcasts passes, a foreign dtype does not."""
    x = tf.Variable([[2.0, 3.0]], dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
    name = "cotangent of shape (2,) for an output of shape (1, 2)"
    with observe.attempt(name):
        observe(name, tape.gradient(y, x, output_gradients=tf.ones(2, dtype=tf.float64)))
    name = "float32 cotangent for a float64 output"
    with observe.attempt(name):
        observe(name, tape.gradient(y, x, output_gradients=tf.ones((1, 2), dtype=tf.float32)))


def e4_unconnected(observe: Observer) -> None:
    """What is not connected has the gradient None, or zero for those who ask for it."""
    x = tf.Variable(3.0, dtype=tf.float64)
    unused = tf.Variable(5.0, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
    observe("gradient at an unconnected input", tape.gradient(y, unused))
    zeros = tape.gradient(y, unused, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    observe("when that is allowed, or zeros are asked for", [tape.gradient(y, unused), zeros])
