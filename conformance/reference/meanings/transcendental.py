"""The definitions of `ops.transcendental` in mpmath."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from autograd_conformance.reference.meanings.meaning import Meaning, formula, function

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "sinh": function("sinh"),
        "cosh": function("cosh"),
        "tan": function("tan"),
        "arcsinh": function("asinh"),
        "arccosh": function("acosh"),
        "exp2": formula(1, lambda c, x: c.power(2, x)),
        "log2": formula(1, lambda c, x: c.log(x, 2)),
        "log10": formula(1, lambda c, x: c.log(x, 10)),
        "cbrt": formula(1, lambda c, x: -c.cbrt(-x) if x < 0 else c.cbrt(x)),
        "rsqrt": formula(1, lambda c, x: 1 / c.sqrt(x)),
        "sinc": function("sincpi"),
        "deg2rad": formula(1, lambda c, x: x * c.degree),
        "hypot": formula(2, lambda c, a, b: c.hypot(a, b)),
        "arctan2": formula(2, lambda c, y, x: c.atan2(y, x)),
        "logaddexp": formula(2, lambda c, a, b: c.log(c.exp(a) + c.exp(b))),
        "logaddexp2": formula(2, lambda c, a, b: c.log(c.power(2, a) + c.power(2, b), 2)),
        "xlogy": formula(2, lambda c, x, y: x * c.log(y)),
        "squared_difference": formula(2, lambda _c, a, b: a * a - 2 * a * b + b * b),
        "lerp": formula(3, lambda _c, a, b, weight: (1 - weight) * a + weight * b),
        "addcmul": formula(3, lambda _c, x, a, b, factor: x + factor * a * b),
        "addcdiv": formula(3, lambda _c, x, a, b, factor: x + factor * a / b),
        "remainder": formula(2, lambda c, a, b: a - b * c.floor(a / b)),
    }
)
