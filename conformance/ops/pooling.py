"""Means, largest elements and norms of windows."""

from __future__ import annotations

import math

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import sum_over
from autograd_conformance.ops.convolution import (
    TAP_COST,
    has_image_axes,
    is_positive,
    pad_around,
    per_axis,
    require_axes,
    windowed_extent,
    windows_of,
)
from autograd_conformance.ops.op import Arrangement, Array, Choices, Interval, Op, Rounding, is_flag
from autograd_conformance.ops.points import TIES, ends_at, point, with_zeros

_POSITIVE = Interval(0.25, 8.0)
_POOLING = {"window": per_axis(2, 1), "stride": per_axis(2, 1), "padding": per_axis(2, 0)}


def _pooling_windows(x: Array, window: Shape, stride: Shape, padding: Shape, value: float) -> Array:
    require_axes(x, window, stride, padding)
    if any(2 * more > width for more, width in zip(padding, window, strict=True)):
        raise ValueError(f"padding {padding} is more than half a window of {window}")
    return windows_of(pad_around(x, padding, value), window, stride)


def _avg_pool(
    rounding: Rounding, x: Array, window: Shape, stride: Shape, padding: Shape, count_include_pad: bool
) -> Array:
    """The mean of every window; zeros around the image count as elements, or do not."""
    axes = tuple(range(-len(window), 0))
    seen = _pooling_windows(x, window, stride, padding, 0.0)
    over = tuple(axis + seen.ndim for axis in axes)
    total = rounding(sum_over(rounding, seen, over))
    if count_include_pad:
        return total / x.real.dtype.type(math.prod(window))
    present = _pooling_windows(np.ones((1, 1, 1, *x.shape[3:]), x.real.dtype), window, stride, padding, 0.0)
    return total / np.sum(present, axis=axes)


def _avg_pool1d(rounding: Rounding, x: Array, window: int, stride: int) -> Array:
    return _avg_pool(rounding, x, (window,), (stride,), (0,), True)


def _max_pool2d(_rounding: Rounding, x: Array, window: Shape, stride: Shape, padding: Shape) -> Array:
    return np.max(_pooling_windows(x, window, stride, padding, -np.inf), axis=(-2, -1))


def _max_pool2d_decision(x: Array, window: Shape, stride: Shape, padding: Shape) -> Array:
    seen = _pooling_windows(x, window, stride, padding, -np.inf)
    return seen == np.max(seen, axis=(-2, -1), keepdims=True)


def _lp_pool1d(rounding: Rounding, x: Array, power: int, window: int, stride: int) -> Array:
    """(sum over the window of x ** power) ** (1 / power)."""
    require_axes(x, (window,))
    powers = x
    for _ in range(power - 1):
        powers = rounding(powers * x)
    seen = windows_of(powers, (window,), (stride,))
    total = rounding(sum_over(rounding, seen, (seen.ndim - 1,)))
    return np.power(total, 1 / x.real.dtype.type(power))


def _lp_pool1d_decision(x: Array, power: int, window: int, stride: int) -> Array:
    """Whether there is anything in a window: the root has a kink where there is nothing."""
    seen = windows_of(x, (window,), (stride,))
    return np.any(seen != 0, axis=-1)


def _adaptive_bins(length: int, size: int) -> list[slice]:
    """As many overlapping slices as asked for: from i L / size, rounded down, to (i + 1) L / size, rounded up."""
    return [slice(i * length // size, -(-(i + 1) * length // size)) for i in range(size)]


def _adaptive_avg_pool1d(rounding: Rounding, x: Array, size: int) -> Array:
    require_axes(x, (size,))
    means = []
    for part in _adaptive_bins(x.shape[-1], size):
        total = rounding(sum_over(rounding, x[..., part], (x.ndim - 1,)))
        means.append(total / x.real.dtype.type(part.stop - part.start))
    return np.stack(means, axis=-1)


def _pool1d(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"window": choices.one_of(2, 3), "stride": choices.one_of(1, 2)})


def _pool2d(choices: Choices, shape: Shape) -> Arrangement:
    attributes: dict[str, Attribute] = {
        "window": choices.one_of((2, 2), (2, 3)),
        "stride": choices.one_of((1, 1), (1, 2)),
        "padding": choices.one_of((0, 0), (1, 0)),
    }
    return Arrangement((), attributes)


def _counting_pool2d(choices: Choices, shape: Shape) -> Arrangement:
    drawn = _pool2d(choices, shape)
    return Arrangement((), {**drawn.attributes, "count_include_pad": choices.below(2) == 0})


def _power_pool1d(choices: Choices, shape: Shape) -> Arrangement:
    drawn = _pool1d(choices, shape)
    return Arrangement((), {**drawn.attributes, "power": choices.one_of(2, 3)})


def _adaptive_size(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"size": choices.one_of(2, 3)})


def _pool1d_extent(shape: Shape, *, window: int, stride: int, power: int = 1) -> int:
    return power * windowed_extent(shape, window=(window,), stride=(stride,))


def _pool2d_extent(
    shape: Shape, *, window: Shape, stride: Shape, padding: Shape, count_include_pad: bool = True
) -> int:
    return windowed_extent(shape, window=window, stride=stride, padding=padding)


def _adaptive_extent(shape: Shape, size: int) -> int:
    """Neighbouring bins overlap by an element at most."""
    return math.prod(shape) + math.prod(shape[:-1]) * size * TAP_COST


OPS = (
    Op(
        "avg_pool1d", "windows", _avg_pool1d, _pool1d, attributes={"window": is_positive, "stride": is_positive},
        accepts=has_image_axes(1, 3), example=(1, 2, 5), extent=_pool1d_extent,
    ),
    Op(
        "avg_pool2d", "windows", _avg_pool, _counting_pool2d, attributes={**_POOLING, "count_include_pad": is_flag},
        accepts=has_image_axes(2, 3), example=(1, 2, 3, 4), extent=_pool2d_extent,
    ),
    Op(
        "max_pool2d", "windows", _max_pool2d, _pool2d, attributes=_POOLING, decision=_max_pool2d_decision, special=TIES,
        accepts=has_image_axes(2, 3), example=(1, 2, 3, 4), extent=_pool2d_extent, is_analytic=False,
    ),
    Op(
        "lp_pool1d", "windows", _lp_pool1d, _power_pool1d, domains=(_POSITIVE,), decision=_lp_pool1d_decision,
        special=(point("a zero", with_zeros(1)), *ends_at(0.0)),
        attributes={"window": is_positive, "stride": is_positive, "power": lambda value: value in (1, 2, 3)},
        accepts=has_image_axes(1, 3), example=(1, 2, 5), extent=_pool1d_extent,
    ),
    Op(
        "adaptive_avg_pool1d", "windows", _adaptive_avg_pool1d, _adaptive_size, attributes={"size": is_positive},
        accepts=has_image_axes(1, 3), example=(1, 2, 5), extent=_adaptive_extent,
    ),
)  # fmt: skip
