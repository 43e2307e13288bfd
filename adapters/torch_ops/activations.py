"""Activation functions of neural networks in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "gelu": "torch.nn.functional.gelu({0})",
        "gelu_tanh": "torch.nn.functional.gelu({0}, approximate='tanh')",
        "silu": "torch.nn.functional.silu({0})",
        "mish": "torch.nn.functional.mish({0})",
        "log_sigmoid": "torch.nn.functional.logsigmoid({0})",
        "tanhshrink": "torch.nn.functional.tanhshrink({0})",
        "squareplus": "({0} + torch.sqrt(torch.square({0}) + {bend})) / 2",
        "softmin": "torch.nn.functional.softmin({0}, dim={axis})",
        "glu": "torch.nn.functional.glu({0}, dim={axis})",
        "elu": "torch.nn.functional.elu({0}, alpha={alpha})",
        "celu": "torch.nn.functional.celu({0}, alpha={alpha})",
        "selu": "torch.nn.functional.selu({0})",
        "leaky_relu": "torch.nn.functional.leaky_relu({0}, negative_slope={slope})",
        "prelu": "torch.nn.functional.prelu({0}, {1})",
        "hardtanh": "torch.nn.functional.hardtanh({0})",
        "relu6": "torch.nn.functional.relu6({0})",
        "hard_sigmoid": "torch.nn.functional.hardsigmoid({0})",
        "hard_swish": "torch.nn.functional.hardswish({0})",
        "softsign": "torch.nn.functional.softsign({0})",
        "softshrink": "torch.nn.functional.softshrink({0}, lambd={width})",
        "hardshrink": "torch.nn.functional.hardshrink({0}, lambd={width})",
        "threshold": "torch.nn.functional.threshold({0}, {bound}, {below})",
        "sparse_plus": "torch.where({0} < -1, 0.0, torch.where({0} < 1, torch.square({0} + 1) / 4, {0}))",
    },
    composed=frozenset({"squareplus", "sparse_plus"}),
)
