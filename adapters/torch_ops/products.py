"""Products of vectors, matrices and tensors, and parts of matrices in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
