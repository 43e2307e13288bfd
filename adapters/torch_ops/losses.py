"""Losses, and the similarity of vectors in PyTorch."""

from __future__ import annotations

from collections.abc import Callable

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


def _signed(name: str) -> Callable[..., str]:
    """A loss whose last operand is a sign for each element of the first, or for each of its rows."""

    def expression(*operands: str, signs: tuple[int, ...], reduction: str, **attributes: float) -> str:
        target = f"torch.tensor({list(signs)}, dtype={operands[0]}.dtype)"
        if name != "cosine_embedding_loss":
            target = f"{target}.reshape({operands[0]}.shape)"
        numbers = "".join(f"{key}={value}, " for key, value in attributes.items())
        return f"torch.nn.functional.{name}({', '.join(operands)}, {target}, {numbers}reduction={reduction!r})"

    return expression


def _multi_margin_loss(x: str, targets: tuple[int, ...], reduction: str, margin: float) -> str:
    return f"torch.nn.functional.multi_margin_loss({x}, {_targets(targets)}, margin={margin}, reduction={reduction!r})"


def _log_cosh_loss(x: str, y: str, reduction: str) -> str:
    return _reduced(f"log_cosh_loss({x} - {y})", reduction)


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
        "binary_cross_entropy": "torch.nn.functional.binary_cross_entropy({0}, {1}, reduction={reduction})",
        "log_cosh_loss": _log_cosh_loss,
        "soft_margin_loss": _signed("soft_margin_loss"),
        "hinge_embedding_loss": _signed("hinge_embedding_loss"),
        "margin_ranking_loss": _signed("margin_ranking_loss"),
        "multi_margin_loss": _multi_margin_loss,
        "cosine_embedding_loss": _signed("cosine_embedding_loss"),
        "triplet_margin_loss": (
            "torch.nn.functional.triplet_margin_loss({0}, {1}, {2}, margin={margin}, reduction={reduction})"
        ),
    },
    definitions={
        "log_cosh_loss": """
def log_cosh_loss(gap):
    return gap + torch.nn.functional.softplus(-2 * gap) - torch.log(torch.tensor(2, dtype=gap.dtype))
""",
    },
    composed=frozenset({"hinge_loss", "log_cosh_loss"}),
    wide_only=frozenset({"multi_margin_loss"}),
)
