"""D. Accumulation: within one gradient the graph sums; over several the user does."""

from __future__ import annotations

import tensorflow as tf

from autograd_conformance.observer import Observer


def d1_adding_up(observe: Observer) -> None:
    """A run returns its gradient and keeps nothing of it."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        a = tf.constant(3.0, dtype=tf.float64)
        [gradient] = tf.gradients(a * a, [a])
        observe("after one, two, three walks", [session.run(gradient) for _ in range(3)])


def d2_used_twice(observe: Observer) -> None:
    """Where the paths of the gradient meet again there is a node that adds them."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant(2.0, dtype=tf.float64)
        f = x * x
        g = x * x
        y = f + g
        observe("f = x*x, g = x*x, y = f + g at 2: y, dy/dg, dy/dx", session.run([y, *tf.gradients(y, [g, x])]))

        z = x * x
        observe("z = x*x, y = z + z at 2: dy/dx", session.run(tf.gradients(z + z, x)[0]))
        observe("z = x*x, y = z*z + z, at 2: dy/dx", session.run(tf.gradients(z * z + z, x)[0]))

        start = end = tf.constant(1.0, dtype=tf.float64)
        for _ in range(30):
            end = end + end
        observe("thirty times x = x + x from 1: dy/dx", session.run(tf.gradients(end, start)[0]))


def d3_batches(observe: Observer) -> None:
    """One graph for every size of batch, fed in parts or as a whole."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float64, (None,))
        w = tf.constant(0.5, dtype=tf.float64)
        squares = (w * x - 2 * x) ** 2
        first, second = tf.reduce_sum(squares[:2]), tf.reduce_sum(squares[2:])
        batch = [1.0, 2.0, 3.0, 4.0]
        [of_sum], [of_first], [of_second] = (tf.gradients(loss, [w]) for loss in (first + second, first, second))
        observe("gradient of the sum of losses", session.run(of_sum, {x: batch}))
        observe("sum of their gradients", session.run(of_first + of_second, {x: batch}))

        [of_batch] = tf.gradients(tf.reduce_sum(squares), [w])
        observe("micro-batches accumulated", sum(session.run(of_batch, {x: [each]}) for each in batch))
        observe("the whole batch", session.run(of_batch, {x: batch}))


def d4_broadcast(observe: Observer) -> None:
    """What was repeated on the way forward is summed on the way back."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        column = tf.constant([[1.0], [2.0], [3.0]], dtype=tf.float64)
        row = tf.constant([1.0, 2.0, 3.0, 4.0], dtype=tf.float64)
        to_column, to_row = session.run(tf.gradients(column * row, [column, row]))
        observe("gradient of the (3, 1) operand of (3, 1) * (4,)", to_column)
        observe("gradient of the (4,) operand", to_row)

        scalar = tf.constant(5.0, dtype=tf.float64)
        [gradient] = tf.gradients(tf.ones((2, 3), dtype=tf.float64) + scalar, [scalar])
        observe("gradient of a scalar added to (2, 3)", session.run(gradient))


def d5_prefilled(observe: Observer) -> None:
    """The gradient of a lookup is IndexedSlices, which names a row as often as it was looked up; as a tensor they sum."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        table = tf.compat.v1.Variable([1.0, 2.0, 3.0], dtype=tf.float64)
        rows = tf.gather(table, [1, 1])
        [slices] = tf.gradients(tf.reduce_sum(rows), [table])
        session.run(tf.compat.v1.global_variables_initializer())
        dense = tf.convert_to_tensor(slices)
        observe("gradient of a table whose row 1 of 3 is looked up twice", session.run(dense))
