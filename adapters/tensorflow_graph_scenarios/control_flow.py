"""H. The static graph: placeholders, variables, gradients and assignments as nodes, and a session that runs them."""
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numpy as np
import tensorflow as tf

from autograd_conformance.observer import Observer


def h1_one_trajectory(observe: Observer) -> None:
    """Training is running the node that assigns."""
    random = np.random.RandomState(1)
    x, y, first, second = (random.randn(*shape) for shape in ((8, 6), (8, 3), (6, 5), (5, 3)))

    def train(relu):
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            fed_x = tf.compat.v1.placeholder(tf.float64, (None, 6))
            fed_y = tf.compat.v1.placeholder(tf.float64, (None, 3))
            w1, w2 = tf.compat.v1.Variable(first), tf.compat.v1.Variable(second)
            loss = tf.reduce_sum((relu(fed_x @ w1) @ w2 - fed_y) ** 2)
            to_w1, to_w2 = tf.gradients(loss, [w1, w2])
            with tf.control_dependencies([to_w1, to_w2]):  # no assignment before all has been read
                steps = [w1.assign_sub(1e-3 * to_w1), w2.assign_sub(1e-3 * to_w2)]
            session.run(tf.compat.v1.global_variables_initializer())
            return [session.run([loss, *steps], {fed_x: x, fed_y: y})[0] for _ in range(20)]

    observe("losses with relu as clamp", train(lambda h: tf.clip_by_value(h, 0, h.dtype.max)))
    observe("losses with relu as maximum", train(lambda h: tf.maximum(h, 0)))
    losses = train(tf.nn.relu)
    observe("losses with relu", losses)
    observe("losses as a static graph", losses)


def h2_loops(observe: Observer) -> None:
    """Loops and branches are nodes, and tf.gradients builds those that run backwards."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        w = tf.constant(2.0, dtype=tf.float64)
        zero = tf.constant(0.0, dtype=tf.float64)
        sequence = tf.compat.v1.placeholder(tf.float64, (None,))
        feeds = [{sequence: [1.0, 2.0, 3.0][:length]} for length in (1, 2, 3)]

        _, by_while = tf.while_loop(
            lambda step, h: step < tf.size(sequence), lambda step, h: (step + 1, h * w + sequence[step]), (0, zero)
        )
        by_scan = tf.scan(lambda h, x: h * w + x, sequence, zero)[-1]
        gradients = [tf.gradients(h, [w])[0] for h in (by_while, by_scan)]
        own = [[session.run(gradient, feed) for feed in feeds] for gradient in gradients]
        observe("gradients by the framework's own loop", own)

        x = tf.compat.v1.placeholder(tf.float64, ())
        [gradient] = tf.gradients(tf.cond(x > 0, lambda: x * x, lambda: -x), [x])
        observe("gradient through a branch taken, not taken", [session.run(gradient, {x: at}) for at in (3.0, -3.0)])

        name = "gradient through a loop without a bound"
        with observe.attempt(name):
            [doubled] = tf.while_loop(lambda x: x < 100, lambda x: [x + x], [x])
            [gradient] = tf.gradients(doubled, [x])
            observe(name, session.run(gradient, {x: 3.0}))


def h3_static(observe: Observer) -> None:
    """Built once and fed often; what is fetched together runs in any order that the edges allow."""
    built = []

    def square(x):
        built.append(x)
        return x * x

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float64, (None,))
        [gradient] = tf.gradients(square(x), [x])
        feeds = ([1.0], [1.0, 2.0], [1.0, 2.0, 3.0])
        observe("gradients of x*x for feeds of 1, 2, 3 elements", [session.run(gradient, {x: feed}) for feed in feeds])
        observe("number of traces", len(built))

        w = tf.compat.v1.Variable(3.0, dtype=tf.float64)
        loss = w * w
        [to_w] = tf.gradients(loss, [w])
        step = w.assign_sub(0.25 * to_w)
        again = w.read_value()
        with tf.control_dependencies([loss, to_w]):
            ordered = w.assign_sub(0.25 * to_w)
        initialize = tf.compat.v1.global_variables_initializer()

        session.run(initialize)
        name = "loss and step fetched together, ordered by control dependencies: loss of the old w, new w"
        observe(name, session.run([loss, ordered]))

        reads = []
        for _ in range(50):
            session.run(initialize)
            reads.append(session.run([again, step])[0])
        name = "fetched together without order, every read is of the old or of the new w"
        observe(name, set(reads) <= {3.0, 1.5})
