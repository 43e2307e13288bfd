"""A second opinion on the reference: the same graphs in 70 decimal digits.

Every op is written down again here, from its definition and with nothing of its NumPy meaning, in the arithmetic of
mpmath.  So many digits leave no rounding to allow for and no step to choose: two central differences with a step of
2^-50 settle a derivative to far more digits than the reference claims.  It is slow, hence for single values only.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import mpmath
import numpy as np

from autograd_conformance.case import Case, flatten, unflatten
from autograd_conformance.graph import Graph
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Array
from autograd_conformance.reference.interpreter import EXTENDED, UNIT

DIGITS = 70
STEP = 2.0**-50
"""The truncation of a central difference is about its square, which leaves thirty digits."""
MOST_WRITTEN = 1 << 14
"""Elements all ops of a case may write down together; microseconds each."""
_LARGEST_EXPONENT = int(np.finfo(EXTENDED).maxexp)

Meaning = Callable[..., Any]


class Undefined(ArithmeticError):
    """A value is not a finite real number."""


class _Local(threading.local):
    """A context for each thread: mpmath's own one is shared, and some of its functions raise the precision for a while."""

    def __init__(self) -> None:
        self.context: Any = mpmath.mp.clone()
        self.context.dps = DIGITS


_LOCAL = _Local()


def _function(name: str) -> Meaning:
    """A function of mpmath on every element."""
    return lambda context, x: np.frompyfunc(getattr(context, name), 1, 1)(x)


def _formula(count: int, formula: Meaning) -> Meaning:
    """``formula(context, *elements, **attributes)`` on every element of ``count`` operands broadcast together."""

    def meaning(context: Any, *operands: Array, **attributes: Any) -> Array:
        return np.frompyfunc(lambda *elements: formula(context, *elements, **attributes), count, 1)(*operands)

    return meaning


def _exp(context: Any, x: Array) -> Array:
    return np.asarray(np.frompyfunc(context.exp, 1, 1)(x), dtype=object)


def _log(context: Any, x: Array) -> Array:
    return np.asarray(np.frompyfunc(context.log, 1, 1)(x), dtype=object)


def _mean(_context: Any, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return np.sum(x, axis=axes, keepdims=keepdims) / math.prod(x.shape[axis] for axis in axes)


def _var(context: Any, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """The mean of squares less the square of the mean."""
    mean = _mean(context, x, axes, keepdims)
    return _mean(context, x * x, axes, keepdims) - mean * mean


def _logsumexp(context: Any, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return _log(context, np.sum(_exp(context, x), axis=axes, keepdims=keepdims))


def _softmax(context: Any, x: Array, axis: int) -> Array:
    powers = _exp(context, x)
    return powers / np.sum(powers, axis=axis, keepdims=True)


def _log_softmax(context: Any, x: Array, axis: int) -> Array:
    return _log(context, _softmax(context, x, axis))


def _pad(context: Any, x: Array, widths: tuple[tuple[int, int], ...]) -> Array:
    sizes = [before + size + after for size, (before, after) in zip(x.shape, widths, strict=True)]
    result = np.full(sizes, context.mpf(0), dtype=object)
    result[tuple(slice(before, before + size) for size, (before, _) in zip(x.shape, widths, strict=True))] = x
    return result


def _slice(_context: Any, x: Array, slices: tuple[tuple[int, int, int], ...]) -> Array:
    return x[np.ix_(*([start + step * position for position in range(count)] for start, count, step in slices))]


def _take(_context: Any, x: Array, indices: tuple[int, ...], axis: int) -> Array:
    return np.moveaxis(np.moveaxis(x, axis, 0)[list(indices)], 0, axis)


def _scatter_add(_context: Any, x: Array, updates: Array, indices: tuple[int, ...], axis: int) -> Array:
    """Row ``i`` receives every update whose index is ``i``."""
    rows, added = list(np.moveaxis(x, axis, 0)), np.moveaxis(updates, axis, 0)
    for row in range(len(rows)):
        rows[row] = rows[row] + sum(added[place] for place, index in enumerate(indices) if index == row)
    return np.moveaxis(np.array(rows, dtype=object).reshape(np.moveaxis(x, axis, 0).shape), 0, axis)


def _matmul(_context: Any, a: Array, b: Array) -> Array:
    return np.sum(a[..., :, :, None] * b[..., None, :, :], axis=-2)


def _einsum(context: Any, a: Array, b: Array, pattern: str) -> Array:
    """Every product of two elements added to the place its letters name."""
    operands, kept = pattern.split("->")
    first, second = operands.split(",")
    sizes = dict(zip(first + second, a.shape + b.shape, strict=True))
    result = np.full([sizes[letter] for letter in kept], context.mpf(0), dtype=object)
    for places in itertools.product(*(range(size) for size in sizes.values())):
        at = dict(zip(sizes, places, strict=True))
        left, right, target = (tuple(at[letter] for letter in term) for term in (first, second, kept))
        result[target] += a[left] * b[right]
    return result


def _det(context: Any, x: Array) -> Array:
    result = np.empty(x.shape[:-2], dtype=object)
    for place in np.ndindex(result.shape):
        result[place] = context.det(context.matrix(x[place].tolist()))
    return result


def _solve(context: Any, a: Array, b: Array) -> Array:
    result = np.empty(b.shape, dtype=object)
    for place in np.ndindex(a.shape[:-2]):
        matrix = context.matrix(a[place].tolist())
        for column in range(b.shape[-1]):
            solution = context.lu_solve(matrix, context.matrix(b[place][:, column].tolist()))
            result[(*place, slice(None), column)] = list(solution)
    return result


def _conv1d(context: Any, x: Array, kernel: Array, stride: int, padding: int) -> Array:
    """The sum over channels and taps, where the signal is zero outside."""
    signals, _, length = x.shape
    channels, _, width = kernel.shape
    positions = (length + 2 * padding - width) // stride + 1
    result = np.full((signals, channels, positions), context.mpf(0), dtype=object)
    for position, tap in itertools.product(range(positions), range(width)):
        source = position * stride + tap - padding
        if 0 <= source < length:
            result[:, :, position] += np.sum(x[:, None, :, source] * kernel[None, :, :, tap], axis=-1)
    return result


def _max_pool1d(_context: Any, x: Array, window: int, stride: int) -> Array:
    starts = range(0, x.shape[-1] - window + 1, stride)
    return np.stack([np.max(x[..., start : start + window], axis=-1) for start in starts], axis=-1)


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "neg": _formula(1, lambda _c, x: -x),
        "reciprocal": _formula(1, lambda _c, x: 1 / x),
        "square": _formula(1, lambda _c, x: x**2),
        "sqrt": _function("sqrt"),
        "exp": _function("exp"),
        "log": _function("log"),
        "log1p": _formula(1, lambda c, x: c.log(1 + x)),
        "sin": _function("sin"),
        "cos": _function("cos"),
        "arctan": _function("atan"),
        "arcsin": _function("asin"),
        "arccos": _function("acos"),
        "arctanh": _function("atanh"),
        "tanh": _function("tanh"),
        "expm1": _formula(1, lambda c, x: c.exp(x) - 1),
        "sigmoid": _formula(1, lambda c, x: 1 / (1 + c.exp(-x))),
        "softplus": _formula(1, lambda c, x: c.log(1 + c.exp(x))),
        "scale": _formula(1, lambda _c, x, factor: x * factor),
        "shift": _formula(1, lambda _c, x, offset: x + offset),
        "add": _formula(2, lambda _c, a, b: a + b),
        "sub": _formula(2, lambda _c, a, b: a - b),
        "mul": _formula(2, lambda _c, a, b: a * b),
        "div": _formula(2, lambda _c, a, b: a / b),
        "power": _formula(2, lambda _c, a, b: a**b),
        "maximum": _formula(2, lambda _c, a, b: a if a > b else b),
        "minimum": _formula(2, lambda _c, a, b: b if a > b else a),
        "relu": _formula(1, lambda c, x: x if x > 0 else c.mpf(0)),
        "abs": _formula(1, lambda _c, x: -x if x < 0 else x),
        "clip": _formula(1, lambda _c, x, low, high: low if x < low else high if x > high else x),
        "greater": lambda _c, a, b: np.greater(a, b),
        "where": _formula(3, lambda _c, condition, a, b: a if condition else b),
        "sum": lambda _c, x, axes, keepdims: np.sum(x, axis=axes, keepdims=keepdims),
        "mean": _mean,
        "prod": lambda _c, x, axes, keepdims: np.prod(x, axis=axes, keepdims=keepdims),
        "max": lambda _c, x, axes, keepdims: np.max(x, axis=axes, keepdims=keepdims),
        "logsumexp": _logsumexp,
        "var": _var,
        "softmax": _softmax,
        "log_softmax": _log_softmax,
        "cumsum": lambda _c, x, axis: np.cumsum(x, axis=axis),
        "cumprod": lambda _c, x, axis: np.cumprod(x, axis=axis),
        "reshape": lambda _c, x, shape: x.reshape(shape),
        "transpose": lambda _c, x, permutation: x.transpose(permutation),
        "broadcast_to": lambda _c, x, shape: np.broadcast_to(x, shape),
        "concatenate": lambda _c, a, b, axis: np.concatenate((a, b), axis=axis),
        "split": lambda _c, x, axis, at: tuple(np.split(x, [at], axis=axis)),
        "pad": _pad,
        "flip": lambda _c, x, axes: np.flip(x, axes),
        "slice": _slice,
        "take": _take,
        "scatter_add": _scatter_add,
        "sort": lambda _c, x, axis: np.sort(x, axis=axis),
        "matmul": _matmul,
        "einsum": _einsum,
        "det": _det,
        "solve": _solve,
        "conv1d": _conv1d,
        "max_pool1d": _max_pool1d,
    }
)
"""``meaning(context, *operands, **attributes)``: unbatched object arrays of mpf (bool arrays for conditions), and as many
results as the op has."""


def has_meaning(graph: Graph) -> bool:
    """Whether every op of ``graph`` is written down here."""
    return all(node.op in MEANINGS for node in graph.nodes)


@np.errstate(all="ignore")
def evaluate(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """The outputs, as object arrays of mpf, at ``inputs`` (one array of numbers per graph input, no batch axis).

    Raises Undefined where a value on the way is complex, infinite or nan, and KeyError for an op without a meaning.
    """
    return _evaluate(_LOCAL.context, graph, inputs)[0]


@np.errstate(all="ignore")
def value(case: Case) -> Array | None:
    """All outputs side by side, (m,), rounded once; None where they have no meaning, or are undefined here."""
    if not _is_affordable(case):
        return None
    try:
        outputs = evaluate(case.graph, case.point)
    except Undefined:
        return None
    return np.array([_rounded(element) for element in flatten(outputs)], dtype=EXTENDED)


@np.errstate(all="ignore")
def derivative(case: Case, cotangent: Array, direction: Array) -> tuple[np.floating[Any], float] | None:
    """The derivative of <u, f(x + t v)> at t = 0 and its error; ``cotangent`` u (m,), ``direction`` v (n,).

    None where an op has no meaning, a value is undefined, or an op decides otherwise nearby.  A kink or jump that no op
    declares shows in the one-sided differences: their gap S(h) is h f''(0) up to h^3 where the function is smooth, so
    that 2 S(h/2) - S(h) vanishes; at a kink it is the jump of the derivative, and goes into the error.
    """
    if not _is_affordable(case):
        return None
    context = _LOCAL.context
    numbers = np.frompyfunc(context.mpf, 1, 1)
    point, functional = numbers(flatten(case.point)), numbers(np.asarray(cotangent, dtype=float))
    found, scale, decisions = {}, context.mpf(0), None
    try:
        for steps in (0, 2, -2, 1, -1):
            move = numbers(steps * STEP / 2 * np.asarray(direction, dtype=float))
            moved = point + move
            if not np.array_equal(moved - point, move):
                return None  # the point is so large that the step is lost in it
            outputs, largest, decided = _evaluate(context, case.graph, unflatten(moved, case.graph.inputs))
            decisions = decided if decisions is None else decisions
            if not all(map(np.array_equal, decisions, decided)):
                return None
            found[steps] = sum(functional * flatten(outputs), start=context.mpf(0))
            scale = max(scale, largest)
    except Undefined:
        return None
    wide, narrow = (found[2] - found[-2]) / (2 * STEP), (found[1] - found[-1]) / STEP
    gap_wide, gap_narrow = ((found[steps] - 2 * found[0] + found[-steps]) * 2 / (steps * STEP) for steps in (2, 1))
    refined = narrow + (narrow - wide) / 3
    scale *= sum(map(abs, functional), start=context.mpf(1))
    error = abs(narrow - wide) + abs(2 * gap_narrow - gap_wide) + scale * context.eps / STEP
    if error > STEP * (scale + abs(refined)) or context.mag(refined) >= _LARGEST_EXPONENT:
        return None
    return _rounded(refined), float(error + abs(refined) * UNIT)


def _evaluate(context: Any, graph: Graph, inputs: Sequence[Array]) -> tuple[list[Array], Any, list[Array]]:
    """The outputs, the largest magnitude of any value, and every decision on the way."""
    largest = context.mpf(0)

    def tidy(element: Any) -> Any:
        """The element as a finite mpf."""
        nonlocal largest
        number = element if type(element) is context.mpf else context.convert(element)
        if type(number) is not context.mpf or not context.mag(number) < _LARGEST_EXPONENT:
            raise Undefined(f"not a finite real number: {context.nstr(number, 8)}")
        if abs(number) > largest:
            largest = abs(number)
        return number

    tidied = np.frompyfunc(tidy, 1, 1)
    known = [np.asarray(tidied(array), dtype=object) for array in inputs]
    decisions: list[Array] = []
    for node in graph.nodes:
        op = VOCABULARY[node.op]
        operands = [known[number] for number in node.operands]
        if op.decision is not None:
            decisions.append(op.decision(*(operand[None] for operand in operands), **node.attributes))
        try:
            results = MEANINGS[node.op](context, *operands, **node.attributes)
        except ZeroDivisionError:
            raise Undefined(f"{node.op} divides by zero") from None
        for result in results if isinstance(results, tuple) else (results,):
            is_condition = op.result == "bool"
            known.append(np.asarray(result if is_condition else tidied(result), dtype=bool if is_condition else object))
    return [known[number] for number in graph.outputs], largest, decisions


def _is_affordable(case: Case) -> bool:
    """Whether every op has a meaning and all of them together stay small, known before anything is computed."""
    written = 0
    for node in case.graph.nodes:
        if node.op not in MEANINGS:
            return False
        written += VOCABULARY[node.op].extent(*(case.shapes[number] for number in node.operands), **node.attributes)
    return written <= MOST_WRITTEN


def _rounded(number: Any) -> np.floating[Any]:
    """An mpf in the reference's own type: its nearest double, and what remains, apart from the exponent."""
    fraction, exponent = _LOCAL.context.frexp(number)
    head = float(fraction)
    return np.ldexp(EXTENDED(head) + EXTENDED(float(fraction - head)), int(exponent))
