"""Products of vectors, matrices and tensors in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

COMPACT = ".clone(memory_format=torch.contiguous_format)"
"""``contiguous()`` leaves strides as they are where an axis has one element."""

TABLE = Table(
    expressions={
        "dot": "torch.dot({0}, {1})",
        "matvec": "torch.mv({0}, {1})",
        "outer": "torch.outer({0}, {1})",
        "inner": "torch.inner({0}, {1})",
        "tensordot": "torch.tensordot({0}, {1}, dims={axes})",
        "einsum_of_one": "torch.einsum({pattern}, {0})",
        "einsum_of_three": "torch.einsum({pattern}, {0}, {1}, {2})",
        "multi_dot": "torch.linalg.multi_dot(({0}, {1}, {2}))",
        "addmm": "torch.addmm({0}, {1}, {2}, beta={beta}, alpha={alpha})",
        "kron": f"torch.kron({{0}}{COMPACT}, {{1}}{COMPACT})",
        "cross": "torch.linalg.cross({0}, {1}, dim=-1)",
    },
)
