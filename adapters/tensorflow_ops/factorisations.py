"""Factorisations, solutions, spectra and functions of matrices in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
