"""Layers that normalise: by the statistics of an array's own elements, by those given, by a norm."""

from __future__ import annotations

import math

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import sum_over
from autograd_conformance.ops.op import Arrangement, Array, Choices, Interval, Op, Rounding, is_index, is_real
from autograd_conformance.ops.points import Points, delicate_at, ordinary, point

_WEIGHT = Interval(-8.0, 8.0)
_AFFINE = {"operands": ("float",) * 3, "domains": (_WEIGHT, _WEIGHT, _WEIGHT)}


def _is_positive_real(value: Attribute) -> bool:
    return is_real(value) and 0 < value < math.inf  # type: ignore[operator]


def _are_positive_reals(value: Attribute) -> bool:
    return isinstance(value, tuple) and all(map(_is_positive_real, value))


def _are_reals(value: Attribute) -> bool:
    return isinstance(value, tuple) and all(is_real(item) and abs(item) < math.inf for item in value)  # type: ignore[arg-type]


def _draw_eps(choices: Choices) -> float:
    """Large enough for rows that are nearly constant."""
    return float(choices.one_of(0.125, 0.5, 0.03125))


def _standardised(rounding: Rounding, x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """(x - mean) / sqrt(variance + eps) over batched ``axes``.

    As in `var`, frameworks leave out the mean's own derivative within the variance, and a common movement of all elements
    keeps the mean's rounding error.
    """
    if 0 in x.shape:
        raise ValueError("nothing has no mean")
    count = x.real.dtype.type(math.prod(x.shape[axis] for axis in axes))
    mean = rounding(rounding(sum_over(rounding, x, axes, True)) / count)
    centred = rounding(x - mean)
    variance = rounding(rounding(sum_over(rounding, rounding(centred * centred), axes, True)) / count)
    if rounding.is_noisy:
        variance = rounding.absolute(variance, mean, 2 * np.max(np.abs(x), axis=axes, keepdims=True))
    return rounding(centred * _inverse_root(rounding, variance, eps))


def _inverse_root(rounding: Rounding, square: Array, eps: float) -> Array:
    return rounding(1 / rounding(np.sqrt(rounding(square + square.real.dtype.type(eps)))))


def _of_channels(vector: Array, x: Array) -> Array:
    """A number for each channel, shaped to meet (N, C, *S)."""
    if x.ndim < 3 or vector.ndim != 2 or vector.shape[1] != x.shape[2]:
        raise ValueError(f"a vector of shape {vector.shape[1:]} for the channels of {x.shape[1:]}")
    return vector.reshape(len(vector), 1, -1, *(1,) * (x.ndim - 3))


def _last_axes(weight: Array, x: Array) -> tuple[int, ...]:
    count = weight.ndim - 1
    if count < 1 or count >= x.ndim or weight.shape[1:] != x.shape[x.ndim - count :]:
        raise ValueError(f"weights of shape {weight.shape[1:]} for the last axes of {x.shape[1:]}")
    return tuple(range(x.ndim - count, x.ndim))


def _as_last(weight: Array, x: Array) -> Array:
    return weight.reshape(len(weight), *(1,) * (x.ndim - weight.ndim), *weight.shape[1:])


def _layer_norm(rounding: Rounding, x: Array, weight: Array, bias: Array, eps: float) -> Array:
    """Over as many last axes as the weight has."""
    y = _standardised(rounding, x, _last_axes(weight, x), eps)
    _last_axes(bias, x)
    if weight.ndim != bias.ndim:
        raise ValueError("weight and bias have one shape")
    return rounding(y * _as_last(weight, x)) + _as_last(bias, x)


def _rms_norm(rounding: Rounding, x: Array, weight: Array, eps: float) -> Array:
    axes = _last_axes(weight, x)
    if 0 in x.shape:
        raise ValueError("nothing has no mean")
    count = x.real.dtype.type(math.prod(x.shape[axis] for axis in axes))
    mean = rounding(rounding(sum_over(rounding, rounding(x * x), axes, True)) / count)
    return rounding(x * _inverse_root(rounding, mean, eps)) * _as_last(weight, x)


def _scaled_channels(rounding: Rounding, y: Array, weight: Array, bias: Array) -> Array:
    return rounding(y * _of_channels(weight, y)) + _of_channels(bias, y)


def _batch_norm(rounding: Rounding, x: Array, weight: Array, bias: Array, eps: float) -> Array:
    """Every channel by the statistics of all samples and places."""
    axes = (1, *range(3, x.ndim))
    if x.ndim < 3 or math.prod(x.shape[axis] for axis in axes) < 2:
        raise ValueError(f"not more than one element a channel: {x.shape[1:]}")
    return _scaled_channels(rounding, _standardised(rounding, x, axes, eps), weight, bias)


def _batch_norm_inference(
    rounding: Rounding,
    x: Array,
    weight: Array,
    bias: Array,
    means: tuple[float, ...],
    variances: tuple[float, ...],
    eps: float,
) -> Array:
    """Every channel by statistics given."""
    width = x.real.dtype.type
    mean, variance = (np.broadcast_to(np.array(known, width), (len(x), len(known))) for known in (means, variances))
    factor = _inverse_root(rounding, rounding(_of_channels(variance, x)), eps)
    return _scaled_channels(rounding, rounding((x - rounding(_of_channels(mean, x))) * factor), weight, bias)


def _group_norm(rounding: Rounding, x: Array, weight: Array, bias: Array, groups: int, eps: float) -> Array:
    """Neighbouring channels of a sample together."""
    if x.ndim < 3 or groups < 1 or x.shape[2] % groups:
        raise ValueError(f"{groups} groups of the channels of {x.shape[1:]}")
    grouped = x.reshape(*x.shape[:2], groups, x.shape[2] // groups, *x.shape[3:])
    y = _standardised(rounding, grouped, tuple(range(3, grouped.ndim)), eps)
    return _scaled_channels(rounding, y.reshape(x.shape), weight, bias)


def _instance_norm(rounding: Rounding, x: Array, weight: Array, bias: Array, eps: float) -> Array:
    """Every channel of every sample by itself."""
    if x.ndim < 4 or math.prod(x.shape[3:]) < 2:
        raise ValueError(f"not more than one element a channel: {x.shape[1:]}")
    return _group_norm(rounding, x, weight, bias, x.shape[2], eps)


def _norm(rounding: Rounding, x: Array, axis: int) -> Array:
    return rounding(np.sqrt(rounding(sum_over(rounding, rounding(x * x), (axis + 1,), True))))


def _l2_normalize(rounding: Rounding, x: Array, axis: int, eps: float) -> Array:
    """Divided by max(norm, eps)."""
    norm = _norm(rounding, x, axis)
    return x / np.where(norm.real > eps, norm, norm.real.dtype.type(eps))


def _l2_normalize_decision(x: Array, axis: int, eps: float) -> Array:
    return np.sum(x.real * x.real, axis=axis + 1) > eps * eps


def _layered(choices: Choices, shape: Shape) -> Arrangement:
    count = choices.one_of(1, 2) if len(shape) > 2 else 1
    return Arrangement((shape[-count:],) * 2, {"eps": _draw_eps(choices)})


def _rooted(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape[-1:],), {"eps": _draw_eps(choices)})


def _channelled(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement(((shape[1],),) * 2, {"eps": _draw_eps(choices)})


def _inferring(choices: Choices, shape: Shape) -> Arrangement:
    first = choices.below(2)
    means = tuple((0.5, -0.75)[(first + channel) % 2] for channel in range(shape[1]))
    variances = tuple((0.5, 1.75)[(first + channel) % 2] for channel in range(shape[1]))
    return Arrangement(((shape[1],),) * 2, {"eps": _draw_eps(choices), "means": means, "variances": variances})


def _grouping(choices: Choices, shape: Shape) -> Arrangement:
    groups = choices.one_of(2, 1) if shape[1] % 2 == 0 else 1
    return Arrangement(((shape[1],),) * 2, {"eps": _draw_eps(choices), "groups": groups})


def _normalising(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"axis": choices.below(len(shape)), "eps": choices.one_of(0.0625, 1.5)})


def _is_filled_matrix(shape: Shape) -> bool:
    return 2 <= len(shape) <= 4 and 0 not in shape


def _has_several_elements(shape: Shape) -> bool:
    return 2 <= len(shape) <= 4 and 0 not in shape and shape[0] * math.prod(shape[2:]) > 2


def _has_wide_channels(shape: Shape) -> bool:
    return 3 <= len(shape) <= 4 and 0 not in shape and math.prod(shape[2:]) > 2


_EPS = {"eps": _is_positive_real}
_STATISTICS = {"means": _are_reals, "variances": _are_positive_reals}

_NO_SPREAD: Points = (point("equal elements", 0.75, ordinary, ordinary),)

OPS = (
    Op("layer_norm", "layers", _layer_norm, _layered, attributes=_EPS, accepts=_is_filled_matrix,
       special=_NO_SPREAD, **_AFFINE),  # type: ignore[arg-type]
    Op("rms_norm", "layers", _rms_norm, _rooted, operands=("float", "float"), attributes=_EPS, accepts=_is_filled_matrix,
       domains=(_WEIGHT, _WEIGHT), special=(point("first operand 0", 0.0, ordinary),)),
    Op("batch_norm", "layers", _batch_norm, _channelled, attributes=_EPS, accepts=_has_several_elements,
       example=(2, 2, 3), special=_NO_SPREAD, **_AFFINE),  # type: ignore[arg-type]
    Op("batch_norm_inference", "layers", _batch_norm_inference, _inferring, attributes={**_EPS, **_STATISTICS},
       accepts=_is_filled_matrix, example=(2, 2, 3), **_AFFINE),  # type: ignore[arg-type]
    Op("group_norm", "layers", _group_norm, _grouping, attributes={**_EPS, "groups": is_index},
       accepts=_has_wide_channels, example=(1, 4, 3), special=_NO_SPREAD, **_AFFINE),  # type: ignore[arg-type]
    Op("instance_norm", "layers", _instance_norm, _channelled, attributes=_EPS, accepts=_has_wide_channels,
       example=(2, 2, 4), special=_NO_SPREAD, **_AFFINE),  # type: ignore[arg-type]
    Op("l2_normalize", "layers", _l2_normalize, _normalising, decision=_l2_normalize_decision,
       attributes={"axis": is_index, **_EPS}, accepts=lambda shape: 1 <= len(shape) <= 4 and 0 not in shape,
       special=delicate_at(0.0)),
)  # fmt: skip
