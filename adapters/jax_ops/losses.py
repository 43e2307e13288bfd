"""Losses, and the similarity of vectors in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
