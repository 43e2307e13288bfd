"""Factorisations, solutions and functions of matrices.

Algorithms for these are stable for a whole matrix, not for each of its elements, hence noise by its largest element.  Where
a matrix nearly loses rank, one could not judge: the decision is nan there, which equals nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import contract, sum_over
from autograd_conformance.ops.arrangements import alone
from autograd_conformance.ops.elimination import (
    cholesky_factor,
    eliminate,
    full_rank_decision,
    identity_like,
    orthogonalised,
    product,
    require_matrix,
    require_square,
    solution_of,
    substitute,
    transposed,
)
from autograd_conformance.ops.op import Arrangement, Array, Choices, Interval, Op, Rounding, is_flag
from autograd_conformance.ops.points import (
    IDENTITY,
    Points,
    diagonal,
    end,
    ordinary,
    point,
    rank_one,
    repeated_row,
    smooth_at,
)

_MODERATE = Interval(-8.0, 8.0)
_MODEST = Interval(-1.5, 1.5)
_DIAGONAL = Interval(0.5, 4.0, mirrored=True)
_MATRIX = (-2, -1)


def _flat(x: Array) -> Array:
    return x.reshape(-1, *x.shape[-2:])


def _square(rounding: Rounding, x: Array) -> Array:
    """Square matrices, rounded as a whole, in one batch."""
    require_square(x)
    return _flat(rounding.normwise(x, _MATRIX))


def _gram(rounding: Rounding, x: Array) -> Array:
    """X X' + m I for X of shape (..., m, n): symmetric, with no eigenvalue below m."""
    require_matrix(x)
    leading = "uvw"[: x.ndim - 3]
    gram = rounding(contract(rounding, f"{leading}ik,{leading}jk->{leading}ij", x, x))
    return _flat(rounding.normwise(gram + x.shape[-2] * identity_like(gram), _MATRIX))


def _cholesky_of_gram(rounding: Rounding, x: Array) -> Array:
    lower = cholesky_factor(_gram(rounding, x))
    return np.tril(rounding.normwise(lower.reshape(*x.shape[:-1], x.shape[-2]), _MATRIX))


def _logdet_of_gram(rounding: Rounding, x: Array) -> Array:
    diagonal = np.diagonal(cholesky_factor(_gram(rounding, x)), axis1=1, axis2=2).reshape(x.shape[:-1])
    return 2 * sum_over(rounding, rounding(np.log(rounding(diagonal))), (x.ndim - 2,))


def _inv(rounding: Rounding, x: Array) -> Array:
    flat = _square(rounding, x)
    right = np.broadcast_to(identity_like(flat), flat.shape)
    return rounding.normwise(solution_of(flat, right.astype(x.dtype)).reshape(x.shape), _MATRIX)


def _slogdet(rounding: Rounding, x: Array) -> Array:
    """The logarithm of the magnitude of the determinant."""
    flat = _square(rounding, x)
    pivots = np.diagonal(eliminate(flat, flat[..., :0])[0], axis1=1, axis2=2).reshape(x.shape[:-1])
    logarithms = rounding(np.log(np.where(pivots.real < 0, -pivots, pivots)))
    return sum_over(rounding, logarithms, (x.ndim - 2,))


def _matrix_power(rounding: Rounding, x: Array, exponent: int) -> Array:
    require_square(x)
    result, leading = x, "uvw"[: x.ndim - 3]
    for _ in range(exponent - 1):
        result = rounding(contract(rounding, f"{leading}ik,{leading}kj->{leading}ij", result, x))
    return result


def _matrix_exp(rounding: Rounding, x: Array) -> Array:
    """Scaling and squaring of the Taylor polynomial of degree 19, whose remainder is below 1e-24 for norms up to 1/2.

    The first copy says how often, for all: copies are near one another.
    """
    flat = _square(rounding, x)
    norm = float(np.max(np.abs(x[:1]), initial=0.0)) * x.shape[-1]
    halvings = max(0, math.ceil(math.log2(norm)) + 1) if 0 < norm < 2.0**12 else 0
    scaled = flat / flat.real.dtype.type(2**halvings)
    second = product(scaled, scaled)
    powers, fourth = (identity_like(flat), scaled, second, product(second, scaled)), product(second, second)
    result = np.zeros_like(flat)
    for block in range(4, -1, -1):
        factors = [flat.real.dtype.type(math.factorial(4 * block + place)) for place in range(4)]
        terms = (power / factor for power, factor in zip(powers, factors, strict=True))
        result = product(result, fourth) + sum(terms)
    for _ in range(halvings):
        result = product(result, result)
        result = _flat(rounding.normwise(result.reshape(x.shape), _MATRIX))
    return rounding.normwise(result.reshape(x.shape), _MATRIX)


def _triangle(x: Array, is_lower: bool, is_unit: bool = False) -> Array:
    """Only one triangle of square matrices, with ones on the diagonal if ``is_unit``."""
    require_square(x)
    kept = np.tril(x) if is_lower else np.triu(x)
    diagonal = np.eye(x.shape[-1], dtype=bool)
    return _flat(np.where(diagonal, x.dtype.type(1), kept) if is_unit else kept)


def _require_rows(a: Array, b: Array) -> None:
    if b.shape[:-1] != a.shape[:-1]:
        raise ValueError(f"right-hand sides of shape {b.shape[1:]} for a matrix of shape {a.shape[1:]}")


def _forward(lower: Array, right: Array) -> Array:
    """The solution X of L X = B."""
    return substitute(lower[:, ::-1, ::-1], right[:, ::-1])[:, ::-1]


def _triangular_solve(rounding: Rounding, a: Array, b: Array, lower: bool, unit: bool) -> Array:
    """The solution X of T X = B, with T one triangle of A."""
    triangle = _triangle(a, lower, unit)
    _require_rows(a, b)
    right = _flat(rounding.normwise(b, _MATRIX))
    solution = (_forward if lower else substitute)(triangle, right)
    return rounding.normwise(solution.reshape(b.shape), _MATRIX)


def _cholesky_solve(rounding: Rounding, a: Array, b: Array) -> Array:
    """The solution X of L L' X = B, with L the lower triangle of A."""
    lower = _triangle(a, is_lower=True)
    _require_rows(a, b)
    half = rounding.normwise(_forward(lower, _flat(rounding.normwise(b, _MATRIX))).reshape(b.shape), _MATRIX)
    return rounding.normwise(substitute(transposed(lower), _flat(half)).reshape(b.shape), _MATRIX)


def _qr_r(rounding: Rounding, x: Array) -> Array:
    """R of A = Q R, made unique by a positive diagonal."""
    require_matrix(x)
    if x.shape[-2] < x.shape[-1]:
        raise ValueError(f"more columns than rows: {x.shape[1:]}")
    _, triangle = orthogonalised(_flat(rounding.normwise(x, _MATRIX)))
    shape = (*x.shape[:-2], x.shape[-1], x.shape[-1])
    return np.triu(rounding.normwise(triangle.reshape(shape), _MATRIX))


def _pinv(rounding: Rounding, x: Array) -> Array:
    """The pseudo-inverse X of matrices A of full rank.

    Frameworks differentiate it with the projections A X and I - A X, which cancel but for their rounding; under noise
    they stand in X + X (I - A X), which is X.
    """
    require_matrix(x)
    if x.shape[-2] < x.shape[-1]:
        return transposed(_pinv(rounding, transposed(x)))
    noisy = rounding.normwise(x, _MATRIX)
    basis, triangle = orthogonalised(_flat(noisy))
    inverse = rounding.normwise(substitute(triangle, transposed(basis)).reshape(transposed(x).shape), _MATRIX)
    if not rounding.is_noisy:
        return inverse
    leading = "uvw"[: x.ndim - 3]
    projection = rounding(contract(rounding, f"{leading}ij,{leading}jk->{leading}ik", noisy, inverse))
    return inverse + product(inverse, np.eye(x.shape[-2]) - projection)


def _lstsq(rounding: Rounding, a: Array, b: Array) -> Array:
    """The X of the least |A X - B| for A of full rank, by A'A X = A'B as the fast ways of frameworks do."""
    if a.ndim != 3 or b.ndim != 3 or a.shape[1] < a.shape[2] or 0 in a.shape[1:]:
        raise ValueError(f"not an overdetermined system: {a.shape[1:]}")
    _require_rows(a, b)
    a, b = rounding.normwise(a, _MATRIX), rounding.normwise(b, _MATRIX)
    gram = rounding.normwise(contract(rounding, "ki,kj->ij", a, a), _MATRIX)
    right = rounding.normwise(contract(rounding, "ki,kj->ij", a, b), _MATRIX)
    return rounding.normwise(solution_of(gram, right), _MATRIX)


def _has_small_matrices(shape: Shape) -> bool:
    return 2 <= len(shape) <= 3 and all(1 <= size <= 4 for size in shape)


def _is_square(shape: Shape) -> bool:
    return _has_small_matrices(shape) and shape[-1] == shape[-2]


def _is_tall(shape: Shape) -> bool:
    return _has_small_matrices(shape) and shape[-1] <= shape[-2]


def _is_overdetermined(shape: Shape) -> bool:
    return len(shape) == 2 and _is_tall(shape) and shape[0] > shape[1]


def _is_exponent(value: Attribute) -> bool:
    return type(value) is int and 1 <= value <= 8


def _exponent(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"exponent": choices.one_of(2, 3, 4)})


def _right_hand_side(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement(((*shape[:-1], choices.one_of(1, 2)),))


def _triangle_and_right(choices: Choices, shape: Shape) -> Arrangement:
    flags = {"lower": choices.below(2) == 0, "unit": choices.below(3) == 0}
    return Arrangement(((*shape[:-1], choices.one_of(1, 2)),), flags)


def _extent(*shapes: Shape, **attributes: Attribute) -> int:
    """Every element is visited once per row or column."""
    return sum(map(math.prod, shapes)) * max(shapes[0][-2:], default=1)


def _of_matrix(name: str, meaning: Callable[..., Array], accepts: Callable[[Shape], bool], **more: Any) -> Op:
    """An op of one operand without attributes."""
    return Op(
        name, "linear algebra", meaning, alone, accepts=accepts, example=(3, 3), extent=_extent,
        domains=(more.pop("domain", _MODERATE),), **more,
    )  # fmt: skip


def _of_system(name: str, meaning: Callable[..., Array], arrange: Callable[..., Arrangement], **more: Any) -> Op:
    """An op of a matrix and right-hand sides."""
    return Op(
        name, "linear algebra", meaning, arrange, operands=("float", "float"), extent=_extent,
        example=more.pop("example", (3, 3)), domains=(more.pop("domain", _MODERATE), _MODERATE), **more,
    )  # fmt: skip


_OF_GRAM: Points = (*smooth_at(0.0), point("rank one", rank_one))
_FULL_RANK: Points = (
    point("identity", IDENTITY), point("two singular values are equal", diagonal(2.0, 1.0, 1.0)),
    end("rank one", rank_one), end("zero", 0.0),
)  # fmt: skip
_EXPONENTIAL: Points = (*smooth_at(0.0), point("identity", IDENTITY))
_SYSTEMS: Points = (point("identity", IDENTITY, ordinary), point("right-hand sides 0", ordinary, 0.0))

OPS = (
    _of_matrix("cholesky_of_gram", _cholesky_of_gram, _has_small_matrices, special=_OF_GRAM),
    _of_matrix("logdet_of_gram", _logdet_of_gram, _has_small_matrices, special=_OF_GRAM),
    _of_matrix("inv", _inv, _is_square, decision=full_rank_decision, special=_FULL_RANK),
    _of_matrix("slogdet", _slogdet, _is_square, decision=full_rank_decision, special=_FULL_RANK),
    Op(
        "matrix_power", "linear algebra", _matrix_power, _exponent, attributes={"exponent": _is_exponent},
        accepts=_is_square, example=(3, 3), domains=(_MODERATE,), extent=_extent,
        special=(*smooth_at(0.0), point("repeated row", repeated_row)),
    ),
    _of_matrix("matrix_exp", _matrix_exp, _is_square, domain=_MODEST, special=_EXPONENTIAL),
    _of_system(
        "triangular_solve", _triangular_solve, _triangle_and_right, accepts=_is_square, domain=_DIAGONAL,
        attributes={"lower": is_flag, "unit": is_flag}, special=_SYSTEMS,
    ),
    _of_system(
        "cholesky_solve", _cholesky_solve, _right_hand_side, accepts=_is_square, domain=_DIAGONAL, special=_SYSTEMS
    ),
    _of_system("lstsq", _lstsq, _right_hand_side, accepts=_is_overdetermined, example=(4, 2), special=_SYSTEMS),
    _of_matrix("qr_r", _qr_r, _is_tall, decision=full_rank_decision, special=_FULL_RANK),
    _of_matrix("pinv", _pinv, _has_small_matrices, decision=full_rank_decision, special=_FULL_RANK),
)  # fmt: skip
