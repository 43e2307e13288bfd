"""Special functions: error, gamma and Bessel functions and their kin."""

from __future__ import annotations

from autograd_conformance.ops.op import Op

OPS: tuple[Op, ...] = ()
