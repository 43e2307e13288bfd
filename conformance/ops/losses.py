"""Losses, and the similarity of vectors."""

from __future__ import annotations

from autograd_conformance.ops.op import Op

OPS: tuple[Op, ...] = ()
