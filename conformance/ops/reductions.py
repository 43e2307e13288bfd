"""Reductions, and the normalisations and scans built on them."""

from __future__ import annotations

import numpy as np

from autograd_conformance.ops.arithmetic import batched, prod_over, sum_over
from autograd_conformance.ops.arrangements import along_axis, has_axes, has_filled_axes, over_axes
from autograd_conformance.ops.op import Array, Interval, Op, Rounding, is_flag, is_index, is_indices
from autograd_conformance.ops.points import DELICATE_IF_ALL_EQUAL, EQUAL_ELEMENTS, TIES, ZERO_FACTORS

_AXES = {"axes": is_indices, "keepdims": is_flag}
_AXIS = {"axis": is_index}
_NARROW = Interval(-8.0, 8.0)
_MODEST = Interval(-3.0, 3.0)


def _sum(rounding: Rounding, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return sum_over(rounding, x, batched(axes), keepdims)


def _mean(rounding: Rounding, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    count = np.prod([x.shape[axis + 1] for axis in axes])
    return rounding(sum_over(rounding, x, batched(axes), keepdims)) / x.dtype.type(count)


def _prod(rounding: Rounding, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return prod_over(rounding, x, batched(axes), keepdims)


def _max(_rounding: Rounding, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return np.max(x, axis=batched(axes), keepdims=keepdims)


def _max_decision(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return x == np.max(x, axis=batched(axes), keepdims=True)


def _largest(x: Array, axes: tuple[int, ...]) -> Array:
    """The largest real part; it is subtracted and added again, so it may be treated as constant."""
    return np.max(x.real, axis=axes, keepdims=True) if x.size else np.zeros((1,) * x.ndim)


def _logsumexp(rounding: Rounding, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    over = batched(axes)
    largest = _largest(x, over)
    total = rounding(sum_over(rounding, rounding(np.exp(rounding(x - largest))), over, True))
    result = rounding(np.log(total)) + largest
    return result if keepdims else np.squeeze(result, over)


def _softmax(rounding: Rounding, x: Array, axis: int) -> Array:
    """The derivative y (u - <u, y>) is computed from the output, with absolute error: one rounding of y, and one for
    every level of the sum.
    """
    over = batched((axis,))
    powers = rounding(np.exp(rounding(x - _largest(x, over))))
    y = powers / rounding(sum_over(rounding, powers, over, True))
    return rounding.absolute(y, x, np.abs(y) * np.sqrt(1 + np.log2(max(1, x.shape[axis + 1]))))


def _log_softmax(rounding: Rounding, x: Array, axis: int) -> Array:
    over = batched((axis,))
    centred = rounding(x - _largest(x, over))
    total = rounding(sum_over(rounding, rounding(np.exp(centred)), over, True))
    return rounding.absolute(centred - rounding(np.log(total)), x, 1.0)


def variance(rounding: Rounding, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Population variance.

    Frameworks differentiate it as 2 (x - mean) / n and leave out the mean's own derivative, whose contribution vanishes
    only for an exact mean: a common movement of all elements keeps the mean's rounding error.
    """
    over = batched(axes)
    count = x.dtype.type(np.prod([x.shape[axis] for axis in over]))
    mean = rounding(rounding(sum_over(rounding, x, over, True)) / count)
    centred = rounding(x - mean)
    spread = rounding(sum_over(rounding, rounding(centred * centred), over, True)) / count
    if rounding.is_noisy:
        spread = rounding.absolute(spread, mean, 2 * np.max(np.abs(x), axis=over, keepdims=True, initial=0.0))
    return spread if keepdims else np.squeeze(spread, over)


def _cumsum(rounding: Rounding, x: Array, axis: int) -> Array:
    if not rounding.is_noisy:
        return np.cumsum(x, axis=axis + 1)
    return _scan(rounding, x, axis + 1, np.add)


def _cumprod(rounding: Rounding, x: Array, axis: int) -> Array:
    if not rounding.is_noisy:
        return np.cumprod(x, axis=axis + 1)
    return _scan(rounding, x, axis + 1, np.multiply)


def _scan(rounding: Rounding, x: Array, axis: int, combine: np.ufunc) -> Array:
    moved = np.moveaxis(x, axis, -1)
    result = np.empty_like(moved)
    for position in range(moved.shape[-1]):
        item = moved[..., position]
        result[..., position] = rounding(combine(result[..., position - 1], item)) if position else item
    return np.moveaxis(result, -1, axis)


OPS = (
    Op("sum", "reduction", _sum, over_axes, attributes=_AXES, accepts=has_axes),
    Op("mean", "reduction", _mean, over_axes, attributes=_AXES, accepts=has_filled_axes),
    Op(
        "prod", "reduction", _prod, over_axes, attributes=_AXES, accepts=has_axes, domains=(_MODEST,),
        special=ZERO_FACTORS,
    ),
    Op(
        "max", "reduction", _max, over_axes, attributes=_AXES, accepts=has_filled_axes,
        decision=_max_decision, is_analytic=False, special=TIES,
    ),
    Op(
        "logsumexp", "reduction", _logsumexp, over_axes, attributes=_AXES, accepts=has_filled_axes, domains=(_NARROW,),
        special=DELICATE_IF_ALL_EQUAL,
    ),
    Op("var", "reduction", variance, over_axes, attributes=_AXES, accepts=has_filled_axes, special=EQUAL_ELEMENTS),
    Op(
        "softmax", "normalisation", _softmax, along_axis, attributes=_AXIS, accepts=has_axes, domains=(_NARROW,),
        special=DELICATE_IF_ALL_EQUAL,
    ),
    Op(
        "log_softmax", "normalisation", _log_softmax, along_axis, attributes=_AXIS, accepts=has_axes, domains=(_NARROW,),
        special=DELICATE_IF_ALL_EQUAL,
    ),
    Op("cumsum", "scan", _cumsum, along_axis, attributes=_AXIS, accepts=has_axes),
    Op(
        "cumprod", "scan", _cumprod, along_axis, attributes=_AXIS, accepts=has_axes, domains=(_MODEST,),
        special=ZERO_FACTORS,
    ),
)  # fmt: skip
