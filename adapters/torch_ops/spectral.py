"""Fourier and cosine transforms in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table


def _irfft(re: str, im: str, is_odd: bool) -> str:
    return f"torch.fft.irfft(torch.complex({re}, {im}), n=2 * {re}.shape[-1] - {1 if is_odd else 2})"


def _fftshift(x: str, axes: tuple[int, ...], is_inverse: bool) -> str:
    return f"torch.fft.{'ifftshift' if is_inverse else 'fftshift'}({x}, dim={list(axes)})"


TABLE = Table(
    expressions={
        "rfft": "torch.view_as_real(torch.fft.rfft({0})).unbind(-1)",
        "irfft": _irfft,
        "fft": "torch.view_as_real(torch.fft.fft(torch.complex({0}, {1}))).unbind(-1)",
        "ifft": "torch.view_as_real(torch.fft.ifft(torch.complex({0}, {1}))).unbind(-1)",
        "fft2": "torch.view_as_real(torch.fft.fft2(torch.complex({0}, {1}))).unbind(-1)",
        "power_spectrum": "torch.view_as_real(torch.fft.rfft({0})).square().sum(-1)",
        "circular_convolution": "torch.fft.irfft(torch.fft.rfft({0}) * torch.fft.rfft({1}), n={0}.shape[-1])",
        "dct": "dct({0})",
        "fftshift": _fftshift,
    },
    definitions={
        "dct": """
def dct(x):
    n = x.shape[-1]
    turned = torch.exp(-0.5j * torch.pi / n * torch.arange(n, dtype=x.dtype))
    return (torch.fft.fft(torch.cat((x, x.flip(-1)), -1))[..., :n] * turned).real
""",
    },
    composed=frozenset({"power_spectrum", "circular_convolution", "dct"}),
    wide_only=frozenset({"rfft", "irfft", "fft", "ifft", "fft2", "power_spectrum", "circular_convolution", "dct"}),
)
