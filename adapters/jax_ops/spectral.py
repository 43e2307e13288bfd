"""Discrete Fourier and related transforms in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
