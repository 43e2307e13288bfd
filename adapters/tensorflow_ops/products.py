"""Products of vectors, matrices and tensors, and parts of matrices in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
