"""Linear algebra in extended precision on small batched matrices, which NumPy's own refuses.

All take flattened batches: matrices (B, m, n) and right-hand sides (B, n, k), real or complex.  Nothing is conjugated, so
that the complex step goes through.  Sums that may be empty are spelled out: NumPy 2.4.6's einsum reads foreign memory for
some strides instead of summing nothing.
"""

from __future__ import annotations

import numpy as np

from autograd_conformance.ops.op import Array


def require_square(matrix: Array) -> None:
    """Raises ValueError unless the last two axes of a batched array are equal and not empty."""
    if matrix.ndim < 3 or matrix.shape[-1] != matrix.shape[-2] or matrix.shape[-1] == 0:
        raise ValueError(f"not a square matrix: {matrix.shape[1:]}")


def require_matrix(matrix: Array) -> None:
    if matrix.ndim < 3 or 0 in matrix.shape[-2:]:
        raise ValueError(f"not a filled matrix: {matrix.shape[1:]}")


def identity_like(matrix: Array) -> Array:
    return np.eye(matrix.shape[-1], dtype=matrix.real.dtype)


def transposed(matrix: Array) -> Array:
    return matrix.swapaxes(-1, -2)


def product(a: Array, b: Array) -> Array:
    """The matrix product; einsum is the faster of NumPy's ways for extended precision."""
    return np.einsum("...ik,...kj->...ij", a, b)


def eliminate(matrix: Array, right: Array) -> tuple[Array, Array, Array]:
    """Gaussian elimination with partial pivoting.

    Returns the upper triangular factor, the transformed right-hand side and the sign of the row exchanges.
    """
    upper, right = matrix.copy(), right.copy()
    batches, size = np.arange(upper.shape[0]), upper.shape[1]
    sign = np.ones(upper.shape[0], dtype=upper.real.dtype)
    for column in range(size):
        pivot = column + np.argmax(np.abs(upper[:, column:, column]), axis=1)
        sign = np.where(pivot == column, sign, -sign)
        for array in (upper, right):
            exchanged = array[batches, pivot].copy()
            array[batches, pivot] = array[:, column]
            array[:, column] = exchanged
        head = upper[:, column, column]
        safe = np.where(head == 0, 1, head)
        for row in range(column + 1, size):
            factor = (upper[:, row, column] / safe)[:, None]
            upper[:, row] = upper[:, row] - factor * upper[:, column]
            right[:, row] = right[:, row] - factor * right[:, column]
    return upper, right, sign


def substitute(upper: Array, right: Array) -> Array:
    """The solution X of U X = B for upper triangular U; what stands below the diagonal is not read."""
    solution = np.zeros(right.shape, np.result_type(upper, right))
    for row in range(upper.shape[1] - 1, -1, -1):
        known = np.sum(upper[:, row, row + 1 :, None] * solution[:, row + 1 :], axis=1)
        solution[:, row] = (right[:, row] - known) / upper[:, row, row, None]
    return solution


def solution_of(matrix: Array, right: Array) -> Array:
    """The solution X of A X = B."""
    upper, changed, _ = eliminate(matrix, right)
    return substitute(upper, changed)


def cholesky_factor(matrix: Array) -> Array:
    """The lower triangular L of L L' = A; only the lower triangle of A is read."""
    lower = np.zeros_like(matrix)
    for column in range(matrix.shape[1]):
        done = lower[:, :, :column]
        rest = matrix[:, column:, column] - np.sum(done[:, column:] * done[:, column, None], axis=2)
        lower[:, column:, column] = rest / np.sqrt(rest[:, :1])
    return lower


def orthogonalised(matrix: Array) -> tuple[Array, Array]:
    """Q with orthonormal columns and upper triangular R with a positive diagonal: Q R = A, by Gram and Schmidt, twice."""
    basis, triangle = matrix.copy(), np.zeros((*matrix.shape[:1], *matrix.shape[2:] * 2), matrix.dtype)
    for column in range(matrix.shape[2]):
        rest = matrix[:, :, column]
        for _ in range(2):
            parts = np.sum(basis[:, :, :column] * rest[:, :, None], axis=1)
            rest = rest - np.sum(basis[:, :, :column] * parts[:, None], axis=2)
            triangle[:, :column, column] += parts
        length = np.sqrt(np.sum(rest * rest, axis=1))
        triangle[:, column, column] = length
        basis[:, :, column] = rest / length[:, None]
    return basis, triangle


SWEEPS = 2
"""Rotations of every pair of axes that follow the float64 start; each squares what is off, 1e-16 at first."""


def eigenvalues_of(symmetric: Array) -> Array:
    """The eigenvalues in ascending order (B, n), exact to some roundings of the largest.

    LAPACK's float64 eigenvectors make the matrix diagonal to 1e-16 of its norm; rotations of Jacobi in extended precision
    do the rest.  They serve equal eigenvalues too.
    """
    start = np.where(np.isfinite(symmetric), symmetric, 0).astype(float)
    vectors = _orthonormal(np.linalg.eigh(start)[1].astype(symmetric.dtype))
    matrix = product(transposed(vectors), product(symmetric, vectors))
    for _ in range(SWEEPS):
        for left, right in _pairs(matrix.shape[1]):
            cosine, sine = _rotation(matrix[:, left, left], matrix[:, left, right], matrix[:, right, right])
            _rotate(matrix, left, right, cosine, sine)
            _rotate(transposed(matrix), left, right, cosine, sine)
    return np.sort(np.diagonal(matrix, axis1=1, axis2=2), axis=1)


def singular_values_of(matrix: Array) -> Array:
    """The singular values in descending order (B, min(m, n)), each exact to some roundings of itself.

    The float64 right singular vectors make the columns orthogonal but for 1e-16; one-sided rotations do the rest.
    """
    tall = matrix if matrix.shape[1] >= matrix.shape[2] else transposed(matrix)
    start = np.where(np.isfinite(tall), tall, 0).astype(float)
    columns = product(tall, _orthonormal(transposed(np.linalg.svd(start)[2]).astype(tall.dtype)))
    for _ in range(SWEEPS):
        for left, right in _pairs(columns.shape[2]):
            a, b = columns[:, :, left], columns[:, :, right]
            cosine, sine = _rotation(np.sum(a * a, axis=1), np.sum(a * b, axis=1), np.sum(b * b, axis=1))
            _rotate(columns, left, right, cosine, sine)
    return -np.sort(-np.sqrt(np.sum(columns * columns, axis=1)), axis=1)


def _pairs(size: int) -> list[tuple[int, int]]:
    return [(left, right) for left in range(size) for right in range(left + 1, size)]


def _orthonormal(vectors: Array) -> Array:
    """Orthonormal to extended precision what is so to float64: one step of Newton's iteration V (3 - V'V) / 2."""
    return product(vectors, 3 * identity_like(vectors) - product(transposed(vectors), vectors)) / 2


def _rotation(first: Array, between: Array, second: Array) -> tuple[Array, Array]:
    """Cosine and sine of the smaller rotation that makes the symmetric ((first, between), (between, second)) diagonal."""
    is_done = between == 0
    ratio = (second - first) / (2 * np.where(is_done, 1, between))
    tangent = np.where(ratio < 0, -1, 1) / (np.abs(ratio) + np.hypot(ratio, 1))
    tangent = np.where(is_done, 0, tangent)
    cosine = 1 / np.hypot(tangent, 1)
    return cosine, tangent * cosine


def _rotate(matrix: Array, left: int, right: int, cosine: Array, sine: Array) -> None:
    """Turn two columns, in place."""
    a, b = matrix[:, :, left].copy(), matrix[:, :, right].copy()
    matrix[:, :, left] = cosine[:, None] * a - sine[:, None] * b
    matrix[:, :, right] = sine[:, None] * a + cosine[:, None] * b


NEAR = 2.0**-6
"""Distance of two singular values, or of two eigenvalues, in units of the largest."""


def plain(x: Array) -> Array:
    """Numbers of any kind, mpf too, as finite float64."""
    plain = x.real.astype(float)
    return np.where(np.isfinite(plain), plain, 0.0)


def plain_singular_values(x: Array) -> Array:
    require_matrix(x)
    return np.linalg.svd(plain(x), compute_uv=False)


def full_rank_decision(x: Array) -> Array:
    """The least singular value is apart from zero; and on which side of the singular matrices a square one lies."""
    values = plain_singular_values(x)
    sign = np.sign(np.linalg.det(plain(x))) if x.shape[-1] == x.shape[-2] else 1.0
    return np.where(values[..., -1] > NEAR * values[..., 0], sign, np.nan)
