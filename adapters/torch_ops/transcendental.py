"""PyTorch: the ops of `ops.transcendental`."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.adapters.translator import Expression, Table

EXPRESSIONS: Mapping[str, Expression] = {
    "sinh": "torch.sinh({0})",
    "cosh": "torch.cosh({0})",
    "tan": "torch.tan({0})",
    "arcsinh": "torch.asinh({0})",
    "arccosh": "torch.acosh({0})",
    "exp2": "torch.exp2({0})",
    "log2": "torch.log2({0})",
    "log10": "torch.log10({0})",
    "cbrt": "torch.sign({0}) * torch.abs({0}) ** (1 / 3)",
    "rsqrt": "torch.rsqrt({0})",
    "sinc": "torch.sinc({0})",
    "deg2rad": "torch.deg2rad({0})",
    "hypot": "torch.hypot({0}, {1})",
    "arctan2": "torch.atan2({0}, {1})",
    "logaddexp": "torch.logaddexp({0}, {1})",
    "logaddexp2": "torch.logaddexp2({0}, {1})",
    "xlogy": "torch.xlogy({0}, {1})",
    "squared_difference": "torch.square({0} - {1})",
    "lerp": "torch.lerp({0}, {1}, {2})",
    "addcmul": "torch.addcmul({0}, {1}, {2}, value={factor})",
    "addcdiv": "torch.addcdiv({0}, {1}, {2}, value={factor})",
    "remainder": "torch.remainder({0}, {1})",
}

TABLE = Table(EXPRESSIONS, composed=frozenset({"cbrt", "squared_difference"}))
