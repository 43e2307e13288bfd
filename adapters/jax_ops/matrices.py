"""Parts of matrices, matrices made of others, and what relates their rows in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "block_diag": "jax.scipy.linalg.block_diag({0}, {1})",
        "trace": "jnp.trace({0})",
        "diagonal": "jnp.diagonal({0}, {offset}, axis1=-2, axis2=-1)",
        "diag_embed": "diag_embed({0}, {offset})",
        "tril": "jnp.tril({0}, {offset})",
        "triu": "jnp.triu({0}, {offset})",
        "vander": "jnp.vander({0}, {columns}, {increasing})",
        "cdist": "jnp.linalg.norm({0}[:, None] - {1}[None], ord={p}, axis=-1)",
        "cov": "jnp.atleast_2d(jnp.cov({0}, ddof={correction}))",
        "corrcoef": "jnp.atleast_2d(jnp.corrcoef({0}))",
    },
    definitions={
        "diag_embed": """
def diag_embed(x, offset):
    return jnp.vectorize(lambda diagonal: jnp.diag(diagonal, offset), signature="(n)->(m,m)")(x)
""",
    },
    composed=frozenset({"cdist"}),
)
