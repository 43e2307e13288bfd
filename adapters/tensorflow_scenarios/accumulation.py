"""D. Accumulation: within one gradient the tape sums; over several the user does."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def d1_adding_up(observe: Observer) -> None:
    """Gradients are returned, so nothing adds up and nothing is zeroed."""
    a = tf.Variable(3.0, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        b = a * a
    observe("after one, two, three walks", [tape.gradient(b, a) for _ in range(3)])


def d2_used_twice(observe: Observer) -> None:
    """The tape sums what comes back from every use."""
    x = tf.Variable(2.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        f = x * x
        g = x * x
        y = f + g
    observe("f = x*x, g = x*x, y = f + g at 2: y, dy/dg, dy/dx", [y, *tape.gradient(y, [g, x])])

    with tf.GradientTape() as tape:
        z = x * x
        y = z + z
    observe("z = x*x, y = z + z at 2: dy/dx", tape.gradient(y, x))

    with tf.GradientTape() as tape:
        z = x * x
        y = z * z + z
    observe("z = x*x, y = z*z + z, at 2: dy/dx", tape.gradient(y, x))

    start = tf.Variable(1.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        end = tf.convert_to_tensor(start)
        for _ in range(30):
            end = end + end
    observe("thirty times x = x + x from 1: dy/dx", tape.gradient(end, start))


def d3_batches(observe: Observer) -> None:
    """A list of targets is summed; parts of a batch are added by hand."""
    x = tf.constant([1.0, 2.0, 3.0, 4.0], dtype=tf.float64)
    y = 2 * x
    w = tf.Variable(0.5, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        first = tf.reduce_sum((w * x[:2] - y[:2]) ** 2)
        second = tf.reduce_sum((w * x[2:] - y[2:]) ** 2)
    observe("gradient of the sum of losses", tape.gradient([first, second], w))
    observe("sum of their gradients", tape.gradient(first, w) + tape.gradient(second, w))

    accumulated = tf.zeros_like(w)
    for part_x, part_y in zip(x, y, strict=True):
        with tf.GradientTape() as tape:
            loss = (w * part_x - part_y) ** 2
        accumulated += tape.gradient(loss, w)
    observe("micro-batches accumulated", accumulated)

    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((w * x - y) ** 2)
    observe("the whole batch", tape.gradient(loss, w))


def d4_broadcast(observe: Observer) -> None:
    """What was repeated on the way forward is summed on the way back."""
    column = tf.Variable([[1.0], [2.0], [3.0]], dtype=tf.float64)
    row = tf.Variable([1.0, 2.0, 3.0, 4.0], dtype=tf.float64)
    scalar = tf.Variable(5.0, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        product = column * row
        total = tf.ones((2, 3), dtype=tf.float64) + scalar
    observe("gradient of the (3, 1) operand of (3, 1) * (4,)", tape.gradient(product, column))
    observe("gradient of the (4,) operand", tape.gradient(product, row))
    observe("gradient of a scalar added to (2, 3)", tape.gradient(total, scalar))


def d5_prefilled(observe: Observer) -> None:
    """The gradient of a lookup is IndexedSlices, which names a row as often as it was looked up; as a tensor they sum."""
    table = tf.Variable([1.0, 2.0, 3.0], dtype=tf.float64)
    with tf.GradientTape() as tape:
        rows = tf.gather(table, [1, 1])
        total = tf.reduce_sum(rows)
    slices = tape.gradient(total, table)
    observe("gradient of a table whose row 1 of 3 is looked up twice", tf.convert_to_tensor(slices))
