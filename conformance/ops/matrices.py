"""Parts of matrices, matrices made of vectors and blocks, and what relates their rows."""

from __future__ import annotations

import math

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import contract, sum_over
from autograd_conformance.ops.arrangements import alone
from autograd_conformance.ops.op import (
    Arrangement,
    Array,
    Choices,
    Interval,
    Kind,
    Op,
    Rounding,
    is_flag,
    is_index,
    is_real,
    outer_extent,
)
from autograd_conformance.ops.points import END_IF_ALL_EQUAL, EQUAL_ELEMENTS, delicate, delicate_at, kink, rank_one

_MODERATE = Interval(-8.0, 8.0)
_TWO: tuple[Kind, ...] = ("float", "float")


def _is_flat_matrix(shape: Shape) -> bool:
    return len(shape) == 2


def _has_filled_matrices(shape: Shape) -> bool:
    return 2 <= len(shape) <= 3 and 0 not in shape


def _is_offset(value: Attribute) -> bool:
    return type(value) is int and abs(value) <= 4096


def _require_rank(x: Array, rank: int) -> None:
    if x.ndim != rank + 1:
        raise ValueError(f"{x.ndim - 1} axes instead of {rank}")


def _block_diag(_rounding: Rounding, a: Array, b: Array) -> Array:
    _require_rank(a, 2)
    _require_rank(b, 2)
    upper = np.pad(a, ((0, 0), (0, 0), (0, b.shape[2])))
    return np.concatenate((upper, np.pad(b, ((0, 0), (0, 0), (a.shape[2], 0)))), axis=1)


def _block_diag_extent(a: Shape, b: Shape) -> int:
    return (a[0] + b[0]) * (a[-1] + b[-1])


def _second_block(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((choices.one_of((2, 2), (1, 3), (2, 1)),))


def _trace(rounding: Rounding, x: Array) -> Array:
    _require_rank(x, 2)
    return sum_over(rounding, np.diagonal(x, axis1=1, axis2=2), (1,))


def _diagonal(_rounding: Rounding, x: Array, offset: int) -> Array:
    """The diagonal of the last two axes, ``offset`` columns to the right."""
    if x.ndim < 3 or not -x.shape[-2] < offset < x.shape[-1]:
        raise ValueError(f"no diagonal {offset} in {x.shape[1:]}")
    return np.diagonal(x, offset, axis1=-2, axis2=-1)


def _diagonal_offset(choices: Choices, shape: Shape) -> Arrangement:
    offset = choices.one_of(0, 1, -1)
    return Arrangement((), {"offset": offset if -shape[-2] < offset < shape[-1] else 0})


def _diag_embed(_rounding: Rounding, x: Array, offset: int) -> Array:
    """Matrices that are zero but for one diagonal, ``offset`` columns to the right of the main one."""
    if x.ndim < 2:
        raise ValueError("a diagonal has one axis at least")
    size = x.shape[-1] + abs(offset)
    result = np.zeros((*x.shape[:-1], size, size), x.dtype)
    along = np.arange(x.shape[-1])
    result[..., along + max(-offset, 0), along + max(offset, 0)] = x
    return result


def _embedded_extent(shape: Shape, offset: int) -> int:
    return math.prod(shape[:-1]) * (shape[-1] + abs(offset)) ** 2


def _any_offset(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"offset": choices.one_of(0, 1, -1)})


def _at_most(offset: int, x: Array) -> Array:
    """Where the column is at most ``offset`` to the right of the diagonal."""
    rows, columns = x.shape[-2:]
    return np.arange(columns) - np.arange(rows)[:, None] <= offset


def _tril(_rounding: Rounding, x: Array, offset: int) -> Array:
    """What is not above the diagonal ``offset`` columns to the right."""
    if x.ndim < 3:
        raise ValueError("a matrix has two axes")
    return np.where(_at_most(offset, x), x, x.dtype.type(0))


def _triu(_rounding: Rounding, x: Array, offset: int) -> Array:
    """What is not below the diagonal ``offset`` columns to the right."""
    if x.ndim < 3:
        raise ValueError("a matrix has two axes")
    return np.where(_at_most(offset - 1, x), x.dtype.type(0), x)


def _vander(rounding: Rounding, x: Array, columns: int, increasing: bool) -> Array:
    """The powers 0 to columns - 1 of every element, the highest first unless ``increasing``."""
    _require_rank(x, 1)
    powers = [np.ones_like(x)]
    for _ in range(columns - 1):
        powers.append(rounding(powers[-1] * x) if len(powers) > 1 else x)
    return np.stack(powers if increasing else powers[::-1], axis=-1)


def _vander_columns(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"columns": choices.one_of(3, 4, 2), "increasing": choices.below(2) == 0})


def _cdist(rounding: Rounding, a: Array, b: Array, p: float) -> Array:
    """The p-norm of the difference of every row of ``a`` and every row of ``b``."""
    apart = np.abs(_differences(a, b))
    powers = apart if p == 1 else rounding(apart * apart) if p == 2 else rounding(np.power(rounding(apart), p))
    total = sum_over(rounding, powers, (3,))
    if p == 1:
        return total
    total = rounding(total)
    return np.sqrt(total) if p == 2 else np.power(total, 1 / total.dtype.type(p))


def _cdist_decision(a: Array, b: Array, p: float) -> Array:
    """On which side each element lies; for Euclidean distances only whether rows coincide."""
    apart = _differences(a, b)
    return np.any(apart != 0, axis=-1) if p == 2 else np.sign(apart)


def _differences(a: Array, b: Array) -> Array:
    _require_rank(a, 2)
    _require_rank(b, 2)
    if a.shape[2] != b.shape[2]:
        raise ValueError(f"rows of {a.shape[2]} and {b.shape[2]} elements")
    return a[:, :, None] - b[:, None]


def _other_rows(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement(((choices.one_of(2, 1, 3), shape[1]),), {"p": choices.one_of(2.0, 1.0, 3.0)})


def _cov(rounding: Rounding, x: Array, correction: int) -> Array:
    """Covariances of rows, the sum of products divided by the number of columns less ``correction``."""
    _require_rank(x, 2)
    count = x.shape[2] - correction
    if count < 1:
        raise ValueError(f"{x.shape[2]} observations less {correction}")
    mean = rounding(sum_over(rounding, x, (2,), True)) / x.dtype.type(x.shape[2])
    centred = rounding(x - rounding(mean))
    return rounding(contract(rounding, "ij,kj->ik", centred, centred)) / x.dtype.type(count)


def _corrcoef(rounding: Rounding, x: Array) -> Array:
    """Covariances divided by both standard deviations."""
    spread = rounding(_cov(rounding, x, 0))
    deviation = rounding(np.sqrt(np.diagonal(spread, axis1=1, axis2=2)))
    return rounding(spread / deviation[:, :, None]) / deviation[:, None]


def _pairs_extent(shape: Shape, **attributes: Attribute) -> int:
    return math.prod(shape) * shape[0]


def _is_sample(shape: Shape) -> bool:
    return len(shape) == 2 and shape[0] >= 1 and shape[1] >= 3


def _is_positive_index(value: Attribute) -> bool:
    return is_index(value) and value != 0


def _is_order(value: Attribute) -> bool:
    return isinstance(value, (int, float)) and is_real(value) and 1 <= value <= 64


_OFFSET = {"offset": _is_offset}

OPS = (
    Op(
        "block_diag", "matrix parts", _block_diag, _second_block, operands=_TWO, accepts=_is_flat_matrix,
        extent=_block_diag_extent,
    ),
    Op("trace", "matrix parts", _trace, alone, accepts=_is_flat_matrix),
    Op("diagonal", "matrix parts", _diagonal, _diagonal_offset, attributes=_OFFSET, accepts=_has_filled_matrices),
    Op(
        "diag_embed", "matrix parts", _diag_embed, _any_offset, attributes=_OFFSET,
        accepts=lambda shape: 1 <= len(shape) <= 2 and 0 not in shape, extent=_embedded_extent,
    ),
    Op("tril", "matrix parts", _tril, _any_offset, attributes=_OFFSET, accepts=_has_filled_matrices),
    Op("triu", "matrix parts", _triu, _any_offset, attributes=_OFFSET, accepts=_has_filled_matrices),
    Op(
        "vander", "products", _vander, _vander_columns,
        attributes={"columns": _is_positive_index, "increasing": is_flag}, accepts=lambda shape: len(shape) == 1,
        example=(3,), domains=(Interval(-3.0, 3.0),), extent=lambda shape, columns, increasing: math.prod(shape) * columns,
        special=delicate_at(0.0),
    ),
    Op(
        "cdist", "products", _cdist, _other_rows, operands=_TWO,
        attributes={"p": _is_order},
        decision=_cdist_decision, accepts=lambda shape: len(shape) == 2 and 0 not in shape,
        domains=(Interval(0.25, 4.0), Interval(-4.0, -0.25)), extent=outer_extent, is_analytic=False,
        special=(kink("equal rows", 0.75, 0.75),),
    ),
    Op(
        "cov", "statistics", _cov, lambda choices, _s: Arrangement((), {"correction": choices.below(2)}),
        attributes={"correction": is_index}, accepts=_is_sample, domains=(_MODERATE,), extent=_pairs_extent,
        special=EQUAL_ELEMENTS,
    ),
    Op(
        "corrcoef", "statistics", _corrcoef, alone, accepts=_is_sample, domains=(_MODERATE,),
        extent=_pairs_extent, special=(delicate("rank one", rank_one), *END_IF_ALL_EQUAL),
    ),
)  # fmt: skip
