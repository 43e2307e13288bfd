"""Arithmetic and functions of single elements in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "neg": "-{0}",
        "reciprocal": "jnp.reciprocal({0})",
        "square": "jnp.square({0})",
        "sqrt": "jnp.sqrt({0})",
        "exp": "jnp.exp({0})",
        "expm1": "jnp.expm1({0})",
        "log": "jnp.log({0})",
        "log1p": "jnp.log1p({0})",
        "sin": "jnp.sin({0})",
        "cos": "jnp.cos({0})",
        "tanh": "jnp.tanh({0})",
        "arctan": "jnp.arctan({0})",
        "arcsin": "jnp.arcsin({0})",
        "arccos": "jnp.arccos({0})",
        "arctanh": "jnp.arctanh({0})",
        "sigmoid": "jax.nn.sigmoid({0})",
        "softplus": "jax.nn.softplus({0})",
        "scale": "{0} * {factor}",
        "shift": "{0} + {offset}",
        "add": "{0} + {1}",
        "sub": "{0} - {1}",
        "mul": "{0} * {1}",
        "div": "{0} / {1}",
        "power": "jnp.power({0}, {1})",
        "maximum": "jnp.maximum({0}, {1})",
        "minimum": "jnp.minimum({0}, {1})",
        "relu": "jax.nn.relu({0})",
        "abs": "jnp.abs({0})",
        "clip": "jnp.clip({0}, {low}, {high})",
        "greater": "{0} > {1}",
        "where": "jnp.where({0}, {1}, {2})",
    },
)
