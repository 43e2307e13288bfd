"""Images made larger or smaller: interpolation, and channels spread over places."""

from __future__ import annotations

import math

import numpy as np

from autograd_conformance.graph import Shape
from autograd_conformance.ops.arithmetic import sum_over
from autograd_conformance.ops.convolution import has_image_axes, is_positive, per_axis, require_axes
from autograd_conformance.ops.op import Arrangement, Array, Choices, Op, Rounding, is_flag


def _nearest(_rounding: Rounding, x: Array, size: int, is_centred: bool) -> Array:
    """Element i of ``size`` is that at i L / size, rounded down; between centres of elements at (i + 1/2) L / size."""
    require_axes(x, (size,))
    length = x.shape[-1]
    return x[..., ((2 * np.arange(size) + is_centred) * length) // (2 * size)]


def _interpolated(rounding: Rounding, x: Array, size: int, axis: int, align_corners: bool) -> Array:
    """Linear interpolation along an axis, between centres of elements or between the first and the last.

    Frameworks round the place before what makes it small is taken off, half an element or half a step; by that an element
    just beside it may get a weight.
    """
    length, width = x.shape[axis], x.real.dtype.type
    at = np.arange(size, dtype=width)
    step = width(length - 1) / width(max(size - 1, 1)) if align_corners else width(length) / width(size)
    centre = np.tile((at + width(0.5)) * step, (len(x), 1))
    place = at * step if align_corners else (at + width(0.5)) * step - width(0.5)
    place = np.clip(place + (rounding(centre) - centre), 0, length - 1)
    weights = np.maximum(1 - np.abs(place[..., None] - np.arange(length, dtype=width)), 0)
    last = np.moveaxis(x, axis, -1)
    weights = weights.reshape(len(x), *[1] * (x.ndim - 2), size, length)
    terms = rounding(weights * last[..., None, :])
    return np.moveaxis(sum_over(rounding, terms, (terms.ndim - 1,)), -1, axis)


def _linear(rounding: Rounding, x: Array, size: int, align_corners: bool) -> Array:
    require_axes(x, (size,))
    return _interpolated(rounding, x, size, 3, align_corners)


def _bilinear(rounding: Rounding, x: Array, size: tuple[int, ...], align_corners: bool) -> Array:
    require_axes(x, size)
    for axis, wanted in enumerate(size, start=3):
        x = rounding(_interpolated(rounding, x, wanted, axis, align_corners))
    return x


def _resized_extent(shape: Shape, *, size: int | tuple[int, ...], **_attributes: bool) -> int:
    """One axis after the other becomes as long as asked for, each new element made of all the old ones."""
    wanted = size if isinstance(size, tuple) else (size,)
    return math.prod(shape[:2]) * math.prod(map(max, zip(shape[2:], wanted, strict=True))) * max(shape[2:])


def _pixel_shuffle(_rounding: Rounding, x: Array, factor: int) -> Array:
    """(N, C r r, H, W) to (N, C, H r, W r): channels become places."""
    require_axes(x, (1, 1))
    copies, samples, channels, high, wide = x.shape
    blocks = x.reshape(copies, samples, channels // factor**2, factor, factor, high, wide)
    return blocks.transpose(0, 1, 2, 5, 3, 6, 4).reshape(copies, samples, -1, high * factor, wide * factor)


def _pixel_unshuffle(_rounding: Rounding, x: Array, factor: int) -> Array:
    """(N, C, H r, W r) to (N, C r r, H, W): the reverse."""
    require_axes(x, (1, 1))
    copies, samples, channels, high, wide = x.shape
    blocks = x.reshape(copies, samples, channels, high // factor, factor, wide // factor, factor)
    return blocks.transpose(0, 1, 2, 4, 6, 3, 5).reshape(copies, samples, -1, high // factor, wide // factor)


def _nearby(choices: Choices, shape: Shape) -> Arrangement:
    """No place is half way between two elements."""
    size = choices.one_of(2 * shape[2], 3 * shape[2], 2)
    return Arrangement((), {"size": size, "is_centred": choices.below(2) == 0})


def _between(choices: Choices, shape: Shape) -> Arrangement:
    size = choices.one_of(shape[2] + 2, 2 * shape[2], 2)
    return Arrangement((), {"size": size, "align_corners": choices.below(2) == 0})


def _between2d(choices: Choices, shape: Shape) -> Arrangement:
    size = choices.one_of((shape[2] + 1, 2), (2, shape[3] + 2))
    return Arrangement((), {"size": size, "align_corners": choices.below(2) == 0})


def _doubled(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"factor": 2})


OPS = (
    Op(
        "interpolate_nearest", "layers", _nearest, _nearby, attributes={"size": is_positive, "is_centred": is_flag},
        accepts=has_image_axes(1, 3), example=(1, 2, 4), extent=_resized_extent,
    ),
    Op(
        "interpolate_linear", "layers", _linear, _between, attributes={"size": is_positive, "align_corners": is_flag},
        accepts=has_image_axes(1, 3), example=(1, 2, 4), extent=_resized_extent,
    ),
    Op(
        "interpolate_bilinear", "layers", _bilinear, _between2d,
        attributes={"size": per_axis(2, 1), "align_corners": is_flag}, accepts=has_image_axes(2, 3), example=(1, 2, 3, 4),
        extent=_resized_extent,
    ),
    Op(
        "pixel_shuffle", "layers", _pixel_shuffle, _doubled, attributes={"factor": is_positive},
        accepts=has_image_axes(2, 1, 4), example=(1, 4, 2, 3),
    ),
    Op(
        "pixel_unshuffle", "layers", _pixel_unshuffle, _doubled, attributes={"factor": is_positive},
        accepts=lambda shape: has_image_axes(2, 2)(shape) and not (shape[2] % 2 or shape[3] % 2), example=(1, 2, 2, 4),
    ),
)  # fmt: skip
