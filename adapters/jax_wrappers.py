"""JAX's transforms of a part of a program."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.word import WORDS
from autograd_conformance.wrapping import STOP, Wrapper

CHECKPOINT = """
def wrapped(function):
    return jax.checkpoint(function)
"""

CHECKPOINT_BY_POLICY = """
def wrapped(function):
    return jax.checkpoint(function, policy=jax.checkpoint_policies.dots_saveable)
"""

CUSTOM_VJP = """
def wrapped(function, factor):
    rule = jax.custom_vjp(function)

    def forward(*operands):
        return function(*operands), operands

    def backward(operands, cotangents):
        return tuple(factor * g for g in jax.vjp(function, *operands)[1](cotangents))

    rule.defvjp(forward, backward)
    return rule
"""

CUSTOM_JVP = """
def wrapped(function, factor):
    rule = jax.custom_jvp(function)

    @rule.defjvp
    def push(operands, tangents):
        results, moved = jax.jvp(function, operands, tangents)
        return results, tuple(factor * t for t in moved)

    return rule
"""

JIT = """
def wrapped(function):
    return jax.jit(function)
"""

STOPPED = """
def wrapped(function):
    return lambda *operands: tuple(jax.lax.stop_gradient(y) for y in function(*operands))
"""

NO_JVP = "jax.custom_vjp has no forward mode: it raises TypeError"

WRAPPERS: Mapping[str, tuple[Wrapper, ...]] = {
    "checkpoint": (Wrapper(CHECKPOINT), Wrapper(CHECKPOINT_BY_POLICY)),
    "custom vjp": (Wrapper(CUSTOM_VJP, {word: NO_JVP for word in WORDS if word.endswith("f")}),),
    "custom jvp": (Wrapper(CUSTOM_JVP),),
    "compiled": (Wrapper(JIT),),
    STOP: (Wrapper(STOPPED),),
}
