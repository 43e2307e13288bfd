"""JAX's transforms of a part of a program, and its control flow."""

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

COND = """
def wrapped(function):
    def other(*operands):
        return tuple(3 * y for y in function(*operands))

    def chosen(*operands):
        return jax.lax.cond(sum(jnp.sum(x * x) for x in operands) >= 0, function, other, *operands)

    return chosen
"""

SWITCH = """
def wrapped(function):
    def other(*operands):
        return tuple(3 * y for y in function(*operands))

    def chosen(*operands):
        place = jnp.where(sum(jnp.sum(x * x) for x in operands) >= 0, 1, 2)
        return jax.lax.switch(place, (other, function, other), *operands)

    return chosen
"""

FORI_LOOP = """
def wrapped(function):
    def looped(*operands):
        def trip(number, sums):
            return tuple(s + y / 2 for s, y in zip(sums, function(*operands)))

        zeros = tuple(jnp.zeros(y.shape, y.dtype) for y in jax.eval_shape(function, *operands))
        return jax.lax.fori_loop(0, 2, trip, zeros)

    return looped
"""

SCAN = """
def wrapped(function):
    def step(carry, share):
        sums, operands = carry
        return (tuple(s + share.astype(y.dtype) * y for s, y in zip(sums, function(*operands))), operands), None

    def scanned(*operands):
        zeros = tuple(jnp.zeros(y.shape, y.dtype) for y in jax.eval_shape(function, *operands))
        return jax.lax.scan({step}, (zeros, operands), jnp.array([0.5, 0.5]))[0][0]

    return scanned
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
    "branch": (Wrapper(COND), Wrapper(SWITCH)),
    "loop": (Wrapper(FORI_LOOP),),
    "scan": (Wrapper(SCAN.format(step="step")), Wrapper(SCAN.format(step="jax.checkpoint(step)"))),
    STOP: (Wrapper(STOPPED),),
}
