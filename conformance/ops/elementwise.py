"""Elementwise ops: smooth, piecewise, and the comparisons that feed `where`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograd_conformance.graph import Shape
from autograd_conformance.ops.arithmetic import align
from autograd_conformance.ops.arrangements import alone, broadcast_partner, with_partner
from autograd_conformance.ops.op import Arrangement, Array, Choices, Interval, Op, Rounding, is_real
from autograd_conformance.ops.points import (
    EQUAL_OPERANDS,
    KINK_IF_EQUAL,
    Points,
    delicate,
    delicate_at,
    end,
    ends_at,
    kinks_at,
    ordinary,
    point,
    smooth_at,
    with_zeros,
)

AWAY_FROM_ZERO = Interval(0.25, 64.0, mirrored=True)
POSITIVE = Interval(0.25, 64.0)
MODERATE = Interval(-4.0, 4.0)
ABOVE_MINUS_ONE = Interval(-0.75, 64.0)
WITHIN_ONE = Interval(-0.75, 0.75)


def _smooth(name: str, function: Callable[[Array], Array], *domains: Interval, special: Points = ()) -> Op:
    return Op(name, "elementwise", lambda _rounding, x: function(x), alone, domains=domains, special=special)


def _tanh(rounding: Rounding, x: Array) -> Array:
    """The derivative is computed as 1 - y^2, with absolute error near saturation."""
    return rounding.absolute(np.tanh(x), x, 1.0)


def _expm1(rounding: Rounding, x: Array) -> Array:
    """The derivative is computed as y + 1."""
    return rounding.absolute(np.expm1(x), x, 1.0)


def _sigmoid(rounding: Rounding, x: Array) -> Array:
    """The derivative is computed as y (1 - y)."""
    y = 1 / (1 + rounding(np.exp(-x)))
    return rounding.absolute(y, x, np.abs(y))


def _softplus(rounding: Rounding, x: Array) -> Array:
    """log(1 + exp(x)) for moderate x."""
    return np.log1p(rounding(np.exp(x)))


def _binary(name: str, function: Callable[[Array, Array], Array], *domains: Interval, special: Points = ()) -> Op:
    return Op(
        name,
        "elementwise",
        lambda _rounding, a, b: function(*align(a, b)),
        with_partner,
        operands=("float", "float"),
        domains=domains,
        special=(EQUAL_OPERANDS, *special),
    )


def _choosing(name: str, function: Callable[[Array, Array], Array]) -> Op:
    return Op(
        name,
        "piecewise",
        lambda _rounding, a, b: function(*align(a, b)),
        with_partner,
        operands=("float", "float"),
        decision=lambda a, b: np.greater(*align(a, b)),
        is_analytic=False,
        special=(KINK_IF_EQUAL,),
    )


def _with_factor(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"factor": choices.one_of(0.5, -1.5, 2.0, 0.25, -1.0)})


def _with_offset(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"offset": choices.one_of(1.0, -0.5, 2.25, 0.125)})


def _with_bounds(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"low": choices.one_of(-0.6875, -1.1875), "high": choices.one_of(0.8125, 1.3125)})


def _selection(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape, broadcast_partner(choices, shape)))


def _where(_rounding: Rounding, condition: Array, a: Array, b: Array) -> Array:
    return np.where(*align(condition, a, b))


def _clip(_rounding: Rounding, x: Array, low: float, high: float) -> Array:
    if low > high:
        raise ValueError(f"nothing lies between {low} and {high}")
    return np.clip(x, low, high)


_ZERO_FACTOR = point("one factor is zero", with_zeros(1), ordinary), point("both factors are zero", 0.0, 0.0)
_ZERO_BELOW = end("zero below", ordinary, 0.0)
_EXPONENTS = (
    delicate("exponent 0", ordinary, 0.0),
    delicate("exponent 1", ordinary, 1.0),
    delicate("exponent 2", ordinary, 2.0),
    point("base 1", 1.0, ordinary),
    end("0 to the 0", 0.0, 0.0),
    end("base 0", 0.0, 1.5),
)

OPS = (
    _smooth("neg", np.negative),
    _smooth("reciprocal", lambda x: 1 / x, AWAY_FROM_ZERO, special=ends_at(0.0)),
    _smooth("square", lambda x: x * x, special=smooth_at(0.0)),
    _smooth("sqrt", np.sqrt, POSITIVE, special=ends_at(0.0)),
    _smooth("exp", np.exp, MODERATE),
    _smooth("log", np.log, POSITIVE, special=smooth_at(1.0) + ends_at(0.0)),
    _smooth("log1p", np.log1p, ABOVE_MINUS_ONE, special=smooth_at(0.0) + ends_at(-1.0)),
    _smooth("sin", np.sin),
    _smooth("cos", np.cos),
    _smooth("arctan", np.arctan, special=smooth_at(0.0, 1.0)),
    _smooth("arcsin", np.arcsin, WITHIN_ONE, special=smooth_at(0.0) + ends_at(1.0, -1.0)),
    _smooth("arccos", np.arccos, WITHIN_ONE, special=smooth_at(0.0) + ends_at(1.0, -1.0)),
    _smooth("arctanh", np.arctanh, WITHIN_ONE, special=smooth_at(0.0) + ends_at(1.0, -1.0)),
    Op("tanh", "elementwise", _tanh, alone, domains=(MODERATE,), special=smooth_at(0.0)),
    Op("expm1", "elementwise", _expm1, alone, domains=(MODERATE,), special=smooth_at(0.0)),
    Op("sigmoid", "elementwise", _sigmoid, alone, domains=(Interval(-8.0, 8.0),), special=smooth_at(0.0)),
    Op(
        "softplus", "elementwise", _softplus, alone, domains=(Interval(-8.0, 8.0),), special=delicate_at(0.0, 20.0)
    ),
    Op("scale", "elementwise", lambda _r, x, factor: x * factor, _with_factor, attributes={"factor": is_real}),
    Op("shift", "elementwise", lambda _r, x, offset: x + offset, _with_offset, attributes={"offset": is_real}),
    _binary("add", np.add),
    _binary("sub", np.subtract),
    _binary("mul", np.multiply, special=_ZERO_FACTOR),
    _binary(
        "div", np.divide, Interval(-64.0, 64.0), AWAY_FROM_ZERO,
        special=(point("zero above", 0.0, ordinary), _ZERO_BELOW),
    ),
    _binary("power", np.power, Interval(0.25, 4.0), Interval(-3.0, 3.0), special=_EXPONENTS),
    _choosing("maximum", np.maximum),
    _choosing("minimum", np.minimum),
    Op(
        "relu", "piecewise", lambda _r, x: np.maximum(x, 0), alone, decision=lambda x: x > 0, is_analytic=False,
        special=kinks_at(0.0),
    ),
    Op(
        "abs", "piecewise", lambda _r, x: np.abs(x), alone, decision=np.sign, is_analytic=False, special=kinks_at(0.0)
    ),
    Op(
        "clip",
        "piecewise",
        _clip,
        _with_bounds,
        attributes={"low": is_real, "high": is_real},
        decision=lambda x, low, high: np.sign(x - low) + np.sign(x - high),
        is_analytic=False,
        special=kinks_at(-0.6875, 0.8125),
    ),
    Op(
        "greater",
        "piecewise",
        lambda _r, a, b: np.greater(*align(a, b)),
        with_partner,
        operands=("float", "float"),
        result="bool",
        decision=lambda a, b: np.greater(*align(a, b)),
        is_analytic=False,
        special=(KINK_IF_EQUAL,),
    ),
    Op("where", "piecewise", _where, _selection, operands=("bool", "float", "float"), is_analytic=False),
)  # fmt: skip
