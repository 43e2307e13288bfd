"""More smooth functions: hyperbolic, of other bases, of two arguments, and small combinations that have a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_conformance.graph import Shape
from autograd_conformance.ops.arithmetic import align
from autograd_conformance.ops.arrangements import alone, broadcast_partner, with_partner
from autograd_conformance.ops.elementwise import AWAY_FROM_ZERO, MODERATE, POSITIVE
from autograd_conformance.ops.op import Arrangement, Array, Choices, Interval, Kind, Op, Rounding, is_real
from autograd_conformance.ops.points import (
    DELICATE_IF_EQUAL,
    EQUAL_OPERANDS,
    Points,
    as_first,
    delicate,
    delicate_at,
    end,
    ends_at,
    ordinary,
    point,
    smooth_at,
    with_zeros,
)

BETWEEN_POLES = Interval(-1.25, 1.25)
"""The tangent is about 3 at the ends."""
ABOVE_ONE = Interval(1.25, 64.0)
BESIDE_THE_PEAK = Interval(0.25, 4.0, mirrored=True)
"""Near 0 the usual formula for the derivative of sinc is a difference of nearly equal numbers."""
NARROW = Interval(-8.0, 8.0)

PI = np.longdouble("3.14159265358979323846264338327950288")
LOG_OF_2 = np.longdouble("0.693147180559945309417232121458176568")


def _smooth(name: str, function: Callable[[Array], Array], *domains: Interval, special: Points = ()) -> Op:
    return Op(name, "transcendental", lambda _rounding, x: function(x), alone, domains=domains, special=special)


def _exp2(_rounding: Rounding, x: Array) -> Array:
    return np.exp(x * x.dtype.type(LOG_OF_2)) if np.iscomplexobj(x) else np.exp2(x)


def _logarithm(name: str, function: Callable[[Array], Array]) -> Op:
    """The natural logarithm over that of the base, where a framework has no other."""
    return Op(
        name, "transcendental", lambda rounding, x: rounding(function(x)), alone, domains=(POSITIVE,),
        special=smooth_at(1.0) + ends_at(0.0),
    )  # fmt: skip


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
    """sin(pi x) / (pi x), and 1 at 0."""
    angle = rounding(x * x.dtype.type(PI))
    safe = np.where(angle == 0, 1, angle)
    return np.where(angle == 0, 1, rounding(np.sin(safe)) / rounding(safe))


def _deg2rad(_rounding: Rounding, x: Array) -> Array:
    return x * x.dtype.type(PI / 180)


def _hypot(rounding: Rounding, a: Array, b: Array) -> Array:
    a, b = align(a, b)
    return np.sqrt(rounding(rounding(a * a) + rounding(b * b)))


def _is_anywhere(a: Array, b: Array) -> Array:
    """Whether there is any length: it has a kink where there is none."""
    a, b = align(a, b)
    there: Array = (a != 0) | (b != 0)
    return there


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


def _binary(name: str, meaning: Callable[..., Array], *domains: Interval, special: Points, **more: Any) -> Op:
    return Op(
        name, "transcendental", meaning, with_partner, ("float", "float"), domains=domains, special=special, **more
    )


_THREE: tuple[Kind, ...] = ("float", "float", "float")
_FACTOR = {"factor": is_real}
_ANYWHERE = Interval(-64.0, 64.0)
_LENGTHS = (
    DELICATE_IF_EQUAL,
    delicate("second operand 0", ordinary, 0.0),
    delicate("first operand 0", 0.0, ordinary),
    end("both operands 0", 0.0, 0.0),
)
_EQUAL_OR_0 = (DELICATE_IF_EQUAL, delicate("both operands 0", 0.0, 0.0))

OPS = (
    _smooth("sinh", np.sinh, MODERATE, special=smooth_at(0.0)),
    _smooth("cosh", np.cosh, MODERATE, special=smooth_at(0.0)),
    _smooth("tan", np.tan, BETWEEN_POLES, special=smooth_at(0.0)),
    Op("arcsinh", "transcendental", _arcsinh, alone, special=smooth_at(0.0)),
    _smooth("arccosh", np.arccosh, ABOVE_ONE, special=ends_at(1.0)),
    Op("exp2", "transcendental", _exp2, alone, domains=(MODERATE,)),
    _logarithm("log2", np.log2),
    _logarithm("log10", np.log10),
    Op(
        "cbrt", "transcendental", _cbrt, alone, domains=(AWAY_FROM_ZERO,), is_analytic=False,
        special=smooth_at(1.0) + ends_at(0.0),
    ),
    Op("rsqrt", "transcendental", _rsqrt, alone, domains=(POSITIVE,), special=ends_at(0.0)),
    Op("sinc", "transcendental", _sinc, alone, domains=(BESIDE_THE_PEAK,), special=delicate_at(0.0, 1.0)),
    Op("deg2rad", "transcendental", _deg2rad, alone),
    _binary("hypot", _hypot, AWAY_FROM_ZERO, decision=_is_anywhere, special=_LENGTHS),
    _binary(
        "arctan2", _arctan2, AWAY_FROM_ZERO, is_analytic=False,
        special=(
            EQUAL_OPERANDS, delicate("second operand 0", ordinary, 0.0), delicate("first operand 0", 0.0, 0.75),
            end("cut", 0.0, -1.0), end("both operands 0", 0.0, 0.0),
        ),
    ),
    _binary("logaddexp", _logaddexp, NARROW, NARROW, special=_EQUAL_OR_0),
    _binary(
        "logaddexp2", lambda rounding, a, b: _logaddexp(rounding, a, b, LOG_OF_2), NARROW, NARROW, special=_EQUAL_OR_0
    ),
    _binary(
        "xlogy", _xlogy, _ANYWHERE, POSITIVE,
        special=(
            point("equal operands", 0.75, 0.75), delicate("first operand 0", 0.0, ordinary),
            point("second operand 1", ordinary, 1.0), end("both operands 0", 0.0, 0.0),
        ),
    ),
    _binary("squared_difference", _squared_difference, special=(EQUAL_OPERANDS,)),
    Op(
        "lerp", "transcendental", _lerp, _with_two_partners, _THREE, domains=(_ANYWHERE, _ANYWHERE, MODERATE),
        special=(
            point("equal ends", ordinary, as_first(), ordinary), point("weight 0", ordinary, ordinary, 0.0),
            delicate("weight 1/2", ordinary, ordinary, 0.5), point("weight 1", ordinary, ordinary, 1.0),
        ),
    ),
    Op(
        "addcmul", "transcendental", _addcmul, _with_two_partners_and_factor, _THREE, attributes=_FACTOR,
        special=(point("one factor is zero", ordinary, with_zeros(1), ordinary), point("all zero", 0.0, 0.0, 0.0)),
    ),
    Op(
        "addcdiv", "transcendental", _addcdiv, _with_two_partners_and_factor, _THREE, attributes=_FACTOR,
        domains=(_ANYWHERE, _ANYWHERE, AWAY_FROM_ZERO),
        special=(point("zero above", ordinary, 0.0, ordinary), end("zero below", ordinary, ordinary, 0.0)),
    ),
    Op(
        "remainder", "transcendental", _remainder, with_partner, ("float", "float"),
        domains=(_ANYWHERE, AWAY_FROM_ZERO), decision=_quotient, is_analytic=False,
        special=(end("equal operands", 0.75, 0.75), end("first operand 0", 0.0, ordinary)),
    ),
)  # fmt: skip
