"""Rules of elementwise ops.

Where a derivative is a difference of near equals, as 1 - tanh(a)**2 is, the rule computes it another way.
"""

from __future__ import annotations

import numpy as np

from .array import Array
from .op import Op, Pull, widened


def _sigmoid(a: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-a)), by the power that cannot overflow."""
    wide = widened(a)
    power = np.exp(-np.abs(wide))
    return (np.where(wide >= 0, 1, power) / (1 + power)).astype(a.dtype)


def _softplus(a: np.ndarray) -> np.ndarray:
    """log(1 + exp(a)), without overflow above and without cancellation below."""
    wide = widened(a)
    return (np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))).astype(a.dtype)


# Arithmetic.

add = Op("add", np.add, Pull(lambda g: g), Pull(lambda g: g), broadcasts=True)
sub = Op("sub", np.subtract, Pull(lambda g: g), Pull(lambda g: -g), broadcasts=True)
mul = Op("mul", np.multiply, Pull(lambda g, b: g * b, "b"), Pull(lambda g, a: g * a, "a"), broadcasts=True)
div = Op("div", np.divide, Pull(lambda g, b: g / b, "b"), Pull(lambda g, b, y: -(g * y) / b, "b y"), broadcasts=True)
neg = Op("neg", np.negative, Pull(lambda g: -g))
copy = Op("copy", np.array, Pull(lambda g: g))
cast = Op("cast", lambda a, dtype: a.astype(dtype), Pull(lambda g, dtype: g))


def _power_by_base(g: Array, a: Array, b: Array) -> Array:
    """B a**(b-1); 0 where both are 0 and the power is infinite.  Elsewhere b = 0 gives 0, and b a derivative."""
    is_constant = (b.data == 0) & (a.data == 0)
    return where(is_constant, 0.0, g * b * power(a, where(is_constant, 1.0, b - 1.0)))


def _power_by_exponent(g: Array, a: Array, b: Array, y: Array) -> Array:
    """Y log(a); 0 where 0 is raised to what is not negative."""
    is_zero = (a.data == 0) & (b.data >= 0)
    return where(is_zero, 0.0, g * y * log(where(is_zero, 1.0, a)))


power = Op(
    "power",
    np.power,
    Pull(_power_by_base, "a b"),
    Pull(_power_by_exponent, "a b y"),
    broadcasts=True,
)

# Smooth functions of one operand.

exp = Op("exp", np.exp, Pull(lambda g, y: g * y, "y"))
expm1 = Op("expm1", np.expm1, Pull(lambda g, a: g * exp(a), "a"))
log = Op("log", np.log, Pull(lambda g, a: g / a, "a"))
log1p = Op("log1p", np.log1p, Pull(lambda g, a: g / (a + 1.0), "a"))
sqrt = Op("sqrt", np.sqrt, Pull(lambda g, y: g / (y + y), "y"))
square = Op("square", np.square, Pull(lambda g, a: g * (a + a), "a"))
reciprocal = Op("reciprocal", np.reciprocal, Pull(lambda g, y: -g * y * y, "y"))
sin = Op("sin", np.sin, Pull(lambda g, a: g * cos(a), "a"))
cos: Op = Op("cos", np.cos, Pull(lambda g, a: -g * sin(a), "a"))
arctan = Op("arctan", np.arctan, Pull(lambda g, a: g / (a * a + 1.0), "a"))
_to_one = Op("to_one", lambda a: (1 - a) * (1 + a), Pull(lambda g, a: g * (a * -2.0), "a"))
"""1 - a**2: factors keep its digits near one, and its rule those of (1 - a) - (1 + a) near zero."""
arcsin = Op("arcsin", np.arcsin, Pull(lambda g, a: g / sqrt(_to_one(a)), "a"))
arccos = Op("arccos", np.arccos, Pull(lambda g, a: -g / sqrt(_to_one(a)), "a"))
arctanh = Op("arctanh", np.arctanh, Pull(lambda g, a: g / _to_one(a), "a"))
sigmoid: Op = Op("sigmoid", _sigmoid, Pull(lambda g, a: g * sigmoid(a) * sigmoid(-a), "a"))
tanh = Op("tanh", np.tanh, Pull(lambda g, a: g * 4.0 * sigmoid(a + a) * sigmoid(-(a + a)), "a"))
softplus = Op("softplus", _softplus, Pull(lambda g, a: g * sigmoid(a), "a"))

# Piecewise functions.  At a kink the rule gives what lies between the slopes: 0 for abs and relu, half for a tie.

greater = Op("greater", np.greater)
equal = Op("equal", np.equal)
sign = Op("sign", np.sign)
where: Op = Op(
    "where",
    np.where,
    Pull(lambda g, a: g, "a"),
    Pull(lambda g, a: where(a, g, 0.0), "a"),
    Pull(lambda g, a: where(a, 0.0, g), "a"),
    broadcasts=True,
)
abs = Op("abs", np.abs, Pull(lambda g, a: g * sign(a), "a"))
relu = Op("relu", lambda a: np.maximum(a, 0), Pull(lambda g, a: where(greater(a, 0.0), g, 0.0), "a"))
clip = Op(
    "clip",
    lambda a, low, high: np.clip(a, np.asarray(low, a.dtype), np.asarray(high, a.dtype)),
    Pull(lambda g, a, low, high: where((a.data >= low) & (a.data <= high), g, 0.0), "a"),
)


def _share(mine: Array, other: Array) -> np.ndarray:
    """1 where mine is the larger, half at a tie."""
    return np.where(mine.data == other.data, 0.5, mine.data > other.data).astype(mine.dtype)


def _chosen_share(g: Array, mine: Array, other: Array) -> Array:
    return g * _share(mine, other)


maximum = Op(
    "maximum",
    np.maximum,
    Pull(lambda g, a, b: _chosen_share(g, a, b), "a b"),
    Pull(lambda g, a, b: _chosen_share(g, b, a), "a b"),
    broadcasts=True,
)
minimum = Op(
    "minimum",
    np.minimum,
    Pull(lambda g, a, b: _chosen_share(g, -a, -b), "a b"),
    Pull(lambda g, a, b: _chosen_share(g, -b, -a), "a b"),
    broadcasts=True,
)
