"""Picking, placing and repeating elements by number or by mask."""

from __future__ import annotations

from autograd_conformance.ops.op import Op

OPS: tuple[Op, ...] = ()
