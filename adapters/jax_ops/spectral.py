"""Fourier and cosine transforms in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

_PARTS = """
def parts(x):
    return jnp.real(x), jnp.imag(x)
"""


def _irfft(re: str, im: str, is_odd: bool) -> str:
    return f"jnp.fft.irfft(jax.lax.complex({re}, {im}), n=2 * {re}.shape[-1] - {1 if is_odd else 2})"


def _fftshift(x: str, axes: tuple[int, ...], is_inverse: bool) -> str:
    return f"jnp.fft.{'ifftshift' if is_inverse else 'fftshift'}({x}, axes={axes})"


TABLE = Table(
    expressions={
        "rfft": "parts(jnp.fft.rfft({0}))",
        "irfft": _irfft,
        "fft": "parts(jnp.fft.fft(jax.lax.complex({0}, {1})))",
        "ifft": "parts(jnp.fft.ifft(jax.lax.complex({0}, {1})))",
        "fft2": "parts(jnp.fft.fft2(jax.lax.complex({0}, {1})))",
        "power_spectrum": "jnp.abs(jnp.fft.rfft({0})) ** 2",
        "circular_convolution": "jnp.fft.irfft(jnp.fft.rfft({0}) * jnp.fft.rfft({1}), n={0}.shape[-1])",
        "dct": "jax.scipy.fft.dct({0})",
        "fftshift": _fftshift,
    },
    definitions=dict.fromkeys(("rfft", "fft", "ifft", "fft2"), _PARTS),
    composed=frozenset({"power_spectrum", "circular_convolution"}),
    wide_only=frozenset({"rfft", "irfft", "fft", "ifft", "fft2", "power_spectrum", "circular_convolution", "dct"}),
)
