"""Losses that ask for a margin between values, or between distances and similarities of vectors."""

from __future__ import annotations

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import sum_over
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
    Exact,
    Interval,
    Kind,
    Op,
    Rounding,
    is_indices,
    is_real,
)
from autograd_conformance.ops.points import (
    DELICATE_IF_EQUAL,
    EQUAL_ELEMENTS,
    EQUAL_OPERANDS,
    as_first,
    delicate_at,
    kink,
    kinks_at,
    ordinary,
    point,
    smooth_at,
)

_LOGITS = Interval(-8.0, 8.0)
_AWAY_FROM_ZERO = Interval(0.25, 8.0, mirrored=True)
_ANCHORS, _NEAR, _FAR = Interval(1.0, 4.0), Interval(-4.0, -1.25), Interval(-1.0, 0.75)
"""No distance vanishes, and the margin is never kept, which would leave a gradient of zero."""
ADDED_TO_SQUARES = 1e-12
"""What PyTorch adds to the squared lengths of vectors before it compares their directions."""
ADDED_TO_GAPS = 1e-6
"""What PyTorch adds to the differences of two vectors before it takes their distance."""


def _is_signs(value: Attribute) -> bool:
    return isinstance(value, tuple) and all(type(item) is int and item in (-1, 1) for item in value)


def _fitted(signs: tuple[int, ...], x: Array) -> Array:
    """One sign for each element of an unbatched ``x``."""
    return np.array(signs, dtype=x.dtype).reshape(x.shape[1:])


def _soft_margin_loss(rounding: Rounding, x: Array, signs: tuple[int, ...], reduction: str) -> Array:
    """For a sign s the softplus of -s x."""
    return reduced(rounding, np.log1p(rounding(np.exp(-_fitted(signs, x) * x))), reduction)


def _hinge_embedding_loss(rounding: Rounding, x: Array, signs: tuple[int, ...], reduction: str, margin: float) -> Array:
    """A distance x where the sign is 1, what it lacks of the margin where it is -1."""
    lacking = np.maximum(x.dtype.type(margin) - x, 0)
    return reduced(rounding, np.where(_fitted(signs, x) > 0, x, lacking), reduction)


def _margin_ranking_loss(
    rounding: Rounding, x: Array, y: Array, signs: tuple[int, ...], reduction: str, margin: float
) -> Array:
    """What s (x - y) lacks of the margin, for a sign s."""
    require_alike(x, y)
    lead = _fitted(signs, x) * rounding(x - y)
    return reduced(rounding, np.maximum(x.dtype.type(margin) - lead, 0), reduction)


def _ranks(x: Array, y: Array, signs: tuple[int, ...], reduction: str, margin: float) -> Array:
    sides: Array = np.sign(_fitted(signs, x) * (x - y) - margin)
    return sides


def _leads(x: Array, targets: tuple[int, ...]) -> Array:
    """How far the target of each row is ahead of every class: (K, N, C)."""
    if x.ndim != 3 or len(targets) != x.shape[1]:
        raise ValueError(f"{len(targets)} targets for an array of shape {x.shape[1:]}")
    return x[:, np.arange(len(targets)), np.array(targets, dtype=np.int64)][..., None] - x


def _multi_margin_loss(rounding: Rounding, x: Array, targets: tuple[int, ...], reduction: str, margin: float) -> Array:
    """What the target's lead over the other classes lacks of the margin, divided by their number with the target."""
    lacking = np.maximum(x.dtype.type(margin) - rounding(_leads(x, targets)), 0)
    others = np.arange(x.shape[2]) != np.array(targets, dtype=np.int64)[:, None]
    losses = rounding(sum_over(rounding, rounding(lacking * others), (2,))) / x.dtype.type(x.shape[2])
    return reduced(rounding, losses, reduction)


def _cosines(rounding: Rounding, x: Array, y: Array) -> Array:
    require_alike(x, y)
    if x.ndim != 3:
        raise ValueError(f"no rows in an array of shape {x.shape[1:]}")
    added = x.dtype.type(ADDED_TO_SQUARES)
    product = rounding(sum_over(rounding, rounding(x * y), (2,)))
    squares = [rounding(rounding(sum_over(rounding, rounding(each * each), (2,))) + added) for each in (x, y)]
    return product / rounding(np.sqrt(rounding(squares[0] * squares[1])))


def _cosine_embedding_loss(
    rounding: Rounding, x: Array, y: Array, signs: tuple[int, ...], reduction: str, margin: float
) -> Array:
    """1 - cos where the sign of a row is 1, what cos exceeds the margin by where it is -1."""
    cosines = rounding(_cosines(rounding, x, y))
    beyond = np.maximum(cosines - x.dtype.type(margin), 0)
    return reduced(rounding, np.where(_fitted(signs, cosines) > 0, 1 - cosines, beyond), reduction)


def _distances(rounding: Rounding, x: Array, y: Array) -> Array:
    gaps = rounding(rounding(x - y) + x.dtype.type(ADDED_TO_GAPS))
    return rounding(np.sqrt(rounding(sum_over(rounding, rounding(gaps * gaps), (2,)))))


def _triplet_margin_loss(
    rounding: Rounding, anchor: Array, near: Array, far: Array, reduction: str, margin: float
) -> Array:
    """What the distance of ``far`` from the anchor exceeds that of ``near`` by lacks of the margin, row by row."""
    require_alike(anchor, near, far)
    if anchor.ndim != 3:
        raise ValueError(f"no rows in an array of shape {anchor.shape[1:]}")
    lead = rounding(_distances(rounding, anchor, far) - _distances(rounding, anchor, near))
    return reduced(rounding, np.maximum(anchor.dtype.type(margin) - lead, 0), reduction)


def _triplet_decision(anchor: Array, near: Array, far: Array, reduction: str, margin: float) -> Array:
    """Whether the margin is kept, and the signs of all differences: a distance has a kink where it vanishes."""
    gaps = [anchor - each for each in (near, far)]
    lengths = [np.sqrt(np.sum(gap * gap, axis=-1, keepdims=True)) for gap in gaps]
    return np.concatenate((np.sign(margin + lengths[0] - lengths[1]), *map(np.sign, gaps)), axis=-1)


def _signs(choices: Choices, count: int) -> tuple[int, ...]:
    first = choices.below(3)
    return tuple(-1 if (first + number) % 3 == 0 else 1 for number in range(count))


def _with_signs(choices: Choices, shape: Shape) -> Arrangement:
    signs = _signs(choices, int(np.prod(shape)))
    return Arrangement((), {"signs": signs, "reduction": choices.one_of(*REDUCTIONS)})


def _with_signs_and_margin(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {**_with_signs(choices, shape).attributes, "margin": choices.one_of(1.0, 0.484375)})


def _pair_with_signs(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape,), _with_signs_and_margin(choices, shape).attributes)


def _rows_with_signs(choices: Choices, shape: Shape) -> Arrangement:
    attributes = {"reduction": choices.one_of(*REDUCTIONS), "margin": choices.one_of(0.0, 0.484375)}
    return Arrangement((shape,), {"signs": _signs(choices, shape[0]), **attributes})


def _with_classes(choices: Choices, shape: Shape) -> Arrangement:
    first, step = choices.below(shape[1]), choices.below(2)
    targets = tuple((first + row * step) % shape[1] for row in range(shape[0]))
    return Arrangement((), {"targets": targets, "reduction": choices.one_of(*REDUCTIONS), "margin": 0.984375})


def _triplet(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((shape, shape), {"reduction": choices.one_of(*REDUCTIONS), "margin": 0.984375})


_REDUCED = {"reduction": is_reduction}
_MARGIN = {"margin": is_positive, **_REDUCED}
_TWO: tuple[Kind, ...] = ("float", "float")
_THREE: tuple[Kind, ...] = ("float", "float", "float")

OPS = (
    Op(
        "soft_margin_loss", "loss", _soft_margin_loss, _with_signs, attributes={"signs": _is_signs, **_REDUCED},
        accepts=is_filled, domains=(_LOGITS,), special=delicate_at(0.0),
    ),
    Op(
        "hinge_embedding_loss", "loss", _hinge_embedding_loss, _with_signs_and_margin,
        attributes={"signs": _is_signs, **_MARGIN}, accepts=is_filled,
        decision=lambda x, signs, reduction, margin: np.sign(x - margin), is_analytic=False,
        special=smooth_at(0.0) + kinks_at(1.0),
    ),
    Op(
        "margin_ranking_loss", "loss", _margin_ranking_loss, _pair_with_signs, operands=_TWO,
        attributes={"signs": _is_signs, **_MARGIN}, accepts=is_filled, decision=_ranks, is_analytic=False,
        special=(EQUAL_OPERANDS, kink("at the margin", ordinary, as_first(-1.0))),
    ),
    Op(
        "multi_margin_loss", "loss", _multi_margin_loss, _with_classes, attributes={"targets": is_indices, **_MARGIN},
        accepts=are_rows, is_analytic=False, special=EQUAL_ELEMENTS,
        decision=lambda x, targets, reduction, margin: np.sign(_leads(x, targets) - margin),
    ),
    Op(
        "cosine_embedding_loss", "loss", _cosine_embedding_loss, _rows_with_signs, operands=_TWO,
        attributes={"signs": _is_signs, "margin": is_real, **_REDUCED},
        accepts=are_rows, domains=(_AWAY_FROM_ZERO, _AWAY_FROM_ZERO), is_analytic=False, special=(DELICATE_IF_EQUAL,),
        decision=lambda x, y, signs, reduction, margin: np.sign(_cosines(Exact(), x, y) - margin),
    ),
    Op(
        "triplet_margin_loss", "loss", _triplet_margin_loss, _triplet, operands=_THREE, attributes=_MARGIN,
        accepts=are_rows, decision=_triplet_decision, domains=(_ANCHORS, _NEAR, _FAR), is_analytic=False,
        special=(point("the others are equal", ordinary, 0.25, 0.25), kink("all are equal", 0.25, 0.25, 0.25)),
    ),
)  # fmt: skip
