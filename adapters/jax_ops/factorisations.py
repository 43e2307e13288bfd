"""Factorisations, solutions, spectra and functions of matrices in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
