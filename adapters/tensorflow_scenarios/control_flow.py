"""H. Dynamic and static graphs: the eager tape, tf.function, XLA, and the graph and session of TensorFlow 1."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np
import tensorflow as tf

from autograd_conformance.observer import Observer


def h1_one_trajectory(observe: Observer) -> None:
    """One network: op by op, traced, compiled, and as a static graph whose training step is a node."""
    random = np.random.RandomState(1)
    x, y, first, second = (random.randn(*shape) for shape in ((8, 6), (8, 3), (6, 5), (5, 3)))

    def step_with(relu):
        def step(w1, w2):
            with tf.GradientTape() as tape:
                tape.watch((w1, w2))
                loss = tf.reduce_sum((relu(x @ w1) @ w2 - y) ** 2)
            to_w1, to_w2 = tape.gradient(loss, (w1, w2))
            return loss, w1 - 1e-3 * to_w1, w2 - 1e-3 * to_w2

        return step

    def train(step):
        w1, w2, losses = tf.constant(first), tf.constant(second), []
        for _ in range(20):
            loss, w1, w2 = step(w1, w2)
            losses.append(loss)
        return losses

    step = step_with(tf.nn.relu)
    observe("losses with relu as clamp", train(step_with(lambda h: tf.clip_by_value(h, 0, h.dtype.max))))
    observe("losses with relu", train(step))
    observe("losses with relu as maximum", train(step_with(lambda h: tf.maximum(h, 0))))
    observe("losses compiled", train(tf.function(step)))
    observe("losses compiled by XLA", train(tf.function(step, jit_compile=True)))

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        fed_x = tf.compat.v1.placeholder(tf.float64, (None, 6))
        fed_y = tf.compat.v1.placeholder(tf.float64, (None, 3))
        w1, w2 = tf.compat.v1.Variable(first), tf.compat.v1.Variable(second)
        loss = tf.reduce_sum((tf.nn.relu(fed_x @ w1) @ w2 - fed_y) ** 2)
        to_w1, to_w2 = tf.gradients(loss, [w1, w2])
        with tf.control_dependencies([to_w1, to_w2]):  # no assignment before all has been read
            steps = [w1.assign_sub(1e-3 * to_w1), w2.assign_sub(1e-3 * to_w2)]
        session.run(tf.compat.v1.global_variables_initializer())
        losses = [session.run([loss, *steps], {fed_x: x, fed_y: y})[0] for _ in range(20)]
    observe("losses as a static graph", losses)


def h2_loops(observe: Observer) -> None:
    """Python's loops are recorded as they run; AutoGraph makes them nodes, and so do tf.while_loop, tf.scan and tf.cond."""
    w = tf.Variable(2.0, dtype=tf.float64)
    sequences = [tf.constant([1.0, 2.0, 3.0][:length], dtype=tf.float64) for length in (1, 2, 3)]
    zero = tf.constant(0.0, dtype=tf.float64)

    def gradient_of(function, *arguments):
        with tf.GradientTape() as tape:
            y = function(*arguments)
        return tape.gradient(y, w)

    def plain(sequence):
        h = zero
        for x in sequence:
            h = h * w + x
        return h

    def with_while_loop(sequence):
        def goes_on(step, _):
            return step < tf.size(sequence)

        return tf.while_loop(goes_on, lambda step, h: (step + 1, h * w + sequence[step]), (0, zero))[1]

    def with_scan(sequence):
        return tf.scan(lambda h, x: h * w + x, sequence, zero)[-1]

    traced = [
        tf.function(each, input_signature=[tf.TensorSpec([None], tf.float64)])
        for each in (plain, with_while_loop, with_scan)
    ]
    observe("gradients by a plain loop", [gradient_of(plain, sequence) for sequence in sequences])
    own = [[gradient_of(loop, sequence) for sequence in sequences] for loop in traced]
    observe("gradients by the framework's own loop", own)

    def branching(x):
        return tf.cond(x > 0, lambda: x * x, lambda: -x)

    def doubled_beyond_100(x):
        while x < 100:
            x = x + x
        return x

    def traced_gradient_of(function):
        @tf.function
        def gradient(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = function(x)
            return tape.gradient(y, x)

        return gradient

    three, gradient = tf.constant(3.0, dtype=tf.float64), traced_gradient_of(branching)
    observe("gradient through a branch taken, not taken", [gradient(three), gradient(-three)])
    with observe.attempt("gradient through a loop without a bound"):
        observe("gradient through a loop without a bound", traced_gradient_of(doubled_beyond_100)(three))


def h3_static(observe: Observer) -> None:
    """A signature with an open size is traced once; a traced function runs its effects in the order they are written."""
    traces = []

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float64)])
    def gradient(x):
        traces.append(x)  # Python runs while tracing only
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape.gradient(y, x)

    feeds = [tf.constant(feed, dtype=tf.float64) for feed in ([1.0], [1.0, 2.0], [1.0, 2.0, 3.0])]
    observe("gradients of x*x for feeds of 1, 2, 3 elements", [gradient(feed) for feed in feeds])
    observe("number of traces", len(traces))

    w = tf.Variable(3.0, dtype=tf.float64)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = w * w
        return loss, w.assign_sub(0.25 * tape.gradient(loss, w))

    name = "loss and step fetched together, ordered by control dependencies: loss of the old w, new w"
    observe(name, step())
