"""Sliding windows over any number of axes, and the convolutions made of them.

Arrays are batched images (K, N, C, *S): K perturbed copies, N samples, C channels and the sizes S of the axes that the
windows slide over.  ``window``, ``stride``, ``padding`` and ``dilation`` have one number for each of those axes.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import at, contract
from autograd_conformance.ops.op import Array, Rounding, is_index

TAP_COST = 64
"""Elements that one step of a loop over the places of a window costs at least."""


def is_positive(value: Attribute) -> bool:
    return is_index(value) and value != 0


def per_axis(count: int, least: int) -> Callable[[Attribute], bool]:
    """Whether an attribute is a tuple of ``count`` integers that are ``least`` at least."""

    def accepts(value: Attribute) -> bool:
        if not isinstance(value, tuple) or len(value) != count:
            return False
        return all(is_index(one) and one >= least for one in value)  # type: ignore[operator]

    return accepts


def has_image_axes(count: int, least: int, channels: int = 1) -> Callable[[Shape], bool]:
    """Whether a shape is that of an image of ``count`` axes with ``least`` elements and a multiple of ``channels``."""

    def accepts(shape: Shape) -> bool:
        return len(shape) == count + 2 and 0 not in shape and min(shape[2:]) >= least and shape[1] % channels == 0

    return accepts


def require_axes(x: Array, *settings: tuple[int, ...]) -> None:
    """Raises ValueError unless ``x`` is an image with something in it and each setting has a number for each axis."""
    if x.ndim < 4 or 0 in x.shape:
        raise ValueError(f"not an image with channels: {x.shape[1:]}")
    if any(len(setting) != x.ndim - 3 for setting in settings):
        raise ValueError(f"{settings} do not have one number for each of {x.ndim - 3} axes")


def positions_of(size: int, window: int, stride: int, dilation: int = 1) -> int:
    """How many windows fit into ``size`` elements; raises ValueError when none does."""
    count = (size - dilation * (window - 1) - 1) // stride + 1
    if count < 1:
        raise ValueError(f"a window of {window} with dilation {dilation} does not fit into {size} elements")
    return count


def pad_around(x: Array, padding: tuple[int, ...], value: float = 0.0) -> Array:
    """``value`` on both ends of the last axes."""
    if not any(padding):
        return x
    return np.pad(x, (*((0, 0),) * (x.ndim - len(padding)), *((p, p) for p in padding)), constant_values=value)


def windows_of(x: Array, window: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = ()) -> Array:
    """Windows over the last axes: (..., *S) to (..., *positions, *window)."""
    count = len(window)
    indices = []
    for axis, size in enumerate(x.shape[-count:]):
        spread = dilation[axis] if dilation else 1
        starts = np.arange(positions_of(size, window[axis], stride[axis], spread)) * stride[axis]
        shape = [1] * (2 * count)
        shape[axis], shape[count + axis] = starts.size, window[axis]
        indices.append((starts[:, None] + spread * np.arange(window[axis])).reshape(shape))
    return x[at(..., *indices)]


def convolve(
    rounding: Rounding,
    x: Array,
    kernel: Array,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...] = (),
    groups: int = 1,
) -> Array:
    """Cross-correlation of (N, C, *S) with (O, C / groups, *window), zeros around the image.

    Group i of the output channels sees group i of the input channels only.
    """
    require_axes(x, stride, padding, dilation or stride)
    require_axes(kernel, stride)
    samples, channels = x.shape[1:3]
    if kernel.shape[2] * groups != channels or kernel.shape[1] % groups:
        raise ValueError(f"a kernel of shape {kernel.shape[1:]} for {channels} channels in {groups} groups")
    count = len(stride)
    seen = windows_of(pad_around(x, padding), kernel.shape[3:], stride, dilation)
    positions = seen.shape[3 : 3 + count]
    seen = seen.reshape(len(x), samples, groups, channels // groups, math.prod(positions), -1)
    weights = kernel.reshape(len(x), groups, kernel.shape[1] // groups, kernel.shape[2], -1)
    total = contract(rounding, "ngcpw,gocw->ngop", seen, weights)
    return total.reshape(len(x), samples, kernel.shape[1], *positions)


def overlap_add(
    rounding: Rounding, terms: Array, window: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = ()
) -> Array:
    """Adds windows (..., *positions, *window) up where they lie: the transpose of `windows_of`, on the smallest array."""
    count = len(window)
    dilation = dilation or (1,) * count
    positions = terms.shape[-2 * count : -count]
    settings = tuple(zip(positions, window, stride, dilation, strict=True))
    sizes = tuple((places - 1) * step + spread * (width - 1) + 1 for places, width, step, spread in settings)
    total = np.zeros((*terms.shape[: -2 * count], *sizes), terms.dtype)
    for tap in np.ndindex(*window):
        places = tuple(
            slice(at * spread, at * spread + (places - 1) * step + 1, step)
            for at, (places, _, step, spread) in zip(tap, settings, strict=True)
        )
        total[at(..., *places)] = rounding(total[at(..., *places)] + terms[at(..., *tap)])
    return total


def convolve_transposed(
    rounding: Rounding,
    x: Array,
    kernel: Array,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    output_padding: tuple[int, ...],
) -> Array:
    """Every element of (N, C, *S) spreads a window of (C, O, *window); ``padding`` is cut off around the result.

    ``output_padding`` elements more are kept at the end of each axis, and zero where no window reaches.
    """
    require_axes(x, stride, padding, output_padding)
    require_axes(kernel, stride)
    if kernel.shape[1] != x.shape[2] or any(more >= step for more, step in zip(output_padding, stride, strict=True)):
        raise ValueError(
            f"kernel {kernel.shape[1:]}, output padding {output_padding} do not fit {x.shape[1:]}, {stride}"
        )
    flat = contract(
        rounding, "ncs,cow->nosw", x.reshape(*x.shape[:3], -1), kernel.reshape(*kernel.shape[:3], -1)
    )  # fmt: skip
    terms = flat.reshape(len(x), x.shape[1], kernel.shape[2], *x.shape[3:], *kernel.shape[3:])
    full = overlap_add(rounding, terms, kernel.shape[3:], stride)
    full = np.pad(full, ((0, 0), (0, 0), (0, 0), *((0, more) for more in output_padding)))
    kept = tuple(slice(cut, size - cut) for cut, size in zip(padding, full.shape[3:], strict=True))
    result = full[at(..., *kept)]
    if 0 in result.shape:
        raise ValueError(f"padding {padding} leaves nothing")
    return result


def convolution_extent(
    shape: Shape,
    kernel: Shape,
    *,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...] = (),
    groups: int = 1,
) -> int:
    """The padded image, or every window for every output channel."""
    return windowed_extent(shape, window=kernel[2:], stride=stride, padding=padding) * kernel[0]


def windowed_extent(shape: Shape, *, window: Shape, stride: tuple[int, ...], padding: tuple[int, ...] = ()) -> int:
    """The padded image, or every window."""
    padded = [size + 2 * more for size, more in zip(shape[2:], padding or (0,) * len(stride), strict=True)]
    windows = math.prod(size // step + 1 for size, step in zip(padded, stride, strict=True)) * math.prod(window)
    return math.prod(shape[:2]) * max(math.prod(padded), windows)


def transposed_extent(
    shape: Shape, kernel: Shape, *, stride: tuple[int, ...], padding: tuple[int, ...], output_padding: tuple[int, ...]
) -> int:
    """The result before it is cut, or every window for every channel of both sides."""
    settings = zip(shape[2:], kernel[2:], stride, output_padding, strict=True)
    full = math.prod(size * step + width + more for size, width, step, more in settings)
    spread = math.prod(kernel[1:]) * math.prod(shape)
    return max(shape[0] * kernel[1] * full, spread, TAP_COST * math.prod(kernel[2:]))
