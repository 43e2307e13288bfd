"""Rules of matrix products, linear systems, and windows built from indexing and einsum."""

from __future__ import annotations

from typing import Any

import numpy as np

from .array import OPS, Array
from .movement import broadcast_to, pad, reshape, transpose
from .op import Op, Pull, as_array, widened
from .reductions import max


def _turned(a: Array) -> Array:
    """Matrices transposed, batch axes left where they are."""
    return transpose(a, (*range(a.ndim - 2), a.ndim - 1, a.ndim - 2))


_matmul: Op = Op(
    "matmul",
    lambda a, b: np.matmul(widened(a), widened(b)).astype(a.dtype),
    Pull(lambda g, b: _matmul(g, _turned(b)), "b"),
    Pull(lambda g, a: _matmul(_turned(a), g), "a"),
    broadcasts=True,
)


def matmul(a: Any, b: Any) -> Array:
    """Products of matrices over the last two axes; leading axes broadcast.  A vector is a row left and a column right."""
    a, b = as_array(a), as_array(b)
    left = reshape(a, (1, *a.shape)) if a.ndim == 1 else a
    right = reshape(b, (*b.shape, 1)) if b.ndim == 1 else b
    product = _matmul(left, right)
    *batch, rows, columns = product.shape
    kept = (() if a.ndim == 1 else (rows,)) + (() if b.ndim == 1 else (columns,))
    return product if len(kept) == 2 else reshape(product, (*batch, *kept))


def linear(x: Any, weight: Any, bias: Any) -> Array:
    """X @ weight + bias: a layer."""
    return matmul(x, weight) + bias


def _forward_einsum(a: np.ndarray, b: np.ndarray, pattern: str) -> np.ndarray:
    terms, result = pattern.split("->")
    first, second = terms.split(",")
    sizes = dict(zip(first + second, a.shape + b.shape, strict=True))
    if 0 in sizes.values():  # an empty sum is zero; NumPy 2.4 reads foreign memory for some strides
        return np.zeros([sizes[letter] for letter in result], a.dtype)
    return np.einsum(pattern, widened(a), widened(b)).astype(a.dtype)


def _pull_einsum(g: Array, other: Array, shape: tuple[int, ...], wanted: str, known: str, result: str) -> Array:
    """The operand's letters from those of the result and the other operand; a letter nobody else has was summed alone."""
    found = "".join(letter for letter in wanted if letter in known or letter in result)
    pulled = einsum(f"{result},{known}->{found}", g, other)
    kept = tuple(size if letter in found else 1 for letter, size in zip(wanted, shape, strict=True))
    return broadcast_to(reshape(pulled, kept), shape)


def _pull_first(g: Array, b: Array, shape: tuple[int, ...], pattern: str) -> Array:
    terms, result = pattern.split("->")
    first, second = terms.split(",")
    return _pull_einsum(g, b, shape, first, second, result)


def _pull_second(g: Array, a: Array, shape: tuple[int, ...], pattern: str) -> Array:
    terms, result = pattern.split("->")
    first, second = terms.split(",")
    return _pull_einsum(g, a, shape, second, first, result)


_einsum = Op(
    "einsum", _forward_einsum, Pull(_pull_first, "b a.shape"), Pull(_pull_second, "a b.shape"), broadcasts=True
)


def einsum(pattern: str, a: Any, b: Any) -> Array:
    """Einstein summation of two operands, the result spelled out: ``"ij,jk->ik"``.

    Raises ValueError for a letter twice in one operand.
    """
    terms, _, result = pattern.partition("->")
    if terms.count(",") != 1 or any(len(set(term)) != len(term) for term in (*terms.split(","), result)):
        raise ValueError(f"two operands, and no letter twice in either, are needed: {pattern}")
    return _einsum(a, b, pattern=pattern)


# Linear algebra.  Half precision is computed in single.


def _forward_det(a: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.det(widened(a))).astype(a.dtype)


def _cofactors(a: Array) -> Array:
    """The derivative of the determinant, from minors: exact where the matrix is singular, and costly where it is large."""
    size = a.shape[-1]
    others = np.array([[j for j in range(size) if j != i] for i in range(size)], dtype=np.int64)
    others = others.reshape(size, size - 1 if size else 0)
    minors = a[(..., others[:, None, :, None], others[None, :, None, :])]
    signs = (-1.0) ** np.add.outer(np.arange(size), np.arange(size))
    return det(minors) * signs.astype(a.dtype)


def _pull_det(g: Array, a: Array) -> Array:
    return reshape(g, (*g.shape, 1, 1)) * _cofactors(a)


det = Op("det", _forward_det, Pull(_pull_det, "a"))


def _forward_solve(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.ndim != b.ndim:
        raise ValueError(f"right-hand sides are the columns of a matrix: {b.shape} for {a.shape}")
    return np.linalg.solve(widened(a), widened(b)).astype(a.dtype)


solve: Op = Op(
    "solve",
    _forward_solve,
    Pull(lambda g, a, y: -matmul(solve(_turned(a), g), _turned(y)), "a y"),
    Pull(lambda g, a: solve(_turned(a), g), "a"),
    broadcasts=True,
)


# Windows: one gather of overlapping elements, whose rule adds the overlaps up.


def windows(a: Array, window: int, stride: int) -> Array:
    """Sliding windows over the last axis: (..., L) to (..., positions, window)."""
    starts = np.arange((a.shape[-1] - window) // stride + 1) * stride
    return a[(..., starts[:, None] + np.arange(window))]


def conv1d(x: Array, kernel: Array, stride: int = 1, padding: int = 0) -> Array:
    """Cross-correlation of (N, C, L) with (O, C, k), zeros around."""
    padded = pad(x, ((0, 0), (0, 0), (padding, padding)))
    return einsum("nclk,ock->nol", windows(padded, kernel.shape[-1], stride), kernel)


def max_pool1d(x: Array, window: int, stride: int) -> Array:
    """The largest element of each window of the last axis."""
    return max(windows(x, window, stride), -1)


OPS["matmul"] = matmul
