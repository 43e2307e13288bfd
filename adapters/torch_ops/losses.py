"""Losses, and the similarity of vectors in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table


def _reduced(losses: str, reduction: str) -> str:
    return losses if reduction == "none" else f"torch.{reduction}({losses})"


def _targets(targets: tuple[int, ...]) -> str:
    return f"torch.tensor({list(targets)}, dtype=torch.int64)"


def _cross_entropy(x: str, targets: tuple[int, ...], reduction: str) -> str:
    return f"torch.nn.functional.cross_entropy({x}, {_targets(targets)}, reduction={reduction!r})"


def _nll_loss(x: str, targets: tuple[int, ...], reduction: str) -> str:
    return f"torch.nn.functional.nll_loss({x}, {_targets(targets)}, reduction={reduction!r})"


def _hinge_loss(x: str, y: str, reduction: str) -> str:
    return _reduced(f"torch.clamp(1 - {x} * {y}, min=0)", reduction)


TABLE = Table(
    expressions={
        "mse_loss": "torch.nn.functional.mse_loss({0}, {1}, reduction={reduction})",
        "l1_loss": "torch.nn.functional.l1_loss({0}, {1}, reduction={reduction})",
        "smooth_l1_loss": "torch.nn.functional.smooth_l1_loss({0}, {1}, reduction={reduction}, beta={beta})",
        "huber_loss": "torch.nn.functional.huber_loss({0}, {1}, reduction={reduction}, delta={delta})",
        "bce_with_logits": "torch.nn.functional.binary_cross_entropy_with_logits({0}, {1}, reduction={reduction})",
        "cross_entropy": _cross_entropy,
        "nll_loss": _nll_loss,
        "kl_div": "torch.nn.functional.kl_div({0}, {1}, reduction={reduction})",
        "hinge_loss": _hinge_loss,
        "poisson_nll_loss": "torch.nn.functional.poisson_nll_loss({0}, {1}, reduction={reduction})",
        "gaussian_nll_loss": "torch.nn.functional.gaussian_nll_loss({0}, {1}, {2}, eps={eps}, reduction={reduction})",
        "cosine_similarity": "torch.nn.functional.cosine_similarity({0}, {1}, dim={axis})",
    },
    composed=frozenset({"hinge_loss"}),
)
