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


def _running(name: str, extreme: str) -> str:
    """There is no running extreme: a scan along the first axis."""
    return f"""
def {name}(x, axis):
    order = list(range(x.shape.rank))
    order[0], order[axis] = axis, 0
    return tf.transpose(tf.scan({extreme}, tf.transpose(x, order)), order)
"""


DEFINITIONS: Mapping[str, str] = {
    "cummax": _running("cummax", "tf.maximum"),
    "cummin": _running("cummin", "tf.minimum"),
}

TABLE = Table(EXPRESSIONS, DEFINITIONS, composed=frozenset({"cummax", "cummin"}))
