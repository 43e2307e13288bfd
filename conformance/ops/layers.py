"""Embeddings, attention and the linear layer; beside them normalisation and interpolation."""

from __future__ import annotations

import math

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops import normalisation, resampling
from autograd_conformance.ops.arithmetic import contract, sum_over
from autograd_conformance.ops.op import (
    Arrangement,
    Array,
    Choices,
    Interval,
    Op,
    Rounding,
    is_flag,
    is_indices,
)
from autograd_conformance.ops.points import ordinary, point

_NARROW = Interval(-4.0, 4.0)
_WEIGHT = Interval(-8.0, 8.0)


def _is_table_of_indices(value: Attribute) -> bool:
    """A matrix of indices, with at least one in each row."""
    if not isinstance(value, tuple) or not value or not all(is_indices(row) for row in value):
        return False
    widths = {len(row) for row in value}  # type: ignore[arg-type]
    return len(widths) == 1 and 0 not in widths


def _embedding(_rounding: Rounding, table: Array, ids: tuple[tuple[int, ...], ...]) -> Array:
    """Rows of a table, a matrix of them."""
    if table.ndim != 3:
        raise ValueError(f"not a table: {table.shape[1:]}")
    return np.take(table, np.array(ids, dtype=np.int64), axis=1)


def _embedding_bag(rounding: Rounding, table: Array, ids: tuple[tuple[int, ...], ...], mode: str) -> Array:
    """The sum or mean of the rows of each bag."""
    rows = _embedding(rounding, table, ids)
    total = sum_over(rounding, rows, (2,))
    return total if mode == "sum" else rounding(total) / table.real.dtype.type(rows.shape[2])


def _embedded_extent(shape: Shape, ids: tuple[tuple[int, ...], ...], mode: str = "sum") -> int:
    return sum(map(len, ids)) * shape[-1]


def _attention(rounding: Rounding, q: Array, k: Array, v: Array, is_causal: bool) -> Array:
    """softmax(q k' / sqrt(E)) v over (N, H, T, E); ``is_causal``: row i sees the first i + 1 keys only.

    As for `softmax`, the derivative is computed from the weights, with absolute error.
    """
    width = q.real.dtype.type
    if 0 in q.shape or 0 in k.shape:
        raise ValueError("attention to nothing")
    logits = rounding(contract(rounding, "nhte,nhse->nhts", q, k) / np.sqrt(width(q.shape[-1])))
    seen = np.ones(logits.shape[-2:], dtype=bool)
    seen = np.tril(seen) if is_causal else seen
    largest = np.max(np.where(seen, logits.real, -np.inf), axis=-1, keepdims=True)
    powers = np.where(seen, rounding(np.exp(rounding(np.where(seen, logits - largest, 0)))), 0)
    y = powers / rounding(sum_over(rounding, powers, (4,), True))
    y = rounding(rounding.absolute(y, logits, np.abs(y) * width(np.sqrt(1 + np.log2(max(1, k.shape[-2]))))))
    return contract(rounding, "nhts,nhse->nhte", y, v)


def _attention_extent(q: Shape, k: Shape, v: Shape, is_causal: bool) -> int:
    return math.prod(q) * k[-2] + math.prod(q[:-1]) * math.prod(v[-2:])


def _linear(rounding: Rounding, x: Array, weight: Array, bias: Array) -> Array:
    """The product x W' + b for weights (O, I)."""
    if bias.shape[1:] != weight.shape[1:2] or x.ndim < 2:
        raise ValueError(f"bias of shape {bias.shape[1:]} for weights of shape {weight.shape[1:]}")
    flat = x.reshape(len(x), math.prod(x.shape[1:-1]), x.shape[-1])
    product = rounding(contract(rounding, "ni,oi->no", flat, weight)).reshape(*x.shape[:-1], weight.shape[1])
    return product + bias.reshape(len(bias), *(1,) * (x.ndim - 2), -1)


def _linear_extent(x: Shape, weight: Shape, bias: Shape) -> int:
    return math.prod(x) * max(weight[0], 1)


def _looked_up(choices: Choices, shape: Shape) -> Arrangement:
    rows = tuple(tuple(choices.below(shape[0]) for _ in range(2)) for _ in range(2))
    return Arrangement((), {"ids": tuple((*row, rows[0][0]) for row in rows)})


def _bagged(choices: Choices, shape: Shape) -> Arrangement:
    drawn = _looked_up(choices, shape)
    return Arrangement((), {**drawn.attributes, "mode": choices.one_of("sum", "mean")})


def _attending(choices: Choices, shape: Shape) -> Arrangement:
    is_causal = choices.below(2) == 0
    keys = (*shape[:2], shape[2] if is_causal else choices.one_of(2, 3), shape[3])
    return Arrangement((keys, keys), {"is_causal": is_causal})


def _connected(choices: Choices, shape: Shape) -> Arrangement:
    features = choices.one_of(2, 3)
    return Arrangement(((features, shape[-1]), (features,)))


_AFFINE = {"operands": ("float",) * 3, "domains": (_WEIGHT, _WEIGHT, _WEIGHT)}

OPS = (
    Op("embedding", "layers", _embedding, _looked_up, attributes={"ids": _is_table_of_indices}, extent=_embedded_extent,
       accepts=lambda shape: len(shape) == 2 and 0 not in shape),
    Op("embedding_bag", "layers", _embedding_bag, _bagged, extent=_embedded_extent,
       attributes={"ids": _is_table_of_indices, "mode": lambda value: value in ("sum", "mean")},
       accepts=lambda shape: len(shape) == 2 and 0 not in shape),
    Op("attention", "layers", _attention, _attending, attributes={"is_causal": is_flag}, operands=("float",) * 3,
       domains=(_NARROW, _NARROW, _WEIGHT), accepts=lambda shape: len(shape) == 4 and 0 not in shape,
       example=(1, 2, 3, 2), extent=_attention_extent, special=(point("queries 0", 0.0, ordinary, ordinary),)),
    Op("linear", "layers", _linear, _connected, accepts=lambda shape: 1 <= len(shape) <= 3 and shape[-1] > 0,
       extent=_linear_extent, **_AFFINE),  # type: ignore[arg-type]
    *normalisation.OPS,
    *resampling.OPS,
)  # fmt: skip
