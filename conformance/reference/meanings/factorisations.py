"""Factorisations, solutions, spectra and functions of matrices, by mpmath's own algorithms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.algebra import determinant, pivoted
from autograd_conformance.reference.meanings.meaning import Meaning


def _array(matrix: Any) -> Array:
    """An mpmath matrix, a number or an array, as an array."""
    if not hasattr(matrix, "rows"):
        return np.asarray(matrix, dtype=object)
    result = np.empty((matrix.rows, matrix.cols), dtype=object)
    for row, column in np.ndindex(result.shape):
        result[row, column] = matrix[row, column]
    return result


def _each(of_matrix: Callable[..., Any]) -> Meaning:
    """``of_matrix(context, *matrices, **attributes)`` for all leading axes; all operands have the same."""

    def meaning(context: Any, *operands: Array, **attributes: Any) -> Array:
        results = np.empty(operands[0].shape[:-2], dtype=object)
        for place in np.ndindex(results.shape):
            matrices = (context.matrix(operand[place].tolist()) for operand in operands)
            results[place] = _array(of_matrix(context, *matrices, **attributes))
        flat = np.stack([np.asarray(result, dtype=object) for result in results.ravel()])
        return flat.reshape((*results.shape, *flat.shape[1:]))

    return meaning


def _vector(values: Any) -> Array:
    return np.array(list(values), dtype=object)


def _gram(context: Any, x: Any) -> Any:
    return x * x.T + x.rows * context.eye(x.rows)


def _matrix_power(context: Any, x: Any, exponent: int) -> Any:
    result = context.eye(x.rows)
    for _ in range(exponent):
        result = result * x
    return result


def _kept(context: Any, x: Any, lower: bool, unit: bool = False) -> Any:
    """One triangle, the other zero."""
    result = context.matrix(x.rows, x.cols)
    for row in range(x.rows):
        for column in range(x.cols):
            if row == column or (row > column) == lower:
                result[row, column] = 1 if unit and row == column else x[row, column]
    return result


def _triangular_solve(context: Any, a: Any, b: Any, lower: bool, unit: bool) -> Any:
    return pivoted(context.inverse, _kept(context, a, lower, unit)) * b


def _cholesky_solve(context: Any, a: Any, b: Any) -> Any:
    factor = _kept(context, a, lower=True)
    return pivoted(context.inverse, factor * factor.T) * b


def _qr_r(context: Any, x: Any) -> Any:
    """The transposed Cholesky factor of X'X."""
    return context.cholesky(x.T * x).T


def _pinv(context: Any, x: Any) -> Any:
    return pivoted(context.inverse, x.T * x) * x.T if x.rows >= x.cols else x.T * pivoted(context.inverse, x * x.T)


def _singular_values(context: Any, x: Any) -> Array:
    """Roots of the eigenvalues of the smaller of X'X and XX', the largest first."""
    small = x.T * x if x.rows >= x.cols else x * x.T
    squares = sorted(context.eigsy(small, eigvals_only=True), reverse=True)
    return _vector(context.sqrt(square) if square > 0 else context.mpf(0) for square in squares)


def _frobenius_norm(context: Any, x: Any) -> Any:
    return context.sqrt(sum((element**2 for element in x), start=context.mpf(0)))


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "cholesky_of_gram": _each(lambda context, x: context.cholesky(_gram(context, x))),
        "logdet_of_gram": _each(lambda context, x: context.log(determinant(context, _gram(context, x)))),
        "inv": _each(lambda context, x: pivoted(context.inverse, x)),
        "slogdet": _each(lambda context, x: context.log(abs(determinant(context, x)))),
        "matrix_power": _each(_matrix_power),
        "matrix_exp": _each(lambda context, x: context.expm(x)),
        "triangular_solve": _each(_triangular_solve),
        "cholesky_solve": _each(_cholesky_solve),
        "lstsq": _each(lambda context, a, b: pivoted(context.inverse, a.T * a) * (a.T * b)),
        "qr_r": _each(_qr_r),
        "pinv": _each(_pinv),
        "eigvalsh_of_symmetrised": _each(lambda c, x: _vector(sorted(c.eigsy(x + x.T, eigvals_only=True)))),
        "svdvals": _each(_singular_values),
        "nuclear_norm": _each(lambda context, x: np.sum(_singular_values(context, x))),
        "spectral_norm": _each(lambda context, x: _singular_values(context, x)[0]),
        "frobenius_norm": _each(_frobenius_norm),
    }
)
