"""Products of vectors, matrices and tensors, and parts of matrices."""

from __future__ import annotations

from autograd_conformance.ops.op import Op

OPS: tuple[Op, ...] = ()
