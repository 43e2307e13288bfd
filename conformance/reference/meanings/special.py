"""Special functions: error, gamma and Bessel functions and their kin, from their definitions in mpmath."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from autograd_conformance.reference.meanings.meaning import Meaning, formula, function


def _log_gamma(context: Any, x: Any) -> Any:
    return context.log(abs(context.gamma(x)))


def _multivariate_log_gamma(context: Any, x: Any, dimension: int) -> Any:
    power = context.pi ** (context.mpf(dimension * (dimension - 1)) / 4)
    return context.log(power * context.fprod(context.gamma(x - context.mpf(step) / 2) for step in range(dimension)))


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "erf": function("erf"),
        "erfc": function("erfc"),
        "erfinv": function("erfinv"),
        "ndtr": function("ncdf"),
        "ndtri": formula(1, lambda c, p: c.sqrt(2) * c.erfinv(2 * p - 1)),
        "log_ndtr": formula(1, lambda c, x: c.log(c.ncdf(x))),
        "lgamma": formula(1, _log_gamma),
        "digamma": function("digamma"),
        "polygamma": formula(1, lambda c, x, order: c.polygamma(order, x)),
        "multigammaln": formula(1, _multivariate_log_gamma),
        "betaln": formula(2, lambda c, a, b: c.log(abs(c.beta(a, b)))),
        "i0": formula(1, lambda c, x: c.besseli(0, x)),
        "i1": formula(1, lambda c, x: c.besseli(1, x)),
        "i0e": formula(1, lambda c, x: c.exp(-abs(x)) * c.besseli(0, x)),
        "i1e": formula(1, lambda c, x: c.exp(-abs(x)) * c.besseli(1, x)),
        "bessel_j0": function("j0"),
        "bessel_j1": function("j1"),
        "logit": formula(1, lambda c, x: c.log(x) - c.log(1 - x)),
        "entr": formula(1, lambda c, x: -x * c.log(x)),
        "xlog1py": formula(2, lambda c, x, y: x * c.log(1 + y)),
    }
)
