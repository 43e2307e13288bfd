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

    def expression(x: str, targets: tuple[int, ...], reduction: str, **attributes: float) -> str:
        return _reduced(formula.format(x, f"jnp.array({list(targets)})", **attributes), x, reduction)

    return expression


def _signed(formula: str) -> Callable[..., str]:
    """``formula`` over operands, a sign for each element of the first or each of its rows, and numbers, then reduced."""

    def expression(*operands: str, signs: tuple[int, ...], reduction: str, **attributes: float) -> str:
        given = f"jnp.array({list(signs)}, dtype={operands[0]}.dtype)"
        return _reduced(formula.format(*operands, signs=given, **attributes), operands[0], reduction)

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
        "binary_cross_entropy": _loss("-({1} * jnp.log({0}) + (1 - {1}) * jnp.log(1 - {0}))"),
        "log_cosh_loss": _loss("jnp.logaddexp({0} - {1}, {1} - {0}) - jnp.log(2)"),
        "soft_margin_loss": _signed("jax.nn.softplus(-{signs}.reshape({0}.shape) * {0})"),
        "hinge_embedding_loss": _signed("hinge_embedding_loss({0}, {signs}.reshape({0}.shape), {margin})"),
        "margin_ranking_loss": _signed("jnp.maximum({margin} - {signs}.reshape({0}.shape) * ({0} - {1}), 0)"),
        "multi_margin_loss": _picking("multi_margin_loss({0}, {1}, {margin})"),
        "cosine_embedding_loss": _signed("cosine_embedding_loss({0}, {1}, {signs}, {margin})"),
        "triplet_margin_loss": _loss("triplet_margin_loss({0}, {1}, {2}, {margin})"),
    },
    definitions={
        "hinge_embedding_loss": """
def hinge_embedding_loss(x, signs, margin):
    return jnp.where(signs > 0, x, jnp.maximum(margin - x, 0))
""",
        "multi_margin_loss": """
def multi_margin_loss(x, targets, margin):
    lead = jnp.take_along_axis(x, targets[:, None], axis=1) - x
    others = jnp.arange(x.shape[1]) != targets[:, None]
    return jnp.sum(jnp.where(others, jnp.maximum(margin - lead, 0), 0), axis=1) / x.shape[1]
""",
        "cosine_embedding_loss": """
def cosine_embedding_loss(x, y, signs, margin):
    squares = (jnp.sum(x * x, axis=1) + 1e-12) * (jnp.sum(y * y, axis=1) + 1e-12)
    cosine = jnp.sum(x * y, axis=1) / jnp.sqrt(squares)
    return jnp.where(signs > 0, 1 - cosine, jnp.maximum(cosine - margin, 0))
""",
        "triplet_margin_loss": """
def triplet_margin_loss(anchor, near, far, margin):
    lead = jnp.linalg.norm(anchor - far + 1e-6, axis=1) - jnp.linalg.norm(anchor - near + 1e-6, axis=1)
    return jnp.maximum(margin - lead, 0)
""",
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
            "hinge_loss", "poisson_nll_loss", "gaussian_nll_loss", "cosine_similarity", "binary_cross_entropy",
            "log_cosh_loss", "soft_margin_loss", "hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss",
            "cosine_embedding_loss", "triplet_margin_loss",
        }
    ),
)  # fmt: skip
