"""I. Training parity: variables, a tape in each step, and the step traced where it is run often."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np
import tensorflow as tf

from autograd_conformance.observer import Observer


def i1_parabola(observe: Observer) -> None:
    """Gradient descent by hand, on gradients from a tape."""
    x = np.linspace(-1, 1, 100)
    y = 3 * x**2 + 2 + 0.2 * np.random.RandomState(0).rand(100)
    w, b = tf.Variable(0.0, dtype=tf.float64), tf.Variable(0.0, dtype=tf.float64)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = 0.5 * tf.reduce_sum((w * x**2 + b - y) ** 2)
        to_w, to_b = tape.gradient(loss, [w, b])
        w.assign_sub(0.001 * to_w)
        b.assign_sub(0.001 * to_b)
        return loss

    observe("losses", [step() for _ in range(800)])
    observe("w and b", [w, b])
    observe("w, rounded", w)
    observe("b, rounded", b)
    observe("data and fit", {"x": x, "y": y, "fit": w * x**2 + b})


def i2_two_rules(observe: Observer) -> None:
    """Adam does not ask where its gradients come from."""
    x = np.random.RandomState(4).rand(200).astype(np.float32)

    def model(w, x):
        return 2 * x * w[0] + x**2 * w[1]

    @tf.custom_gradient
    def by_difference(w, x):
        y = model(w, x)

        def gradient(upstream):
            slopes = [(model(w + step, x) - y) / 0.001 for step in 0.001 * np.eye(2, dtype=np.float32)]
            return tf.stack([tf.reduce_sum(upstream * slope) for slope in slopes]), None

        return y, gradient

    def fit(model_of):
        w = tf.Variable([0.0, 0.0])
        optimizer = tf.keras.optimizers.Adam(learning_rate=0.1)
        optimizer.build([w])  # a traced function makes no variables

        @tf.function
        def step(batch):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model_of(w, batch) - model([1.2, -3.4], batch)) ** 2)
            optimizer.apply_gradients([(tape.gradient(loss, w), w)])
            return loss

        batches = tf.constant(x.reshape(20, 10))
        losses = [tf.reduce_mean([step(batch) for batch in batches]) for _ in range(20)]
        return w, losses

    w, losses = fit(model)
    observe("w by autodiff", w)
    observe("losses by autodiff", losses)
    w, _ = fit(by_difference)
    observe("w by forward difference", w)


def i3_network(observe: Observer) -> None:
    """A relu with a gradient of one's own trains as the built-in one does."""

    @tf.custom_gradient
    def own_relu(h):
        return tf.maximum(h, 0), lambda upstream: tf.where(h < 0, tf.zeros_like(upstream), upstream)

    def train(relu):
        random = np.random.RandomState(3)
        x, y = random.randn(64, 1000), random.randn(64, 10)
        w1, w2 = tf.Variable(random.randn(1000, 100)), tf.Variable(random.randn(100, 10))

        @tf.function
        def step():
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum((relu(x @ w1) @ w2 - y) ** 2)
            to_w1, to_w2 = tape.gradient(loss, [w1, w2])
            w1.assign_sub(1e-6 * to_w1)
            w2.assign_sub(1e-6 * to_w2)
            return loss

        return [step() for _ in range(500)]

    observe("losses", train(tf.nn.relu))
    observe("losses with a relu of one's own", train(own_relu))


def i4_regression(observe: Observer) -> None:
    """The mean squared error of a line, by gradient descent, one tape a step."""
    x = np.linspace(-1, 1, 20)
    y = 2 * x + 1 + 0.1 * np.random.RandomState(2).rand(20)
    w, b = tf.Variable(0.0, dtype=tf.float64), tf.Variable(0.0, dtype=tf.float64)
    losses = []
    for _ in range(100):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((w * x + b - y) ** 2)
        to_w, to_b = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * to_w)
        b.assign_sub(0.1 * to_b)
        losses.append(loss)
    observe("losses", losses)
    observe("w, rounded", w)
    observe("b, rounded", b)
    observe("data and fit", {"x": x, "y": y, "fit": w * x + b})
