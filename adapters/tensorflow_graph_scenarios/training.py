"""I. Training parity: the training step is a node, and training is running it."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np
import tensorflow as tf

from autograd_conformance.observer import Observer


def i1_parabola(observe: Observer) -> None:
    """Gradient descent by assignments that wait for the gradients."""
    x = np.linspace(-1, 1, 100)
    y = 3 * x**2 + 2 + 0.2 * np.random.RandomState(0).rand(100)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        w, b = tf.compat.v1.Variable(0.0, dtype=tf.float64), tf.compat.v1.Variable(0.0, dtype=tf.float64)
        loss = 0.5 * tf.reduce_sum((w * x**2 + b - y) ** 2)
        to_w, to_b = tf.gradients(loss, [w, b])
        with tf.control_dependencies([to_w, to_b]):
            steps = [w.assign_sub(0.001 * to_w), b.assign_sub(0.001 * to_b)]
        session.run(tf.compat.v1.global_variables_initializer())
        observe("losses", [session.run([loss, *steps])[0] for _ in range(800)])
        observe("w and b", session.run([w, b]))
        observe("w, rounded", session.run(w))
        observe("b, rounded", session.run(b))
        observe("data and fit", {"x": x, "y": y, "fit": session.run(w * x**2 + b)})


def i2_two_rules(observe: Observer) -> None:
    """An optimizer of TensorFlow 1 builds gradients and assignments in one: minimize."""
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
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            w = tf.compat.v1.Variable([0.0, 0.0])
            batch = tf.compat.v1.placeholder(tf.float32, (None,))
            loss = tf.reduce_mean((model_of(w, batch) - model([1.2, -3.4], batch)) ** 2)
            step = tf.compat.v1.train.AdamOptimizer(learning_rate=0.1).minimize(loss)
            session.run(tf.compat.v1.global_variables_initializer())
            losses = [
                np.mean([session.run([loss, step], {batch: part})[0] for part in np.split(x, 20)]) for _ in range(20)
            ]
            return session.run(w), losses

    w, losses = fit(model)
    observe("w by autodiff", w)
    observe("losses by autodiff", losses)
    w, _ = fit(by_difference)
    observe("w by forward difference", w)


def i3_network(observe: Observer) -> None:
    """The data are fed: as constants they would be part of the graph."""

    @tf.custom_gradient
    def own_relu(h):
        return tf.maximum(h, 0), lambda upstream: tf.where(h < 0, tf.zeros_like(upstream), upstream)

    def train(relu):
        random = np.random.RandomState(3)
        x, y = random.randn(64, 1000), random.randn(64, 10)
        first, second = random.randn(1000, 100), random.randn(100, 10)
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            fed_x = tf.compat.v1.placeholder(tf.float64, (None, 1000))
            fed_y = tf.compat.v1.placeholder(tf.float64, (None, 10))
            w1, w2 = tf.compat.v1.Variable(first), tf.compat.v1.Variable(second)
            loss = tf.reduce_sum((relu(fed_x @ w1) @ w2 - fed_y) ** 2)
            to_w1, to_w2 = tf.gradients(loss, [w1, w2])
            with tf.control_dependencies([to_w1, to_w2]):
                step = tf.group(w1.assign_sub(1e-6 * to_w1), w2.assign_sub(1e-6 * to_w2))
            session.run(tf.compat.v1.global_variables_initializer())
            return [session.run([loss, step], {fed_x: x, fed_y: y})[0] for _ in range(500)]

    observe("losses", train(tf.nn.relu))
    observe("losses with a relu of one's own", train(own_relu))


def i4_regression(observe: Observer) -> None:
    """The mean squared error of a line, by gradient descent."""
    x = np.linspace(-1, 1, 20)
    y = 2 * x + 1 + 0.1 * np.random.RandomState(2).rand(20)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        w, b = tf.compat.v1.Variable(0.0, dtype=tf.float64), tf.compat.v1.Variable(0.0, dtype=tf.float64)
        loss = tf.reduce_mean((w * x + b - y) ** 2)
        to_w, to_b = tf.gradients(loss, [w, b])
        with tf.control_dependencies([to_w, to_b]):
            steps = [w.assign_sub(0.1 * to_w), b.assign_sub(0.1 * to_b)]
        session.run(tf.compat.v1.global_variables_initializer())
        observe("losses", [session.run([loss, *steps])[0] for _ in range(100)])
        observe("w, rounded", session.run(w))
        observe("b, rounded", session.run(b))
        observe("data and fit", {"x": x, "y": y, "fit": session.run(w * x + b)})
