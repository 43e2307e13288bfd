"""Losses, and the similarity of vectors in JAX, which has no names for them: written as its libraries write them."""

from __future__ import annotations

from collections.abc import Callable

from autograd_conformance.adapters.translator import Table


def _reduced(losses: str, operand: str, reduction: str) -> str:
    if reduction == "batchmean":
        return f"jnp.sum({losses}) / {operand}.shape[0]"
    return losses if reduction == "none" else f"jnp.{reduction}({losses})"


def _loss(formula: str) -> Callable[..., str]:
    """``formula`` over operands and numbers, then reduced."""

    def expression(*operands: str, reduction: str, **attributes: float) -> str:
        return _reduced(formula.format(*operands, **attributes), operands[0], reduction)

    return expression


def _picking(formula: str) -> Callable[..., str]:
    """``formula`` over the logits and the classes of their rows, then reduced."""

    def expression(x: str, targets: tuple[int, ...], reduction: str) -> str:
        return _reduced(formula.format(x, f"jnp.array({list(targets)})"), x, reduction)

    return expression


TABLE = Table(
    expressions={
        "mse_loss": _loss("jnp.square({0} - {1})"),
        "l1_loss": _loss("jnp.abs({0} - {1})"),
        "smooth_l1_loss": _loss("smooth_l1_loss({0} - {1}, {beta})"),
        "huber_loss": _loss("huber_loss({0} - {1}, {delta})"),
        "bce_with_logits": _loss("-{1} * jax.nn.log_sigmoid({0}) - (1 - {1}) * jax.nn.log_sigmoid(-{0})"),
        "cross_entropy": _picking("-jnp.take_along_axis(jax.nn.log_softmax({0}), {1}[:, None], axis=1)[:, 0]"),
        "nll_loss": _picking("-jnp.take_along_axis({0}, {1}[:, None], axis=1)[:, 0]"),
        "kl_div": _loss("{1} * (jnp.log({1}) - {0})"),
        "hinge_loss": _loss("jnp.maximum(1 - {0} * {1}, 0)"),
        "poisson_nll_loss": _loss("jnp.exp({0}) - {1} * {0}"),
        "gaussian_nll_loss": _loss("gaussian_nll_loss({0} - {1}, jnp.maximum({2}, {eps}))"),
        "cosine_similarity": "cosine_similarity({0}, {1}, {axis})",
    },
    definitions={
        "smooth_l1_loss": """
def smooth_l1_loss(gap, beta):
    size = jnp.abs(gap)
    return jnp.where(size < beta, gap * gap / (2 * beta), size - beta / 2)
""",
        "huber_loss": """
def huber_loss(gap, delta):
    size = jnp.abs(gap)
    return jnp.where(size < delta, gap * gap / 2, delta * (size - delta / 2))
""",
        "gaussian_nll_loss": """
def gaussian_nll_loss(gap, variance):
    return (jnp.log(variance) + gap * gap / variance) / 2
""",
        "cosine_similarity": """
def cosine_similarity(x, y, axis):
    return jnp.sum(x * y, axis=axis) / (jnp.linalg.norm(x, axis=axis) * jnp.linalg.norm(y, axis=axis))
""",
    },
    composed=frozenset(
        {
            "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "bce_with_logits", "cross_entropy", "nll_loss", "kl_div",
            "hinge_loss", "poisson_nll_loss", "gaussian_nll_loss", "cosine_similarity",
        }
    ),
)  # fmt: skip
