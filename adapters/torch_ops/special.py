"""Special functions: error, gamma and Bessel functions and their kin in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
