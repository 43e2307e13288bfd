"""More smooth functions: hyperbolic, of other bases, of two arguments, and small combinations that have a name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograd_conformance.graph import Shape
from autograd_conformance.ops.arithmetic import align
from autograd_conformance.ops.arrangements import alone, broadcast_partner, with_partner
from autograd_conformance.ops.elementwise import AWAY_FROM_ZERO, MODERATE, POSITIVE
from autograd_conformance.ops.op import Arrangement, Array, Choices, Interval, Kind, Op, Rounding, is_real

BETWEEN_POLES = Interval(-1.25, 1.25)
"""The tangent is about 3 at the ends."""
ABOVE_ONE = Interval(1.25, 64.0)
BESIDE_THE_PEAK = Interval(0.25, 4.0, mirrored=True)
"""Near 0 the usual formula for the derivative of sinc is a difference of nearly equal numbers."""
NARROW = Interval(-8.0, 8.0)

PI = np.longdouble("3.14159265358979323846264338327950288")
LOG_OF_2 = np.longdouble("0.693147180559945309417232121458176568")


def _smooth(name: str, function: Callable[[Array], Array], *domains: Interval) -> Op:
    return Op(name, "transcendental", lambda _rounding, x: function(x), alone, domains=domains)


def _exp2(_rounding: Rounding, x: Array) -> Array:
    return np.exp(x * x.dtype.type(LOG_OF_2)) if np.iscomplexobj(x) else np.exp2(x)


def _logarithm(name: str, function: Callable[[Array], Array]) -> Op:
    """The natural logarithm over that of the base, where a framework has no other."""
    return Op(name, "transcendental", lambda rounding, x: rounding(function(x)), alone, domains=(POSITIVE,))


def _arcsinh(rounding: Rounding, x: Array) -> Array:
    """The derivative is computed as 1 / cosh(y), too, where rounding of y counts |y| tanh |y| times."""
    y = np.arcsinh(x)
    return rounding.absolute(y, x, np.abs(y) / np.abs(np.sqrt(x * x + 1)))


def _cbrt(rounding: Rounding, x: Array) -> Array:
    """Composed as a power, whose exponent is a number of no dtype."""
    if not rounding.is_noisy:
        return np.cbrt(x)
    return np.sign(x) * np.power(np.abs(x), rounding(np.ones_like(x) / 3))


def _rsqrt(rounding: Rounding, x: Array) -> Array:
    return 1 / rounding(np.sqrt(x))


def _sinc(rounding: Rounding, x: Array) -> Array:
    """sin(pi x) / (pi x)."""
    angle = rounding(x * x.dtype.type(PI))
    return rounding(np.sin(angle)) / rounding(angle)


def _deg2rad(_rounding: Rounding, x: Array) -> Array:
    return x * x.dtype.type(PI / 180)


def _hypot(rounding: Rounding, a: Array, b: Array) -> Array:
    a, b = align(a, b)
    return np.sqrt(rounding(rounding(a * a) + rounding(b * b)))


def _arctan2(_rounding: Rounding, y: Array, x: Array) -> Array:
    return np.arctan2(*align(y, x))


def _logaddexp(rounding: Rounding, a: Array, b: Array, base: float | np.longdouble = 1.0) -> Array:
    """log(exp(a) + exp(b)), or log2(2^a + 2^b) where ``base`` is log(2).

    The derivative is computed as exp(a - y), where rounding of y counts |y| times.
    """
    a, b = np.broadcast_arrays(*align(a, b))
    unit = a.dtype.type(base)
    first_is_larger = a.real >= b.real
    larger, smaller = np.where(first_is_larger, a, b), np.where(first_is_larger, b, a)
    ratio = rounding(np.exp(rounding(smaller - larger) * unit))
    y = larger + rounding(rounding(np.log1p(ratio)) / unit)
    if rounding.is_noisy:
        for operand in (a, b):
            y = rounding.absolute(y, operand, np.abs(y * unit * np.exp((operand - y) * unit)))
    return y


def _xlogy(rounding: Rounding, x: Array, y: Array) -> Array:
    x, y = align(x, y)
    return x * rounding(np.log(y))


def _squared_difference(rounding: Rounding, a: Array, b: Array) -> Array:
    difference = rounding(np.subtract(*align(a, b)))
    return difference * difference


def _lerp(rounding: Rounding, a: Array, b: Array, weight: Array) -> Array:
    a, b, weight = align(a, b, weight)
    return a + rounding(weight * rounding(b - a))


def _addcmul(rounding: Rounding, x: Array, a: Array, b: Array, factor: float) -> Array:
    x, a, b = align(x, a, b)
    return x + rounding(rounding(a * b) * factor)


def _addcdiv(rounding: Rounding, x: Array, a: Array, b: Array, factor: float) -> Array:
    x, a, b = align(x, a, b)
    return x + rounding(rounding(a / b) * factor)


def _remainder(_rounding: Rounding, a: Array, b: Array) -> Array:
    """With the sign of the divisor."""
    return np.remainder(*align(a, b))


def _quotient(a: Array, b: Array) -> Array:
    """Even where nothing remains, odd between.

    The sign tells on which side of a rounded quotient the true one lies, also for numbers of mpmath, which come here too.
    """
    a, b = align(a, b)
    whole = np.floor(np.asarray(a / b, dtype=np.float64))
    return 2 * whole + np.sign((a - whole * b) * b).astype(np.float64)


def _with_two_partners(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((broadcast_partner(choices, shape), broadcast_partner(choices, shape)))


def _with_two_partners_and_factor(choices: Choices, shape: Shape) -> Arrangement:
    shapes = _with_two_partners(choices, shape).shapes
    return Arrangement(shapes, {"factor": choices.one_of(0.5, -1.5, 2.0, 1.0)})


def _binary(name: str, meaning: Callable[..., Array], *domains: Interval, is_analytic: bool = True) -> Op:
    return Op(
        name, "transcendental", meaning, with_partner, ("float", "float"), domains=domains, is_analytic=is_analytic
    )


_THREE: tuple[Kind, ...] = ("float", "float", "float")
_FACTOR = {"factor": is_real}
_ANYWHERE = Interval(-64.0, 64.0)

OPS = (
    _smooth("sinh", np.sinh, MODERATE),
    _smooth("cosh", np.cosh, MODERATE),
    _smooth("tan", np.tan, BETWEEN_POLES),
    Op("arcsinh", "transcendental", _arcsinh, alone),
    _smooth("arccosh", np.arccosh, ABOVE_ONE),
    Op("exp2", "transcendental", _exp2, alone, domains=(MODERATE,)),
    _logarithm("log2", np.log2),
    _logarithm("log10", np.log10),
    Op("cbrt", "transcendental", _cbrt, alone, domains=(AWAY_FROM_ZERO,), is_analytic=False),
    Op("rsqrt", "transcendental", _rsqrt, alone, domains=(POSITIVE,)),
    Op("sinc", "transcendental", _sinc, alone, domains=(BESIDE_THE_PEAK,)),
    Op("deg2rad", "transcendental", _deg2rad, alone),
    _binary("hypot", _hypot, AWAY_FROM_ZERO),
    _binary("arctan2", _arctan2, AWAY_FROM_ZERO, is_analytic=False),
    _binary("logaddexp", _logaddexp, NARROW, NARROW),
    _binary("logaddexp2", lambda rounding, a, b: _logaddexp(rounding, a, b, LOG_OF_2), NARROW, NARROW),
    _binary("xlogy", _xlogy, _ANYWHERE, POSITIVE),
    _binary("squared_difference", _squared_difference),
    Op("lerp", "transcendental", _lerp, _with_two_partners, _THREE, domains=(_ANYWHERE, _ANYWHERE, MODERATE)),
    Op("addcmul", "transcendental", _addcmul, _with_two_partners_and_factor, _THREE, attributes=_FACTOR),
    Op(
        "addcdiv", "transcendental", _addcdiv, _with_two_partners_and_factor, _THREE, attributes=_FACTOR,
        domains=(_ANYWHERE, _ANYWHERE, AWAY_FROM_ZERO),
    ),
    Op(
        "remainder", "transcendental", _remainder, with_partner, ("float", "float"),
        domains=(_ANYWHERE, AWAY_FROM_ZERO), decision=_quotient, is_analytic=False,
    ),
)  # fmt: skip
