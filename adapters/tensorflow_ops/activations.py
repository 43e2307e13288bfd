"""Activation functions of neural networks in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
