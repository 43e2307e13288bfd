"""Sums, extremes, normalisations and scans in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "sum": "jnp.sum({0}, axis={axes}, keepdims={keepdims})",
        "mean": "jnp.mean({0}, axis={axes}, keepdims={keepdims})",
        "prod": "jnp.prod({0}, axis={axes}, keepdims={keepdims})",
        "max": "jnp.max({0}, axis={axes}, keepdims={keepdims})",
        "logsumexp": "jax.nn.logsumexp({0}, axis={axes}, keepdims={keepdims})",
        "var": "jnp.var({0}, axis={axes}, keepdims={keepdims})",
        "softmax": "jax.nn.softmax({0}, axis={axis})",
        "log_softmax": "jax.nn.log_softmax({0}, axis={axis})",
        "cumsum": "jnp.cumsum({0}, axis={axis})",
        "cumprod": "jnp.cumprod({0}, axis={axis})",
    },
)
