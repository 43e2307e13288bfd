"""Losses, and the similarity of vectors in TensorFlow, those of Keras among them.

Keras averages its losses over the last axis: an axis of size 1 put there leaves the loss of every element.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd_conformance.adapters.translator import Table


def _reduced(losses: str, operand: str, reduction: str) -> str:
    if reduction == "batchmean":
        return f"tf.reduce_sum({losses}) / tf.cast(tf.shape({operand})[0], {operand}.dtype)"
    return losses if reduction == "none" else f"tf.reduce_{reduction}({losses})"


def _loss(formula: str) -> Callable[..., str]:
    """``formula`` over operands and numbers, then reduced."""

    def expression(*operands: str, reduction: str, **attributes: float) -> str:
        return _reduced(formula.format(*operands, **attributes), operands[0], reduction)

    return expression


def _picking(formula: str) -> Callable[..., str]:
    """``formula`` over the logits and the classes of their rows, then reduced."""

    def expression(x: str, targets: tuple[int, ...], reduction: str, **attributes: float) -> str:
        return _reduced(formula.format(x, f"tf.constant({list(targets)})", **attributes), x, reduction)

    return expression


def _signed(formula: str) -> Callable[..., str]:
    """``formula`` over operands, a sign for each element of the first or each of its rows, and numbers, then reduced."""

    def expression(*operands: str, signs: tuple[int, ...], reduction: str, **attributes: float) -> str:
        given = f"tf.constant({list(signs)}, dtype={operands[0]}.dtype)"
        return _reduced(formula.format(*operands, signs=given, **attributes), operands[0], reduction)

    return expression


TABLE = Table(
    expressions={
        "mse_loss": _loss("tf.keras.losses.mse({1}[..., None], {0}[..., None])"),
        "l1_loss": _loss("tf.keras.losses.mae({1}[..., None], {0}[..., None])"),
        "smooth_l1_loss": _loss("smooth_l1_loss({0} - {1}, {beta})"),
        "huber_loss": _loss("tf.keras.losses.huber({1}[..., None], {0}[..., None], delta={delta})"),
        "bce_with_logits": _loss("tf.nn.sigmoid_cross_entropy_with_logits(labels={1}, logits={0})"),
        "cross_entropy": _picking("tf.nn.sparse_softmax_cross_entropy_with_logits(labels={1}, logits={0})"),
        "nll_loss": _picking("-tf.gather({0}, {1}, batch_dims=1)"),
        "kl_div": _loss("{1} * (tf.math.log({1}) - {0})"),
        "hinge_loss": _loss("tf.maximum(1 - {0} * {1}, 0)"),
        "poisson_nll_loss": _loss("tf.nn.log_poisson_loss({1}, {0})"),
        "gaussian_nll_loss": _loss("gaussian_nll_loss({0} - {1}, tf.maximum({2}, {eps}))"),
        "cosine_similarity": "-tf.keras.losses.cosine_similarity({0}, {1}, axis={axis})",
        "binary_cross_entropy": _loss("tf.keras.losses.binary_crossentropy({1}[..., None], {0}[..., None])"),
        "log_cosh_loss": _loss("tf.keras.losses.logcosh({1}[..., None], {0}[..., None])"),
        "soft_margin_loss": _signed("tf.nn.softplus(-tf.reshape({signs}, tf.shape({0})) * {0})"),
        "hinge_embedding_loss": _signed("hinge_embedding_loss({0}, tf.reshape({signs}, tf.shape({0})), {margin})"),
        "margin_ranking_loss": _signed("tf.maximum({margin} - tf.reshape({signs}, tf.shape({0})) * ({0} - {1}), 0)"),
        "multi_margin_loss": _picking("multi_margin_loss({0}, {1}, {margin})"),
        "cosine_embedding_loss": _signed("cosine_embedding_loss({0}, {1}, {signs}, {margin})"),
        "triplet_margin_loss": _loss("triplet_margin_loss({0}, {1}, {2}, {margin})"),
    },
    definitions={
        "hinge_embedding_loss": """
def hinge_embedding_loss(x, signs, margin):
    return tf.where(signs > 0, x, tf.maximum(margin - x, 0))
""",
        "multi_margin_loss": """
def multi_margin_loss(x, targets, margin):
    lead = tf.gather(x, targets, batch_dims=1)[:, None] - x
    others = tf.one_hot(targets, tf.shape(x)[1], on_value=False, off_value=True)
    return tf.reduce_mean(tf.where(others, tf.maximum(margin - lead, 0), 0), axis=1)
""",
        "cosine_embedding_loss": """
def cosine_embedding_loss(x, y, signs, margin):
    squares = (tf.reduce_sum(x * x, axis=1) + 1e-12) * (tf.reduce_sum(y * y, axis=1) + 1e-12)
    cosine = tf.reduce_sum(x * y, axis=1) / tf.sqrt(squares)
    return tf.where(signs > 0, 1 - cosine, tf.maximum(cosine - margin, 0))
""",
        "triplet_margin_loss": """
def triplet_margin_loss(anchor, near, far, margin):
    lead = tf.norm(anchor - far + 1e-6, axis=1) - tf.norm(anchor - near + 1e-6, axis=1)
    return tf.maximum(margin - lead, 0)
""",
        "smooth_l1_loss": """
def smooth_l1_loss(gap, beta):
    size = tf.abs(gap)
    return tf.where(size < beta, gap * gap / (2 * beta), size - beta / 2)
""",
        "gaussian_nll_loss": """
def gaussian_nll_loss(gap, variance):
    return (tf.math.log(variance) + gap * gap / variance) / 2
""",
    },
    composed=frozenset(
        {
            "smooth_l1_loss", "nll_loss", "kl_div", "hinge_loss", "gaussian_nll_loss",
            "soft_margin_loss", "hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss",
            "cosine_embedding_loss", "triplet_margin_loss",
        }
    ),
)  # fmt: skip
