"""Factorisations, solutions, spectra and functions of matrices in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

_GRAM = """
def gram(a):
    return a @ a.mT + a.shape[-2] * torch.eye(a.shape[-2], dtype=a.dtype)
"""

_EXPRESSIONS = {
    "cholesky_of_gram": "torch.linalg.cholesky(gram({0}))",
    "logdet_of_gram": "torch.logdet(gram({0}))",
    "inv": "torch.linalg.inv({0})",
    "slogdet": "torch.linalg.slogdet({0}).logabsdet",
    "matrix_power": "torch.linalg.matrix_power({0}, {exponent})",
    "matrix_exp": "torch.linalg.matrix_exp({0})",
    "triangular_solve": "torch.linalg.solve_triangular({0}, {1}, upper=not {lower}, unitriangular={unit})",
    "cholesky_solve": "torch.cholesky_solve({1}, torch.tril({0}))",
    "lstsq": "torch.linalg.lstsq({0}, {1}).solution",
    "qr_r": "qr_r({0})",
    "pinv": "torch.linalg.pinv({0})",
    "eigvalsh_of_symmetrised": "torch.linalg.eigvalsh({0} + {0}.mT)",
    "svdvals": "torch.linalg.svdvals({0})",
    "nuclear_norm": "torch.linalg.matrix_norm({0}, 'nuc')",
    "spectral_norm": "torch.linalg.matrix_norm({0}, 2)",
    "frobenius_norm": "torch.linalg.matrix_norm({0}, 'fro')",
}

TABLE = Table(
    expressions=_EXPRESSIONS,
    definitions={
        "cholesky_of_gram": _GRAM,
        "logdet_of_gram": _GRAM,
        "qr_r": """
def qr_r(a):
    r = torch.linalg.qr(a).R
    return torch.sign(torch.diagonal(r, dim1=-2, dim2=-1))[..., None] * r
""",
    },
    wide_only=frozenset(_EXPRESSIONS) - {"matrix_power", "frobenius_norm"},
)
