"""C. The life of the graph: it is built once and stays."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def c1_walked_once(observe: Observer) -> None:
    """A gradient node may be run, and built, any number of times."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        a = tf.constant(3.0, dtype=tf.float64)
        b = a * a
        session.run(tf.gradients(b, [a]))
        with observe.attempt("second walk over a*a at 3"):
            session.run(tf.gradients(b, [a]))

        x = tf.constant(5.0, dtype=tf.float64)
        y = x + 1.0
        session.run(tf.gradients(y, [x]))
        with observe.attempt("second walk over x + 1, where nothing is saved"):
            session.run(tf.gradients(y, [x]))


def c2_kept(observe: Observer) -> None:
    """Each run computes the gradient anew; nothing is added to the last one."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        a = tf.constant(3.0, dtype=tf.float64)
        gradient = tf.gradients(a * a, [a])[0]
        for walk in (1, 2, 3):
            observe(f"gradient after walk {walk}", session.run(gradient))
        with observe.attempt("walk 4"):
            session.run(gradient)


def c4_recorded_walk_keeps(observe: Observer) -> None:
    """Every walk is recorded, for its result is a node."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        a = tf.constant(3.0, dtype=tf.float64)
        b = a * a
        [gradient] = tf.gradients(b, [a])
        session.run(tf.gradients(gradient, [a]))
        with observe.attempt("walk again after a recorded walk"):
            session.run(tf.gradients(b, [a]))


def c6_saved_then_changed(observe: Observer) -> None:
    """What was read before the assignment is what the gradient is computed from."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        v = tf.compat.v1.Variable(3.0, dtype=tf.float64, use_resource=True)
        read = v.read_value()
        y, z = read * read, read + read
        with tf.control_dependencies([y, z]):
            changed = v.assign_add(1.0)
        with tf.control_dependencies([changed]):
            [to_y], [to_z] = tf.gradients(y, [read]), tf.gradients(z, [read])
        initialize = tf.compat.v1.global_variables_initializer()

        session.run(initialize)
        name = "walk after a saved value was changed"
        with observe.attempt(name):
            observe(name, session.run([to_y, changed])[0])
        session.run(initialize)
        with observe.attempt("walk after a value that was not saved was changed"):
            gradient, _ = session.run([to_z, changed])
        observe("its gradient", gradient)
