"""Factorisations, solutions, spectra and functions of matrices in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

_GRAM = """
def gram(a):
    rows = tf.shape(a)[-2]
    return tf.matmul(a, a, transpose_b=True) + tf.cast(rows, a.dtype) * tf.eye(rows, dtype=a.dtype)
"""

_EXPRESSIONS = {
    "cholesky_of_gram": "tf.linalg.cholesky(gram({0}))",
    "logdet_of_gram": "tf.linalg.logdet(gram({0}))",
    "inv": "tf.linalg.inv({0})",
    "slogdet": "tf.linalg.slogdet({0})[1]",
    "matrix_power": "matrix_power({0}, {exponent})",
    "matrix_exp": "tf.linalg.expm({0})",
    "triangular_solve": "triangular_solve({0}, {1}, {lower}, {unit})",
    "cholesky_solve": "tf.linalg.cholesky_solve({0}, {1})",
    "lstsq": "tf.linalg.lstsq({0}, {1})",
    "qr_r": "qr_r({0})",
    "pinv": "tf.linalg.pinv({0})",
    "eigvalsh_of_symmetrised": "tf.linalg.eigvalsh({0} + tf.linalg.matrix_transpose({0}))",
    "svdvals": "tf.linalg.svd({0}, compute_uv=False)",
    "nuclear_norm": "tf.reduce_sum(tf.linalg.svd({0}, compute_uv=False), axis=-1)",
    "spectral_norm": "tf.norm({0}, ord=2, axis=(-2, -1))",
    "frobenius_norm": "tf.norm({0}, ord='fro', axis=(-2, -1))",
}

TABLE = Table(
    expressions=_EXPRESSIONS,
    definitions={
        "cholesky_of_gram": _GRAM,
        "logdet_of_gram": _GRAM,
        "matrix_power": """
def matrix_power(a, exponent):
    result = a
    for _ in range(exponent - 1):
        result = tf.matmul(result, a)
    return result
""",
        "triangular_solve": """
def triangular_solve(a, b, lower, unit):
    matrix = tf.linalg.set_diag(a, tf.ones_like(tf.linalg.diag_part(a))) if unit else a
    return tf.linalg.triangular_solve(matrix, b, lower=lower)
""",
        "qr_r": """
def qr_r(a):
    r = tf.linalg.qr(a).r
    return tf.sign(tf.linalg.diag_part(r))[..., None] * r
""",
    },
    composed=frozenset({"matrix_power", "nuclear_norm"}),
    wide_only=frozenset(_EXPRESSIONS) - {"matrix_power", "frobenius_norm"},
)
