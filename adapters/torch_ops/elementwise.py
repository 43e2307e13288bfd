"""Arithmetic and functions of single elements in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "neg": "-{0}",
        "reciprocal": "torch.reciprocal({0})",
        "square": "torch.square({0})",
        "sqrt": "torch.sqrt({0})",
        "exp": "torch.exp({0})",
        "expm1": "torch.expm1({0})",
        "log": "torch.log({0})",
        "log1p": "torch.log1p({0})",
        "sin": "torch.sin({0})",
        "cos": "torch.cos({0})",
        "tanh": "torch.tanh({0})",
        "arctan": "torch.atan({0})",
        "arcsin": "torch.asin({0})",
        "arccos": "torch.acos({0})",
        "arctanh": "torch.atanh({0})",
        "sigmoid": "torch.sigmoid({0})",
        "softplus": "torch.nn.functional.softplus({0})",
        "scale": "{0} * {factor}",
        "shift": "{0} + {offset}",
        "add": "{0} + {1}",
        "sub": "{0} - {1}",
        "mul": "{0} * {1}",
        "div": "{0} / {1}",
        "power": "torch.pow({0}, {1})",
        "maximum": "torch.maximum({0}, {1})",
        "minimum": "torch.minimum({0}, {1})",
        "relu": "torch.relu({0})",
        "abs": "torch.abs({0})",
        "clip": "torch.clamp({0}, {low}, {high})",
        "greater": "{0} > {1}",
        "where": "torch.where({0}, {1}, {2})",
    },
)
