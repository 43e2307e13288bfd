"""Factorisations, solutions, spectra and functions of matrices in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

_GRAM = """
def gram(a):
    return a @ a.mT + a.shape[-2] * jnp.eye(a.shape[-2], dtype=a.dtype)
"""

_EXPRESSIONS = {
    "cholesky_of_gram": "jnp.linalg.cholesky(gram({0}))",
    "logdet_of_gram": "jnp.linalg.slogdet(gram({0}))[1]",
    "inv": "jnp.linalg.inv({0})",
    "slogdet": "jnp.linalg.slogdet({0})[1]",
    "matrix_power": "jnp.linalg.matrix_power({0}, {exponent})",
    "matrix_exp": "jax.scipy.linalg.expm({0})",
    "triangular_solve": "jax.scipy.linalg.solve_triangular({0}, {1}, lower={lower}, unit_diagonal={unit})",
    "cholesky_solve": "jax.scipy.linalg.cho_solve(({0}, True), {1})",
    "lstsq": "jnp.linalg.lstsq({0}, {1})[0]",
    "qr_r": "qr_r({0})",
    "pinv": "jnp.linalg.pinv({0})",
    "eigvalsh_of_symmetrised": "jnp.linalg.eigvalsh({0} + {0}.mT)",
    "svdvals": "jnp.linalg.svdvals({0})",
    "nuclear_norm": "jnp.linalg.matrix_norm({0}, ord='nuc')",
    "spectral_norm": "jnp.linalg.matrix_norm({0}, ord=2)",
    "frobenius_norm": "jnp.linalg.matrix_norm({0}, ord='fro')",
}

TABLE = Table(
    expressions=_EXPRESSIONS,
    definitions={
        "cholesky_of_gram": _GRAM,
        "logdet_of_gram": _GRAM,
        "qr_r": """
def qr_r(a):
    r = jnp.linalg.qr(a).R
    return jnp.sign(jnp.diagonal(r, axis1=-2, axis2=-1))[..., None] * r
""",
    },
    wide_only=frozenset(_EXPRESSIONS) - {"matrix_power", "frobenius_norm"},
)
