"""Discrete Fourier and related transforms, from their definitions in mpmath."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.reference.meanings.meaning import Meaning

MEANINGS: Mapping[str, Meaning] = {}
