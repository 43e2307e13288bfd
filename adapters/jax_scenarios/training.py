"""JAX's training loops: parameters go into a compiled step and come out of it new."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from autograd_conformance.observer import Observer


def i1_parabola(observe: Observer) -> None:
    """Gradient descent on 0.5 sum((w x^2 + b - y)^2)."""
    jax.config.update("jax_enable_x64", True)
    x = np.linspace(-1, 1, 100)
    y = 3 * x**2 + 2 + 0.2 * np.random.RandomState(0).rand(100)

    def loss(w, b):
        return 0.5 * jnp.sum((w * x**2 + b - y) ** 2)

    @jax.jit
    def step(w, b):
        value, (of_w, of_b) = jax.value_and_grad(loss, argnums=(0, 1))(w, b)
        return value, w - 0.001 * of_w, b - 0.001 * of_b

    w, b, losses = jnp.array(0.0), jnp.array(0.0), []
    for _ in range(800):
        value, w, b = step(w, b)
        losses.append(value)
    observe("losses", losses)
    observe("w and b", [w, b])
    observe("w, rounded", w)
    observe("b, rounded", b)
    observe("data and fit", {"x": x, "y": y, "fit": w * x**2 + b})


def i2_two_rules(observe: Observer) -> None:
    """Adam, written out, in float32; the forward difference is the rule of a `custom_vjp`."""
    x = jnp.array(np.random.RandomState(4).rand(200), dtype=jnp.float32)
    target = jnp.array([1.2, -3.4], dtype=jnp.float32)

    def f(w, x):
        return 2 * x * w[0] + x**2 * w[1]

    def difference(saved, cotangent):
        w, x = saved
        nudges = 0.001 * jnp.eye(2, dtype=jnp.float32)
        slopes = [(f(w + nudge, x) - f(w, x)) / jnp.float32(0.001) for nudge in nudges]
        return jnp.array([jnp.sum(cotangent * slope) for slope in slopes]), None

    f_by_difference = jax.custom_vjp(f)
    f_by_difference.defvjp(lambda w, x: (f(w, x), (w, x)), difference)

    def fit(model):
        @jax.jit
        def step(count, w, mean, square, x):
            loss, gradient = jax.value_and_grad(lambda w: jnp.mean((model(w, x) - f(target, x)) ** 2))(w)
            mean = 0.9 * mean + 0.1 * gradient
            square = 0.999 * square + 0.001 * gradient**2
            unbiased_mean, unbiased_square = mean / (1 - 0.9**count), square / (1 - 0.999**count)
            return loss, w - 0.1 * unbiased_mean / (jnp.sqrt(unbiased_square) + 1e-8), mean, square

        w = mean = square = jnp.zeros(2, dtype=jnp.float32)
        count, epochs = jnp.float32(0), []
        for _ in range(20):
            losses = []
            for batch in x.reshape(20, 10):
                count += 1
                loss, w, mean, square = step(count, w, mean, square, batch)
                losses.append(loss)
            epochs.append(jnp.mean(jnp.array(losses)))
        return w, epochs

    w, losses = fit(f)
    observe("w by autodiff", w)
    observe("losses by autodiff", losses)
    w, _ = fit(f_by_difference)
    observe("w by forward difference", w)


def i3_network(observe: Observer) -> None:
    """sum((relu(x w1) w2 - y)^2), with the relu of JAX and with one whose rule is written by hand."""
    jax.config.update("jax_enable_x64", True)
    random = np.random.RandomState(3)
    x, y = jnp.array(random.randn(64, 1000)), jnp.array(random.randn(64, 10))
    start = jnp.array(random.randn(1000, 100)), jnp.array(random.randn(100, 10))

    @jax.custom_vjp
    def own_relu(h):
        return jnp.maximum(h, 0.0)

    own_relu.defvjp(lambda h: (own_relu(h), h), lambda h, cotangent: (jnp.where(h < 0, 0.0, cotangent),))

    def losses_with(relu):
        def loss(w1, w2):
            return jnp.sum((relu(x @ w1) @ w2 - y) ** 2)

        @jax.jit
        def step(w1, w2):
            value, (of_w1, of_w2) = jax.value_and_grad(loss, argnums=(0, 1))(w1, w2)
            return value, w1 - 1e-6 * of_w1, w2 - 1e-6 * of_w2

        weights, losses = start, []
        for _ in range(500):
            value, *weights = step(*weights)
            losses.append(value)
        return losses

    observe("losses", losses_with(jax.nn.relu))
    observe("losses with a relu of one's own", losses_with(own_relu))


def i4_regression(observe: Observer) -> None:
    """Gradient descent on mean((w x + b - y)^2)."""
    jax.config.update("jax_enable_x64", True)
    x = np.linspace(-1, 1, 20)
    y = 2 * x + 1 + 0.1 * np.random.RandomState(2).rand(20)

    def loss(w, b):
        return jnp.mean((w * x + b - y) ** 2)

    @jax.jit
    def step(w, b):
        value, (of_w, of_b) = jax.value_and_grad(loss, argnums=(0, 1))(w, b)
        return value, w - 0.1 * of_w, b - 0.1 * of_b

    w, b, losses = jnp.array(0.0), jnp.array(0.0), []
    for _ in range(100):
        value, w, b = step(w, b)
        losses.append(value)
    observe("losses", losses)
    observe("w, rounded", w)
    observe("b, rounded", b)
    observe("data and fit", {"x": x, "y": y, "fit": w * x + b})
