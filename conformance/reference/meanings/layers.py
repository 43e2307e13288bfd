"""Normalisation layers, embeddings, attention and interpolation, from their definitions in mpmath."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning, each

Numbers = tuple[int, ...]


def _mean(x: Array, axes: Numbers) -> Array:
    return np.asarray(np.sum(x, axis=axes, keepdims=True) / math.prod(x.shape[axis] for axis in axes), dtype=object)


def _root(context: Any, x: Array) -> Array:
    return each(context.sqrt, x)


def _standardised(context: Any, x: Array, axes: Numbers, eps: float) -> Array:
    """By the mean of squares less the square of the mean."""
    mean = _mean(x, axes)
    return np.asarray((x - mean) / _root(context, _mean(x * x, axes) - mean * mean + context.mpf(eps)), dtype=object)


def _channels(vector: Any, x: Array) -> Array:
    return np.asarray(vector, dtype=object).reshape(-1, *(1,) * (x.ndim - 2))


def _layer_norm(context: Any, x: Array, weight: Array, bias: Array, eps: float) -> Array:
    axes = tuple(range(x.ndim - weight.ndim, x.ndim))
    return _standardised(context, x, axes, eps) * weight + bias


def _rms_norm(context: Any, x: Array, weight: Array, eps: float) -> Array:
    axes = tuple(range(x.ndim - weight.ndim, x.ndim))
    return x / _root(context, _mean(x * x, axes) + context.mpf(eps)) * weight


def _batch_norm(context: Any, x: Array, weight: Array, bias: Array, eps: float) -> Array:
    axes = tuple(axis for axis in range(x.ndim) if axis != 1)
    return _standardised(context, x, axes, eps) * _channels(weight, x) + _channels(bias, x)


def _batch_norm_inference(
    context: Any,
    x: Array,
    weight: Array,
    bias: Array,
    means: tuple[float, ...],
    variances: tuple[float, ...],
    eps: float,
) -> Array:
    mean = _channels([context.mpf(mean) for mean in means], x)
    root = _channels([context.sqrt(context.mpf(variance) + context.mpf(eps)) for variance in variances], x)
    return (x - mean) / root * _channels(weight, x) + _channels(bias, x)


def _group_norm(context: Any, x: Array, weight: Array, bias: Array, groups: int, eps: float) -> Array:
    parts = np.split(x, groups, axis=1)
    normal = [_standardised(context, part, tuple(range(1, x.ndim)), eps) for part in parts]
    return np.concatenate(normal, axis=1) * _channels(weight, x) + _channels(bias, x)


def _instance_norm(context: Any, x: Array, weight: Array, bias: Array, eps: float) -> Array:
    return _standardised(context, x, tuple(range(2, x.ndim)), eps) * _channels(weight, x) + _channels(bias, x)


def _embedding(_context: Any, table: Array, ids: tuple[Numbers, ...]) -> Array:
    return np.stack([np.stack([table[row] for row in rows]) for rows in ids])


def _embedding_bag(_context: Any, table: Array, ids: tuple[Numbers, ...], mode: str) -> Array:
    count = len(ids[0]) if mode == "mean" else 1
    return np.stack([sum(table[row] for row in rows) / count for rows in ids])


def _attention(context: Any, q: Array, k: Array, v: Array, is_causal: bool) -> Array:
    result = np.empty((*q.shape[:-1], v.shape[-1]), dtype=object)
    for sample, head, row in np.ndindex(*q.shape[:3]):
        keys = row + 1 if is_causal else k.shape[2]
        scale = context.sqrt(q.shape[-1])
        powers = [context.exp(np.sum(q[sample, head, row] * k[sample, head, key]) / scale) for key in range(keys)]
        weighted = sum(power * v[sample, head, key] for key, power in enumerate(powers))
        result[sample, head, row] = weighted / sum(powers)
    return result


def _linear(context: Any, x: Array, weight: Array, bias: Array) -> Array:
    products = x[..., None, :] * weight
    return np.sum(products, axis=-1, initial=context.mpf(0)) + bias


def _l2_normalize(context: Any, x: Array, axis: int, eps: float) -> Array:
    norm = _root(context, np.sum(x * x, axis=axis, keepdims=True))
    return x / np.maximum(norm, context.mpf(eps))


def _nearest(_context: Any, x: Array, size: int, is_centred: bool) -> Array:
    shift = 0.5 if is_centred else 0.0
    return np.stack([x[..., math.floor((i + shift) * x.shape[-1] / size)] for i in range(size)], axis=-1)


def _hats(context: Any, length: int, size: int, align_corners: bool) -> Array:
    """Matrix (size, length): how much of each element is at each new place, by hat functions."""
    result = np.empty((size, length), dtype=object)
    for row in range(size):
        if align_corners:
            place = context.mpf(row * (length - 1)) / max(size - 1, 1)
        else:
            place = context.mpf((2 * row + 1) * length) / (2 * size) - context.mpf(0.5)
        place = min(max(place, context.mpf(0)), context.mpf(length - 1))
        result[row] = [max(context.mpf(0), 1 - abs(place - column)) for column in range(length)]
    return result


def _interpolate_linear(context: Any, x: Array, size: int, align_corners: bool) -> Array:
    return x @ _hats(context, x.shape[2], size, align_corners).T


def _interpolate_bilinear(context: Any, x: Array, size: Numbers, align_corners: bool) -> Array:
    down, across = (_hats(context, length, n, align_corners) for length, n in zip(x.shape[2:], size, strict=True))
    return down @ x @ across.T


def _pixel_shuffle(_context: Any, x: Array, factor: int) -> Array:
    samples, channels, high, wide = x.shape
    result = np.empty((samples, channels // factor**2, high * factor, wide * factor), dtype=object)
    for down, across in np.ndindex(factor, factor):
        result[:, :, down::factor, across::factor] = x[:, down * factor + across :: factor**2]
    return result


def _pixel_unshuffle(_context: Any, x: Array, factor: int) -> Array:
    samples, channels, high, wide = x.shape
    result = np.empty((samples, channels * factor**2, high // factor, wide // factor), dtype=object)
    for down, across in np.ndindex(factor, factor):
        result[:, down * factor + across :: factor**2] = x[:, :, down::factor, across::factor]
    return result


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "layer_norm": _layer_norm,
        "rms_norm": _rms_norm,
        "batch_norm": _batch_norm,
        "batch_norm_inference": _batch_norm_inference,
        "group_norm": _group_norm,
        "instance_norm": _instance_norm,
        "embedding": _embedding,
        "embedding_bag": _embedding_bag,
        "attention": _attention,
        "linear": _linear,
        "l2_normalize": _l2_normalize,
        "interpolate_nearest": _nearest,
        "interpolate_linear": _interpolate_linear,
        "interpolate_bilinear": _interpolate_bilinear,
        "pixel_shuffle": _pixel_shuffle,
        "pixel_unshuffle": _pixel_unshuffle,
    }
)
