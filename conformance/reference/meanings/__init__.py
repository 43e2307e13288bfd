"""Every op written down a second time, in mpmath: a file per family, named as those of `conformance/ops`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from autograd_conformance.reference.meanings import (
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
from autograd_conformance.reference.meanings.meaning import Meaning

_FAMILIES = (
    elementwise,
    reductions,
    shapes,
    algebra,
    transcendental,
    special,
    activations,
    statistics,
    indexing,
    rearranging,
    losses,
    layers,
    windows,
    products,
    matrices,
    factorisations,
    spectral,
)

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {name: meaning for family in _FAMILIES for name, meaning in family.MEANINGS.items()}
)
