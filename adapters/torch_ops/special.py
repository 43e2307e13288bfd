"""Special functions: error, gamma and Bessel functions and their kin in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

TABLE = Table(
    expressions={
        "erf": "torch.special.erf({0})",
        "erfc": "torch.special.erfc({0})",
        "erfinv": "torch.special.erfinv({0})",
        "ndtr": "torch.special.ndtr({0})",
        "ndtri": "torch.special.ndtri({0})",
        "log_ndtr": "torch.special.log_ndtr({0})",
        "lgamma": "torch.lgamma({0})",
        "digamma": "torch.special.digamma({0})",
        "polygamma": "torch.special.polygamma({order}, {0})",
        "multigammaln": "torch.special.multigammaln({0}, {dimension})",
        "betaln": "torch.lgamma({0}) + torch.lgamma({1}) - torch.lgamma({0} + {1})",
        "i0": "torch.special.i0({0})",
        "i1": "torch.special.i1({0})",
        "i0e": "torch.special.i0e({0})",
        "i1e": "torch.special.i1e({0})",
        "logit": "torch.special.logit({0})",
        "entr": "torch.special.entr({0})",
        "xlog1py": "torch.special.xlog1py({0}, {1})",
    },
    composed=frozenset({"betaln"}),
    absent={
        "bessel_j0": "torch.special.bessel_j0 has no derivative",
        "bessel_j1": "torch.special.bessel_j1 has no derivative",
    },
    wide_only=frozenset({"i1", "i1e", "ndtri", "log_ndtr"}),
)
