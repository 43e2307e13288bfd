"""Discrete Fourier and cosine transforms.

A complex array is two real ones, its real and its imaginary part.  The meanings multiply by the matrix of the transform,
whose angles are reduced exactly before the cosine is taken.  Fast transforms are stable for a whole transform, not for each
of its elements, hence noise by the largest one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import batched
from autograd_conformance.ops.arrangements import alone, has_filled_axes
from autograd_conformance.ops.op import (
    Arrangement,
    Array,
    Choices,
    Interval,
    Kind,
    Op,
    Rounding,
    is_flag,
    is_indices,
    outer_extent,
)

_MODERATE = Interval(-8.0, 8.0)
_LAST = (-1,)
_LAST_TWO = (-2, -1)


@lru_cache(maxsize=128)
def _waves(rows: int, columns: int, period: int, real: np.dtype[Any]) -> tuple[Array, Array]:
    """Cosine and sine of 2 pi j k / period for row j and column k."""
    turns = np.outer(np.arange(rows), np.arange(columns)) % period
    angles = 8 * np.arctan(real.type(1)) * turns.astype(real) / real.type(period)
    return np.cos(angles), np.sin(angles)


def _waves_for(x: Array, rows: int, columns: int, period: int) -> tuple[Array, Array]:
    return _waves(rows, columns, period, x.real.dtype)


def _require_length(*arrays: Array) -> int:
    """The common length of the last axis; raises ValueError where there is none."""
    first = arrays[0]
    if first.ndim < 2 or first.shape[-1] == 0 or any(array.shape != first.shape for array in arrays):
        raise ValueError(f"no signals: {[array.shape[1:] for array in arrays]}")
    return int(first.shape[-1])


def _rounded(rounding: Rounding, re: Array, im: Array, axes: tuple[int, ...] = _LAST) -> tuple[Array, Array]:
    """Both parts, with noise by the larger of them."""
    if not rounding.is_noisy:
        return re, im
    both = np.stack((re, im), axis=1)
    both = rounding.normwise(both, (1 - both.ndim, *axes))
    return both[:, 0], both[:, 1]


def _rfft(rounding: Rounding, x: Array) -> tuple[Array, Array]:
    """The half of the transform that a real signal needs: n // 2 + 1 numbers."""
    length = _require_length(x)
    cosine, sine = _waves_for(x, length, length // 2 + 1, length)
    return _rounded(rounding, x @ cosine, -(x @ sine))


def _irfft(rounding: Rounding, re: Array, im: Array, is_odd: bool) -> Array:
    """The real signal of 2 (m - 1) samples, or one more if ``is_odd``, that half a transform of m numbers stands for.

    The imaginary parts of frequency 0, and of the last one of an even signal, have no effect.
    """
    half = _require_length(re, im)
    length = 2 * (half - 1) + is_odd
    if length < 1:
        raise ValueError("no samples")
    cosine, sine = _waves_for(re, half, length, length)
    weights = np.full((half, 1), 2, dtype=re.real.dtype)
    weights[0] = 1
    if not is_odd:
        weights[-1] = 1
    sine = np.where(weights == 1, 0, sine)
    result = (re @ (weights * cosine) - im @ (weights * sine)) / re.real.dtype.type(length)
    return rounding.normwise(result, _LAST)


def _turned(re: Array, im: Array, sign: int) -> tuple[Array, Array]:
    """The transform along the last axis with exponent ``sign`` 2 pi i j k / n."""
    length = re.shape[-1]
    cosine, sine = _waves_for(re, length, length, length)
    return re @ cosine - sign * (im @ sine), im @ cosine + sign * (re @ sine)


def _fft(rounding: Rounding, re: Array, im: Array) -> tuple[Array, Array]:
    _require_length(re, im)
    return _rounded(rounding, *_turned(re, im, -1))


def _ifft(rounding: Rounding, re: Array, im: Array) -> tuple[Array, Array]:
    length = re.real.dtype.type(_require_length(re, im))
    re, im = _turned(re, im, 1)
    return _rounded(rounding, re / length, im / length)


def _fft2(rounding: Rounding, re: Array, im: Array) -> tuple[Array, Array]:
    """The transform along the last two axes."""
    _require_length(re, im)
    if re.ndim < 3 or re.shape[-2] == 0:
        raise ValueError(f"no images: {re.shape[1:]}")
    re, im = _turned(re, im, -1)
    re, im = _turned(re.swapaxes(-1, -2), im.swapaxes(-1, -2), -1)
    return _rounded(rounding, re.swapaxes(-1, -2), im.swapaxes(-1, -2), _LAST_TWO)


def _power_spectrum(rounding: Rounding, x: Array) -> Array:
    """The squared magnitude of half the transform."""
    re, im = _rfft(rounding, x)
    return rounding(re * re) + rounding(im * im)


def _circular_convolution(rounding: Rounding, a: Array, b: Array) -> Array:
    """The sum of a[j] b[k] over j + k = i modulo n, by way of the product of transforms."""
    length = _require_length(a, b)
    ar, ai = _turned(a, np.zeros_like(a), -1)
    br, bi = _turned(b, np.zeros_like(b), -1)
    (ar, ai), (br, bi) = _rounded(rounding, ar, ai), _rounded(rounding, br, bi)
    re, im = _rounded(rounding, ar * br - ai * bi, ar * bi + ai * br)
    return rounding.normwise(_turned(re, im, 1)[0] / a.real.dtype.type(length), _LAST)


def _dct(rounding: Rounding, x: Array) -> Array:
    """The cosine transform of type II: 2 sum x[j] cos(pi (2 j + 1) k / (2 n))."""
    length = _require_length(x)
    cosine, _ = _waves_for(x, 2 * length, length, 4 * length)
    return rounding.normwise(2 * (x @ cosine[1::2]), _LAST)


def _fftshift(_rounding: Rounding, x: Array, axes: tuple[int, ...], is_inverse: bool) -> Array:
    """Turn by half the length, so that frequency 0 comes to the middle; by the rest if ``is_inverse``."""
    over = batched(axes)
    if len(set(over)) != len(over) or any(axis >= x.ndim for axis in over):
        raise ValueError(f"axes {axes} of {x.shape[1:]}")
    shifts = tuple(-(x.shape[axis] // 2) if is_inverse else x.shape[axis] // 2 for axis in over)
    return np.roll(x, shifts, over)


def _shifted(choices: Choices, shape: Shape) -> Arrangement:
    every = tuple(range(len(shape)))
    axes = choices.one_of((choices.below(len(shape)),), every)
    return Arrangement((), {"axes": axes, "is_inverse": choices.below(2) == 0})


def _half_a_transform(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape,), {"is_odd": shape[-1] == 1 or choices.below(2) == 0})


def _equal(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape,))


def _square_extent(shape: Shape, *others: Shape, **attributes: Attribute) -> int:
    """The matrices of the transform, or what is transformed."""
    sizes = [2 * size * size for size in shape[-2:]]
    return max(4 * sum(sizes), outer_extent(shape))


def _transform(name: str, meaning: Callable[..., Any], arrange: Callable[..., Arrangement] = alone, **more: Any) -> Op:
    pair = arrange is not alone
    operands: tuple[Kind, ...] = ("float", "float") if pair else ("float",)
    return Op(
        name, "spectral", meaning, arrange, operands=operands, domains=(_MODERATE,) * (1 + pair),
        accepts=more.pop("accepts", lambda shape: has_filled_axes(shape) and len(shape) <= 3), example=(2, 4),
        extent=_square_extent, **more,
    )  # fmt: skip


OPS = (
    _transform("rfft", _rfft, results=2),
    _transform("irfft", _irfft, _half_a_transform, attributes={"is_odd": is_flag}),
    _transform("fft", _fft, _equal, results=2),
    _transform("ifft", _ifft, _equal, results=2),
    _transform(
        "fft2", _fft2, _equal, results=2, accepts=lambda shape: has_filled_axes(shape) and 2 <= len(shape) <= 3
    ),
    _transform("power_spectrum", _power_spectrum),
    _transform("circular_convolution", _circular_convolution, _equal),
    _transform("dct", _dct),
    Op(
        "fftshift", "spectral", _fftshift, _shifted, attributes={"axes": is_indices, "is_inverse": is_flag},
        accepts=lambda shape: 1 <= len(shape) <= 3,
    ),
)  # fmt: skip
