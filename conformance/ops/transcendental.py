"""More smooth functions: hyperbolic, of other bases, of two arguments."""

from __future__ import annotations

from autograd_conformance.ops.op import Op

OPS: tuple[Op, ...] = ()
