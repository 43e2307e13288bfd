"""Turning, rolling, stacking, tiling and neighbours' differences in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "stack": "tf.stack(({0}, {1}), axis={axis})",
        "tile": "tf.tile({0}, {repeats})",
        "roll": "tf.roll({0}, shift={shift}, axis={axis})",
        "rot90": "tf.experimental.numpy.rot90({0}, {turns}, (0, 1))",
        "moveaxis": "tf.experimental.numpy.moveaxis({0}, {source}, {destination})",
        "diff": "tf.experimental.numpy.diff({0}, n={order}, axis={axis})",
        "expand_dims": "tf.expand_dims({0}, {axis})",
        "squeeze": "tf.squeeze({0}, ({axis},))",
        "meshgrid": "tf.meshgrid({0}, {1}, indexing='ij')",
    },
)
