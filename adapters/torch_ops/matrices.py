"""Parts of matrices, matrices made of others, and what relates their rows in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table


def _vander(x: str, columns: int, increasing: bool) -> str:
    """The function of torch.linalg: torch.vander fails when it is differentiated (2.13)."""
    powers = f"torch.linalg.vander({x}, N={columns})"
    return powers if increasing else f"torch.flip({powers}, (-1,))"


TABLE = Table(
    expressions={
        "block_diag": "torch.block_diag({0}, {1})",
        "trace": "torch.trace({0})",
        "diagonal": "torch.diagonal({0}, {offset}, dim1=-2, dim2=-1)",
        "diag_embed": "torch.diag_embed({0}, {offset})",
        "tril": "torch.tril({0}, {offset})",
        "triu": "torch.triu({0}, {offset})",
        "vander": _vander,
        "cdist": "torch.cdist({0}, {1}, p={p})",
        "cov": "torch.atleast_2d(torch.cov({0}, correction={correction}))",
        "corrcoef": "torch.atleast_2d(torch.corrcoef({0}))",
    },
    wide_only=frozenset({"vander", "cdist"}),
)
