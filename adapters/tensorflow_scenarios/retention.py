"""B. Retention: nothing is kept in a tensor; the tape is asked, for intermediates too."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def b1_kept_at_leaves(observe: Observer) -> None:
    """The gradient at an intermediate is asked for like any other."""
    a = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        b = a * a
    at_a, at_b = tape.gradient(b, [a, b])
    observe("gradient of the leaf a = 3 of b = a*a", at_a)
    observe("gradient of the intermediate b", at_b)


def b3_gradient_is_an_array(observe: Observer) -> None:
    """A gradient computed outside the tape is a constant to it."""
    a = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        b = a * a
    gradient = tape.gradient(b, a)
    observe("the gradient requires a gradient", tape.gradient(gradient, a) is not None)


def b4_intermediates(observe: Observer) -> None:
    """One question gets the gradients at leaves and intermediates."""
    x = tf.constant(3.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    observe("gradients of z at x and y", tape.gradient(z, [x, y]))
