"""JAX on control flow: Python's when run op by op, `jax.lax`'s when compiled."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import jax
import jax.extend
import jax.numpy as jnp
import numpy as np

from autograd_conformance.observer import Observer


def h1_one_trajectory(observe: Observer) -> None:
    """One training step, with three relus op by op, then compiled, compiled ahead of time, and as a jaxpr."""
    jax.config.update("jax_enable_x64", True)
    random = np.random.RandomState(1)
    x, y = jnp.array(random.randn(8, 6)), jnp.array(random.randn(8, 3))
    start = jnp.array(random.randn(6, 5)), jnp.array(random.randn(5, 3))

    def step_with(relu):
        def loss(weights):
            w1, w2 = weights
            return jnp.sum((relu(x @ w1) @ w2 - y) ** 2)

        def step(w1, w2):
            value, (of_w1, of_w2) = jax.value_and_grad(loss)((w1, w2))
            return value, w1 - 1e-3 * of_w1, w2 - 1e-3 * of_w2

        return step

    def losses(step):
        weights, values = start, []
        for _ in range(20):
            value, *weights = step(*weights)
            values.append(value)
        return values

    observe("losses with relu as clamp", losses(step_with(lambda h: jnp.clip(h, min=0))))
    observe("losses with relu", losses(step_with(jax.nn.relu)))
    observe("losses with relu as maximum", losses(step_with(lambda h: jnp.maximum(h, 0))))

    step = step_with(jax.nn.relu)
    observe("losses compiled", losses(jax.jit(step)))
    observe("losses compiled by XLA", losses(jax.jit(step).lower(*start).compile()))
    observe("losses as a static graph", losses(jax.extend.core.jaxpr_as_fun(jax.make_jaxpr(step)(*start))))


def h2_loops(observe: Observer) -> None:
    """A Python loop is unrolled; `lax.scan` is one op with a gradient; `lax.while_loop` has none in reverse."""
    jax.config.update("jax_enable_x64", True)
    sequences = [jnp.array([1.0, 2.0, 3.0][:length]) for length in (1, 2, 3)]

    def plain(w, sequence):
        h = 0.0
        for x in sequence:
            h = h * w + x
        return h

    def scanned(w, sequence):
        h, _ = jax.lax.scan(lambda h, x: (h * w + x, None), jnp.zeros(()), sequence)
        return h

    def branch(x):
        return jax.lax.cond(x > 0, lambda x: x * x, lambda x: -x, x)

    def doubled_beyond_100(x):
        return jax.lax.while_loop(lambda y: y < 100.0, lambda y: y + y, x)

    observe("gradients by a plain loop", [jax.grad(plain)(2.0, each) for each in sequences])
    observe("gradients by the framework's own loop", [jax.grad(scanned)(2.0, each) for each in sequences])
    observe("gradient through a branch taken, not taken", [jax.grad(branch)(x) for x in (3.0, -3.0)])
    with observe.attempt("gradient through a loop without a bound"):
        jax.grad(doubled_beyond_100)(3.0)


def h3_static(observe: Observer) -> None:
    """A compiled function is traced once for every shape; Python's side effects happen only then."""
    jax.config.update("jax_enable_x64", True)
    traces = []

    @jax.jit
    def gradient(x):
        traces.append(x.shape)
        return jax.grad(lambda x: jnp.sum(x * x))(x)

    @jax.jit
    def loss_and_step(w):
        loss, gradient = jax.value_and_grad(lambda w: w * w)(w)
        return loss, w - 0.25 * gradient

    feeds = [jnp.arange(1.0, length + 1) for length in (1, 2, 3)]
    observe("gradients of x*x for feeds of 1, 2, 3 elements", [gradient(feed) for feed in feeds + feeds][:3])
    observe("number of traces", len(traces))
    observe("loss and step fetched together, ordered by control dependencies: loss of the old w, new w",
            loss_and_step(3.0))  # fmt: skip
