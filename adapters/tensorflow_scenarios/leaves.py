"""A. Leaves: TensorFlow has variables, which a tape watches, and tensors, which it watches when told to."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def a1_leaf_table(observe: Observer) -> None:
    """A tape watches the variables that are read within it, and no constants."""
    a = tf.Variable(3.0, dtype=tf.float64)
    c = tf.constant(5.0, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        b = a * a
        d = c * c
    observe("gradient of b = a*a at a leaf a = 3", tape.gradient(b, a))
    observe("gradient of d = c*c at a constant c = 5", tape.gradient(d, c))


def a2_any_operand(observe: Observer) -> None:
    """An op is recorded when any of its operands is watched."""
    a = tf.Variable(2.0, dtype=tf.float64)
    b = tf.Variable(0.0, dtype=tf.float64)
    c = tf.constant(3.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = tf.sin(a * b * c)
    observe("gradient of sin(a*b*c) at a, b, c = 2, 0, 3, c constant", tape.gradient(y, [a, b, c]))


def a3_dtypes(observe: Observer) -> None:
    """Integers are not differentiated: the answer is None, and a warning goes to the log."""
    number = tf.constant(3)
    with tf.GradientTape() as tape:
        tape.watch(number)
        y = number * number
    observe("an integer as a leaf", tape.gradient(y, number))

    z = tf.constant(3 + 4j, dtype=tf.complex128)
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = tf.math.real(z)
    observe("a complex number as a leaf", tf.math.real(tape.gradient(y, z)))


def a5_constants(observe: Observer) -> None:
    """The gradient at what was not watched is None."""
    w = tf.Variable(3.0, dtype=tf.float64)
    b = tf.Variable(1.0, dtype=tf.float64)
    x = tf.constant(2.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        z = w * x + b
    dw, db, dx = tape.gradient(z, [w, b, x])
    observe("gradients of w, b", [dw, db])
    observe("gradient of the constant x", dx)


def a6_update_step(observe: Observer) -> None:
    """A variable may be assigned to anywhere; no tape records it."""
    w = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape(), observe.attempt("adding to a leaf in place, recorded"):
        w.assign_add(1.0)

    v = tf.Variable(3.0, dtype=tf.float64)
    with observe.attempt("adding to a leaf in place, not recorded"):
        v.assign_add(-0.5)
    observe("the leaf after the unrecorded step from 3 by -0.5", v)
