"""Sums and products with their partial results spelled out, so that noise can stand where frameworks round."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from autograd_conformance.ops.op import Array, Rounding


def batched(axes: Iterable[int]) -> tuple[int, ...]:
    """Axes of an unbatched array as axes of the batched one."""
    return tuple(axis + 1 for axis in axes)


def align(*arrays: Array) -> tuple[Array, ...]:
    """Insert axes after the batch axis until all have equal rank, as broadcasting of the unbatched arrays needs."""
    rank = max(array.ndim for array in arrays)
    return tuple(
        array.reshape(array.shape[0], *(1,) * (rank - array.ndim), *array.shape[1:]) if array.ndim < rank else array
        for array in arrays
    )


def _tree_sum(rounding: Rounding, x: Array) -> Array:
    """Sum over the last axis, rounded at every level of a balanced tree."""
    while x.shape[-1] > 1:
        half = x.shape[-1] // 2
        pairs = rounding(x[..., :half] + x[..., half : 2 * half])
        x = np.concatenate((pairs, x[..., 2 * half :]), axis=-1) if x.shape[-1] % 2 else pairs
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
    if any(sizes.get(axis, size) != size for axis, size in zip(second, b.shape[1:], strict=True)):
        raise ValueError(f"{pattern} does not fit shapes {a.shape[1:]} and {b.shape[1:]}")
    if not rounding.is_noisy:
        return np.einsum(f"Z{first},Z{second}->Z{result}", a, b)
    summed = sorted((set(first) | set(second)) - set(result))
    products = rounding(np.einsum(f"Z{first},Z{second}->Z{result}{''.join(summed)}", a, b))
    axes = tuple(range(1 + len(result), products.ndim))
    return sum_over(rounding, products, axes)
