"""B. Retention: gradients are nodes, and a node is computed when it is fetched."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def b1_kept_at_leaves(observe: Observer) -> None:
    """The gradient at an intermediate is a node as well."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        a = tf.constant(3.0, dtype=tf.float64)
        b = a * a
        at_a, at_b = session.run(tf.gradients(b, [a, b]))
        observe("gradient of the leaf a = 3 of b = a*a", at_a)
        observe("gradient of the intermediate b", at_b)


def b3_gradient_is_an_array(observe: Observer) -> None:
    """A gradient is part of the graph, so it can be differentiated; it is made by ops, as every result is."""
    with tf.Graph().as_default():
        a = tf.constant(3.0, dtype=tf.float64)
        [gradient] = tf.gradients(a * a, [a])
        [of_gradient] = tf.gradients(gradient, [a])
        observe("the gradient requires a gradient", of_gradient is not None)


def b4_intermediates(observe: Observer) -> None:
    """One question gets the gradients at leaves and intermediates."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant(3.0, dtype=tf.float64)
        y = x * x
        z = y * y
        observe("gradients of z at x and y", session.run(tf.gradients(z, [x, y])))
