"""Convolutions, pooling, unfolding and padding modes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops import convolution, padding, pooling
from autograd_conformance.ops.arithmetic import at
from autograd_conformance.ops.convolution import (
    has_image_axes,
    is_positive,
    overlap_add,
    pad_around,
    per_axis,
    positions_of,
    require_axes,
    windows_of,
)
from autograd_conformance.ops.op import (
    Arrangement,
    Array,
    Choices,
    Interval,
    Op,
    Rounding,
    is_index,
)

_MODERATE = Interval(-8.0, 8.0)


def _on_one_axis(meaning: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """A meaning or extent over one axis, whose named attributes are numbers instead of tuples."""

    def over_the_last(*operands: Any, **attributes: Any) -> Any:
        return meaning(*operands, **{k: (v,) if k in names else v for k, v in attributes.items()})

    return over_the_last


def _conv2d_kernel(choices: Choices, shape: Shape) -> Arrangement:
    attributes: dict[str, Attribute] = {
        "stride": choices.one_of((1, 1), (2, 1)),
        "padding": choices.one_of((0, 0), (0, 1)),
        "dilation": choices.one_of((1, 1), (1, 2)),
    }
    return Arrangement(((2, shape[1], 2, choices.one_of(2, 1)),), attributes)


def _conv3d_kernel(choices: Choices, shape: Shape) -> Arrangement:
    attributes: dict[str, Attribute] = {"stride": choices.one_of((1, 1, 1), (1, 2, 1)), "padding": (0, 0, 1)}
    return Arrangement(((2, shape[1], 1, 2, 2),), attributes)


def _grouped2d_kernel(choices: Choices, shape: Shape) -> Arrangement:
    groups = choices.one_of(2, shape[1])
    attributes: dict[str, Attribute] = {
        "stride": choices.one_of((1, 1), (2, 2)),
        "padding": choices.one_of((0, 0), (1, 0)),
        "groups": groups,
    }
    return Arrangement(((shape[1] * choices.one_of(1, 2), shape[1] // groups, 2, 2),), attributes)


def _grouped1d_kernel(choices: Choices, shape: Shape) -> Arrangement:
    attributes: dict[str, Attribute] = {
        "stride": choices.one_of(1, 2),
        "padding": choices.one_of(0, 2),
        "dilation": choices.one_of(2, 1),
        "groups": 2,
    }
    return Arrangement(((shape[1] * choices.one_of(1, 2), shape[1] // 2, 2),), attributes)


def _spread1d_kernel(choices: Choices, shape: Shape) -> Arrangement:
    attributes: dict[str, Attribute] = {
        "stride": 2,
        "padding": choices.one_of(0, 1),
        "output_padding": choices.below(2),
    }
    return Arrangement(((shape[1], 2, choices.one_of(2, 3)),), attributes)


def _spread2d_kernel(choices: Choices, shape: Shape) -> Arrangement:
    attributes: dict[str, Attribute] = {
        "stride": (2, 1),
        "padding": choices.one_of((0, 0), (0, 1)),
        "output_padding": (choices.below(2), 0),
    }
    return Arrangement(((shape[1], 2, 2, choices.one_of(2, 3)),), attributes)


def _unfold(_rounding: Rounding, x: Array, window: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Array:
    """Every window as a column: (N, C, H, W) to (N, C window, positions)."""
    require_axes(x, window, stride, padding, dilation)
    seen = windows_of(pad_around(x, padding), window, stride, dilation)
    moved = seen.transpose(0, 1, 2, 5, 6, 3, 4)
    return moved.reshape(*x.shape[:2], x.shape[2] * math.prod(window), math.prod(moved.shape[-2:]))


def _fold(
    rounding: Rounding, x: Array, size: Shape, window: Shape, stride: Shape, padding: Shape, dilation: Shape
) -> Array:
    """Columns (N, C window, positions) added up to an image (N, C, *size): the transpose of `unfold`."""
    padded = tuple(length + 2 * more for length, more in zip(size, padding, strict=True))
    settings = zip(padded, window, stride, dilation, strict=True)
    positions = tuple(positions_of(*setting) for setting in settings)
    taps = math.prod(window)
    if x.ndim != 4 or 0 in x.shape or x.shape[2] % taps or x.shape[3] != math.prod(positions):
        raise ValueError(f"columns of shape {x.shape[1:]} for windows {window} at {positions}")
    columns = x.reshape(*x.shape[:2], x.shape[2] // taps, *window, *positions).transpose(0, 1, 2, 5, 6, 3, 4)
    total = overlap_add(rounding, columns, window, stride, dilation)
    ends = (max(length - found, 0) for length, found in zip(padded, total.shape[3:], strict=True))
    full = np.pad(total, ((0, 0), (0, 0), (0, 0), *((0, end) for end in ends)))
    kept = tuple(slice(more, more + length) for more, length in zip(padding, size, strict=True))
    return full[at(..., *kept)]


def _fold_extent(shape: Shape, size: Shape, window: Shape, stride: Shape, padding: Shape, dilation: Shape) -> int:
    """The padded image, or its windows."""
    padded = math.prod(length + 2 * more for length, more in zip(size, padding, strict=True))
    return max(math.prod(shape), shape[0] * shape[1] * padded, convolution.TAP_COST * math.prod(window))


_COLUMNS = {"window": per_axis(2, 1), "stride": per_axis(2, 1), "padding": per_axis(2, 0), "dilation": per_axis(2, 1)}


def _columns(choices: Choices, shape: Shape) -> Arrangement:
    attributes: dict[str, Attribute] = {
        "window": choices.one_of((2, 2), (1, 2)),
        "stride": choices.one_of((1, 2), (1, 1)),
        "padding": choices.one_of((0, 0), (0, 1)),
        "dilation": choices.one_of((1, 1), (2, 1)),
    }
    return Arrangement((), attributes)


def _folding(choices: Choices, shape: Shape) -> Arrangement:
    """A window of 2 by 2 at 2 by n positions, a row of them for odd numbers; nothing is cut from an image of two columns."""
    rows = 2 if shape[2] % 2 == 0 else 1
    columns = shape[2] // rows
    stride, dilation = choices.one_of((1, 1), (1, 2)), choices.one_of((1, 1), (2, 1))
    cut = choices.one_of((0, 0), (0, 1)) if columns > 1 else (0, 0)
    size = (rows - 1 + dilation[0] + 1, (columns - 1) * stride[1] + 2 - 2 * cut[1] + (stride[1] == 2))
    attributes: dict[str, Attribute] = {
        "size": size, "window": (2, 2), "stride": stride, "padding": cut, "dilation": dilation,
    }  # fmt: skip
    return Arrangement((), attributes)


def _unfold_extent(shape: Shape, *, window: Shape, stride: Shape, padding: Shape, dilation: Shape) -> int:
    return convolution.windowed_extent(shape, window=window, stride=stride, padding=padding)


def _weighted(
    name: str, meaning: Callable[..., Any], arrange: Callable[[Choices, Shape], Arrangement], **entry: Any
) -> Op:
    return Op(
        name, "windows", meaning, arrange, operands=("float", "float"), domains=(_MODERATE, _MODERATE), **entry,
    )  # fmt: skip


OPS = (
    _weighted(
        "conv2d", convolution.convolve, _conv2d_kernel, accepts=has_image_axes(2, 3), example=(1, 2, 3, 4),
        attributes={"stride": per_axis(2, 1), "padding": per_axis(2, 0), "dilation": per_axis(2, 1)},
        extent=convolution.convolution_extent,
    ),
    _weighted(
        "conv3d", convolution.convolve, _conv3d_kernel, accepts=has_image_axes(3, 2), example=(1, 2, 2, 3, 2),
        attributes={"stride": per_axis(3, 1), "padding": per_axis(3, 0)}, extent=convolution.convolution_extent,
    ),
    _weighted(
        "conv1d_grouped", _on_one_axis(convolution.convolve, "stride", "padding", "dilation"), _grouped1d_kernel,
        accepts=has_image_axes(1, 3, 2), example=(1, 4, 5),
        attributes={"stride": is_positive, "padding": is_index, "dilation": is_positive, "groups": is_positive},
        extent=_on_one_axis(convolution.convolution_extent, "stride", "padding", "dilation"),
    ),
    _weighted(
        "conv2d_grouped", convolution.convolve, _grouped2d_kernel, accepts=has_image_axes(2, 2, 2), example=(1, 4, 3, 3),
        attributes={"stride": per_axis(2, 1), "padding": per_axis(2, 0), "groups": is_positive},
        extent=convolution.convolution_extent,
    ),
    _weighted(
        "conv_transpose1d", _on_one_axis(convolution.convolve_transposed, "stride", "padding", "output_padding"),
        _spread1d_kernel, accepts=has_image_axes(1, 2), example=(1, 2, 4),
        attributes={"stride": is_positive, "padding": is_index, "output_padding": is_index},
        extent=_on_one_axis(convolution.transposed_extent, "stride", "padding", "output_padding"),
    ),
    _weighted(
        "conv_transpose2d", convolution.convolve_transposed, _spread2d_kernel, accepts=has_image_axes(2, 2),
        example=(1, 2, 2, 3), extent=convolution.transposed_extent,
        attributes={"stride": per_axis(2, 1), "padding": per_axis(2, 0), "output_padding": per_axis(2, 0)},
    ),
    Op(
        "unfold", "windows", _unfold, _columns, attributes=_COLUMNS,
        accepts=has_image_axes(2, 3), example=(1, 2, 3, 4), extent=_unfold_extent,
    ),
    Op(
        "fold", "windows", _fold, _folding, accepts=lambda shape: len(shape) == 3 and 0 not in shape and shape[1] % 4 == 0
        and shape[2] > 1, example=(1, 8, 6), extent=_fold_extent,
        attributes={**_COLUMNS, "size": per_axis(2, 1)},
    ),
    *pooling.OPS,
    *padding.OPS,
)  # fmt: skip
