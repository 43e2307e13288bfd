"""Fourier and cosine transforms, from their definitions in mpmath's complex numbers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning, each


def _parts(context: Any, x: Array) -> tuple[Array, Array]:
    convert = context.mpc
    return each(lambda element: convert(element).real, x), each(lambda element: convert(element).imag, x)


def _complex(context: Any, re: Array, im: Array) -> Array:
    return each(context.mpc, re, im)


def _transformed(context: Any, x: Array, sign: int, axis: int = -1) -> Array:
    """Every sum over the axis of x[j] times the root of unity to the power of ``sign`` j k."""
    moved = np.moveaxis(x, axis, -1)
    length = moved.shape[-1]
    result = np.empty(moved.shape, dtype=object)
    for frequency in range(length):
        total = moved[..., 0] * 0
        for place in range(length):
            turn = context.mpf(2 * sign * ((place * frequency) % length)) / length
            total = total + moved[..., place] * context.expjpi(turn)
        result[..., frequency] = total
    return np.moveaxis(result, -1, axis)


def _rfft(context: Any, x: Array) -> tuple[Array, Array]:
    return _parts(context, _transformed(context, x, -1)[..., : x.shape[-1] // 2 + 1])


def _irfft(context: Any, re: Array, im: Array, is_odd: bool) -> Array:
    """The other half is the conjugate, in reverse; frequencies that are their own other half are real."""
    half = _complex(context, re, im)
    length = 2 * (half.shape[-1] - 1) + is_odd
    full = np.empty((*half.shape[:-1], length), dtype=object)
    for frequency in range(half.shape[-1]):
        mirrored = -frequency % length
        if mirrored == frequency:
            full[..., frequency] = each(context.mpc, re[..., frequency])
        else:
            full[..., frequency] = half[..., frequency]
            full[..., mirrored] = each(context.conj, half[..., frequency])
    return _parts(context, _transformed(context, full, 1) / length)[0]


def _fft(context: Any, re: Array, im: Array) -> tuple[Array, Array]:
    return _parts(context, _transformed(context, _complex(context, re, im), -1))


def _ifft(context: Any, re: Array, im: Array) -> tuple[Array, Array]:
    return _parts(context, _transformed(context, _complex(context, re, im), 1) / re.shape[-1])


def _fft2(context: Any, re: Array, im: Array) -> tuple[Array, Array]:
    rows = _transformed(context, _complex(context, re, im), -1, axis=-2)
    return _parts(context, _transformed(context, rows, -1))


def _power_spectrum(context: Any, x: Array) -> Array:
    re, im = _rfft(context, x)
    return re**2 + im**2


def _circular_convolution(context: Any, a: Array, b: Array) -> Array:
    """By its definition, without transforms."""
    result = np.empty(a.shape, dtype=object)
    for place in range(a.shape[-1]):
        result[..., place] = context.mpf(0)
        for shift in range(a.shape[-1]):
            result[..., place] += a[..., shift] * b[..., place - shift]
    return result


def _dct(context: Any, x: Array) -> Array:
    length = x.shape[-1]
    result = np.empty(x.shape, dtype=object)
    for frequency in range(length):
        result[..., frequency] = context.mpf(0)
        for place in range(length):
            factor = 2 * context.cospi(context.mpf((2 * place + 1) * frequency) / (2 * length))
            result[..., frequency] += x[..., place] * factor
    return result


def _fftshift(_context: Any, x: Array, axes: tuple[int, ...], is_inverse: bool) -> Array:
    """The upper half first; with an odd length the middle belongs to the lower one, or to the upper if ``is_inverse``."""
    for axis in axes:
        size = x.shape[axis]
        start = size // 2 if is_inverse else (size + 1) // 2
        x = np.take(x, [*range(start, size), *range(start)], axis=axis)
    return x


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "rfft": _rfft,
        "irfft": _irfft,
        "fft": _fft,
        "ifft": _ifft,
        "fft2": _fft2,
        "power_spectrum": _power_spectrum,
        "circular_convolution": _circular_convolution,
        "dct": _dct,
        "fftshift": _fftshift,
    }
)
