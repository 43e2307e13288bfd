"""Turning, rolling, stacking, tiling and neighbours' differences in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "stack": "jnp.stack(({0}, {1}), axis={axis})",
        "tile": "jnp.tile({0}, {repeats})",
        "roll": "jnp.roll({0}, {shift}, {axis})",
        "rot90": "jnp.rot90({0}, {turns}, (0, 1))",
        "moveaxis": "jnp.moveaxis({0}, {source}, {destination})",
        "diff": "jnp.diff({0}, n={order}, axis={axis})",
        "expand_dims": "jnp.expand_dims({0}, {axis})",
        "squeeze": "jnp.squeeze({0}, {axis})",
        "meshgrid": "jnp.meshgrid({0}, {1}, indexing='ij')",
    },
)
