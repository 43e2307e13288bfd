"""Error, gamma and Bessel functions in the precision of their argument, real or complex with a small imaginary part.

Truncation errors are below 1e-20 of the value, or of the largest term where terms cancel.  Arguments beyond what a series
reaches give nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array, Rounding

PI = np.longdouble("3.14159265358979323846264338327950288")
ROOT_OF_PI = np.longdouble("1.77245385090551602729816748334114518")
ROOT_OF_2 = np.longdouble("1.41421356237309504880168872420969808")
HALF_LOG_OF_2_PI = np.longdouble("0.918938533204672741780329736405617640")

_NEAR_0 = 0.75
"""Below, the error function is its Maclaurin series; above, one minus the complementary one."""
_MACLAURIN = [np.longdouble((-1) ** n) / np.longdouble(math.factorial(n) * (2 * n + 1)) for n in range(20)]
"""Of erf(x) sqrt(pi) / (2 x) in x^2; the next term is 1e-25 at _NEAR_0."""
_SPACING = 0.4375
"""Of the trapezoidal rule below, whose relative error is about exp(-(pi / spacing)^2) = 4e-23."""
_WEIGHTS = [(np.longdouble((n * _SPACING) ** 2), np.exp(-np.longdouble((n * _SPACING) ** 2))) for n in range(1, 17)]
_BERNOULLI = (
    (1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510), (43867, 798), (-174611, 330),
    (854513, 138), (-236364091, 2730), (8553103, 6),
)  # fmt: skip
"""The numbers B_2, B_4, ... as fractions."""
_SHIFT = 10
"""The recurrence takes arguments at least this far up, where the last term of the asymptotic series is less than 1e-21."""
_LOWEST = -64.0
_MOST_TERMS = 160


def _asymptotic(factor: Callable[[int], Fraction]) -> list[np.longdouble]:
    """Bernoulli numbers B_2n times ``factor(n)``."""
    exact = [Fraction(*fraction) * factor(n) for n, fraction in enumerate(_BERNOULLI, 1)]
    return [np.longdouble(fraction.numerator) / np.longdouble(fraction.denominator) for fraction in exact]


_STIRLING = _asymptotic(lambda n: Fraction(1, 2 * n * (2 * n - 1)))
_OF_DIGAMMA = _asymptotic(lambda n: Fraction(1, 2 * n))


def _of_polygamma(order: int) -> list[np.longdouble]:
    return _asymptotic(lambda n: Fraction(math.factorial(2 * n + order - 1), math.factorial(2 * n)))


_OF_POLYGAMMA = {order: _of_polygamma(order) for order in range(1, 5)}


def number(value: np.longdouble, like: Array) -> Any:
    """The constant in the type of ``like``."""
    return like.dtype.type(value)


def _horner(coefficients: list[np.longdouble], x: Array) -> Array:
    total = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + number(coefficient, x)
    return total


def scaled_erfc(x: Array) -> Array:
    """exp(x^2) erfc(x) for x >= 0.75 or so.

    The trapezoidal rule for the integral of x exp(-t^2) / (pi (t^2 + x^2)) over the real line, and the residue at t = i x
    (Matta and Reichel 1971).
    """
    square = x * x
    total = 0.5 / square
    for place, weight in _WEIGHTS:
        total = total + number(weight, x) / (square + number(place, x))
    pi = number(PI, x)
    residue = 2 / np.expm1(x * (2 * pi / _SPACING)) * np.exp(np.where(x.real < math.pi / _SPACING, square, 0))
    return x * total * (2 * _SPACING / pi) - np.where(x.real < math.pi / _SPACING, residue, 0)


def _erf_and_tail(x: Array) -> tuple[Array, Array, Array]:
    """Whether x is near 0, the error function where it is, and erfc |x| where it is not."""
    is_near = np.abs(x.real) < _NEAR_0
    near, far = np.where(is_near, x, 0), np.where(is_near, 1, np.where(x.real < 0, -x, x))
    inner = 2 * near * _horner(_MACLAURIN, near * near) / number(ROOT_OF_PI, x)
    return is_near, inner, np.exp(-far * far) * scaled_erfc(far)


def erf(x: Array) -> Array:
    is_near, inner, tail = _erf_and_tail(x)
    return np.where(is_near, inner, np.where(x.real < 0, tail - 1, 1 - tail))


def erfc(x: Array) -> Array:
    """Right to the last digits relative to itself."""
    is_near, inner, tail = _erf_and_tail(x)
    return np.where(is_near, 1 - inner, np.where(x.real < 0, 2 - tail, tail))


def erfinv(y: Array) -> Array:
    """Halley steps from an approximation to 2e-3 (Winitzki 2008), each of which cubes the error."""
    logarithm = np.log1p(-y * y) if not np.iscomplexobj(y) else np.log(1 - y * y)
    middle = 2 / (math.pi * 0.147) + logarithm / 2
    x = np.where(y.real < 0, -1, 1) * np.sqrt(np.sqrt(middle * middle - logarithm / 0.147) - middle)
    x = x.real.astype(y.dtype)
    for _ in range(2):
        step = (erf(x) - y) * number(ROOT_OF_PI, y) / 2 * np.exp(x * x)
        x = x - step / (1 + x * step)
    return x


def _shift(x: Array) -> int:
    lowest = float(np.min(x.real, initial=0.0, where=x.real >= _LOWEST))
    return _SHIFT + math.ceil(-lowest)


def _defined(x: Array, value: Array) -> Array:
    return np.where(x.real >= _LOWEST, value, np.nan)


def lgamma(rounding: Rounding, x: Array) -> Array:
    """Logarithm of |gamma(x)|: Stirling's series further up, less that of the factors up to there; nan below -64."""
    shift = _shift(x)
    high, factors = x + shift, x
    for step in range(1, shift):
        factors = factors * (x + step)
    series = _horner(_STIRLING, 1 / (high * high)) / high
    stirling = (high - 0.5) * np.log(high) - high + number(HALF_LOG_OF_2_PI, x) + series
    return _defined(x, rounding(stirling) - rounding(np.log(np.where(factors.real < 0, -factors, factors))))


def digamma(rounding: Rounding, x: Array) -> Array:
    """The derivative of log gamma(x); nan below -64."""
    shift = _shift(x)
    high, total = x + shift, 1 / x
    for step in range(1, shift):
        total = total + 1 / (x + step)
    inverse = 1 / (high * high)
    asymptotic = np.log(high) - 0.5 / high - _horner(_OF_DIGAMMA, inverse) * inverse
    return _defined(x, rounding(asymptotic) - rounding(total))


def polygamma(rounding: Rounding, x: Array, order: int) -> Array:
    """The derivative of digamma of order 1 to 4: a sum of inverse powers, its tail by Euler and Maclaurin; nan below -64."""
    shift = _shift(x)
    high = x + shift
    inverse = 1 / (high * high)
    tail = math.factorial(order - 1) + math.factorial(order) / (2 * high)
    tail = tail + _horner(_OF_POLYGAMMA[order], inverse) * inverse
    for _ in range(order):
        tail = tail / high
    total = np.zeros_like(x)
    for step in range(shift):
        place = x + step
        power = place
        for _ in range(order):
            power = power * place
        total = total + math.factorial(order) / power
    total = rounding(rounding(total) + rounding(tail))
    return _defined(x, total if order % 2 else -total)


def bessel(x: Array, order: int, sign: int) -> Array:
    """J (sign -1) or I (sign 1) of that order over (x / 2)^order: the power series; nan beyond |x| = 100."""
    quarter = x * x * (sign * 0.25)
    farthest = float(np.max(np.abs(x.real), initial=0.0, where=np.abs(x.real) <= 100))
    total = np.ones_like(x)
    for n in range(min(_MOST_TERMS, 22 + int(1.4 * farthest)), 0, -1):
        total = 1 + total * quarter / (n * (n + order))
    return np.where(np.abs(x.real) <= 100, total / math.factorial(order), np.nan)
