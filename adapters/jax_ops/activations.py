"""Activation functions of neural networks in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "gelu": "jax.nn.gelu({0}, approximate=False)",
        "gelu_tanh": "jax.nn.gelu({0}, approximate=True)",
        "silu": "jax.nn.silu({0})",
        "mish": "jax.nn.mish({0})",
        "log_sigmoid": "jax.nn.log_sigmoid({0})",
        "tanhshrink": "{0} - jnp.tanh({0})",
        "squareplus": "jax.nn.squareplus({0}, {bend})",
        "softmin": "jax.nn.softmax(-{0}, axis={axis})",
        "glu": "jax.nn.glu({0}, axis={axis})",
        "elu": "jax.nn.elu({0}, alpha={alpha})",
        "celu": "jax.nn.celu({0}, alpha={alpha})",
        "selu": "jax.nn.selu({0})",
        "leaky_relu": "jax.nn.leaky_relu({0}, negative_slope={slope})",
        "prelu": "prelu({0}, {1})",
        "hardtanh": "jax.nn.hard_tanh({0})",
        "relu6": "jax.nn.relu6({0})",
        "hard_sigmoid": "jax.nn.hard_sigmoid({0})",
        "hard_swish": "jax.nn.hard_swish({0})",
        "softsign": "jax.nn.soft_sign({0})",
        "softshrink": "jnp.where(jnp.abs({0}) > {width}, {0} - {width} * jnp.sign({0}), 0.0)",
        "hardshrink": "jnp.where(jnp.abs({0}) > {width}, {0}, 0.0)",
        "threshold": "jnp.where({0} > {bound}, {0}, {below})",
        "sparse_plus": "jax.nn.sparse_plus({0})",
    },
    definitions={
        "prelu": """
def prelu(x, slope):
    return jnp.where(x > 0, x, slope.reshape(-1, *(1,) * (x.ndim - 2)) * x if x.ndim > 1 else slope[0] * x)
""",
    },
    composed=frozenset({"tanhshrink", "softmin", "prelu", "softshrink", "hardshrink", "threshold"}),
)
