"""Arithmetic and functions of single elements, from their definitions in mpmath."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from autograd_conformance.reference.meanings.meaning import Meaning, formula, function

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "neg": formula(1, lambda _c, x: -x),
        "reciprocal": formula(1, lambda _c, x: 1 / x),
        "square": formula(1, lambda _c, x: x**2),
        "sqrt": function("sqrt"),
        "exp": function("exp"),
        "log": function("log"),
        "log1p": formula(1, lambda c, x: c.log(1 + x)),
        "sin": function("sin"),
        "cos": function("cos"),
        "arctan": function("atan"),
        "arcsin": function("asin"),
        "arccos": function("acos"),
        "arctanh": function("atanh"),
        "tanh": function("tanh"),
        "expm1": formula(1, lambda c, x: c.exp(x) - 1),
        "sigmoid": formula(1, lambda c, x: 1 / (1 + c.exp(-x))),
        "softplus": formula(1, lambda c, x: c.log(1 + c.exp(x))),
        "scale": formula(1, lambda _c, x, factor: x * factor),
        "shift": formula(1, lambda _c, x, offset: x + offset),
        "add": formula(2, lambda _c, a, b: a + b),
        "sub": formula(2, lambda _c, a, b: a - b),
        "mul": formula(2, lambda _c, a, b: a * b),
        "div": formula(2, lambda _c, a, b: a / b),
        "power": formula(2, lambda _c, a, b: a**b),
        "maximum": formula(2, lambda _c, a, b: a if a > b else b),
        "minimum": formula(2, lambda _c, a, b: b if a > b else a),
        "relu": formula(1, lambda c, x: x if x > 0 else c.mpf(0)),
        "abs": formula(1, lambda _c, x: -x if x < 0 else x),
        "clip": formula(1, lambda _c, x, low, high: low if x < low else high if x > high else x),
        "greater": lambda _c, a, b: np.greater(a, b),
        "where": formula(3, lambda _c, condition, a, b: a if condition else b),
    }
)
