"""Picking, placing and repeating elements by number or by mask in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(expressions={})
