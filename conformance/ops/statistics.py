"""Order statistics, norms, spreads, running extremes and segments."""

from __future__ import annotations

from autograd_conformance.ops.op import Op

OPS: tuple[Op, ...] = ()
