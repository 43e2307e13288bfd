"""Products of vectors, matrices and tensors in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

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
        "kron": "torch.kron({0}.contiguous(), {1}.contiguous())",
        "cross": "torch.linalg.cross({0}, {1}, dim=-1)",
    },
)
