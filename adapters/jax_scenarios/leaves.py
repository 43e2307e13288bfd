"""JAX on leaves: what is differentiated is said to `jax.grad`, by position."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import jax
import jax.numpy as jnp

from autograd_conformance.observer import Observer


def a1_leaf_table(observe: Observer) -> None:
    """No array is a leaf: an argument is differentiated, and `stop_gradient` makes it a constant."""
    jax.config.update("jax_enable_x64", True)

    def square(a):
        return a * a

    def square_of_constant(c):
        c = jax.lax.stop_gradient(c)
        return c * c

    observe("gradient of b = a*a at a leaf a = 3", jax.grad(square)(3.0))
    observe("gradient of d = c*c at a constant c = 5", jax.grad(square_of_constant)(5.0))


def a2_any_operand(observe: Observer) -> None:
    """`argnums` names what is differentiated; the answer has one gradient for each of them, and none for c."""
    jax.config.update("jax_enable_x64", True)

    def y(a, b, c):
        return jnp.sin(a * b * c)

    gradients = jax.grad(y, argnums=(0, 1))(2.0, 0.0, 3.0)
    observe("gradient of sin(a*b*c) at a, b, c = 2, 0, 3, c constant", gradients)


def a3_dtypes(observe: Observer) -> None:
    """Integers are refused (allow_int=True answers with the empty dtype float0), complex arguments are not."""
    jax.config.update("jax_enable_x64", True)

    def square(n):
        return n * n

    def absolute_square(z):
        return jnp.real(z * jnp.conj(z))

    with observe.attempt("an integer as a leaf"):
        jax.grad(square)(3)
    with observe.attempt("a complex number as a leaf"):
        jax.grad(absolute_square)(1.0 + 2.0j)


def a5_constants(observe: Observer) -> None:
    """A constant is an argument not named in `argnums`, or one that went through `stop_gradient`."""
    jax.config.update("jax_enable_x64", True)

    def z(w, b, x):
        return w * jax.lax.stop_gradient(x) + b

    observe("gradients of w, b", jax.grad(z, argnums=(0, 1))(3.0, 1.0, 2.0))
    observe("gradient of the constant x", jax.grad(z, argnums=2)(3.0, 1.0, 2.0))


def a6_update_step(observe: Observer) -> None:
    """Arrays are immutable, recorded or not; a training step makes a new one."""
    jax.config.update("jax_enable_x64", True)

    def changed_in_place(w):
        w[...] = w + 1.0
        return w

    w = jnp.array(3.0)
    with observe.attempt("adding to a leaf in place, recorded"):
        jax.grad(changed_in_place)(w)
    with observe.attempt("adding to a leaf in place, not recorded"):
        changed_in_place(w)
    observe("the leaf after the unrecorded step from 3 by -0.5", w.at[...].add(-0.5))
