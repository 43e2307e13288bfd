"""Activation functions of neural networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import batched, sum_over
from autograd_conformance.ops.arrangements import alone, along_axis, has_axes
from autograd_conformance.ops.op import Arrangement, Array, Choices, Interval, Op, Rounding, is_index, is_real
from autograd_conformance.ops.points import (
    DELICATE_IF_ALL_EQUAL,
    Points,
    delicate_at,
    ends_at,
    kink,
    kinks_at,
    ordinary,
    smooth_at,
)

_MODERATE = Interval(-4.0, 4.0)
_LOGITS = Interval(-8.0, 8.0)
_TWO_OVER_ROOT_PI = np.longdouble("1.12837916709551257389615890312154517")
_ROOT_TWO_OVER_PI = np.longdouble("0.797884560802865355879892119868763737")
_ROOT_HALF = np.longdouble("0.707106781186547524400844362104849039")
_ODD = np.arange(1, 440, 2).astype(np.longdouble)
_ERF_SERIES = np.cumprod(1 / _ODD)
CUBIC = 0.044715
"""Weight of the cube in the tanh approximation of gelu."""
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
"""Klambauer et al. 2017, as float64 has them."""


def _is_positive(value: Attribute) -> bool:
    return is_real(value) and value > 0  # type: ignore[operator]


def _is_width(value: Attribute) -> bool:
    return is_real(value) and value >= 0  # type: ignore[operator]


def _erf(x: Array) -> Array:
    """2 x / sqrt(pi) exp(-x^2) times the sum of (2 x^2)^n / (1 3 5 ... (2 n + 1)), all terms of one sign.

    The relative error is below 1e-18, and so is what is missing to 1 from 6.5 on.
    """
    z = np.where(np.abs(x.real) > 6.5, 6.5 * np.sign(x.real), x)
    doubled = 2 * z * z
    largest = np.max(np.abs(doubled), initial=0, where=~np.isnan(doubled))
    terms = np.cumprod(largest / _ODD)
    total = np.zeros_like(z)
    for coefficient in _ERF_SERIES[terms >= 1e-21 * terms.max()][::-1]:
        total *= doubled
        total += coefficient
    erf: Array = z * total * np.exp(-z * z) * z.dtype.type(_TWO_OVER_ROOT_PI)
    return erf


def _gelu(rounding: Rounding, x: Array) -> Array:
    """The operand times the probability of a smaller normal number: x (1 + erf(x / sqrt 2)) / 2."""
    erf = rounding(_erf(rounding(x * x.dtype.type(_ROOT_HALF))))
    return x * rounding(1 + erf) / 2


def _gelu_tanh(rounding: Rounding, x: Array) -> Array:
    """Approximates gelu: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2."""
    cube = rounding(rounding(x * x * x) * x.dtype.type(CUBIC))
    inner = rounding(rounding(x + cube) * x.dtype.type(_ROOT_TWO_OVER_PI))
    tanh = rounding(rounding.absolute(np.tanh(inner), inner, 1.0))
    return x * rounding(1 + tanh) / 2


def _logistic(rounding: Rounding, x: Array) -> Array:
    """The derivative is computed as y (1 - y)."""
    y = rounding(1 / rounding(1 + rounding(np.exp(-x))))
    return rounding.absolute(y, x, np.abs(y))


def _silu(rounding: Rounding, x: Array) -> Array:
    return x * _logistic(rounding, x)


def _mish(rounding: Rounding, x: Array) -> Array:
    """The operand times the tanh of its softplus."""
    softplus = rounding(np.log1p(rounding(np.exp(x))))
    return x * rounding(rounding.absolute(np.tanh(softplus), softplus, 1.0))


def _elu(rounding: Rounding, x: Array, alpha: float) -> Array:
    """Left of zero the derivative is computed as y + alpha."""
    left = x.dtype.type(alpha) * rounding(np.expm1(np.minimum(x, 0)))
    return rounding.absolute(np.where(x > 0, x, left), x, np.where(x > 0, 0, abs(alpha)))


def _selu(rounding: Rounding, x: Array) -> Array:
    y: Array = x.dtype.type(SELU_SCALE) * rounding(_elu(rounding, x, SELU_ALPHA))
    return y


def _celu(rounding: Rounding, x: Array, alpha: float) -> Array:
    """Left of zero the derivative is computed as 1 + y / alpha."""
    scale = x.dtype.type(alpha)
    left = scale * rounding(np.expm1(rounding(np.minimum(x, 0) / scale)))
    return rounding.absolute(np.where(x > 0, x, left), x, np.where(x > 0, 0, 1.0))


def _leaky_relu(_rounding: Rounding, x: Array, slope: float) -> Array:
    return np.where(x > 0, x, x * x.dtype.type(slope))


def _prelu(_rounding: Rounding, x: Array, slope: Array) -> Array:
    """Left of zero a slope of its own for each channel (axis 1), or one for all."""
    channels = max(1, x.shape[2]) if x.ndim > 2 else 1
    if slope.ndim != 2 or slope.shape[1] not in (1, channels):
        raise ValueError(f"slopes of shape {slope.shape[1:]} for an array of shape {x.shape[1:]}")
    fitted = slope.reshape(x.shape[0], *(1,) * min(1, x.ndim - 2), slope.shape[1], *(1,) * (x.ndim - 3))
    return np.where(x > 0, x, (fitted if x.ndim > 1 else slope[:, 0]) * x)


def _hard_sigmoid(rounding: Rounding, x: Array) -> Array:
    return np.clip(rounding(x + 3), 0, 6) / 6


def _hard_swish(rounding: Rounding, x: Array) -> Array:
    return x * rounding(_hard_sigmoid(rounding, x))


def _softsign(rounding: Rounding, x: Array) -> Array:
    return x / rounding(1 + np.abs(x))


def _tanhshrink(rounding: Rounding, x: Array) -> Array:
    """The derivative 1 - (1 - tanh(x)^2) cancels at zero."""
    return x - rounding(rounding.absolute(np.tanh(x), x, 1.0))


def _softshrink(_rounding: Rounding, x: Array, width: float) -> Array:
    return np.where(np.abs(x) > width, x - np.sign(x) * x.dtype.type(width), 0 * x)


def _hardshrink(_rounding: Rounding, x: Array, width: float) -> Array:
    return np.where(np.abs(x) > width, x, 0 * x)


def _threshold(_rounding: Rounding, x: Array, bound: float, below: float) -> Array:
    return np.where(x > bound, x, x.dtype.type(below))


def _log_sigmoid(rounding: Rounding, x: Array) -> Array:
    """-log(1 + exp(-x)), for moderate x."""
    return -np.log1p(rounding(np.exp(-x)))


def _squareplus(rounding: Rounding, x: Array, bend: float) -> Array:
    """(x + sqrt(x^2 + b)) / 2, whose derivative cancels far left of zero."""
    return rounding(x + rounding(np.sqrt(rounding(rounding(x * x) + x.dtype.type(bend))))) / 2


def _sparse_plus(rounding: Rounding, x: Array) -> Array:
    """0 left of -1, (x + 1)^2 / 4 up to 1, x from there."""
    shifted = rounding(x + 1)
    return np.where(x < -1, 0 * x, np.where(x < 1, shifted * shifted / 4, x))


def _glu(rounding: Rounding, x: Array, axis: int) -> Array:
    """The first half along ``axis`` times the sigmoid of the second."""
    if axis >= x.ndim - 1 or x.shape[axis + 1] % 2:
        raise ValueError(f"axis {axis} of an array of shape {x.shape[1:]} has no halves")
    value, gate = np.split(x, 2, axis=axis + 1)
    return value * _logistic(rounding, gate)


def _softmin(rounding: Rounding, x: Array, axis: int) -> Array:
    """The softmax of -x, whose derivative is computed from the output, with absolute error (see softmax)."""
    over = batched((axis,))
    least = np.min(x.real, axis=over, keepdims=True) if x.size else np.zeros((1,) * x.ndim)
    powers = rounding(np.exp(rounding(least - x)))
    y = powers / rounding(sum_over(rounding, powers, over, True))
    return rounding.absolute(y, x, np.abs(y) * math.sqrt(1 + math.log2(max(1, x.shape[axis + 1]))))


def _choosing(**choices: tuple[float, ...]) -> Callable[[Choices, Shape], Arrangement]:
    """Every attribute is one of a few numbers."""

    def arrange(chosen: Choices, shape: Shape) -> Arrangement:
        return Arrangement((), {name: chosen.one_of(*numbers) for name, numbers in choices.items()})

    return arrange


def _with_slopes(choices: Choices, shape: Shape) -> Arrangement:
    channels = max(1, shape[1]) if len(shape) > 1 else 1
    return Arrangement(((channels if choices.below(3) else 1,),))


def _even_axes(shape: Shape) -> list[int]:
    return [axis for axis, size in enumerate(shape) if size and size % 2 == 0]


def _along_even_axis(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"axis": choices.one_of(*_even_axes(shape))})


def _smooth(name: str, meaning: Callable[..., Array], *domains: Interval, special: Points) -> Op:
    return Op(name, "activation", meaning, alone, domains=domains, special=special)


def _bent(
    name: str,
    meaning: Callable[..., Array],
    decision: Callable[..., Array],
    arrange: Callable[[Choices, Shape], Arrangement] = alone,
    attributes: Mapping[str, Callable[[Attribute], bool]] | None = None,
    **more: Any,
) -> Op:
    """With a kink, a jump or a jump of a higher derivative where ``decision`` changes."""
    return Op(
        name, "activation", meaning, arrange, attributes=attributes or {}, decision=decision, is_analytic=False, **more
    )


def _is_right(x: Array, **attributes: float) -> Array:
    return x > 0


def _between(low: float, high: float) -> Callable[[Array], Array]:
    return lambda x: np.sign(x - low) + np.sign(x - high)


def _beyond(x: Array, width: float) -> Array:
    return np.sign(x - width) + np.sign(x + width)


_BENT_AT_0 = kinks_at(0.0)
_ALPHA = _choosing(alpha=(1.0, 0.5, 1.75))
_WIDTH = _choosing(width=(0.515625, 0.265625))

OPS = (
    _smooth("gelu", _gelu, _MODERATE, special=smooth_at(0.0)),
    _smooth("gelu_tanh", _gelu_tanh, _MODERATE, special=smooth_at(0.0)),
    _smooth("silu", _silu, _LOGITS, special=smooth_at(0.0)),
    _smooth("mish", _mish, _LOGITS, special=delicate_at(0.0, 20.0)),
    _smooth("log_sigmoid", _log_sigmoid, _LOGITS, special=delicate_at(0.0)),
    _smooth("tanhshrink", _tanhshrink, _MODERATE, special=delicate_at(0.0)),
    Op(
        "squareplus", "activation", _squareplus, _choosing(bend=(4.0, 0.5)),
        attributes={"bend": _is_positive}, domains=(_MODERATE,), special=smooth_at(0.0),
    ),
    Op(
        "softmin", "normalisation", _softmin, along_axis, attributes={"axis": is_index}, accepts=has_axes,
        domains=(_LOGITS,), special=DELICATE_IF_ALL_EQUAL,
    ),
    Op(
        "glu", "activation", _glu, _along_even_axis, attributes={"axis": is_index},
        accepts=lambda shape: bool(_even_axes(shape)), domains=(_LOGITS,), special=smooth_at(0.0),
    ),
    _bent("elu", _elu, _is_right, _ALPHA, {"alpha": is_real}, domains=(_MODERATE,), special=_BENT_AT_0),
    _bent("celu", _celu, _is_right, _ALPHA, {"alpha": _is_positive}, domains=(_MODERATE,), special=_BENT_AT_0),
    _bent("selu", _selu, _is_right, domains=(_MODERATE,), special=_BENT_AT_0),
    _bent(
        "leaky_relu", _leaky_relu, _is_right, _choosing(slope=(0.25, 0.015625)), {"slope": is_real}, special=_BENT_AT_0
    ),
    _bent(
        "prelu", _prelu, lambda x, slope: x > 0, _with_slopes, operands=("float", "float"),
        special=(kink("first operand 0", 0.0, ordinary),),
    ),
    _bent("hardtanh", lambda _r, x: np.clip(x, -1, 1), _between(-1.0, 1.0), special=kinks_at(-1.0, 1.0)),
    _bent("relu6", lambda _r, x: np.clip(x, 0, 6), _between(0.0, 6.0), special=kinks_at(0.0, 6.0)),
    _bent("hard_sigmoid", _hard_sigmoid, _between(-3.0, 3.0), special=kinks_at(-3.0, 3.0)),
    _bent("hard_swish", _hard_swish, _between(-3.0, 3.0), special=smooth_at(0.0) + kinks_at(-3.0, 3.0)),
    _bent("softsign", _softsign, _is_right, special=_BENT_AT_0),
    _bent("softshrink", _softshrink, _beyond, _WIDTH, {"width": _is_width}, special=smooth_at(0.0) + kinks_at(0.515625)),
    _bent("hardshrink", _hardshrink, _beyond, _WIDTH, {"width": _is_width}, special=smooth_at(0.0) + ends_at(0.515625)),
    _bent(
        "threshold", _threshold, lambda x, bound, below: x > bound,
        _choosing(bound=(0.140625, -0.484375), below=(0.75, -2.0)), {"bound": is_real, "below": is_real},
        special=ends_at(0.140625),
    ),
    _bent("sparse_plus", _sparse_plus, _between(-1.0, 1.0), special=kinks_at(-1.0, 1.0)),
)  # fmt: skip
