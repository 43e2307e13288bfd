"""Turning, rolling, stacking, tiling and neighbours' differences in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "stack": "torch.stack(({0}, {1}), dim={axis})",
        "tile": "torch.tile({0}, {repeats})",
        "roll": "torch.roll({0}, {shift}, {axis})",
        "rot90": "torch.rot90({0}, {turns}, (0, 1))",
        "moveaxis": "torch.movedim({0}, {source}, {destination})",
        "diff": "torch.diff({0}, n={order}, dim={axis})",
        "expand_dims": "torch.unsqueeze({0}, {axis})",
        "squeeze": "torch.squeeze({0}, {axis})",
        "meshgrid": "torch.meshgrid({0}, {1}, indexing='ij')",
    },
)
