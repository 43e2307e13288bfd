"""G. Cutting and customising the graph."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np
import tensorflow as tf

from autograd_conformance.observer import Observer


def g1_rebuilt(observe: Observer) -> None:
    """What goes through NumPy is out of the tape's sight."""
    x = tf.constant(1.0, dtype=tf.float64)
    w = tf.Variable([1.0, 1.0], dtype=tf.float64)
    with tf.GradientTape() as tape:
        f = 2 * x * w[0] + x**2 * w[1]
    observe("value and gradient, uncut", [f, tf.convert_to_tensor(tape.gradient(f, w))])

    with tf.GradientTape() as tape:
        w0, w1 = w.numpy()
        rebuilt = tf.constant(2 * x.numpy() * w0 + x.numpy() ** 2 * w1)
    observe("value, rebuilt from plain numbers", rebuilt)
    with observe.attempt("gradient through plain numbers"):
        observe("gradient through plain numbers", tape.gradient(rebuilt, w))


def g2_detached(observe: Observer) -> None:
    """stop_gradient cuts one value, stop_recording whatever is computed in its block."""
    w = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = tf.stop_gradient(w) * w
    observe("value and gradient with one factor detached", [y, tape.gradient(y, w)])

    with tf.GradientTape() as tape:
        with tape.stop_recording():
            factor = 1 * w
        y = factor * w
    observe("value and gradient with one factor computed unrecorded", [y, tape.gradient(y, w)])


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

    x = tf.Variable(3.0, dtype=tf.float64)
    exponent = tf.constant(2.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = power(x, exponent)
    at_x, at_exponent = tape.gradient(y, [x, exponent])
    observe("gradient by the rule", at_x)
    observe("gradient returned for an input that needs none", at_exponent)

    # A variable can be stepped in place; what has been read from it is a tensor, which cannot.
    v = tf.Variable(1.0, dtype=tf.float64)
    read = tf.convert_to_tensor(v)
    v.assign_add(0.001)
    observe("the tutorial's in-place step changes the saved array while it lasts", bool(read != 1.0))
    v.assign_sub(0.001)
    observe("stepping there and back restores the bits of 1.0", bool(v == 1.0))

    u = tf.Variable(1.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = power(u, exponent)
    tape.gradient(y, u)
    observe("done on a copy, the bits are untouched", bool(u == 1.0))


def g4_own_relu(observe: Observer) -> None:
    """Whoever writes the rule chooses the gradient at the kink."""

    @tf.custom_gradient
    def own_relu(x):
        return tf.maximum(x, 0), lambda upstream: tf.where(x < 0, tf.zeros_like(upstream), upstream)

    def gradient_of(function, at):
        x = tf.constant(at, dtype=tf.float64)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, x)

    observe("own rule at -1, 2", gradient_of(own_relu, [-1.0, 2.0]))
    observe("built-in at -1, 2", gradient_of(tf.nn.relu, [-1.0, 2.0]))
    observe("own rule at 0", gradient_of(own_relu, 0.0))
    observe("clamp or maximum at 0", gradient_of(lambda x: tf.maximum(x, 0), 0.0))
    observe("relu at 0", gradient_of(tf.nn.relu, 0.0))


def g5_honoured(observe: Observer) -> None:
    """custom_gradient is part of the function wherever that goes."""

    @tf.custom_gradient
    def square(x):
        return x * x, lambda upstream: upstream * 10 * x  # wrong on purpose: whoever asks x*x itself gets 2x

    def gradient_of(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = square(x)
        return tape.gradient(y, x)

    x = tf.constant(3.0, dtype=tf.float64)
    observe("plainly", gradient_of(x))
    observe("compiled", tf.function(gradient_of, jit_compile=True)(x))
    batch = tf.constant([3.0, 4.0], dtype=tf.float64)
    observe("under a batching transform", tf.vectorized_map(gradient_of, batch)[0])

    with tf.GradientTape() as tape:
        tape.watch(x)
        gradient = gradient_of(x)
    observe("gradient of the rule's gradient", tape.gradient(gradient, x))
