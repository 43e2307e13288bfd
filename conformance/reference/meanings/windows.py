"""Convolutions, pooling, unfolding and padding modes, from their definitions in mpmath."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.arithmetic import at
from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning, each

Shape = tuple[int, ...]


def _zeros(context: Any, shape: Shape) -> Array:
    return np.full(shape, context.mpf(0), dtype=object)


def _is_inside(place: Shape, shape: Shape) -> bool:
    return all(0 <= at < size for at, size in zip(place, shape, strict=True))


def _place(position: Shape, tap: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Shape:
    """Where a tap of a window lies."""
    settings = zip(position, tap, stride, padding, dilation, strict=True)
    return tuple(at * step + reach * spread - cut for at, reach, step, cut, spread in settings)


def _positions(sizes: Shape, window: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Shape:
    settings = zip(sizes, window, stride, padding, dilation, strict=True)
    return tuple((size + 2 * cut - spread * (width - 1) - 1) // step + 1 for size, width, step, cut, spread in settings)


def _taps(window: Shape, position: Shape, sizes: Shape, *settings: Shape) -> Iterator[tuple[Shape, Shape]]:
    """The taps of a window that lie inside, and where they do."""
    for tap in np.ndindex(*window):
        place = _place(position, tap, *settings)
        if _is_inside(place, sizes):
            yield tap, place


def _convolution(
    context: Any, x: Array, kernel: Array, stride: Shape, padding: Shape, dilation: Shape = (), groups: int = 1
) -> Array:
    """The sum over the channels of a group and the taps, where the image is zero outside."""
    dilation = dilation or (1,) * len(stride)
    sizes, window = x.shape[2:], kernel.shape[2:]
    positions = _positions(sizes, window, stride, padding, dilation)
    outputs, channels = kernel.shape[:2]
    result = _zeros(context, (x.shape[0], outputs, *positions))
    for output in range(outputs):
        first = output // (outputs // groups) * channels
        for position in np.ndindex(*positions):
            for tap, place in _taps(window, position, sizes, stride, padding, dilation):
                products = (
                    x[at(slice(None), slice(first, first + channels), *place)] * kernel[at(output, slice(None), *tap)]
                )
                result[(slice(None), output, *position)] += np.sum(products, axis=1)
    return result


def _transposed(context: Any, x: Array, kernel: Array, stride: Shape, padding: Shape, output_padding: Shape) -> Array:
    """What each place gathers from the elements whose windows reach it."""
    settings = zip(x.shape[2:], kernel.shape[2:], stride, padding, output_padding, strict=True)
    sizes = tuple((size - 1) * step + width - 2 * cut + more for size, width, step, cut, more in settings)
    result = _zeros(context, (x.shape[0], kernel.shape[1], *sizes))
    for source in np.ndindex(*x.shape[2:]):
        for tap, place in _taps(kernel.shape[2:], source, sizes, stride, padding, (1,) * len(sizes)):
            products = x[at(slice(None), slice(None), *source)] @ kernel[at(slice(None), slice(None), *tap)]
            result[at(slice(None), slice(None), *place)] += products
    return result


def _pooled(of_elements: Callable[[list[Any]], Any]) -> Callable[..., Array]:
    """A function of the elements of every window that lie inside."""

    def meaning(x: Array, window: Shape, stride: Shape, padding: Shape) -> Array:
        sizes, ones = x.shape[2:], (1,) * len(window)
        positions = _positions(sizes, window, stride, padding, ones)
        result = np.empty((*x.shape[:2], *positions), dtype=object)
        for position in np.ndindex(*positions):
            seen = [x[at(..., *place)] for _, place in _taps(window, position, sizes, stride, padding, ones)]
            result[(..., *position)] = of_elements(seen)
        return result

    return meaning


def _avg_pool2d(
    _context: Any, x: Array, window: Shape, stride: Shape, padding: Shape, count_include_pad: bool
) -> Array:
    def mean(seen: list[Any]) -> Any:
        return sum(seen) / (math.prod(window) if count_include_pad else len(seen))

    return _pooled(mean)(x, window, stride, padding)


def _avg_pool1d(_context: Any, x: Array, window: int, stride: int) -> Array:
    return _pooled(lambda seen: sum(seen) / window)(x, (window,), (stride,), (0,))


def _max_pool2d(_context: Any, x: Array, window: Shape, stride: Shape, padding: Shape) -> Array:
    return _pooled(lambda seen: np.max(np.stack(seen), axis=0))(x, window, stride, padding)


def _lp_pool1d(context: Any, x: Array, power: int, window: int, stride: int) -> Array:
    def norm(seen: list[Any]) -> Any:
        return each(lambda total: context.root(total, power), sum(part**power for part in seen))

    return _pooled(norm)(x, (window,), (stride,), (0,))


def _adaptive_avg_pool1d(_context: Any, x: Array, size: int) -> Array:
    length = x.shape[-1]
    bins = [range(math.floor(i * length / size), math.ceil((i + 1) * length / size)) for i in range(size)]
    return np.stack([np.sum(x[..., list(part)], axis=-1) / len(part) for part in bins], axis=-1)


def _unfold(context: Any, x: Array, window: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Array:
    sizes = x.shape[2:]
    positions = _positions(sizes, window, stride, padding, dilation)
    result = _zeros(context, (*x.shape[:2], *window, *positions))
    for position in np.ndindex(*positions):
        for tap, place in _taps(window, position, sizes, stride, padding, dilation):
            result[at(..., *tap, *position)] = x[at(..., *place)]
    return result.reshape(x.shape[0], -1, math.prod(positions))


def _fold(context: Any, x: Array, size: Shape, window: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Array:
    positions = _positions(size, window, stride, padding, dilation)
    columns = x.reshape(x.shape[0], -1, *window, *positions)
    result = _zeros(context, (*columns.shape[:2], *size))
    for position in np.ndindex(*positions):
        for tap, place in _taps(window, position, size, stride, padding, dilation):
            result[at(..., *place)] += columns[at(..., *tap, *position)]
    return result


def _padding(mode: str) -> Meaning:
    def meaning(_context: Any, x: Array, widths: tuple[tuple[int, int], ...]) -> Array:
        return np.pad(x, ((0, 0), (0, 0), *widths), mode=mode)  # type: ignore[call-overload]

    return meaning


def _pad_constant(context: Any, x: Array, widths: tuple[tuple[int, int], ...], value: float) -> Array:
    return np.pad(x, widths, constant_values=context.mpf(value)) if x.ndim else x


def _on_one_axis(meaning: Meaning, *names: str) -> Meaning:
    return lambda context, *operands, **attributes: meaning(
        context, *operands, **{k: (v,) if k in names else v for k, v in attributes.items()}
    )


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "conv2d": _convolution,
        "conv3d": _convolution,
        "conv1d_grouped": _on_one_axis(_convolution, "stride", "padding", "dilation"),
        "conv2d_grouped": _convolution,
        "conv_transpose1d": _on_one_axis(_transposed, "stride", "padding", "output_padding"),
        "conv_transpose2d": _transposed,
        "avg_pool1d": _avg_pool1d,
        "avg_pool2d": _avg_pool2d,
        "max_pool2d": _max_pool2d,
        "lp_pool1d": _lp_pool1d,
        "adaptive_avg_pool1d": _adaptive_avg_pool1d,
        "unfold": _unfold,
        "fold": _fold,
        "pad_reflect": _padding("reflect"),
        "pad_symmetric": _padding("symmetric"),
        "pad_replicate": _padding("edge"),
        "pad_circular": _padding("wrap"),
        "pad_constant": _pad_constant,
    }
)
