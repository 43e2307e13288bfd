"""Products of matrices, linear systems, convolution and pooling."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import align, contract
from autograd_conformance.ops.elimination import eliminate, require_square, solution_of
from autograd_conformance.ops.op import Arrangement, Array, Choices, Interval, Op, Rounding, is_index, outer_extent
from autograd_conformance.ops.points import (
    IDENTITY,
    TIES,
    delicate,
    delicate_at,
    end,
    ordinary,
    point,
    rank_one,
    repeated_row,
)

_MODERATE = Interval(-8.0, 8.0)
_EINSUM = re.compile(r"[a-z]{1,4},[a-z]{1,4}->[a-z]{0,4}")


def _matmul(rounding: Rounding, a: Array, b: Array) -> Array:
    """Matrix product over the last two axes; leading axes broadcast."""
    if min(a.ndim, b.ndim) < 3:
        raise ValueError("a matrix has two axes")
    a, b = align(a, b)
    leading = "uvwxy"[: a.ndim - 3]
    shape = np.broadcast_shapes(a.shape[1:-2], b.shape[1:-2])
    a = np.broadcast_to(a, (a.shape[0], *shape, *a.shape[-2:]))
    b = np.broadcast_to(b, (b.shape[0], *shape, *b.shape[-2:]))
    return contract(rounding, f"{leading}ik,{leading}kj->{leading}ij", a, b)


def _is_matrix(shape: Shape) -> bool:
    return 2 <= len(shape) <= 3


def _matmul_partner(choices: Choices, shape: Shape) -> Arrangement:
    columns = choices.one_of(2, 3, 1)
    batch = shape[:-2] if choices.below(2) else ()
    if len(shape) == 2 and choices.below(4) == 0:
        batch = (2,)
    return Arrangement(((*batch, shape[-1], columns),))


def _einsum(rounding: Rounding, a: Array, b: Array, pattern: str) -> Array:
    return contract(rounding, pattern, a, b)


def _einsum_pattern(choices: Choices, shape: Shape) -> Arrangement:
    first, last = shape[0], shape[-1]
    pattern, partner = choices.one_of(
        ("ij,jk->ik", (last, 2)), ("ij,ij->i", shape), ("ij,kj->ikj", (2, last)), ("ij,ij->ji", shape), ("ij,ij->", shape),
        ("ij,ik->jk", (first, 3)), ("ij,j->i", (last,)),
    )  # fmt: skip
    return Arrangement((partner,), {"pattern": pattern})


def _is_pattern(value: Attribute) -> bool:
    if not isinstance(value, str) or not _EINSUM.fullmatch(value):
        return False
    operands, result = value.split("->")
    terms = operands.split(",")
    no_repeats = all(len(set(term)) == len(term) for term in (*terms, result))
    return no_repeats and set(result) <= set("".join(terms))


def _elimination_extent(*shapes: Shape) -> int:
    """Elimination visits every element once per row."""
    return sum(map(math.prod, shapes)) * max(shapes[0][-1:], default=1)


def _det(rounding: Rounding, x: Array) -> Array:
    require_square(x)
    noisy = rounding.normwise(x, (-2, -1))
    if rounding.is_noisy and x.shape[-1] in CLOSED_FORM:
        return _det_by_products(rounding, noisy)
    flat = noisy.reshape(-1, *x.shape[-2:])
    upper, _, sign = eliminate(flat, flat[..., :0])
    return (sign * np.prod(np.diagonal(upper, axis1=1, axis2=2), axis=1)).reshape(x.shape[:-2])


CLOSED_FORM = (2, 3)
"""Sizes for which frameworks add up products; their rounding shows nowhere else where a determinant is 0 to second order."""


def _det_by_products(rounding: Rounding, x: Array) -> Array:
    """The sum over all permutations, every product rounded."""
    size, total = x.shape[-1], np.zeros(x.shape[:-2], x.dtype)
    for columns in itertools.permutations(range(size)):
        inversions = sum(columns[i] > columns[j] for i in range(size) for j in range(i + 1, size))
        product = np.prod([x[..., row, column] for row, column in enumerate(columns)], axis=0)
        total = total + (-1) ** inversions * rounding(product)
    return total


def _solve(rounding: Rounding, a: Array, b: Array) -> Array:
    """The solution X of A X = B for batched square A and right-hand sides B of shape (..., n, k)."""
    require_square(a)
    if b.shape[:-1] != a.shape[:-1]:
        raise ValueError(f"right-hand sides of shape {b.shape[1:]} for a matrix of shape {a.shape[1:]}")
    a, b = rounding.normwise(a, (-2, -1)), rounding.normwise(b, (-2, -1))
    solution = solution_of(a.reshape(-1, *a.shape[-2:]), b.reshape(-1, *b.shape[-2:]))
    return rounding.normwise(solution.reshape(b.shape), (-2, -1))


def _is_square(shape: Shape) -> bool:
    return 2 <= len(shape) <= 3 and shape[-1] == shape[-2] and 1 <= shape[-1] <= 4 and 0 not in shape


def _alone(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement()


def _right_hand_side(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement(((*shape[:-1], choices.one_of(1, 2)),))


def _windows(x: Array, window: int, stride: int) -> Array:
    """Sliding windows over the last axis: (..., L) to (..., positions, window)."""
    positions = (x.shape[-1] - window) // stride + 1
    if positions < 1:
        raise ValueError(f"a window of {window} does not fit into {x.shape[-1]} elements")
    return x[..., (np.arange(positions) * stride)[:, None] + np.arange(window)]


def _windowed_extent(shape: Shape, kernel: Shape = (), *, stride: int, padding: int = 0, window: int = 1) -> int:
    """Every window spelled out, for every output channel."""
    width = kernel[-1] if kernel else window
    positions = max(0, shape[-1] + 2 * padding) // stride + 1
    return math.prod(shape[:-1]) * positions * width * (kernel[0] if kernel else 1)


def _conv1d(rounding: Rounding, x: Array, kernel: Array, stride: int, padding: int) -> Array:
    """Cross-correlation of (N, C, L) with (O, C, k), zero padding on both ends."""
    padded = np.pad(x, ((0, 0), (0, 0), (0, 0), (padding, padding)))
    return contract(rounding, "nclk,ock->nol", _windows(padded, kernel.shape[-1], stride), kernel)


def _is_signal(shape: Shape) -> bool:
    return len(shape) == 3 and shape[-1] >= 3 and 0 not in shape


def _conv_kernel(choices: Choices, shape: Shape) -> Arrangement:
    attributes = {"stride": choices.one_of(1, 2), "padding": choices.one_of(0, 1)}
    return Arrangement(((2, shape[1], choices.one_of(2, 3)),), attributes)


def _max_pool1d(_rounding: Rounding, x: Array, window: int, stride: int) -> Array:
    return np.max(_windows(x, window, stride), axis=-1)


def _max_pool_decision(x: Array, window: int, stride: int) -> Array:
    windows = _windows(x, window, stride)
    return windows == np.max(windows, axis=-1, keepdims=True)


def _pool_window(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"window": choices.one_of(2, 3), "stride": choices.one_of(1, 2)})


def _is_positive_index(value: Attribute) -> bool:
    return is_index(value) and value != 0


OPS = (
    Op(
        "matmul", "products", _matmul, _matmul_partner, operands=("float", "float"),
        accepts=_is_matrix, domains=(_MODERATE, _MODERATE), extent=outer_extent,
    ),
    Op(
        "einsum", "products", _einsum, _einsum_pattern, operands=("float", "float"),
        attributes={"pattern": _is_pattern}, accepts=lambda shape: len(shape) == 2, domains=(_MODERATE, _MODERATE),
        extent=outer_extent,
    ),
    Op(
        "det", "linear algebra", _det, _alone, accepts=_is_square, example=(3, 3), domains=(_MODERATE,),
        extent=_elimination_extent,
        special=(
            delicate("repeated row", repeated_row), delicate("rank one", rank_one), *delicate_at(0.0),
            delicate("identity", IDENTITY),
        ),
    ),
    Op(
        "solve", "linear algebra", _solve, _right_hand_side, operands=("float", "float"),
        accepts=_is_square, example=(3, 3), domains=(_MODERATE, _MODERATE), extent=_elimination_extent,
        special=(
            point("identity", IDENTITY, ordinary), point("right-hand sides 0", ordinary, 0.0),
            end("rank one", rank_one, ordinary),
        ),
    ),
    Op(
        "conv1d", "windows", _conv1d, _conv_kernel, operands=("float", "float"),
        attributes={"stride": _is_positive_index, "padding": is_index}, accepts=_is_signal, example=(1, 2, 4),
        domains=(_MODERATE, _MODERATE), extent=_windowed_extent,
    ),
    Op(
        "max_pool1d", "windows", _max_pool1d, _pool_window,
        attributes={"window": _is_positive_index, "stride": _is_positive_index},
        accepts=_is_signal, example=(1, 2, 4), decision=_max_pool_decision, is_analytic=False, special=TIES,
        extent=_windowed_extent,
    ),
)  # fmt: skip
