"""Order statistics, norms, spreads, running extremes and segments in TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.adapters.translator import Expression, Table


def _norm(order: str) -> str:
    return f"tf.norm({{0}}, ord={order}, axis={{axis}}, keepdims={{keepdims}})"


def _segments(reduce: str) -> Expression:
    return lambda x, segments: f"tf.math.{reduce}({x}, tf.constant({list(segments)}, dtype=tf.int32))"


EXPRESSIONS: Mapping[str, Expression] = {
    "min": "tf.reduce_min({0}, axis={axes}, keepdims={keepdims})",
    "std": "tf.math.reduce_std({0}, axis={axes}, keepdims={keepdims})",
    "norm_l1": _norm("1"),
    "norm_l2": _norm("2"),
    "norm_inf": _norm("float('inf')"),
    "logcumsumexp": "tf.math.cumulative_logsumexp({0}, axis={axis})",
    "cummax": "cummax({0}, {axis})",
    "cummin": "cummin({0}, {axis})",
    "sort_descending": "tf.sort({0}, axis={axis}, direction='DESCENDING')",
    "top_k": "tf.math.top_k({0}, {k}).values",
    "segment_sum": _segments("segment_sum"),
    "segment_mean": _segments("segment_mean"),
    "segment_prod": _segments("segment_prod"),
    "segment_max": _segments("segment_max"),
    "segment_min": _segments("segment_min"),
}


def _running(name: str, reduce: str, neutral: str) -> str:
    """There is no running extreme: every element is compared with all before it."""
    return f"""
def {name}(x, axis):
    order = list(range(x.shape.rank))
    order[-1], order[axis] = axis, order[-1]
    rows = tf.transpose(x, order)[..., None, :]
    earlier = tf.sequence_mask(tf.range(1, tf.shape(x)[axis] + 1), tf.shape(x)[axis])
    return tf.transpose(tf.{reduce}(tf.where(earlier, rows, tf.constant({neutral}, x.dtype)), axis=-1), order)
"""


DEFINITIONS: Mapping[str, str] = {
    "cummax": _running("cummax", "reduce_max", "float('-inf')"),
    "cummin": _running("cummin", "reduce_min", "float('inf')"),
}

TABLE = Table(EXPRESSIONS, DEFINITIONS, composed=frozenset({"cummax", "cummin"}))
