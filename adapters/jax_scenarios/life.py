"""JAX on the life of the graph: the tape is the function that `jax.vjp` returns, and lives as long as it is held."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import gc
import weakref

import jax
import jax.numpy as jnp

from autograd_conformance.observer import Observer


def c1_walked_once(observe: Observer) -> None:
    """A vjp function is a function: it may be called again, and adds nothing up."""
    jax.config.update("jax_enable_x64", True)

    _, pull = jax.vjp(lambda a: a * a, 3.0)
    pull(1.0)
    with observe.attempt("second walk over a*a at 3"):
        (gradient,) = pull(1.0)
    observe("gradient after the second walk", gradient)

    _, pull = jax.vjp(lambda x: x + 1.0, 5.0)
    pull(1.0)
    with observe.attempt("second walk over x + 1, where nothing is saved"):
        (gradient,) = pull(1.0)
    observe("gradient of x after it", gradient)


def c2_kept(observe: Observer) -> None:
    """Results add up where the program adds them, and a fourth call answers as the first did."""
    jax.config.update("jax_enable_x64", True)

    _, pull = jax.vjp(lambda a: a * a, 3.0)
    total = 0.0
    for walk in (1, 2, 3):
        (gradient,) = pull(1.0)
        total += gradient
        observe(f"gradient after walk {walk}", total)
    with observe.attempt("walk 4"):
        pull(1.0)


def c3_recorded_walk(observe: Observer) -> None:
    """The gradient of a gradient is a function of a function; neither warns nor keeps its argument alive."""
    jax.config.update("jax_enable_x64", True)

    a = jnp.array(3.0)
    witness = weakref.ref(a)
    with observe.warnings("asking for the gradient as a new array, recorded"):
        gradient, pull = jax.vjp(jax.grad(lambda a: a * a), a)
    del a, gradient, pull
    gc.collect()
    observe("that keeps the array alive", witness() is not None)


def c4_recorded_walk_keeps(observe: Observer) -> None:
    """Differentiating a vjp function leaves it as it was."""
    jax.config.update("jax_enable_x64", True)

    _, pull = jax.vjp(lambda a: a * a, 3.0)
    jax.vjp(pull, 1.0)
    with observe.attempt("walk again after a recorded walk"):
        pull(1.0)


def c5_dynamic(observe: Observer) -> None:
    """Each call traces the Python code anew, so that a loop may have another length."""
    jax.config.update("jax_enable_x64", True)

    def power(x, length):
        y = x
        for _ in range(length):
            y = y * x
        return y

    observe("gradients of the three steps", [jax.grad(power)(2.0, length) for length in (1, 2, 3)])


def c6_saved_then_changed(observe: Observer) -> None:
    """What was saved cannot be changed: arrays are immutable."""
    jax.config.update("jax_enable_x64", True)

    y, pull = jax.vjp(jnp.exp, jnp.array(3.0))  # saves its result
    with observe.attempt("walk after a saved value was changed"):
        y[...] = y + 1.0
        pull(1.0)

    w, pull = jax.vjp(lambda v: v * v, jnp.array(3.0))  # saves its operands
    with observe.attempt("walk after a value that was not saved was changed"):
        w[...] = w + 1.0
        pull(1.0)
    observe("its gradient", *pull(1.0))
