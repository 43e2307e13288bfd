"""More smooth functions: hyperbolic, of other bases, of two arguments in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
