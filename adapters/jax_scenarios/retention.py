"""JAX on retention: nothing is retained, so what is wanted is made an argument."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import jax

from autograd_conformance.observer import Observer


def b1_kept_at_leaves(observe: Observer) -> None:
    """A gradient is the value of a function; no array keeps one."""
    jax.config.update("jax_enable_x64", True)
    observe("gradient of the leaf a = 3 of b = a*a", jax.grad(lambda a: a * a)(3.0))


def b4_intermediates(observe: Observer) -> None:
    """An intermediate is differentiated by adding a zero to it that is an argument: the perturbation trick."""
    jax.config.update("jax_enable_x64", True)

    def z(x, perturbation):
        y = x * x + perturbation
        return y * y

    observe("gradients of z at x and y", jax.grad(z, argnums=(0, 1))(3.0, 0.0))
