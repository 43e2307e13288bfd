"""Products, determinants, solutions and windows in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "matmul": "torch.matmul({0}, {1})",
        "einsum": "torch.einsum({pattern}, {0}, {1})",
        "det": "torch.linalg.det({0})",
        "solve": "torch.linalg.solve({0}, {1})",
        "conv1d": "torch.nn.functional.conv1d({0}, {1}, stride={stride}, padding={padding})",
        "max_pool1d": "torch.nn.functional.max_pool1d({0}, {window}, {stride})",
    },
    wide_only=frozenset({"det", "solve"}),
)
