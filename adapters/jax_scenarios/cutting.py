"""JAX on cutting and customising: `stop_gradient`, and rules by `custom_vjp`."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np

from autograd_conformance.observer import Observer


def g1_rebuilt(observe: Observer) -> None:
    """Under a transformation an array has no number to give: what would cut the graph is refused."""
    jax.config.update("jax_enable_x64", True)

    def f(w):
        x = 1.0
        return 2.0 * x * w[0] + x**2 * w[1]

    def f_rebuilt(w):
        return f(jnp.array([float(each) for each in w]))

    w = jnp.array([1.0, 1.0])
    observe("value and gradient, uncut", jax.value_and_grad(f)(w))
    observe("value, rebuilt from plain numbers", f_rebuilt(w))
    with observe.attempt("gradient through plain numbers"):
        jax.grad(f_rebuilt)(w)


def g2_detached(observe: Observer) -> None:
    """A constant is what went through `stop_gradient`, or was computed outside of the function."""
    jax.config.update("jax_enable_x64", True)
    w = jnp.array(3.0)

    detached = jax.value_and_grad(lambda w: jax.lax.stop_gradient(w) * w)
    observe("value and gradient with one factor detached", detached(w))
    outside = 1.0 * w
    observe("value and gradient with one factor computed unrecorded", jax.value_and_grad(lambda w: outside * w)(w))


def g3_black_box(observe: Observer) -> None:
    """A NumPy function that JAX cannot look into, with a forward difference as its rule."""
    jax.config.update("jax_enable_x64", True)

    @functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
    def box(note, x, step):
        return jax.pure_callback(np.square, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    def forward(note, x, step):
        return box(note, x, step), (x, step)

    def backward(note, saved, cotangent):
        x, step = saved
        observe("an arbitrary object saved with the call", note is anything)
        slope = (box(note, x + step, step) - box(note, x, step)) / step
        return cotangent * slope, None  # None stands for zeros

    box.defvjp(forward, backward)
    anything = object()
    of_x, of_step = jax.grad(box, argnums=(1, 2))(anything, jnp.array(3.0), 0.001)
    observe("gradient by the rule", of_x)
    observe("gradient returned for an input that needs none", of_step)

    x = jnp.array(1.0)
    there = x + 0.001
    observe("stepping there and back restores the bits of 1.0", bool(there - 0.001 == x))
    observe("done on a copy, the bits are untouched", bool(x == 1.0))


def g4_own_relu(observe: Observer) -> None:
    """The tutorial's rule, zero where the input is below zero, beside those of JAX."""
    jax.config.update("jax_enable_x64", True)

    @jax.custom_vjp
    def own_relu(x):
        return jnp.maximum(x, 0.0)

    own_relu.defvjp(lambda x: (own_relu(x), x), lambda x, cotangent: (jnp.where(x < 0, 0.0, cotangent),))

    observe("own rule at -1, 2", [jax.grad(own_relu)(x) for x in (-1.0, 2.0)])
    observe("built-in at -1, 2", [jax.grad(jax.nn.relu)(x) for x in (-1.0, 2.0)])
    observe("own rule at 0", jax.grad(own_relu)(0.0))
    observe("clamp or maximum at 0", jax.grad(lambda x: jnp.maximum(x, 0.0))(0.0))
    observe("relu at 0", jax.grad(jax.nn.relu)(0.0))


def g5_honoured(observe: Observer) -> None:
    """Transformations compose with the rule, and differentiate the rule itself."""
    jax.config.update("jax_enable_x64", True)

    @jax.custom_vjp
    def square(x):
        return x * x

    square.defvjp(lambda x: (square(x), x), lambda x, cotangent: (cotangent * 10.0 * x,))

    gradient = jax.grad(square)
    observe("plainly", gradient(3.0))
    observe("compiled", jax.jit(gradient)(3.0))
    observe("under a batching transform", jax.vmap(gradient)(jnp.array([3.0]))[0])
    observe("gradient of the rule's gradient", jax.grad(gradient)(3.0))
