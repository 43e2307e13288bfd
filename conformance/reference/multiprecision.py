"""A second opinion on the reference: the same graphs in 70 decimal digits.

Every op is written down again in `meanings`, from its definition and with nothing of its NumPy meaning, in the arithmetic of
mpmath.  So many digits leave no rounding to allow for and no step to choose: two central differences with a step of
2^-50 settle a derivative to far more digits than the reference claims.  It is slow, hence for single values only.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np

from autograd_conformance.case import Case, flatten, unflatten
from autograd_conformance.graph import Graph
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Array
from autograd_conformance.reference.interpreter import EXTENDED, UNIT
from autograd_conformance.reference.meanings import MEANINGS

DIGITS = 70
STEP = 2.0**-50
"""The truncation of a central difference is about its square, which leaves thirty digits."""
MOST_WRITTEN = 1 << 14
"""Elements all ops of a case may write down together; microseconds each."""
_LARGEST_EXPONENT = int(np.finfo(EXTENDED).maxexp)


class Undefined(ArithmeticError):
    """A value is not a finite real number."""


class _Local(threading.local):
    """A context for each thread: mpmath's own one is shared, and some of its functions raise the precision for a while."""

    def __init__(self) -> None:
        self.context: Any = mpmath.mp.clone()
        self.context.dps = DIGITS


_LOCAL = _Local()


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
