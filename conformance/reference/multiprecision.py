"""A second opinion on the reference: the same graphs in 140 decimal digits.

Every op is written down again in `meanings`, from its definition and with nothing of its NumPy meaning, in the arithmetic of
mpmath.  So many digits leave no rounding to allow for and no step to choose: two central differences with one tiny step
settle a derivative of any order to far more digits than the reference claims.  It is slow, hence for single values only.
"""

from __future__ import annotations

import itertools
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

DIGITS = 140
NAME = f"mpmath in {DIGITS} digits"
STEPS = {1: 2.0**-100, 2: 2.0**-100, 3: 2.0**-90, 4: 2.0**-80}
"""By order.  The truncation of a central difference is about the step's square, which leaves 48 digits and more, and so
does what the rounding of 140 digits becomes when it is divided by the step once for every order.  A function with waves so
short that even this step is longer varies within the last bit of a framework's numbers."""
MOST_ERROR = 2.0**-40
"""Beside the derivative and the largest value: above it is a kink that no op declares, or waves as short as the step."""
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
def derivative(case: Case, cotangent: Array, *directions: Array) -> tuple[np.floating[Any], float] | None:
    """D^n <u, f>[v1, ..., vn] at the case's point and its error; ``cotangent`` u (m,), ``directions`` v (n,) each.

    None where an op has no meaning, a value is undefined, or an op decides otherwise nearby; nan where there is none.  A
    kink or jump that no op declares shows in the one-sided differences: their gap S(h) is h times the next derivative up to
    h^3 where the function is smooth, so that 2 S(h/2) - S(h) vanishes; at a kink it is the jump of the derivative.
    """
    if not _is_affordable(case):
        return None
    order = len(directions)
    step = STEPS[order]
    phi = _Functional(case, cotangent, directions, step / 2)
    try:
        phi.at((0,) * order)
        wide, narrow = (phi.difference(-size, size, 2 * size) for size in (2, 1))
        gap_wide, gap_narrow = (phi.difference(0, size, size) - phi.difference(-size, 0, size) for size in (2, 1))
    except (Undefined, _Undecided):
        return None
    context = _LOCAL.context
    refined = narrow + (narrow - wide) / 3
    scale = phi.scale
    error = abs(narrow - wide) + abs(2 * gap_narrow - gap_wide) + scale * context.eps * 2 ** (order - 1) / step**order
    if context.mag(refined) >= _LARGEST_EXPONENT:
        return None
    if error > MOST_ERROR * (scale + abs(refined)):
        return EXTENDED("nan"), float("inf")
    return _rounded(refined), float(error + abs(refined) * UNIT)


class _Undecided(ArithmeticError):
    """An op decides otherwise nearby, or the step is lost in the point."""


class _Functional:
    """<u, f> at x + unit (k1 v1 + ... + kn vn) for whole numbers k, each evaluated once."""

    def __init__(self, case: Case, cotangent: Array, directions: Sequence[Array], unit: float) -> None:
        self._case = case
        self._context = _LOCAL.context
        self._numbers = np.frompyfunc(self._context.mpf, 1, 1)
        self._point = self._numbers(flatten(case.point))
        self._cotangent = self._numbers(np.asarray(cotangent, dtype=float))
        self._directions = [self._numbers(np.asarray(direction, dtype=float)) for direction in directions]
        self._unit = unit
        self._decisions: list[Array] | None = None
        self._known: dict[tuple[int, ...], Any] = {}
        self._largest = self._context.mpf(0)

    @property
    def scale(self) -> Any:
        """What one rounding of the functional is relative to."""
        return self._largest * sum(map(abs, self._cotangent), start=self._context.mpf(1))

    def at(self, places: tuple[int, ...]) -> Any:
        """Raises Undefined and _Undecided."""
        if places not in self._known:
            self._known[places] = self._evaluated(places)
        return self._known[places]

    def difference(self, low: int, high: int, width: int) -> Any:
        """The difference of every direction's place between low and high, over ``width`` units each."""
        order = len(self._directions)
        corners = itertools.product((low, high), repeat=order)
        total = sum(((-1) ** places.count(low) * self.at(places) for places in corners), start=self._context.mpf(0))
        return total / (self._context.mpf(width) * self._unit) ** order

    def _evaluated(self, places: tuple[int, ...]) -> Any:
        move = self._numbers(np.zeros(len(self._point)))
        for place, direction in zip(places, self._directions, strict=True):
            move = move + place * self._unit * direction
        moved = self._point + move
        if not np.array_equal(moved - self._point, move):
            raise _Undecided
        outputs, largest, decided = _evaluate(
            self._context, self._case.graph, unflatten(moved, self._case.graph.inputs)
        )
        self._decisions = decided if self._decisions is None else self._decisions
        if not all(map(np.array_equal, self._decisions, decided)):
            raise _Undecided
        self._largest = max(self._largest, largest)
        return sum(self._cotangent * flatten(outputs), start=self._context.mpf(0))


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
