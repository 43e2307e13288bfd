"""JAX on accumulation: inside a function gradients add up by the chain rule, outside of it by a plus sign."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import jax
import jax.numpy as jnp

from autograd_conformance.observer import Observer


def d1_adding_up(observe: Observer) -> None:
    """The sum is the program's own, and so is where it starts."""
    jax.config.update("jax_enable_x64", True)
    gradient = jax.grad(lambda a: a * a)

    sums, total = [], 0.0
    for _ in range(3):
        total += gradient(3.0)
        sums.append(total)
    observe("after one, two, three walks", sums)

    total = jnp.zeros_like(total)
    total += gradient(3.0)
    observe("after setting it to zero and a walk", total)


def d2_used_twice(observe: Observer) -> None:
    """Every use of a value contributes; g is differentiated by a perturbation."""
    jax.config.update("jax_enable_x64", True)

    def y(x, perturbation):
        f = x * x
        g = x * x + perturbation
        return f + g

    def doubled(x):
        z = x * x
        return z + z

    def squared(x):
        z = x * x
        return z * z + z

    def diamonds(x):
        for _ in range(30):
            x = x + x
        return x

    value, (dy_dx, dy_dg) = jax.value_and_grad(y, argnums=(0, 1))(2.0, 0.0)
    observe("f = x*x, g = x*x, y = f + g at 2: y, dy/dg, dy/dx", [value, dy_dg, dy_dx])
    observe("z = x*x, y = z + z at 2: dy/dx", jax.grad(doubled)(2.0))
    observe("z = x*x, y = z*z + z, at 2: dy/dx", jax.grad(squared)(2.0))
    observe("thirty times x = x + x from 1: dy/dx", jax.grad(diamonds)(1.0))


def d3_batches(observe: Observer) -> None:
    """Four squared errors at w = 0.5 with y = 2x: one by one, in pairs, at once."""
    jax.config.update("jax_enable_x64", True)
    w, x = 0.5, jnp.array([1.0, 2.0, 3.0, 4.0])
    y = 2.0 * x

    def loss(w, x, y):
        return jnp.sum((w * x - y) ** 2)

    def sum_of_losses(w):
        return sum(loss(w, *point) for point in zip(x, y, strict=True))

    gradient = jax.grad(loss)
    observe("gradient of the sum of losses", jax.grad(sum_of_losses)(w))
    observe("sum of their gradients", sum(gradient(w, *point) for point in zip(x, y, strict=True)))
    observe("micro-batches accumulated", gradient(w, x[:2], y[:2]) + gradient(w, x[2:], y[2:]))
    observe("the whole batch", gradient(w, x, y))


def d4_broadcast(observe: Observer) -> None:
    """A gradient has the shape of its argument."""
    jax.config.update("jax_enable_x64", True)
    column, row = jnp.array([[1.0], [2.0], [3.0]]), jnp.array([1.0, 2.0, 3.0, 4.0])

    of_column, of_row = jax.grad(lambda column, row: jnp.sum(column * row), argnums=(0, 1))(column, row)
    observe("gradient of the (3, 1) operand of (3, 1) * (4,)", of_column)
    observe("gradient of the (4,) operand", of_row)
    observe("gradient of a scalar added to (2, 3)", jax.grad(lambda s: jnp.sum(jnp.ones((2, 3)) + s))(1.0))


def d5_prefilled(observe: Observer) -> None:
    """The sum may start anywhere; a row that is looked up twice contributes twice."""
    jax.config.update("jax_enable_x64", True)
    total = 10.0
    total += jax.grad(lambda a: a * a)(3.0)
    observe("a gradient filled with 10, after a walk", total)

    table, rows = jnp.array([1.0, 2.0, 3.0]), jnp.array([1, 1])
    observe(
        "gradient of a table whose row 1 of 3 is looked up twice", jax.grad(lambda table: jnp.sum(table[rows]))(table)
    )
