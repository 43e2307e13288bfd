"""JAX on higher order: `jax.grad` returns a function, which `jax.grad` takes."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import jax
import jax.numpy as jnp

from autograd_conformance.observer import Observer


def f1_cube(observe: Observer) -> None:
    """Four derivatives of a^3, each the gradient of the one before."""
    jax.config.update("jax_enable_x64", True)

    def derivative(a):
        return a * a * a

    for order in ("first", "second", "third", "fourth"):
        derivative = jax.grad(derivative)
        observe(order, derivative(3.0))


def f2_functional(observe: Observer) -> None:
    """The answer has the structure of what was asked for: a tuple of argnums, a tuple of gradients."""
    jax.config.update("jax_enable_x64", True)
    gradients = jax.grad(lambda a, b: a * b, argnums=(0, 1))(3.0, 4.0)
    observe("kind of the answer", type(gradients).__name__)
    observe("number of gradients", len(gradients))


def f3_residuals(observe: Observer) -> None:
    """u(t, x) = sum over j of v_j tanh(a_j t + b_j x + c_j) at three points, in three manners."""
    jax.config.update("jax_enable_x64", True)
    a, b = jnp.array([0.5, -0.25, 0.75]), jnp.array([1.0, 0.75, -0.5])
    c, v = jnp.array([0.125, -0.25, 0.375]), jnp.array([0.625, -0.875, 0.5])
    t, x = jnp.array([0.125, 0.375, 0.75]), jnp.array([-0.5, 0.25, 0.875])

    def u(t, x):
        return jnp.tanh(a * t[..., None] + b * x[..., None] + c) @ v

    # The points do not depend on each other: the gradient of the sum holds the derivative at each.
    def u_x(x):
        return jax.grad(lambda x: jnp.sum(u(t, x)))(x)

    observe("u_t by the sum trick", jax.grad(lambda t: jnp.sum(u(t, x)))(t))
    observe("u_xx by the sum trick", jax.grad(lambda x: jnp.sum(u_x(x)))(x))

    observe("u_t by vmap", jax.vmap(jax.grad(u, argnums=0))(t, x))
    observe("u_xx by vmap", jax.vmap(jax.grad(jax.grad(u, argnums=1), argnums=1))(t, x))

    def along_x(f):
        return lambda x: jax.jvp(f, (x,), (jnp.ones_like(x),))[1]

    observe("u_xx by forward over forward or over reverse", along_x(along_x(lambda x: u(t, x)))(x))
