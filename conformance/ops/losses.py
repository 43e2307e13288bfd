"""Losses, reduced as frameworks reduce them, and the similarity of vectors."""

from __future__ import annotations

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops import margin_losses
from autograd_conformance.ops.arithmetic import batched, sum_over
from autograd_conformance.ops.loss_reduction import (
    REDUCTIONS,
    are_rows,
    is_filled,
    is_positive,
    is_reduction,
    reduced,
    require_alike,
)
from autograd_conformance.ops.op import (
    Arrangement,
    Array,
    Choices,
    Interval,
    Kind,
    Op,
    Rounding,
    is_index,
    is_indices,
)
from autograd_conformance.ops.points import (
    DELICATE_IF_ALL_EQUAL,
    DELICATE_IF_EQUAL,
    EQUAL_OPERANDS,
    KINK_IF_EQUAL,
    as_first,
    delicate,
    end,
    kink,
    ordinary,
    point,
)

_LOGITS = Interval(-8.0, 8.0)
_MODERATE = Interval(-4.0, 4.0)
_PROBABILITIES = Interval(0.0, 1.0)
_INSIDE = Interval(0.0625, 0.9375)
_MASSES = Interval(0.25, 4.0)
_AWAY_FROM_ZERO = Interval(0.25, 8.0, mirrored=True)
_LOG_TWO = np.log(np.longdouble(2))
DIVERGENCE_REDUCTIONS = ("batchmean", "sum", "none")
"""The divergence of distributions is averaged over the first axis; torch warns of any other mean."""


def _is_divergence_reduction(value: Attribute) -> bool:
    return value in DIVERGENCE_REDUCTIONS


_REDUCED = {"reduction": is_reduction}


def _mse_loss(rounding: Rounding, x: Array, y: Array, reduction: str) -> Array:
    require_alike(x, y)
    gap = rounding(x - y)
    return reduced(rounding, gap * gap, reduction)


def _l1_loss(rounding: Rounding, x: Array, y: Array, reduction: str) -> Array:
    require_alike(x, y)
    return reduced(rounding, np.abs(rounding(x - y)), reduction)


def _smooth_l1_loss(rounding: Rounding, x: Array, y: Array, reduction: str, beta: float) -> Array:
    """A parabola within ``beta`` of zero, |x - y| - beta / 2 beyond."""
    require_alike(x, y)
    gap = rounding(x - y)
    inside = rounding(gap * gap / 2) / gap.dtype.type(beta)
    return reduced(rounding, np.where(np.abs(gap) < beta, inside, np.abs(gap) - gap.dtype.type(beta) / 2), reduction)


def _huber_loss(rounding: Rounding, x: Array, y: Array, reduction: str, delta: float) -> Array:
    """A parabola within ``delta`` of zero, delta (|x - y| - delta / 2) beyond."""
    require_alike(x, y)
    gap, bound = rounding(x - y), x.dtype.type(delta)
    outside = bound * rounding(np.abs(gap) - bound / 2)
    return reduced(rounding, np.where(np.abs(gap) < delta, gap * gap / 2, outside), reduction)


def _side(x: Array, y: Array, bound: float) -> Array:
    """Left of -bound, between, right of bound, with the ends as sides of their own."""
    return np.sign(x - y - bound) + np.sign(x - y + bound)


def _bce_with_logits(rounding: Rounding, x: Array, y: Array, reduction: str) -> Array:
    """-y log p - (1 - y) log(1 - p) for p = sigmoid(x), as y softplus(-x) + (1 - y) softplus(x).

    The derivative p - y is a difference of numbers up to 1, with absolute error.
    """
    require_alike(x, y)
    positive, negative = (rounding(np.log1p(rounding(np.exp(sign * x)))) for sign in (1, -1))
    losses = rounding(y * negative) + rounding(rounding(1 - y) * positive)
    return reduced(rounding, rounding.absolute(losses, x, 1.0), reduction)


def _hinge_loss(rounding: Rounding, x: Array, y: Array, reduction: str) -> Array:
    require_alike(x, y)
    return reduced(rounding, np.maximum(1 - rounding(x * y), 0), reduction)


def _kl_div(rounding: Rounding, x: Array, y: Array, reduction: str) -> Array:
    """The divergence of y from exp(x): y (log y - x)."""
    require_alike(x, y)
    if x.ndim < 2:
        raise ValueError("a divergence is averaged over the first axis, and a scalar has none")
    return reduced(rounding, rounding(y * rounding(np.log(y))) - rounding(y * x), reduction)


def _poisson_nll_loss(rounding: Rounding, x: Array, y: Array, reduction: str) -> Array:
    """exp(x) - y x, for the logarithm x of a rate."""
    require_alike(x, y)
    return reduced(rounding, rounding(np.exp(x)) - rounding(y * x), reduction)


def _gaussian_nll_loss(rounding: Rounding, x: Array, y: Array, variance: Array, reduction: str, eps: float) -> Array:
    """(log v + (x - y)^2 / v) / 2, where v is at least ``eps``."""
    require_alike(x, y, variance)
    bounded = np.maximum(variance, eps)
    gap = rounding(x - y)
    ratio = rounding(rounding(gap * gap) / bounded)
    return reduced(rounding, rounding(rounding(np.log(bounded)) + ratio) / 2, reduction)


def _picked(x: Array, targets: tuple[int, ...]) -> Array:
    """Element ``targets[i]`` of row i: (K, N, C) to (K, N)."""
    if x.ndim != 3 or len(targets) != x.shape[1]:
        raise ValueError(f"{len(targets)} targets for an array of shape {x.shape[1:]}")
    return x[:, np.arange(len(targets)), np.array(targets, dtype=np.int64)]


def _nll_loss(rounding: Rounding, x: Array, targets: tuple[int, ...], reduction: str) -> Array:
    return reduced(rounding, -_picked(x, targets), reduction)


def _cross_entropy(rounding: Rounding, x: Array, targets: tuple[int, ...], reduction: str) -> Array:
    """-log softmax(x) at the target of each row.

    The derivative is the softmax less 1 at the target, with absolute error there.
    """
    largest = np.max(x.real, axis=-1, keepdims=True)
    centred = rounding(x - largest)
    total = rounding(np.log(rounding(sum_over(rounding, rounding(np.exp(centred)), (x.ndim - 1,)))))
    losses = rounding.absolute(total - _picked(centred, targets), _picked(x, targets), 1.0)
    return reduced(rounding, losses, reduction)


def _binary_cross_entropy(rounding: Rounding, p: Array, y: Array, reduction: str) -> Array:
    """-y log p - (1 - y) log(1 - p)."""
    require_alike(p, y)
    certain = rounding(y * rounding(np.log(p)))
    other = rounding(rounding(1 - y) * rounding(np.log(rounding(1 - p))))
    return reduced(rounding, -rounding(certain + other), reduction)


def _log_cosh_loss(rounding: Rounding, x: Array, y: Array, reduction: str) -> Array:
    """The logarithm of cosh(x - y), as z + log(1 + exp(-2 z)) - log 2."""
    require_alike(x, y)
    gap = rounding(x - y)
    softplus = rounding(np.log1p(rounding(np.exp(-2 * gap))))
    return reduced(rounding, rounding(gap + softplus) - x.dtype.type(_LOG_TWO), reduction)


def _cosine_similarity(rounding: Rounding, x: Array, y: Array, axis: int) -> Array:
    require_alike(x, y)
    over = batched((axis,))
    product = rounding(sum_over(rounding, rounding(x * y), over))
    lengths = [rounding(np.sqrt(rounding(sum_over(rounding, rounding(each * each), over)))) for each in (x, y)]
    return product / rounding(lengths[0] * lengths[1])


def _against_target(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape,), {"reduction": choices.one_of(*REDUCTIONS)})


def _against_distribution(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape,), {"reduction": choices.one_of(*DIVERGENCE_REDUCTIONS)})


def _with_beta(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape,), {"reduction": choices.one_of(*REDUCTIONS), "beta": choices.one_of(1.0, 0.375)})


def _with_delta(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape,), {"reduction": choices.one_of(*REDUCTIONS), "delta": choices.one_of(1.0, 0.375)})


def _with_variance(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape, shape), {"reduction": choices.one_of(*REDUCTIONS), "eps": 1e-6})


def _with_classes(choices: Choices, shape: Shape) -> Arrangement:
    first, step = choices.below(shape[1]), choices.below(2)
    targets = tuple((first + row * step) % shape[1] for row in range(shape[0]))
    return Arrangement((), {"targets": targets, "reduction": choices.one_of(*REDUCTIONS)})


def _has_long_axis(shape: Shape) -> bool:
    return 0 not in shape and max(shape, default=0) > 1


def _along_long_axis(choices: Choices, shape: Shape) -> Arrangement:
    """The similarity of single numbers is a sign, whose derivative says nothing."""
    axes = [axis for axis, size in enumerate(shape) if size > 1]
    return Arrangement((shape,), {"axis": choices.one_of(*axes)})


_TWO: tuple[Kind, ...] = ("float", "float")
_THREE: tuple[Kind, ...] = ("float", "float", "float")

_BOUNDED = (DELICATE_IF_EQUAL, kink("at the bound", ordinary, as_first(1.0)))

OPS = (
    Op("mse_loss", "loss", _mse_loss, _against_target, operands=_TWO, attributes=_REDUCED, accepts=is_filled,
       special=(EQUAL_OPERANDS,)),
    Op(
        "l1_loss", "loss", _l1_loss, _against_target, operands=_TWO, attributes=_REDUCED, accepts=is_filled,
        decision=lambda x, y, reduction: np.sign(x - y), is_analytic=False, special=(KINK_IF_EQUAL,),
    ),
    Op(
        "smooth_l1_loss", "loss", _smooth_l1_loss, _with_beta, operands=_TWO,
        attributes={"beta": is_positive, **_REDUCED}, accepts=is_filled,
        decision=lambda x, y, reduction, beta: _side(x, y, beta), is_analytic=False, special=_BOUNDED,
    ),
    Op(
        "huber_loss", "loss", _huber_loss, _with_delta, operands=_TWO,
        attributes={"delta": is_positive, **_REDUCED}, accepts=is_filled,
        decision=lambda x, y, reduction, delta: _side(x, y, delta), is_analytic=False, special=_BOUNDED,
    ),
    Op(
        "bce_with_logits", "loss", _bce_with_logits, _against_target, operands=_TWO, attributes=_REDUCED,
        accepts=is_filled, domains=(_LOGITS, _PROBABILITIES),
        special=(
            delicate("logits 0", 0.0, ordinary), point("targets 0", ordinary, 0.0), point("targets 1", ordinary, 1.0),
        ),
    ),
    Op(
        "cross_entropy", "loss", _cross_entropy, _with_classes,
        attributes={"targets": is_indices, **_REDUCED}, accepts=are_rows, domains=(_LOGITS,),
        special=DELICATE_IF_ALL_EQUAL,
    ),
    Op("nll_loss", "loss", _nll_loss, _with_classes, attributes={"targets": is_indices, **_REDUCED}, accepts=are_rows),
    Op(
        "kl_div", "loss", _kl_div, _against_distribution, operands=_TWO,
        attributes={"reduction": _is_divergence_reduction}, accepts=lambda shape: len(shape) > 0 and 0 not in shape,
        domains=(_LOGITS, _MASSES), special=(point("targets 1", ordinary, 1.0), end("targets 0", ordinary, 0.0)),
    ),
    Op(
        "hinge_loss", "loss", _hinge_loss, _against_target, operands=_TWO, attributes=_REDUCED, accepts=is_filled,
        decision=lambda x, y, reduction: np.sign(x * y - 1), domains=(_MODERATE, _MODERATE), is_analytic=False,
        special=(point("both operands 0", 0.0, 0.0), kink("at the margin", 1.0, 1.0)),
    ),
    Op(
        "poisson_nll_loss", "loss", _poisson_nll_loss, _against_target, operands=_TWO, attributes=_REDUCED,
        accepts=is_filled, domains=(Interval(-4.0, 3.0), _MASSES), special=(point("targets 0", ordinary, 0.0),),
    ),
    Op(
        "gaussian_nll_loss", "loss", _gaussian_nll_loss, _with_variance, operands=_THREE,
        attributes={"eps": is_positive, **_REDUCED}, accepts=is_filled,
        decision=lambda x, y, variance, reduction, eps: np.sign(variance - eps),
        domains=(_MODERATE, _MODERATE, _MASSES), is_analytic=False,
        special=(
            point("equal operands", ordinary, as_first(), ordinary), kink("variance at its bound", ordinary, ordinary, 1e-6)
        ),
    ),
    Op(
        "binary_cross_entropy", "loss", _binary_cross_entropy, _against_target, operands=_TWO, attributes=_REDUCED,
        accepts=is_filled, domains=(_INSIDE, _PROBABILITIES),
        special=(
            EQUAL_OPERANDS,
            end("probabilities 0", 0.0, ordinary), end("probabilities 1", 1.0, ordinary),
        ),
    ),
    Op(
        "log_cosh_loss", "loss", _log_cosh_loss, _against_target, operands=_TWO, attributes=_REDUCED,
        accepts=is_filled, domains=(_MODERATE, _MODERATE), special=(DELICATE_IF_EQUAL,),
    ),
    Op(
        "cosine_similarity", "similarity", _cosine_similarity, _along_long_axis, operands=_TWO,
        attributes={"axis": is_index}, accepts=_has_long_axis, domains=(_AWAY_FROM_ZERO, _AWAY_FROM_ZERO),
        special=(DELICATE_IF_EQUAL, end("first operand 0", 0.0, ordinary)),
    ),
    *margin_losses.OPS,
)  # fmt: skip
