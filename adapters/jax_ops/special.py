"""Special functions: error, gamma and Bessel functions and their kin in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

NO_BESSEL_J = (
    "jax.scipy.special.bessel_jn is a recurrence over all orders, which overflows to nan in float32 below 4 or so"
)

TABLE = Table(
    expressions={
        "erf": "jax.scipy.special.erf({0})",
        "erfc": "jax.scipy.special.erfc({0})",
        "erfinv": "jax.scipy.special.erfinv({0})",
        "ndtr": "jax.scipy.special.ndtr({0})",
        "ndtri": "jax.scipy.special.ndtri({0})",
        "log_ndtr": "jax.scipy.special.log_ndtr({0})",
        "lgamma": "jax.scipy.special.gammaln({0})",
        "digamma": "jax.scipy.special.digamma({0})",
        "polygamma": "jax.scipy.special.polygamma({order}, {0})",
        "multigammaln": "jax.scipy.special.multigammaln({0}, {dimension})",
        "betaln": "jax.scipy.special.betaln({0}, {1})",
        "i0": "jax.scipy.special.i0({0})",
        "i1": "jax.scipy.special.i1({0})",
        "i0e": "jax.scipy.special.i0e({0})",
        "i1e": "jax.scipy.special.i1e({0})",
        "logit": "jax.scipy.special.logit({0})",
        "entr": "jax.scipy.special.entr({0})",
        "xlog1py": "jax.scipy.special.xlog1py({0}, {1})",
    },
    absent={"bessel_j0": NO_BESSEL_J, "bessel_j1": NO_BESSEL_J},
    wide_only=frozenset({"ndtr", "ndtri", "log_ndtr"}),
)
