"""Eigenvalues, singular values, and norms made of them.

Where eigenvalues or singular values nearly meet, they are no smooth functions of the matrix that one could judge: the
decision is nan there, which equals nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import sum_over
from autograd_conformance.ops.arrangements import alone
from autograd_conformance.ops.elimination import (
    NEAR,
    eigenvalues_of,
    full_rank_decision,
    plain,
    plain_singular_values,
    require_matrix,
    require_square,
    singular_values_of,
    transposed,
)
from autograd_conformance.ops.op import Array, Interval, Op, Rounding
from autograd_conformance.ops.points import IDENTITY, Points, delicate, diagonal, end, ends_at, point, rank_one

_MATRIX = (-2, -1)


def _flat(x: Array) -> Array:
    return x.reshape(-1, *x.shape[-2:])


def _eigvalsh(rounding: Rounding, x: Array) -> Array:
    """The eigenvalues of A + A', in ascending order."""
    require_square(x)
    flat = _flat(rounding.normwise(rounding(x + transposed(x)), _MATRIX))
    return rounding.normwise(eigenvalues_of(flat).reshape(x.shape[:-1]), (-1,))


def _eigvalsh_decision(x: Array) -> Array:
    require_square(x)
    symmetric = plain(x)
    values = np.linalg.eigvalsh(symmetric + transposed(symmetric))
    largest = np.max(np.abs(values), axis=-1, keepdims=True)
    return np.where(np.diff(values, axis=-1) > NEAR * largest, 1.0, np.nan)


def _svdvals(rounding: Rounding, x: Array) -> Array:
    """The singular values, in descending order."""
    require_matrix(x)
    values = singular_values_of(_flat(rounding.normwise(x, _MATRIX)))
    return rounding.normwise(values.reshape(*x.shape[:-2], -1), (-1,))


def _svdvals_decision(x: Array) -> Array:
    """All apart from one another, and from zero."""
    values = plain_singular_values(x)
    apart = -np.diff(values, axis=-1, append=0.0)
    return np.where(apart > NEAR * values[..., :1], 1.0, np.nan)


def _nuclear_norm(rounding: Rounding, x: Array) -> Array:
    """The sum of the singular values."""
    return sum_over(rounding, _svdvals(rounding, x), (x.ndim - 2,))


def _spectral_norm(rounding: Rounding, x: Array) -> Array:
    """The largest singular value."""
    return _svdvals(rounding, x)[..., 0]


def _spectral_norm_decision(x: Array) -> Array:
    """The largest singular value is apart from the next."""
    values = plain_singular_values(x)
    following = values[..., 1] if values.shape[-1] > 1 else 0.0
    return np.where(values[..., 0] - following > NEAR * values[..., 0], 1.0, np.nan)


def _frobenius_norm(rounding: Rounding, x: Array) -> Array:
    require_matrix(x)
    return np.sqrt(rounding(sum_over(rounding, rounding(x * x), (x.ndim - 2, x.ndim - 1))))


def _frobenius_norm_decision(x: Array) -> Array:
    """Whether the matrix is zero."""
    return np.any(x != 0, axis=_MATRIX)


def _has_small_matrices(shape: Shape) -> bool:
    return 2 <= len(shape) <= 3 and all(1 <= size <= 4 for size in shape)


def _is_square(shape: Shape) -> bool:
    return _has_small_matrices(shape) and shape[-1] == shape[-2]


def _extent(shape: Shape, **attributes: Attribute) -> int:
    """Every element is visited once per row or column."""
    return math.prod(shape) * max(shape[-2:], default=1)


def _of_matrix(name: str, meaning: Callable[..., Array], decision: Callable[..., Array], **more: Any) -> Op:
    return Op(
        name, "linear algebra", meaning, alone, accepts=more.pop("accepts", _has_small_matrices), example=(3, 3),
        extent=_extent, domains=(Interval(-8.0, 8.0),), decision=decision, **more,
    )  # fmt: skip


_ONLY_REAL = {"is_analytic": False}

_MEET: Points = (
    point("diagonal", diagonal(2.0, 1.0, 0.5)), end("two are equal", diagonal(2.0, 1.0, 1.0)), end("identity", IDENTITY),
)  # fmt: skip

OPS = (
    _of_matrix(
        "eigvalsh_of_symmetrised", _eigvalsh, _eigvalsh_decision, accepts=_is_square, special=_MEET, **_ONLY_REAL
    ),
    _of_matrix("svdvals", _svdvals, _svdvals_decision, special=_MEET, **_ONLY_REAL),
    _of_matrix(
        "nuclear_norm",
        _nuclear_norm,
        full_rank_decision,
        **_ONLY_REAL,
        special=(delicate("identity", IDENTITY), *ends_at(0.0)),
    ),
    _of_matrix(
        "spectral_norm",
        _spectral_norm,
        _spectral_norm_decision,
        **_ONLY_REAL,
        special=(
            delicate("rank one", rank_one),
            delicate("two others are equal", diagonal(2.0, 1.0, 1.0)),
            end("identity", IDENTITY),
            *ends_at(0.0),
        ),
    ),
    _of_matrix("frobenius_norm", _frobenius_norm, _frobenius_norm_decision, special=ends_at(0.0)),
)
