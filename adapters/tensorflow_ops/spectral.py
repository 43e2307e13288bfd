"""Fourier and cosine transforms in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

_PARTS = """
def parts(x):
    return tf.math.real(x), tf.math.imag(x)
"""


def _irfft(re: str, im: str, is_odd: bool) -> str:
    return f"tf.signal.irfft(tf.complex({re}, {im}), [2 * tf.shape({re})[-1] - {1 if is_odd else 2}])"


def _fftshift(x: str, axes: tuple[int, ...], is_inverse: bool) -> str:
    return f"tf.signal.{'ifftshift' if is_inverse else 'fftshift'}({x}, axes={axes})"


TABLE = Table(
    expressions={
        "rfft": "parts(tf.signal.rfft({0}))",
        "irfft": _irfft,
        "fft": "parts(tf.signal.fft(tf.complex({0}, {1})))",
        "ifft": "parts(tf.signal.ifft(tf.complex({0}, {1})))",
        "fft2": "parts(tf.signal.fft2d(tf.complex({0}, {1})))",
        "power_spectrum": "tf.abs(tf.signal.rfft({0})) ** 2",
        "circular_convolution": "tf.signal.irfft(tf.signal.rfft({0}) * tf.signal.rfft({1}), [tf.shape({0})[-1]])",
        "dct": "tf.signal.dct({0})",
        "fftshift": _fftshift,
    },
    definitions=dict.fromkeys(("rfft", "fft", "ifft", "fft2"), _PARTS),
    composed=frozenset({"power_spectrum", "circular_convolution"}),
    wide_only=frozenset({"rfft", "irfft", "fft", "ifft", "fft2", "power_spectrum", "circular_convolution", "dct"}),
)
