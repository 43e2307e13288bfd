"""How PyTorch says each op: a table per family, named as the files of `conformance/ops`."""

from __future__ import annotations

from autograd_conformance.adapters.torch_ops import (
    activations,
    algebra,
    elementwise,
    factorisations,
    indexing,
    layers,
    losses,
    matrices,
    products,
    rearranging,
    reductions,
    shapes,
    special,
    spectral,
    statistics,
    transcendental,
    windows,
)
from autograd_conformance.adapters.translator import merged

TABLE = merged(
    elementwise.TABLE,
    reductions.TABLE,
    shapes.TABLE,
    algebra.TABLE,
    transcendental.TABLE,
    special.TABLE,
    activations.TABLE,
    statistics.TABLE,
    indexing.TABLE,
    rearranging.TABLE,
    losses.TABLE,
    layers.TABLE,
    windows.TABLE,
    products.TABLE,
    matrices.TABLE,
    factorisations.TABLE,
    spectral.TABLE,
)
