"""JAX on vector-Jacobian products: `jax.vjp`, of which `jax.grad` is the case of one number."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import jax
import jax.numpy as jnp

from autograd_conformance.observer import Observer


def e1_non_scalar(observe: Observer) -> None:
    """`jax.grad` is for functions to one number; several outputs need a cotangent, so `jax.vjp`."""
    jax.config.update("jax_enable_x64", True)
    x = jnp.array([2.0, 3.0])

    with observe.attempt("gradient without a cotangent"):
        jax.grad(lambda x: x * x)(x)
    _, pull = jax.vjp(lambda x: x * x, x)
    observe("gradient with cotangent (1, 1)", pull(jnp.ones(2))[0])


def e2_rows(observe: Observer) -> None:
    """Unit cotangents pick the rows of the Jacobian; `at[].set` is the in-place assignment of JAX."""
    jax.config.update("jax_enable_x64", True)
    x = jnp.array([2.0, 3.0])

    def y(x):
        return jnp.array([x[0] ** 2 + 3 * x[1], x[1] ** 2 + 2 * x[0]])

    def y_filled(x):
        y = jnp.zeros(2)
        y = y.at[0].set(x[0] ** 2 + 3 * x[1])
        return y.at[1].set(x[1] ** 2 + 2 * x[0])

    units = jnp.eye(2)
    _, pull = jax.vjp(y, x)
    observe("product with (1, 1)", pull(jnp.ones(2))[0])
    rows = [pull(unit)[0] for unit in units]
    observe("rows: products with (1, 0) and (0, 1)", rows)
    observe("the same two accumulated without zeroing", sum(rows))

    _, pull = jax.vjp(y_filled, x)
    observe("rows when y is filled in place", [pull(unit)[0] for unit in units])


def e3_wrong_cotangent(observe: Observer) -> None:
    """A cotangent has the shape and the dtype of the output."""
    jax.config.update("jax_enable_x64", True)

    _, pull = jax.vjp(lambda x: x * x, jnp.array([[2.0, 3.0]]))
    with observe.attempt("cotangent of shape (2,) for an output of shape (1, 2)"):
        pull(jnp.ones(2))
    with observe.attempt("float32 cotangent for a float64 output"):
        pull(jnp.ones((1, 2), dtype=jnp.float32))


def e4_unconnected(observe: Observer) -> None:
    """What a function does not depend on has the derivative zero."""
    jax.config.update("jax_enable_x64", True)
    observe("gradient at an unconnected input", jax.grad(lambda x, unused: x * x, argnums=1)(3.0, 1.0))
