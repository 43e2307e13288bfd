"""Arithmetic and functions of single elements in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "neg": "-{0}",
        "reciprocal": "tf.math.reciprocal({0})",
        "square": "tf.square({0})",
        "sqrt": "tf.sqrt({0})",
        "exp": "tf.exp({0})",
        "expm1": "tf.math.expm1({0})",
        "log": "tf.math.log({0})",
        "log1p": "tf.math.log1p({0})",
        "sin": "tf.sin({0})",
        "cos": "tf.cos({0})",
        "tanh": "tf.tanh({0})",
        "arctan": "tf.atan({0})",
        "arcsin": "tf.asin({0})",
        "arccos": "tf.acos({0})",
        "arctanh": "tf.atanh({0})",
        "sigmoid": "tf.sigmoid({0})",
        "softplus": "tf.nn.softplus({0})",
        "scale": "{0} * {factor}",
        "shift": "{0} + {offset}",
        "add": "{0} + {1}",
        "sub": "{0} - {1}",
        "mul": "{0} * {1}",
        "div": "{0} / {1}",
        "power": "tf.pow({0}, {1})",
        "maximum": "tf.maximum({0}, {1})",
        "minimum": "tf.minimum({0}, {1})",
        "relu": "tf.nn.relu({0})",
        "abs": "tf.abs({0})",
        "clip": "tf.clip_by_value({0}, {low}, {high})",
        "greater": "{0} > {1}",
        "where": "tf.where({0}, {1}, {2})",
    },
)
