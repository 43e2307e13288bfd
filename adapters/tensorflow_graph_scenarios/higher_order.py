"""F. Higher order: a gradient is a node, and tf.gradients takes nodes."""
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def f1_cube(observe: Observer) -> None:
    """tf.gradients of tf.gradients, as often as one likes."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        a = tf.constant(3.0, dtype=tf.float64)
        y = a**3
        [first] = tf.gradients(y, [a])
        [second] = tf.gradients(first, [a])
        [third] = tf.gradients(second, [a])
        [fourth] = tf.gradients(third, [a])
        observe("first", session.run(first))
        observe("the first requires a gradient", second is not None)
        observe("second", session.run(second))
        observe("third", session.run(third))
        observe("fourth", session.run(fourth))


def f2_functional(observe: Observer) -> None:
    """The answer is a list of nodes, one for each of xs."""
    with tf.Graph().as_default():
        a = tf.constant(3.0, dtype=tf.float64)
        b = tf.constant(2.0, dtype=tf.float64)
        gradients = tf.gradients(a * b, [a, b])
    observe("kind of the answer", type(gradients).__name__)
    observe("number of gradients", len(gradients))


def f3_residuals(observe: Observer) -> None:
    """The derivatives of u(t, x) over a batch: of the sum, and vectorized over points."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        a = tf.constant([0.5, -0.25, 0.75], dtype=tf.float64)
        b = tf.constant([1.0, 0.75, -0.5], dtype=tf.float64)
        c = tf.constant([0.125, -0.25, 0.375], dtype=tf.float64)
        v = tf.constant([0.625, -0.875, 0.5], dtype=tf.float64)
        t = tf.constant([0.125, 0.375, 0.75], dtype=tf.float64)
        x = tf.constant([-0.5, 0.25, 0.875], dtype=tf.float64)

        def derivatives(t, x):
            u = tf.reduce_sum(v * tf.tanh(a * t[..., None] + b * x[..., None] + c), axis=-1)
            u_t, u_x = tf.gradients(u, [t, x])
            return u_t, u_x, tf.gradients(u_x, [x])[0]

        # A point's u depends on that point alone, so the gradient of the sum holds the derivative at each of them.
        u_t, u_x, u_xx = derivatives(t, x)
        observe("u_t by the sum trick", session.run(u_t))
        observe("u_xx by the sum trick", session.run(u_xx))

        by_points = tf.vectorized_map(lambda point: derivatives(*point), (t, x))
        u_t, _, u_xx = session.run(by_points)
        observe("u_t by vmap", u_t)
        observe("u_xx by vmap", u_xx)

        # Reverse mode twice is forward mode: the product with J' is linear in its cotangent, and its gradient there is J.
        seed = tf.ones_like(u_x)
        [transposed] = tf.gradients(u_x, [x], grad_ys=[seed])
        [forward] = tf.gradients(transposed, [seed], grad_ys=[tf.ones_like(x)])
        observe("u_xx by forward over forward or over reverse", session.run(forward))
