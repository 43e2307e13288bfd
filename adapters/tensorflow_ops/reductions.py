"""Sums, extremes, normalisations and scans in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "sum": "tf.reduce_sum({0}, axis={axes}, keepdims={keepdims})",
        "mean": "tf.reduce_mean({0}, axis={axes}, keepdims={keepdims})",
        "prod": "tf.reduce_prod({0}, axis={axes}, keepdims={keepdims})",
        "max": "tf.reduce_max({0}, axis={axes}, keepdims={keepdims})",
        "logsumexp": "tf.reduce_logsumexp({0}, axis={axes}, keepdims={keepdims})",
        "var": "tf.math.reduce_variance({0}, axis={axes}, keepdims={keepdims})",
        "softmax": "tf.nn.softmax({0}, axis={axis})",
        "log_softmax": "tf.nn.log_softmax({0}, axis={axis})",
        "cumsum": "tf.cumsum({0}, axis={axis})",
        "cumprod": "tf.math.cumprod({0}, axis={axis})",
    },
)
