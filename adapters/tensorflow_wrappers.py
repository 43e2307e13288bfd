"""TensorFlow's transforms of a part of a program, and its control flow."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.word import WORDS
from autograd_conformance.wrapping import STOP, Wrapper

CHECKPOINT = """
def wrapped(function):
    return tf.recompute_grad(function)
"""

CUSTOM_GRADIENT = """
def wrapped(function, factor):
    @tf.custom_gradient
    def rule(*operands):
        def pull(*cotangents):
            with tf.GradientTape() as tape:
                tape.watch(operands)
                results = function(*operands)
            gradients = tape.gradient(results, operands, cotangents, unconnected_gradients="zero")
            return [factor * tf.convert_to_tensor(g) for g in gradients]

        return function(*operands), pull

    return rule
"""

FUNCTION = """
def wrapped(function):
    return tf.function(function, autograph=False)
"""

COND = """
def wrapped(function):
    def chosen(*operands):
        is_right = sum(tf.reduce_sum(x * x) for x in operands) >= 0
        return tf.cond(is_right, lambda: function(*operands), lambda: tuple(3 * y for y in function(*operands)))

    return chosen
"""

SWITCH = """
def wrapped(function):
    def chosen(*operands):
        def other():
            return tuple(3 * y for y in function(*operands))

        place = tf.where(sum(tf.reduce_sum(x * x) for x in operands) >= 0, 1, 2)
        return tf.switch_case(place, (other, lambda: function(*operands), other))

    return chosen
"""

WHILE_LOOP = """
def wrapped(function):
    def looped(*operands):
        def trip(number, *sums):
            return (number + 1, *(s + y / 2 for s, y in zip(sums, function(*operands))))

        zeros = tuple(tf.zeros_like(y) for y in function(*operands))
        return tf.while_loop(lambda number, *sums: number < 2, trip, (tf.constant(0), *zeros))[1:]

    return looped
"""

SCAN = """
def wrapped(function):
    def step(carry, share):
        sums, operands = carry
        return tuple(s + tf.cast(share, y.dtype) * y for s, y in zip(sums, function(*operands))), operands

    def scanned(*operands):
        zeros = tuple(tf.zeros_like(y) for y in function(*operands))
        sums, _ = tf.scan(step, tf.constant([0.5, 0.5]), (zeros, operands))
        return tuple(s[-1] for s in sums)

    return scanned
"""

STOPPED = """
def wrapped(function):
    return lambda *operands: tuple(tf.stop_gradient(y) for y in function(*operands))
"""

NO_TRANSPOSE = "tf.recompute_grad has no forward mode"
ONE_ORDER = "tf.recompute_grad has no second order in a graph"

_COMMON: Mapping[str, tuple[Wrapper, ...]] = {
    "custom vjp": (Wrapper(CUSTOM_GRADIENT),),
    "compiled": (Wrapper(FUNCTION),),
    "branch": (Wrapper(COND), Wrapper(SWITCH)),
    "loop": (Wrapper(WHILE_LOOP),),
    "scan": (Wrapper(SCAN),),
    STOP: (Wrapper(STOPPED),),
}
EAGER: Mapping[str, tuple[Wrapper, ...]] = {
    "checkpoint": (Wrapper(CHECKPOINT, {word: NO_TRANSPOSE for word in WORDS if "f" in word}),),
    **_COMMON,
}
TRACED: Mapping[str, tuple[Wrapper, ...]] = {
    "checkpoint": (Wrapper(CHECKPOINT, {word: NO_TRANSPOSE if "f" in word else ONE_ORDER for word in WORDS}),),
    **_COMMON,
}
