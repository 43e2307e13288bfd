"""A. Leaves: in a static graph any tensor may be what a gradient is taken with respect to."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def a1_leaf_table(observe: Observer) -> None:
    """tf.gradients asks no tensor whether it is a variable."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        a = tf.compat.v1.placeholder(tf.float64, ())
        c = tf.constant(5.0, dtype=tf.float64)
        b = a * a
        d = c * c
        [to_a], [to_c] = tf.gradients(b, [a]), tf.gradients(d, [c])
        observe("gradient of b = a*a at a leaf a = 3", session.run(to_a, {a: 3.0}))
        observe("gradient of d = c*c at a constant c = 5", session.run(to_c))


def a2_any_operand(observe: Observer) -> None:
    """Every operand has its gradient, the constant too."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        a = tf.compat.v1.placeholder(tf.float64, ())
        b = tf.compat.v1.placeholder(tf.float64, ())
        c = tf.constant(3.0, dtype=tf.float64)
        gradients = tf.gradients(tf.sin(a * b * c), [a, b, c])
        name = "gradient of sin(a*b*c) at a, b, c = 2, 0, 3, c constant"
        observe(name, session.run(gradients, {a: 2.0, b: 0.0}))


def a3_dtypes(observe: Observer) -> None:
    """Integers are not differentiated: there is no gradient node, only None."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        number = tf.constant(3)
        with observe.attempt("an integer as a leaf"):
            [gradient] = tf.gradients(number * number, [number])
            observe("an integer as a leaf", gradient)

        z = tf.constant(3 + 4j, dtype=tf.complex128)
        [gradient] = tf.gradients(tf.math.real(z), [z])
        observe("a complex number as a leaf", session.run(tf.math.real(gradient)))


def a4_made_by(observe: Observer) -> None:
    """Each tensor knows the op it comes out of, and the op what goes into it."""
    with tf.Graph().as_default():
        a = tf.compat.v1.placeholder(tf.float64, ())
        c = tf.constant(5.0, dtype=tf.float64)
        b = a * a
        d = c * c
        observe("a leaf has a grad_fn", len(a.op.inputs) > 0)
        observe("a result has a grad_fn", len(b.op.inputs) > 0)
        observe("a result of constants has a grad_fn", len(d.op.inputs) > 0)


def a5_constants(observe: Observer) -> None:
    """A constant's gradient is there for whoever asks."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        w = tf.compat.v1.Variable(3.0, dtype=tf.float64)
        b = tf.compat.v1.Variable(1.0, dtype=tf.float64)
        x = tf.constant(2.0, dtype=tf.float64)
        to_w, to_b, to_x = tf.gradients(w * x + b, [w, b, x])
        session.run(tf.compat.v1.global_variables_initializer())
        observe("gradients of w, b", session.run([to_w, to_b]))
        observe("gradient of the constant x", session.run(to_x))


def a6_update_step(observe: Observer) -> None:
    """An assignment is a node like any other, and happens when it is run."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        w = tf.compat.v1.Variable(3.0, dtype=tf.float64)
        step = w.assign_add(-0.5)
        session.run(tf.compat.v1.global_variables_initializer())
        with observe.attempt("adding to a leaf in place, recorded"):
            session.run(step)
        observe("the leaf after the unrecorded step from 3 by -0.5", session.run(w))
