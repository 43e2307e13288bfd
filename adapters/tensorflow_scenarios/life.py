"""C. The life of the tape."""

from __future__ import annotations

import gc
import weakref

import tensorflow as tf

from autograd_conformance.observer import Observer


def c1_walked_once(observe: Observer) -> None:
    """A tape lets go of what it holds at the first gradient, unless it is persistent."""
    a = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        b = a * a
    tape.gradient(b, a)
    with observe.attempt("second walk over a*a at 3"):
        tape.gradient(b, a)

    x = tf.Variable(5.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = x + 1.0
    tape.gradient(y, x)
    with observe.attempt("second walk over x + 1, where nothing is saved"):
        tape.gradient(y, x)

    with tf.GradientTape(persistent=True) as tape:
        b = a * a
    tape.gradient(b, a)
    with observe.attempt("second walk over a kept graph"):
        tape.gradient(b, a)


def c2_kept(observe: Observer) -> None:
    """A persistent tape answers for as long as it lives, and always the same."""
    a = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        b = a * a
    for walk in (1, 2, 3):
        observe(f"gradient after walk {walk}", tape.gradient(b, a))
    with observe.attempt("walk 4"):
        tape.gradient(b, a)


def c3_recorded_walk(observe: Observer) -> None:
    """An outer tape records the inner one's gradient; nothing ties the variable to it."""
    a = tf.Variable(3.0, dtype=tf.float64)
    with observe.warnings("asking for the gradient as a new array, recorded"), tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            b = a * a
        gradient = inner.gradient(b, a)
    alive = weakref.ref(a)
    del a, b, gradient, inner, outer
    gc.collect()
    observe("that keeps the array alive", alive() is not None)


def c4_recorded_walk_keeps(observe: Observer) -> None:
    """That an outer tape records the walk does not keep the inner tape: only `persistent` does."""
    a = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape():
        with tf.GradientTape() as inner:
            b = a * a
        inner.gradient(b, a)
        with observe.attempt("walk again after a recorded walk"):
            inner.gradient(b, a)

    with tf.GradientTape():
        with tf.GradientTape(persistent=False) as inner:
            b = a * a
        inner.gradient(b, a)
        with observe.attempt("walk again after a recorded walk that was told not to keep"):
            inner.gradient(b, a)


def c5_dynamic(observe: Observer) -> None:
    """Each step has a tape of its own, so Python's loop may take another way each time."""
    x = tf.Variable(2.0, dtype=tf.float64)
    gradients = []
    for length in (1, 2, 3):
        with tf.GradientTape() as tape:
            y = tf.convert_to_tensor(x)
            for _ in range(length):
                y = y * x
        gradients.append(tape.gradient(y, x))
    observe("gradients of the three steps", gradients)


def c6_saved_then_changed(observe: Observer) -> None:
    """A tape holds the value that was read; assigning to the variable later does not touch it."""
    v = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = v * v  # saves its operands
        v.assign_add(1.0)
    with observe.attempt("walk after a saved value was changed"):
        observe("walk after a saved value was changed", tape.gradient(y, v))

    with tf.GradientTape() as tape:
        y = v + v  # saves nothing
        v.assign_add(1.0)
    with observe.attempt("walk after a value that was not saved was changed"):
        gradient = tape.gradient(y, v)
    observe("its gradient", gradient)
