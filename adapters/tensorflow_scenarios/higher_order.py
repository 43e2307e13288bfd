"""F. Higher order: tapes within tapes."""
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def f1_cube(observe: Observer) -> None:
    """An outer tape records what an inner one computes, its gradient included."""
    a = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape() as tape4:
        with tf.GradientTape() as tape3:
            with tf.GradientTape(persistent=True) as tape2:
                with tf.GradientTape() as tape1:
                    y = a**3
                first = tape1.gradient(y, a)
            second = tape2.gradient(first, a)
        third = tape3.gradient(second, a)
    observe("first", first)
    observe("the first requires a gradient", tape2.gradient(first, a) is not None)
    observe("second", second)
    observe("third", third)
    observe("fourth", tape4.gradient(third, a))


def f2_functional(observe: Observer) -> None:
    """The answer has the structure of the question."""
    a = tf.Variable(3.0, dtype=tf.float64)
    b = tf.Variable(2.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = a * b
    gradients = tape.gradient(y, [a, b])
    observe("kind of the answer", type(gradients).__name__)
    observe("number of gradients", len(gradients))


def f3_residuals(observe: Observer) -> None:
    """Three ways to the derivatives of u(t, x), elementwise over a batch of points."""
    a = tf.constant([0.5, -0.25, 0.75], dtype=tf.float64)
    b = tf.constant([1.0, 0.75, -0.5], dtype=tf.float64)
    c = tf.constant([0.125, -0.25, 0.375], dtype=tf.float64)
    v = tf.constant([0.625, -0.875, 0.5], dtype=tf.float64)
    t = tf.constant([0.125, 0.375, 0.75], dtype=tf.float64)
    x = tf.constant([-0.5, 0.25, 0.875], dtype=tf.float64)

    def network(t, x):
        return tf.reduce_sum(v * tf.tanh(a * t[..., None] + b * x[..., None] + c), axis=-1)

    def derivatives(t, x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch((t, x))
                u = network(t, x)
            u_t, u_x = inner.gradient(u, (t, x))
        return u_t, outer.gradient(u_x, x)

    # A point's u depends on that point alone, so the gradient of the sum holds the derivative at each of them.
    u_t, u_xx = derivatives(t, x)
    observe("u_t by the sum trick", u_t)
    observe("u_xx by the sum trick", u_xx)

    u_t, u_xx = tf.vectorized_map(lambda point: derivatives(*point), (t, x))
    observe("u_t by vmap", u_t)
    observe("u_xx by vmap", u_xx)

    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as forward:
        with tf.GradientTape() as tape:
            tape.watch(x)
            u = network(t, x)
        u_x = tape.gradient(u, x)
    observe("u_xx by forward over forward or over reverse", forward.jvp(u_x))
