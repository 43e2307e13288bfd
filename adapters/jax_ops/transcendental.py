"""JAX: the ops of `ops.transcendental`."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.adapters.translator import Expression, Table

EXPRESSIONS: Mapping[str, Expression] = {
    "sinh": "jnp.sinh({0})",
    "cosh": "jnp.cosh({0})",
    "tan": "jnp.tan({0})",
    "arcsinh": "jnp.arcsinh({0})",
    "arccosh": "jnp.arccosh({0})",
    "exp2": "jnp.exp2({0})",
    "log2": "jnp.log2({0})",
    "log10": "jnp.log10({0})",
    "cbrt": "jnp.cbrt({0})",
    "rsqrt": "jax.lax.rsqrt({0})",
    "sinc": "jnp.sinc({0})",
    "deg2rad": "jnp.deg2rad({0})",
    "hypot": "jnp.hypot({0}, {1})",
    "arctan2": "jnp.arctan2({0}, {1})",
    "logaddexp": "jnp.logaddexp({0}, {1})",
    "logaddexp2": "jnp.logaddexp2({0}, {1})",
    "xlogy": "jax.scipy.special.xlogy({0}, {1})",
    "squared_difference": "jnp.square({0} - {1})",
    "lerp": "{0} + {2} * ({1} - {0})",
    "addcmul": "{0} + {factor} * ({1} * {2})",
    "addcdiv": "{0} + {factor} * ({1} / {2})",
    "remainder": "jnp.remainder({0}, {1})",
}

TABLE = Table(EXPRESSIONS, composed=frozenset({"squared_difference", "lerp", "addcmul", "addcdiv"}))
