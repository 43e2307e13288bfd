"""Normalisation layers, embeddings and interpolation."""

from __future__ import annotations

from autograd_conformance.ops.op import Op

OPS: tuple[Op, ...] = ()
