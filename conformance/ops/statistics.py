"""Order statistics, norms, spreads, running extremes and sums within segments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import batched, sum_over
from autograd_conformance.ops.arrangements import along_axis, has_axes, has_filled_axes, over_axes
from autograd_conformance.ops.elementwise import AWAY_FROM_ZERO
from autograd_conformance.ops.op import (
    Arrangement,
    Array,
    Choices,
    Interval,
    Op,
    Rounding,
    is_flag,
    is_index,
    is_indices,
)
from autograd_conformance.ops.points import (
    DELICATE_IF_ALL_EQUAL,
    END_IF_ALL_EQUAL,
    TIES,
    ZERO_FACTORS,
    Points,
    ends_at,
    kinks_at,
    point,
    with_zeros,
)
from autograd_conformance.ops.reductions import variance

_AXES = {"axes": is_indices, "keepdims": is_flag}
_ALONG = {"axis": is_index, "keepdims": is_flag}
_AXIS = {"axis": is_index}
_NARROW = Interval(-8.0, 8.0)
_MODEST = Interval(-3.0, 3.0)


def _min(_rounding: Rounding, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return np.min(x, axis=batched(axes), keepdims=keepdims)


def _min_decision(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return x == np.min(x, axis=batched(axes), keepdims=True)


def _std(rounding: Rounding, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Population standard deviation."""
    return np.sqrt(rounding(variance(rounding, x, axes, keepdims)))


def _std_decision(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Whether there is any spread, and the order of two elements: half their distance is a kink where they meet."""
    first = x
    for axis in batched(axes):
        first = np.take(first, [0], axis=axis)
    count = math.prod(x.shape[axis] for axis in batched(axes))
    return np.sign(x - first) if count == 2 else np.any(x != first, axis=batched(axes))


def _is_spread(shape: Shape) -> bool:
    return has_filled_axes(shape) and max(shape) > 1


def _spread_axes(choices: Choices, shape: Shape) -> Arrangement:
    """Axes over which there is more than one element."""
    drawn = over_axes(choices, shape)
    axes = drawn.attributes["axes"]
    assert isinstance(axes, tuple)
    if all(shape[axis] == 1 for axis in axes if isinstance(axis, int)):
        axes = (shape.index(max(shape)),)
    return Arrangement((), {"axes": axes, "keepdims": drawn.attributes["keepdims"]})


def _norm_axis(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"axis": choices.below(len(shape)), "keepdims": choices.below(3) == 0})


def _norm_l1(rounding: Rounding, x: Array, axis: int, keepdims: bool) -> Array:
    return sum_over(rounding, np.abs(x), batched((axis,)), keepdims)


def _norm_l2(rounding: Rounding, x: Array, axis: int, keepdims: bool) -> Array:
    return np.sqrt(rounding(sum_over(rounding, rounding(x * x), batched((axis,)), keepdims)))


def _norm_l2_decision(x: Array, axis: int, keepdims: bool) -> Array:
    """Whether anything is there, and the sign of a single element."""
    return np.sign(x) if x.shape[axis + 1] == 1 else np.any(x != 0, axis=axis + 1)


def _norm_inf(_rounding: Rounding, x: Array, axis: int, keepdims: bool) -> Array:
    return np.max(np.abs(x), axis=axis + 1, keepdims=keepdims)


def _norm_inf_decision(x: Array, axis: int, keepdims: bool) -> Array:
    """Which elements are the largest, and their signs."""
    size = np.abs(x)
    return np.sign(x) * (size == np.max(size, axis=axis + 1, keepdims=True))


def _logcumsumexp(rounding: Rounding, x: Array, axis: int) -> Array:
    """Every step is a logaddexp of the last result and the next element."""
    if rounding.is_noisy:
        return _logaddexp_scan(rounding, x, axis + 1)
    largest = np.max(x.real, axis=axis + 1, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, 0)
    return np.log(np.cumsum(np.exp(x - largest), axis=axis + 1)) + largest


def _logaddexp_scan(rounding: Rounding, x: Array, axis: int) -> Array:
    moved = np.moveaxis(x, axis, -1)
    result = np.array(moved)
    for position in range(1, moved.shape[-1]):
        known, item = result[..., position - 1], moved[..., position]
        high, low = np.maximum(known, item), np.minimum(known, item)
        result[..., position] = rounding(high + rounding(np.log1p(rounding(np.exp(rounding(low - high))))))
    return np.moveaxis(result, -1, axis)


def _running(name: str, extreme: np.ufunc) -> Op:
    """The largest or smallest element so far; the decision is where it changes."""
    return Op(
        name,
        "scan",
        lambda _rounding, x, axis: extreme.accumulate(x, axis=axis + 1),
        along_axis,
        attributes=_AXIS,
        decision=lambda x, axis: x == extreme.accumulate(x, axis=axis + 1),
        accepts=has_filled_axes,
        is_analytic=False,
        special=TIES,
    )


def _sort_descending(_rounding: Rounding, x: Array, axis: int) -> Array:
    return np.flip(np.sort(x, axis=axis + 1), axis=axis + 1)


def _sort_decision(x: Array, axis: int) -> Array:
    return np.argsort(x, axis=axis + 1, kind="stable")


def _top_k(_rounding: Rounding, x: Array, k: int) -> Array:
    """The k largest along the last axis, largest first."""
    if x.ndim < 2 or k > x.shape[-1]:
        raise ValueError(f"no {k} largest in shape {x.shape[1:]}")
    return np.flip(np.sort(x, axis=-1), axis=-1)[..., :k]


def _top_k_decision(x: Array, k: int) -> Array:
    return np.argsort(-x, axis=-1, kind="stable")[..., :k]


def _count(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((), {"k": 1 + choices.below(shape[-1])})


def is_positive(value: Attribute) -> bool:
    return is_index(value) and value != 0


def _is_segmentation(value: Attribute) -> bool:
    """Ascending from 0 with no number left out, so that no segment is empty and all conventions are one."""
    return (
        isinstance(value, tuple)
        and is_indices(value)
        and value[:1] == (0,)
        and set(map(_step, value, value[1:])) <= {0, 1}
    )


def _step(number: Attribute, following: Attribute) -> int:
    assert isinstance(number, int)
    assert isinstance(following, int)
    return following - number


def _groups(x: Array, segments: tuple[int, ...]) -> list[Array]:
    """The slices along the first axis, grouped by the number in ``segments``."""
    if x.ndim < 2 or x.shape[1] != len(segments):
        raise ValueError(f"{len(segments)} segment numbers for shape {x.shape[1:]}")
    places = np.array(segments)
    return [x[:, places == segment] for segment in range(segments[-1] + 1)]


def _over_segments(part: Callable[[Rounding, Array], Array]) -> Callable[..., Array]:
    def meaning(rounding: Rounding, x: Array, segments: tuple[int, ...]) -> Array:
        return np.stack([part(rounding, group) for group in _groups(x, segments)], axis=1)

    return meaning


def _combined(combine: np.ufunc) -> Callable[[Rounding, Array], Array]:
    """One after another, as a scatter does."""

    def part(rounding: Rounding, group: Array) -> Array:
        total = group[:, 0]
        for position in range(1, group.shape[1]):
            total = rounding(combine(total, group[:, position]))
        return total

    return part


def _averaged(rounding: Rounding, group: Array) -> Array:
    return rounding(_combined(np.add)(rounding, group)) / group.dtype.type(group.shape[1])


def _segments(name: str, part: Callable[[Rounding, Array], Array], *domains: Interval, special: Points = ()) -> Op:
    """Over the slices along the first axis that share a segment number."""
    return Op(
        name,
        "segments",
        _over_segments(part),
        _segmentation,
        attributes={"segments": _is_segmentation},
        domains=domains,
        accepts=has_filled_axes,
        special=special,
    )


def _segment_extreme(name: str, extreme: np.ufunc) -> Op:
    """The decision is which elements are the largest or smallest of their segment."""

    def decision(x: Array, segments: tuple[int, ...]) -> Array:
        groups = _groups(x, segments)
        return np.concatenate([group == extreme.reduce(group, axis=1, keepdims=True) for group in groups], axis=1)

    plain = _segments(name, lambda _rounding, group: extreme.reduce(group, axis=1))
    return replace(plain, decision=decision, is_analytic=False, special=TIES)


def _segmentation(choices: Choices, shape: Shape) -> Arrangement:
    """Segments of one to three slices; the first has two where there are as many."""
    lengths = choices.one_of((2, 1), (2, 3), (3, 1))
    segments: tuple[int, ...] = ()
    while len(segments) < shape[0]:
        number = segments[-1] + 1 if segments else 0
        segments += (number,) * lengths[number % 2]
    return Arrangement((), {"segments": segments[: shape[0]]})


OPS = (
    Op(
        "min", "reduction", _min, over_axes, attributes=_AXES, accepts=has_filled_axes,
        decision=_min_decision, is_analytic=False, special=TIES,
    ),
    Op(
        "std", "reduction", _std, _spread_axes, attributes=_AXES, accepts=_is_spread,
        decision=_std_decision, domains=(AWAY_FROM_ZERO,), special=END_IF_ALL_EQUAL,
    ),
    Op(
        "norm_l1", "norm", _norm_l1, _norm_axis, attributes=_ALONG, accepts=has_filled_axes,
        decision=lambda x, axis, keepdims: np.sign(x), is_analytic=False, special=kinks_at(0.0),
    ),
    Op(
        "norm_l2", "norm", _norm_l2, _norm_axis, attributes=_ALONG, accepts=has_filled_axes,
        decision=_norm_l2_decision, domains=(AWAY_FROM_ZERO,), special=(point("a zero", with_zeros(1)), *ends_at(0.0)),
    ),
    Op(
        "norm_inf", "norm", _norm_inf, _norm_axis, attributes=_ALONG, accepts=has_filled_axes,
        decision=_norm_inf_decision, is_analytic=False, special=TIES + kinks_at(0.0),
    ),
    Op(
        "logcumsumexp", "scan", _logcumsumexp, along_axis, attributes=_AXIS, accepts=has_axes, domains=(_NARROW,),
        special=DELICATE_IF_ALL_EQUAL,
    ),
    _running("cummax", np.maximum),
    _running("cummin", np.minimum),
    Op(
        "sort_descending", "sorting", _sort_descending, along_axis, attributes=_AXIS, accepts=has_axes,
        decision=_sort_decision, is_analytic=False, special=TIES,
    ),
    Op(
        "top_k", "sorting", _top_k, _count, attributes={"k": is_positive}, accepts=has_filled_axes,
        decision=_top_k_decision, is_analytic=False, special=TIES,
    ),
    _segments("segment_sum", _combined(np.add)),
    _segments("segment_mean", _averaged),
    _segments("segment_prod", _combined(np.multiply), _MODEST, special=ZERO_FACTORS),
    _segment_extreme("segment_max", np.maximum),
    _segment_extreme("segment_min", np.minimum),
)  # fmt: skip
