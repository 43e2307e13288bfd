"""Products of vectors, matrices and tensors in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "dot": "jnp.dot({0}, {1})",
        "matvec": "jnp.matmul({0}, {1})",
        "outer": "jnp.outer({0}, {1})",
        "inner": "jnp.inner({0}, {1})",
        "tensordot": "jnp.tensordot({0}, {1}, axes={axes})",
        "einsum_of_one": "jnp.einsum({pattern}, {0})",
        "einsum_of_three": "jnp.einsum({pattern}, {0}, {1}, {2})",
        "multi_dot": "jnp.linalg.multi_dot(({0}, {1}, {2}))",
        "addmm": "{beta} * {0} + {alpha} * jnp.matmul({1}, {2})",
        "kron": "jnp.kron({0}, {1})",
        "cross": "jnp.cross({0}, {1})",
    },
    composed=frozenset({"addmm"}),
)
