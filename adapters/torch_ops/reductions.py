"""Sums, extremes, normalisations and scans in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table


def _prod(x: str, axes: tuple[int, ...], keepdims: bool) -> str:
    for axis in sorted(axes, reverse=True):
        x = f"torch.prod({x}, dim={axis}, keepdim={keepdims})"
    return x


TABLE = Table(
    expressions={
        "sum": "torch.sum({0}, dim={axes}, keepdim={keepdims})",
        "mean": "torch.mean({0}, dim={axes}, keepdim={keepdims})",
        "prod": _prod,
        "max": "torch.amax({0}, dim={axes}, keepdim={keepdims})",
        "logsumexp": "torch.logsumexp({0}, dim={axes}, keepdim={keepdims})",
        "var": "torch.var({0}, dim={axes}, correction=0, keepdim={keepdims})",
        "softmax": "torch.softmax({0}, dim={axis})",
        "log_softmax": "torch.log_softmax({0}, dim={axis})",
        "cumsum": "torch.cumsum({0}, dim={axis})",
        "cumprod": "torch.cumprod({0}, dim={axis})",
    },
)
