"""Padding by what the array itself holds at its ends, or by a constant."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from autograd_conformance.graph import Shape
from autograd_conformance.ops.convolution import require_axes
from autograd_conformance.ops.op import Arrangement, Array, Choices, Op, Rounding, is_pairs, is_real

_SOURCES: dict[str, Callable[[Array, int], Array]] = {
    "reflect": lambda place, size: size - 1 - np.abs(size - 1 - np.abs(place)),
    "symmetric": lambda place, size: np.minimum(np.where(place < 0, -1 - place, place), 2 * size - 1 - place),
    "replicate": lambda place, size: np.clip(place, 0, size - 1),
    "circular": lambda place, size: place % size,
}
"""Which element stands at a place outside, by mode: -1 is the place before the first element."""

_WIDEST = {"reflect": -1, "symmetric": 0, "replicate": 4096, "circular": 0}
"""How much wider than the axis the padding may be."""


def _pad_by(mode: str) -> Callable[..., Array]:
    def meaning(_rounding: Rounding, x: Array, widths: tuple[tuple[int, int], ...]) -> Array:
        require_axes(x, widths)  # type: ignore[arg-type]
        for axis, (before, after) in enumerate(widths, start=3):
            size = x.shape[axis]
            if max(before, after) > size + _WIDEST[mode]:
                raise ValueError(f"{mode} padding of {before}, {after} around {size} elements")
            x = np.take(x, _SOURCES[mode](np.arange(-before, size + after), size), axis=axis)
        return x

    return meaning


def _padded_extent(shape: Shape, widths: tuple[tuple[int, int], ...], value: float = 0.0) -> int:
    leading = len(shape) - len(widths)
    sizes = (size + before + after for size, (before, after) in zip(shape[leading:], widths, strict=True))
    return math.prod(shape[:leading]) * math.prod(sizes)


def _pad_widths(choices: Choices, shape: Shape) -> Arrangement:
    pairs = ((1, 2), (2, 0)) if len(shape) == 3 else ((1, 0), (0, 2))
    return Arrangement((), {"widths": (choices.one_of(*pairs), *(choices.one_of((1, 1), (0, 1)) for _ in shape[3:]))})


def _pad_constant(_rounding: Rounding, x: Array, widths: tuple[tuple[int, int], ...], value: float) -> Array:
    if len(widths) != x.ndim - 1:
        raise ValueError(f"{len(widths)} pairs of widths for {x.ndim - 1} axes")
    return np.pad(x, ((0, 0), *widths), constant_values=value)


def _constant_widths(choices: Choices, shape: Shape) -> Arrangement:
    widths = tuple((choices.below(2), choices.below(2)) for _ in shape)
    return Arrangement((), {"widths": widths, "value": choices.one_of(-1.5, 0.75)})


OPS = (
    *(
        Op(
            f"pad_{mode}", "windows", _pad_by(mode), _pad_widths, attributes={"widths": is_pairs},
            accepts=lambda shape: 3 <= len(shape) <= 4 and 0 not in shape and min(shape[2:]) >= 3,
            example=(1, 2, 4), extent=_padded_extent,
        )
        for mode in _SOURCES
    ),
    Op(
        "pad_constant", "windows", _pad_constant, _constant_widths, attributes={"widths": is_pairs, "value": is_real},
        accepts=lambda shape: 1 <= len(shape) <= 3, extent=_padded_extent,
    ),
)  # fmt: skip
