"""Products, determinants, solutions and windows in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "matmul": "tf.matmul({0}, {1})",
        "einsum": "tf.einsum({pattern}, {0}, {1})",
        "det": "tf.linalg.det({0})",
        "solve": "tf.linalg.solve({0}, {1})",
        "conv1d": "conv1d({0}, {1}, {stride}, {padding})",
        "max_pool1d": "max_pool1d({0}, {window}, {stride})",
    },
    definitions={
        "conv1d": """
def conv1d(x, w, stride, padding):
    x = tf.pad(tf.transpose(x, (0, 2, 1)), ((0, 0), (padding, padding), (0, 0)))  # channels last: all a CPU has
    return tf.transpose(tf.nn.conv1d(x, tf.transpose(w, (2, 1, 0)), stride, "VALID"), (0, 2, 1))
""",
        "max_pool1d": """
def max_pool1d(x, window, stride):
    pooled = tf.nn.max_pool1d(tf.transpose(x, (0, 2, 1)), window, stride, "VALID")  # channels last: all a CPU has
    return tf.transpose(pooled, (0, 2, 1))
""",
    },
    wide_only=frozenset({"det", "solve"}),
)
