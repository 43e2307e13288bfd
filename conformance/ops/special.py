"""Special functions: error, gamma and Bessel functions and their kin; the series are in `series`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops import series
from autograd_conformance.ops.arithmetic import align
from autograd_conformance.ops.arrangements import alone, with_partner
from autograd_conformance.ops.elementwise import ABOVE_MINUS_ONE, POSITIVE
from autograd_conformance.ops.op import Arrangement, Array, Choices, Interval, Op, Rounding
from autograd_conformance.ops.points import (
    DELICATE_IF_EQUAL,
    Points,
    delicate,
    delicate_at,
    end,
    ends_at,
    kinks_at,
    ordinary,
    point,
    smooth_at,
)

UNSATURATED = Interval(-3.0, 3.0)
WITHIN_ONE = Interval(-0.9375, 0.9375)
PROBABILITY = Interval(0.0625, 0.9375)
WITHIN_SIX = Interval(-6.0, 6.0)
_ANYWHERE = Interval(-64.0, 64.0)

_MOST_DIMENSIONS = 8


def _root_of_half(x: Array) -> Any:
    return series.number(series.ROOT_OF_2 / 2, x)


def _erfinv(rounding: Rounding, x: Array) -> Array:
    """The derivative is computed as sqrt(pi) / 2 exp(y^2), where rounding of y counts 2 y^2 times."""
    y = series.erfinv(x)
    return rounding.absolute(y, x, np.abs(2 * y * y * np.exp(y * y))) if rounding.is_noisy else y


def _ndtr(rounding: Rounding, x: Array) -> Array:
    """The standard normal distribution function; also as (1 + erf(x / sqrt 2)) / 2, which loses the tail."""
    z = rounding(x * _root_of_half(x))
    return (1 + rounding(series.erf(z))) / 2 if rounding.is_noisy else series.erfc(-z) / 2


def _ndtri(rounding: Rounding, p: Array) -> Array:
    """Its inverse."""
    y = series.erfinv(rounding(2 * p - 1)) / _root_of_half(p)
    return rounding.absolute(y, p, np.abs(3 * y * y * np.exp(y * y / 2))) if rounding.is_noisy else y


def _log_ndtr(rounding: Rounding, x: Array) -> Array:
    """Also the logarithm of ndtr up to 8, with a derivative of exp(-x^2 / 2 - y), where rounding of y counts |y| times."""
    z = rounding(-x * _root_of_half(x))
    is_far = z.real >= 1
    far, near = np.where(is_far, z, 1), np.where(is_far, 0, z)
    tail = rounding(np.log(series.scaled_erfc(far) / 2)) - rounding(far * far)
    above = series.erfc(-near) / 2
    body = np.log(rounding(1 - above)) if rounding.is_noisy else np.log1p(-above)
    y = np.where(is_far, tail, body)
    return rounding.absolute(y, x, np.abs(y * np.exp(-x * x / 2 - y))) if rounding.is_noisy else y


def _logit(rounding: Rounding, x: Array) -> Array:
    return np.log(rounding(x / rounding(1 - x)))


def _entr(rounding: Rounding, x: Array) -> Array:
    """-x log x."""
    return -x * rounding(np.log(x))


def _xlog1py(rounding: Rounding, x: Array, y: Array) -> Array:
    x, y = align(x, y)
    return x * rounding(np.log1p(y))


def _multigammaln(rounding: Rounding, x: Array, dimension: int) -> Array:
    """Logarithm of pi^(p (p - 1) / 4) times the product of gamma(x - j / 2) over j < p."""
    total = series.lgamma(rounding, x)
    for step in range(1, dimension):
        total = rounding(total + rounding(series.lgamma(rounding, rounding(x - step / 2))))
    return total + series.number(np.log(series.PI) * (dimension * (dimension - 1) / 4), x)


def _betaln(rounding: Rounding, a: Array, b: Array) -> Array:
    a, b = align(a, b)
    both = rounding(series.lgamma(rounding, a)) + rounding(series.lgamma(rounding, b))
    return rounding(both) - rounding(series.lgamma(rounding, rounding(a + b)))


def _i0(rounding: Rounding, x: Array) -> Array:
    """Also exp |x| times i0e, of whose derivative two terms as large as the value cancel."""
    y = series.bessel(x, 0, 1)
    return rounding.absolute(y, x, np.abs(2 * y))


def _i1(rounding: Rounding, x: Array) -> Array:
    """The derivative is i0 - i1 / x, with terms +-i1 where this is exp |x| times i1e; absolute noise is their sum."""
    ratio = series.bessel(x, 1, 1) / 2
    return rounding.absolute(x * ratio, x, (np.abs(x) + 1) * np.abs(2 * ratio))


def _outward(x: Array) -> Array:
    """exp(-|x|)."""
    return np.exp(np.where(x.real < 0, x, -x))


def _i0e(rounding: Rounding, x: Array) -> Array:
    """exp(-|x|) i0(x), with a derivative of i1e - sign(x) i0e."""
    y = rounding(_outward(x)) * rounding(series.bessel(x, 0, 1))
    return rounding.absolute(y, x, np.abs(2 * y))


def _i1e(rounding: Rounding, x: Array) -> Array:
    """exp(-|x|) i1(x), with a derivative of i0e - (sign(x) + 1 / x) i1e; absolute noise is the sum of these terms."""
    ratio = rounding(_outward(x)) * rounding(series.bessel(x, 1, 1) / 2)
    return rounding.absolute(x * ratio, x, (np.abs(x) + 1) * np.abs(2 * ratio))


def _with_order(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"order": choices.one_of(1, 2)})


def _with_dimension(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"dimension": choices.one_of(1, 2, 3)})


def _is_order(value: Attribute) -> bool:
    return type(value) is int and 1 <= value <= 4


def _is_dimension(value: Attribute) -> bool:
    return type(value) is int and 1 <= value <= _MOST_DIMENSIONS


def _unary(name: str, meaning: Callable[[Rounding, Array], Array], domain: Interval, special: Points) -> Op:
    return Op(name, "special", meaning, alone, domains=(domain,), special=special)


def _binary(name: str, meaning: Callable[..., Array], *domains: Interval, special: Points) -> Op:
    return Op(name, "special", meaning, with_partner, ("float", "float"), domains=domains, special=special)


def _with_a_kink(name: str, meaning: Callable[[Rounding, Array], Array]) -> Op:
    """At 0, from exp(-|x|)."""
    return Op(
        name, "special", meaning, alone, domains=(WITHIN_SIX,), decision=np.sign, is_analytic=False,
        special=kinks_at(0.0) + smooth_at(*_BRANCH),
    )  # fmt: skip


_BRANCH = (8.0,)
"""Chebyshev series of the modified Bessel functions change here (Cephes)."""
_RATIONAL = (5.0,)
"""Rational approximations of the other ones do."""
_ON_UNIT_INTERVAL = ends_at(0.0, 1.0)
_GAMMA = smooth_at(0.5, 1.0, 2.0) + ends_at(0.0)
"""The logarithm of gamma is zero at 1 and 2; reflection starts at 1/2; poles are at 0, -1, ..."""


_BETA = (
    DELICATE_IF_EQUAL, delicate("both operands 1", 1.0, 1.0), delicate("second operand 1", ordinary, 1.0),
    end("first operand 0", 0.0, ordinary),
)  # fmt: skip

OPS = (
    _unary("erf", lambda _rounding, x: series.erf(x), UNSATURATED, smooth_at(0.0, 1.0)),
    _unary("erfc", lambda _rounding, x: series.erfc(x), UNSATURATED, smooth_at(0.0, 1.0)),
    _unary("erfinv", _erfinv, WITHIN_ONE, smooth_at(0.0) + ends_at(1.0, -1.0)),
    _unary("ndtr", _ndtr, Interval(-4.0, 4.0), smooth_at(0.0, 1.0)),
    _unary("ndtri", _ndtri, PROBABILITY, smooth_at(0.5) + _ON_UNIT_INTERVAL),
    _unary("log_ndtr", _log_ndtr, Interval(-6.0, 3.0), smooth_at(-1.0, 0.0, 1.0)),
    _unary("lgamma", series.lgamma, POSITIVE, _GAMMA),
    _unary("digamma", series.digamma, POSITIVE, _GAMMA),
    Op(
        "polygamma", "special", series.polygamma, _with_order,
        attributes={"order": _is_order}, domains=(POSITIVE,), special=_GAMMA,
    ),
    Op(
        "multigammaln", "special", _multigammaln, _with_dimension, attributes={"dimension": _is_dimension},
        domains=(Interval(1.5, 32.0),), special=smooth_at(1.0, 2.0) + ends_at(0.0),
    ),
    _binary("betaln", _betaln, Interval(0.5, 16.0), Interval(0.5, 16.0), special=_BETA),
    _unary("i0", _i0, WITHIN_SIX, delicate_at(0.0, *_BRANCH)),
    _unary("i1", _i1, WITHIN_SIX, delicate_at(0.0, *_BRANCH)),
    _with_a_kink("i0e", _i0e),
    _with_a_kink("i1e", _i1e),
    _unary("bessel_j0", lambda _rounding, x: series.bessel(x, 0, -1), WITHIN_SIX, delicate_at(0.0, *_RATIONAL)),
    _unary(
        "bessel_j1", lambda _rounding, x: series.bessel(x, 1, -1) * x / 2, WITHIN_SIX, delicate_at(0.0, *_RATIONAL)
    ),
    _unary("logit", _logit, PROBABILITY, smooth_at(0.5) + _ON_UNIT_INTERVAL),
    _unary("entr", _entr, POSITIVE, smooth_at(1.0) + ends_at(0.0)),
    _binary(
        "xlog1py", _xlog1py, _ANYWHERE, ABOVE_MINUS_ONE,
        special=(
            point("equal operands", 0.75, 0.75), delicate("first operand 0", 0.0, ordinary),
            delicate("second operand 0", ordinary, 0.0),
            delicate("both operands 0", 0.0, 0.0), end("second operand -1", ordinary, -1.0),
        ),
    ),
)  # fmt: skip
