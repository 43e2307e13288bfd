"""G. Cutting and customising the graph."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np
import tensorflow as tf

from autograd_conformance.observer import Observer


def g1_rebuilt(observe: Observer) -> None:
    """What was fetched and built in again is a constant."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant(1.0, dtype=tf.float64)
        w = tf.constant([1.0, 1.0], dtype=tf.float64)
        f = 2 * x * w[0] + x**2 * w[1]
        observe("value and gradient, uncut", session.run([f, *tf.gradients(f, [w])]))

        at, (w0, w1) = session.run([x, w])
        rebuilt = tf.constant(2 * at * w0 + at**2 * w1)
        observe("value, rebuilt from plain numbers", session.run(rebuilt))
        observe("the rebuilt value has a grad_fn", len(rebuilt.op.inputs) > 0)
        with observe.attempt("gradient through plain numbers"):
            observe("gradient through plain numbers", tf.gradients(rebuilt, [w])[0])


def g2_detached(observe: Observer) -> None:
    """stop_gradient is a node that lets values through and no gradients."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        w = tf.constant(3.0, dtype=tf.float64)
        y = tf.stop_gradient(w) * w
        observe("value and gradient with one factor detached", session.run([y, *tf.gradients(y, [w])]))


def g3_black_box(observe: Observer) -> None:
    """A NumPy function behind tf.numpy_function gets a gradient by a forward difference."""
    saved = {}

    @tf.custom_gradient
    def power(x, exponent):
        def evaluate(at):
            return tf.numpy_function(np.power, [at, exponent], tf.float64)

        y = evaluate(x)
        saved[y.ref()] = np.power  # the closure may hold any object

        def gradient(upstream):
            observe("an arbitrary object saved with the call", saved[y.ref()].__name__)
            return upstream * (evaluate(x + 0.001) - y) / 0.001, None

        return y, gradient

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant(3.0, dtype=tf.float64)
        exponent = tf.constant(2.0, dtype=tf.float64)
        to_x, to_exponent = tf.gradients(power(x, exponent), [x, exponent])
        observe("gradient by the rule", session.run(to_x))
        observe("gradient returned for an input that needs none", to_exponent)

        v = tf.compat.v1.Variable(1.0, dtype=tf.float64)
        there, back = v.assign_add(0.001), v.assign_sub(0.001)
        [to_v] = tf.gradients(power(v, exponent), [v])
        session.run(tf.compat.v1.global_variables_initializer())
        session.run(to_v)
        observe("done on a copy, the bits are untouched", bool(session.run(v) == 1.0))
        session.run(there)
        session.run(back)
        observe("stepping there and back restores the bits of 1.0", bool(session.run(v) == 1.0))


def g4_own_relu(observe: Observer) -> None:
    """Whoever writes the rule chooses the gradient at the kink."""

    @tf.custom_gradient
    def own_relu(x):
        return tf.maximum(x, 0), lambda upstream: tf.where(x < 0, tf.zeros_like(upstream), upstream)

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float64)
        [own], [built_in], [maximum] = (
            tf.gradients(function(x), [x]) for function in (own_relu, tf.nn.relu, lambda x: tf.maximum(x, 0))
        )
        observe("own rule at -1, 2", session.run(own, {x: [-1.0, 2.0]}))
        observe("built-in at -1, 2", session.run(built_in, {x: [-1.0, 2.0]}))
        observe("own rule at 0", session.run(own, {x: 0.0}))
        observe("clamp or maximum at 0", session.run(maximum, {x: 0.0}))
        observe("relu at 0", session.run(built_in, {x: 0.0}))


def g5_honoured(observe: Observer) -> None:
    """custom_gradient is part of the graph it is built into."""

    @tf.custom_gradient
    def square(x):
        return x * x, lambda upstream: upstream * 10 * x  # wrong on purpose: whoever asks x*x itself gets 2x

    def gradient_of(x):
        return tf.gradients(square(x), [x])[0]

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant(3.0, dtype=tf.float64)
        gradient = gradient_of(x)
        observe("plainly", session.run(gradient))
        batch = tf.constant([3.0, 4.0], dtype=tf.float64)
        observe("under a batching transform", session.run(tf.vectorized_map(gradient_of, batch))[0])
        [second] = tf.gradients(gradient, [x])
        observe("gradient of the rule's gradient", session.run(second))
