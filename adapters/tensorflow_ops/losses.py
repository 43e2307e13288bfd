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

    def expression(x: str, targets: tuple[int, ...], reduction: str) -> str:
        return _reduced(formula.format(x, f"tf.constant({list(targets)})"), x, reduction)

    return expression


TABLE = Table(
    expressions={
        "mse_loss": _loss("tf.math.squared_difference({0}, {1})"),
        "l1_loss": _loss("tf.abs({0} - {1})"),
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
    },
    definitions={
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
        {"mse_loss", "l1_loss", "smooth_l1_loss", "nll_loss", "kl_div", "hinge_loss", "gaussian_nll_loss"}
    ),
)
