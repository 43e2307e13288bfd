"""Normalisation layers, embeddings and interpolation in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
