"""Activation functions of neural networks in TensorFlow, those of Keras among them."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "gelu": "tf.nn.gelu({0})",
        "gelu_tanh": "tf.nn.gelu({0}, approximate=True)",
        "silu": "tf.nn.silu({0})",
        "mish": "tf.keras.activations.mish({0})",
        "log_sigmoid": "tf.math.log_sigmoid({0})",
        "tanhshrink": "tf.keras.activations.tanh_shrink({0})",
        "squareplus": "tf.keras.activations.squareplus({0}, b={bend})",
        "softmin": "tf.nn.softmax(-{0}, axis={axis})",
        "glu": "glu({0}, {axis})",
        "elu": "tf.keras.activations.elu({0}, alpha={alpha})",
        "celu": "tf.keras.activations.celu({0}, alpha={alpha})",
        "selu": "tf.nn.selu({0})",
        "leaky_relu": "tf.nn.leaky_relu({0}, alpha={slope})",
        "prelu": "prelu({0}, {1})",
        "hardtanh": "tf.keras.activations.hard_tanh({0})",
        "relu6": "tf.nn.relu6({0})",
        "hard_sigmoid": "tf.keras.activations.hard_sigmoid({0})",
        "hard_swish": "tf.keras.activations.hard_silu({0})",
        "softsign": "tf.nn.softsign({0})",
        "softshrink": "tf.keras.activations.soft_shrink({0}, threshold={width})",
        "hardshrink": "tf.keras.activations.hard_shrink({0}, threshold={width})",
        "threshold": "tf.keras.activations.threshold({0}, {bound}, {below})",
        "sparse_plus": "tf.keras.activations.sparse_plus({0})",
    },
    definitions={
        "glu": """
def glu(x, axis):
    value, gate = tf.split(x, 2, axis=axis)
    return value * tf.sigmoid(gate)
""",
        "prelu": """
def prelu(x, slope):
    shape = (-1, *(1,) * (x.shape.rank - 2)) if x.shape.rank > 1 else ()
    return tf.nn.relu(x) - tf.reshape(slope, shape) * tf.nn.relu(-x)
""",
    },
    composed=frozenset({"softmin", "glu", "prelu"}),
)
