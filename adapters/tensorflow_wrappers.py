"""TensorFlow's transforms of a part of a program."""

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

STOPPED = """
def wrapped(function):
    return lambda *operands: tuple(tf.stop_gradient(y) for y in function(*operands))
"""

NO_TRANSPOSE = "tf.recompute_grad has no forward mode"
ONE_ORDER = "tf.recompute_grad has no second order in a graph"

_CUSTOM = (Wrapper(CUSTOM_GRADIENT),)
_COMPILED = (Wrapper(FUNCTION),)
_STOPPED = (Wrapper(STOPPED),)
EAGER: Mapping[str, tuple[Wrapper, ...]] = {
    "checkpoint": (Wrapper(CHECKPOINT, {word: NO_TRANSPOSE for word in WORDS if "f" in word}),),
    "custom vjp": _CUSTOM,
    "compiled": _COMPILED,
    STOP: _STOPPED,
}
TRACED: Mapping[str, tuple[Wrapper, ...]] = {
    "checkpoint": (Wrapper(CHECKPOINT, {word: NO_TRANSPOSE if "f" in word else ONE_ORDER for word in WORDS}),),
    "custom vjp": _CUSTOM,
    "compiled": _COMPILED,
    STOP: _STOPPED,
}
