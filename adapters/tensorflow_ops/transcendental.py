"""TensorFlow: the ops of `ops.transcendental`; what `tf.math` does not have, `tf.experimental.numpy` often has."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.adapters.translator import Expression, Table

EXPRESSIONS: Mapping[str, Expression] = {
    "sinh": "tf.sinh({0})",
    "cosh": "tf.cosh({0})",
    "tan": "tf.tan({0})",
    "arcsinh": "tf.asinh({0})",
    "arccosh": "tf.acosh({0})",
    "exp2": "tf.experimental.numpy.exp2({0})",
    "log2": "tf.experimental.numpy.log2({0})",
    "log10": "tf.experimental.numpy.log10({0})",
    "cbrt": "tf.experimental.numpy.cbrt({0})",
    "rsqrt": "tf.math.rsqrt({0})",
    "sinc": "tf.experimental.numpy.sinc({0})",
    "deg2rad": "tf.experimental.numpy.deg2rad({0})",
    "hypot": "tf.experimental.numpy.hypot({0}, {1})",
    "arctan2": "tf.atan2({0}, {1})",
    "logaddexp": "tf.experimental.numpy.logaddexp({0}, {1})",
    "logaddexp2": "tf.experimental.numpy.logaddexp2({0}, {1})",
    "xlogy": "tf.math.xlogy({0}, {1})",
    "squared_difference": "tf.math.squared_difference({0}, {1})",
    "lerp": "{0} + {2} * ({1} - {0})",
    "addcmul": "{0} + {factor} * ({1} * {2})",
    "addcdiv": "{0} + {factor} * ({1} / {2})",
    "remainder": "tf.math.floormod({0}, {1})",
}

TABLE = Table(
    EXPRESSIONS,
    composed=frozenset({"lerp", "addcmul", "addcdiv"}),
    # tf.experimental.numpy does not take bfloat16
    wide_only=frozenset({"exp2", "log2", "log10", "cbrt", "sinc", "deg2rad", "hypot", "logaddexp", "logaddexp2"}),
)
