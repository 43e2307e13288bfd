"""Sums and products with their partial results spelled out, so that noise can stand where frameworks round."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array, Rounding


def batched(axes: Iterable[int]) -> tuple[int, ...]:
    """Axes of an unbatched array as axes of the batched one."""
    return tuple(axis + 1 for axis in axes)


def at(*index: Any) -> Any:
    """``index`` as it stands between brackets; a tuple that mixes dots, numbers and slices has no type of NumPy's."""
    return index


def align(*arrays: Array) -> tuple[Array, ...]:
    """Insert axes after the batch axis until all have equal rank, as broadcasting of the unbatched arrays needs."""
    rank = max(array.ndim for array in arrays)
    return tuple(
        array.reshape(array.shape[0], *(1,) * (rank - array.ndim), *array.shape[1:]) if array.ndim < rank else array
        for array in arrays
    )


LANES = 8
"""Running sums that a vector unit keeps side by side."""


def _tree_sum(rounding: Rounding, x: Array) -> Array:
    """Sum over the last axis in the order of vectorised kernels, rounded at every level.

    Every LANES-th element belongs to one lane, whose elements are added up in a balanced tree of neighbours; then the
    lanes are.  Terms that cancel leave their rounding behind whether they are neighbours or far apart.
    """
    blocks = x.shape[-1] // LANES
    if blocks > 1:
        whole, rest = x[..., : blocks * LANES], x[..., blocks * LANES :]
        lanes = whole.reshape(*x.shape[:-1], blocks, LANES).swapaxes(-1, -2)
        x = np.concatenate((_neighbours_summed(rounding, lanes), rest), axis=-1)
    return _neighbours_summed(rounding, x)


def _neighbours_summed(rounding: Rounding, x: Array) -> Array:
    while x.shape[-1] > 1:
        even = x.shape[-1] // 2 * 2
        pairs = rounding(x[..., 0:even:2] + x[..., 1:even:2])
        x = np.concatenate((pairs, x[..., even:]), axis=-1) if x.shape[-1] % 2 else pairs
    return x[..., 0] if x.shape[-1] else np.zeros(x.shape[:-1], x.dtype)


def _gathered(x: Array, axes: tuple[int, ...]) -> Array:
    """The elements over ``axes`` side by side on one last axis."""
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    count = math.prod(x.shape[axis] for axis in axes)
    return x.transpose(*kept, *axes).reshape(*(x.shape[axis] for axis in kept), count)


def sum_over(rounding: Rounding, x: Array, axes: tuple[int, ...], keepdims: bool = False) -> Array:
    """Sum over batched ``axes``."""
    if not rounding.is_noisy or not axes:
        return np.sum(x, axis=axes, keepdims=keepdims)
    total = _tree_sum(rounding, _gathered(x, axes))
    return np.expand_dims(total, axes) if keepdims else total


def prod_over(rounding: Rounding, x: Array, axes: tuple[int, ...], keepdims: bool = False) -> Array:
    """Product over batched ``axes``."""
    if not rounding.is_noisy:
        return np.prod(x, axis=axes, keepdims=keepdims)
    moved = _gathered(x, axes)
    total = np.ones(moved.shape[:-1], x.dtype)
    for position in range(moved.shape[-1]):
        total = rounding(total * moved[..., position])
    return np.expand_dims(total, axes) if keepdims else total


def contract(rounding: Rounding, pattern: str, a: Array, b: Array) -> Array:
    """Einstein summation of two batched arrays; ``pattern`` names the unbatched axes in lower case."""
    operands, result = pattern.split("->")
    first, second = operands.split(",")
    sizes = dict(zip(first, a.shape[1:], strict=True))
    if any(sizes.setdefault(axis, size) != size for axis, size in zip(second, b.shape[1:], strict=True)):
        raise ValueError(f"{pattern} does not fit shapes {a.shape[1:]} and {b.shape[1:]}")
    summed = sorted(set(sizes) - set(result))
    if any(sizes[axis] == 0 for axis in summed):
        # NumPy 2.4.6 reads foreign memory here for some strides instead of summing nothing.
        return np.zeros((a.shape[0], *(sizes[axis] for axis in result)), np.result_type(a, b))
    if not rounding.is_noisy:
        return np.einsum(f"Z{first},Z{second}->Z{result}", a, b)
    products = rounding(np.einsum(f"Z{first},Z{second}->Z{result}{''.join(summed)}", a, b))
    axes = tuple(range(1 + len(result), products.ndim))
    return sum_over(rounding, products, axes)
