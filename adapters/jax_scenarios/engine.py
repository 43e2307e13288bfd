"""JAX's tracer, asked what a complete tape engine does."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import jax
import jax.numpy as jnp

from autograd_conformance.observer import Observer


def j1_exported(observe: Observer) -> None:
    """`make_jaxpr` shows what was traced: equations, whose variables are the edges."""
    jax.config.update("jax_enable_x64", True)

    def f(x, y):
        return jnp.sin(x * y) + x

    graph = jax.make_jaxpr(f)(2.0, 3.0).jaxpr
    observe("ops of the recorded graph", [equation.primitive.name for equation in graph.eqns])

    made = {*graph.invars, *(made for equation in graph.eqns for made in equation.outvars)}
    used = {*graph.outvars, *(used for equation in graph.eqns for used in equation.invars)}
    observe("every edge joins two nodes", used <= made)

    makers = {variable: number for number, variable in enumerate(graph.invars)}
    named = [{"id": number, "op": "input", "kind": "leaf"} for number in makers.values()]
    joined = []
    for number, equation in enumerate(graph.eqns, start=len(named)):
        named.append({"id": number, "op": equation.primitive.name})
        joined += [[makers[variable], number] for variable in equation.invars]
        makers.update(dict.fromkeys(equation.outvars, number))
    observe("the recorded graph", {"nodes": named, "edges": joined})

    again = jax.make_jaxpr(f)(2.0, 3.0).jaxpr
    observe("two exports share nothing", again.eqns is not graph.eqns)


def j3_never_connected(observe: Observer) -> None:
    """Both are zero: a function's derivative does not tell how it was written."""
    jax.config.update("jax_enable_x64", True)
    observe("gradient of the unconnected bias", jax.grad(lambda b, x: 2.0 * x)(1.0, 3.0))
    observe("gradient of a bias multiplied by zero", jax.grad(lambda b, x: 2.0 * x + 0.0 * b)(1.0, 3.0))


def j4_stepping(observe: Observer) -> None:
    """A step rebinds the name; the new array is as good an argument as the old one."""
    jax.config.update("jax_enable_x64", True)
    gradient = jax.grad(lambda w: w * w)
    w = jnp.array(1.0)
    for _ in range(3):
        w = w - 0.1 * gradient(w)
    observe("w after three steps", w)


def j5_two_leaves(observe: Observer) -> None:
    """Arrays are immutable, so gradients cannot share what is changed."""
    jax.config.update("jax_enable_x64", True)
    of_x, of_y = jax.grad(lambda x, y: x + y, argnums=(0, 1))(1.0, 1.0)
    of_x = of_x.at[...].multiply(2.0)
    observe("gradients of x and y after x's is doubled", [of_x, of_y])
