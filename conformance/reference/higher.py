"""The reference's answer for derivatives of any order: value, error, and how strongly rounding moves them.

With phi = <u, f> the quantity is D^n phi[a, b, ..., v], from n-th differences of the forward graph alone, and of every
output element where outputs are few.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from autograd_conformance.case import Case, flatten, unflatten
from autograd_conformance.ops.op import Array
from autograd_conformance.reference import multiprecision
from autograd_conformance.reference.conditioning import Conditioning, Stencil
from autograd_conformance.reference.difference import Difference
from autograd_conformance.reference.interpreter import EXTENDED, UNIT, evaluate
from autograd_conformance.reference.ladder import ITS_STEPS, SECOND_LADDER, Extrapolated, problem_at, refine

LEVELS = 6
FIRST_STEPS = {1: (2.0**-4, 2.0**-10), 2: (2.0**-4, 2.0**-8), 3: (2.0**-4, 2.0**-7), 4: (2.0**-4, 2.0**-6)}
"""By order; the higher, the less rounding error small steps leave room for."""
NOISE_STEP = {1: 2.0**-9, 2: 2.0**-9, 3: 2.0**-6, 4: 2.0**-5}
"""The step at which noise is measured, so large that what double precision adds to the difference is small beside it."""
SHARP = 2.0**-30
"""Error beside the largest derivative above which the second ladder is asked too."""
MOST_ROWS = {1: 48}
MOST_ROWS_HIGHER = 6
"""Output elements that are differentiated each for itself."""
MOST_ELEMENTS_WHOLE = 12
"""Up to so many inputs a product with the second derivative is known element by element."""
FURTHER = 2
"""Directions besides the last tangent where it is not."""


def tangents(case: Case, count: int) -> list[tuple[np.ndarray, ...]]:
    """The first dyadic tangents of a case, each one array per input."""
    return [unflatten(row, case.graph.inputs) for row in case.directions(count)]


@dataclass(frozen=True, eq=False)
class Differential:
    """D^n <w, f>[a, ..., v] for q functionals w and p last directions v; both start with those of the case.

    ``functionals``: (q, m), u first; ``last``: (p, n), the n-th tangent first; ``value``, ``error``, ``noise``: (q, p).
    """

    functionals: Array
    last: Array
    value: Array
    error: Array
    noise: Array
    problem: str = ""


class Differentials:
    """Of one case, every order and dtype worked out when first asked for; thread-safe."""

    def __init__(self, case: Case, longest: float = np.inf) -> None:
        """``longest``: the first step from which on those of order 1 show the function."""
        self._case = case
        self._longest = longest
        self._lock = threading.RLock()
        self._known: dict[int, _Order] = {}

    def of(self, order: int, dtype: str, is_glance: bool = False) -> Differential:
        """At a glance the error is cheap and there is no noise: what agrees with less agrees with all."""
        with self._lock:
            found = self._order(order)
            return found.at_a_glance if is_glance else found.measured(dtype, self._below(order))

    def _below(self, order: int) -> float:
        """How large the values of the graph and the derivatives of lower order are.

        A rule of higher order combines those, in a softmax p - p^2 where p is nearly 1, and rounds them while it does.
        """
        known = [self._order(each) for each in range(1, order)]
        largest = [float(np.max(np.abs(each.at_a_glance.value), initial=0.0)) for each in known]
        return self._order(order).largest_value + sum(largest) if order > 1 else 0.0

    def confirm(self, order: int, functional: int, direction: int) -> tuple[float, float, str]:
        """One value reached in another way, its error, and how: in 140 digits where every op has a meaning there and no
        decision is near, else by other steps; nan where decisions are too near for those.
        """
        with self._lock:
            known = self._order(order)
        case, last = self._case, known.difference.last[direction : direction + 1]
        exact = multiprecision.derivative(case, known.functionals[functional], *known.difference.fixed, *last)
        if exact is not None:
            return float(exact[0]), float(exact[1]), multiprecision.NAME
        for first in first_steps(order, self._longest):
            other = _Ladder(case, Difference(known.difference.fixed, last), known.functionals, ITS_STEPS * first)
            if not other.problem:
                found = other.refined(other.phi_noise())
                return float(found.value[functional, 0]), float(found.error[functional, 0]), SECOND_LADDER
        return float("nan"), float("inf"), SECOND_LADDER

    def _order(self, order: int) -> _Order:
        if order not in self._known:
            self._known[order] = _Order(self._case, order, self._longest)
        return self._known[order]


def first_steps(order: int, longest: float) -> tuple[float, ...]:
    """Where ladders of this order start, none above ``longest``."""
    return tuple(dict.fromkeys(min(step, longest) for step in FIRST_STEPS[order]))


class _Order:
    """One order: the ladder that serves, and a second one where the first is not sharp."""

    def __init__(self, case: Case, order: int, longest: float) -> None:
        given = case.directions(order)
        last = given[order - 1 :]
        if order > 1:
            more = np.eye(case.element_count) if _is_whole(case, order) else case.directions(order + FURTHER)[order:]
            last = np.concatenate([last, more])
        self.difference = Difference(given[: order - 1], last)
        first = flatten(case.cotangent(0))
        rows = len(first) if len(first) <= MOST_ROWS.get(order, MOST_ROWS_HIGHER) else 0
        self.functionals = np.concatenate([first[None], np.eye(rows, len(first))]).astype(EXTENDED)
        self._ladders: list[_Ladder] = []
        problem = ""
        for step in first_steps(order, longest):
            ladder = _Ladder(case, self.difference, self.functionals, step)
            problem = problem or ladder.problem
            if not ladder.problem:
                self._ladders.append(ladder)
                if ladder.is_sharp():
                    break
        self.problem = "" if self._ladders else problem
        self._dtypes: dict[str, Differential] = {}

    @cached_property
    def at_a_glance(self) -> Differential:
        return self._best([ladder.glance for ladder in self._ladders], np.zeros(self._shape))

    @cached_property
    def _result(self) -> Differential:
        found = [ladder.refined(ladder.phi_noise()) for ladder in self._ladders]
        return self._best(found, np.zeros(self._shape))

    @property
    def largest_value(self) -> float:
        """Of the functionals at the centre, and of any value of the graph."""
        return max((ladder.largest_value for ladder in self._ladders), default=0.0)

    def measured(self, dtype: str, below: float) -> Differential:
        """With the noise in this dtype, and that of derivatives of lower order, which are as large as ``below``."""
        if dtype not in self._dtypes:
            result = self._result
            if not self.problem:
                noise = self._ladders[0].conditioning.noise(dtype)
                result = Differential(
                    result.functionals, result.last, result.value, result.error, noise.derivative + below, noise.problem
                )
            self._dtypes[dtype] = result
        return self._dtypes[dtype]

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.functionals), len(self.difference.last)

    def _best(self, found: list[Extrapolated], noise: Array) -> Differential:
        """Element by element, whichever ladder claims the smallest error."""
        value, error = np.zeros(self._shape, EXTENDED), np.full(self._shape, np.inf)
        for each in found:
            value = np.where(each.error < error, each.value, value)
            error = np.minimum(each.error, error)
        return Differential(self.functionals, self.difference.last, value, error, noise, self.problem)


def _is_whole(case: Case, order: int) -> bool:
    return order == 2 and case.element_count <= MOST_ELEMENTS_WHOLE


class _Ladder:
    """A graph evaluated at its point and at every row of the stencil, step by step."""

    def __init__(self, case: Case, difference: Difference, functionals: Array, first_step: float) -> None:
        self._difference = difference
        self._steps = [first_step * 2.0**-level for level in range(LEVELS)]
        moves = np.concatenate([difference.moves(step) for step in self._steps])
        points = np.concatenate([np.zeros((1, case.element_count)), moves]).astype(EXTENDED) + flatten(case.point)
        clean = evaluate(case.graph, unflatten(points, case.graph.inputs))
        rows = difference.row_count
        with np.errstate(all="ignore"):
            outputs = clean.flat_outputs()
            phi = outputs @ functionals.T
            self._differences = np.stack([
                difference.of(np.concatenate([phi[:1], phi[1 + k * rows : 1 + (k + 1) * rows]]), step)
                for k, step in enumerate(self._steps)
            ])  # fmt: skip
            self._rounding = np.abs(outputs[0]) @ np.abs(functionals.T)
        self.largest_value = float(np.max(self._rounding, initial=0.0)) + clean.largest
        valid = clean.is_valid[1:].reshape(LEVELS, rows)
        self._usable = np.stack([difference.usable(level) for level in valid])
        level = next((k for k, step in enumerate(self._steps) if step <= NOISE_STEP[difference.order]), LEVELS - 1)
        stencil = Stencil(
            functionals, len(functionals), difference.last, float(self._steps[level]), outputs[0],
            self._differences[level], clean.decisions, clean.largest, difference,
        )  # fmt: skip
        self.conditioning = Conditioning(case, stencil)
        self.problem = problem_at(bool(clean.is_valid[0]), lambda: self.glance)

    @cached_property
    def glance(self) -> Extrapolated:
        """With the rounding of the functional's value alone in its error."""
        return self.refined(np.zeros(()), is_final=False)

    def refined(self, noise: Array, is_final: bool = True) -> Extrapolated:
        """With what noise moves the functionals by, (q,), in the error too."""
        amplification = np.array([self._difference.amplification(step) for step in self._steps])
        error = (UNIT * (self._rounding + noise)).astype(float)
        return refine(self._differences, amplification, self._usable, error, is_final)

    def phi_noise(self) -> Array:
        return self.conditioning.phi_noise()

    def is_sharp(self) -> bool:
        return self.glance.is_sharp(SHARP)
