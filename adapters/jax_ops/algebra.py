"""Products, determinants, solutions and windows in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "matmul": "jnp.matmul({0}, {1})",
        "einsum": "jnp.einsum({pattern}, {0}, {1})",
        "det": "jnp.linalg.det({0})",
        "solve": "jnp.linalg.solve({0}, {1})",
        "conv1d": "jax.lax.conv_general_dilated({0}, {1}, ({stride},), (({padding}, {padding}),))",
        "max_pool1d": "jax.lax.reduce_window({0}, -jnp.inf, jax.lax.max, (1, 1, {window}), (1, 1, {stride}), 'VALID')",
    },
    wide_only=frozenset({"solve"}),
)
