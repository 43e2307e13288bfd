"""Normalisation layers, embeddings and interpolation, from their definitions in mpmath."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.reference.meanings.meaning import Meaning

MEANINGS: Mapping[str, Meaning] = {}
