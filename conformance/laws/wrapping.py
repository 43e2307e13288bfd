"""Laws about parts of a program within a transform: a checkpoint, a rule of one's own, a compilation.

Value, gradient and derivatives of higher order are those of the plain program; a rule round the whole graph that multiplies
its derivative by a power of two multiplies them all, by the documentation of every framework that has rules.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from autograd_conformance.laws.law import Law, rewritten_law
from autograd_conformance.laws.numbers import (
    along_directions,
    apart,
    direction_name,
    gradients_apart,
    is_within_reach,
    outputs_apart,
    undecided,
)
from autograd_conformance.laws.words import known_of_word, unanswered, unknown
from autograd_conformance.measurement import FIRST, Measurement, RewrittenMeasurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.reference.estimate import estimate as estimate_of
from autograd_conformance.verdict import Finding, Violated, bounds, severity
from autograd_conformance.word import JVP, has_reverse
from autograd_conformance.worker.questions import Derived

WORDS = (JVP, "rr", "fr", "rf", "ff")


@rewritten_law("J'u of f with a part of it wrapped = J'u of f", changes="wrapping")
def wrapped_graphs_have_equal_gradients(
    estimate: Estimate, measured: Measurement, other: RewrittenMeasurement
) -> Finding | None:
    """A checkpoint, a rule of one's own or a compilation round a part of a graph changes no value and no gradient."""
    if stop := undecided(estimate, measured.dtype):
        return stop
    name = other.rewritten.name
    try:
        plain, _ = measured.gradient(FIRST), measured.outputs_of_vjp
    except WrongForm:
        return None
    try:
        values, gradient = other.measurement.outputs_of_vjp, other.gradient / _factor(other)
    except WrongForm as form:
        return Violated(f"{name}, {form}")
    found = (
        outputs_apart(estimate, measured, values, name),
        gradients_apart(estimate, measured.dtype, gradient, plain, name),
    )
    return max((each for each in found if each is not None), key=severity, default=None)


@rewritten_law("J'u of f with a part g(x) as a constant = D_x <u, f(x, c)> where c = g(x)", changes="constants")
def stopped_gradients_are_zero(
    estimate: Estimate, measured: Measurement, other: RewrittenMeasurement
) -> Finding | None:
    """No gradient goes through a part that is stopped: it is the finite difference with the values of the part held."""
    if (held := _held(other)) is None or _is_contradicted(estimate, measured):
        return None
    if stop := undecided(held, measured.dtype):
        return stop
    name = other.rewritten.name
    try:
        values, gradient = other.measurement.outputs_of_vjp, other.gradient
        found = outputs_apart(estimate, measured, values, name)
    except WrongForm as form:
        return Violated(f"{name}, {form}")
    if found is not None and found.ratio > 1:
        return found
    count = len(gradient)
    known, noise = held.derivative[FIRST], held.noise(measured.dtype).derivative[FIRST]
    bound = bounds(known.error, noise, known.value, measured.dtype, sides=2.0)[:count]
    return apart(
        gradient,
        known.value[:count],
        bound,
        FIRST,
        lambda worst: f"d <u, f> / d {direction_name(estimate, worst)}, {name}",
    )


def _is_contradicted(estimate: Estimate, measured: Measurement) -> bool:
    """Whether the plain gradient is not the reference's, which is red already and shows in what is left of it."""
    known, noise = estimate.derivative[FIRST], estimate.noise(measured.dtype).derivative[FIRST]
    try:
        along = along_directions(estimate, measured.gradient(FIRST))
    except WrongForm:
        return True
    return not is_within_reach(along, known.value, bounds(known.error, noise, known.value, measured.dtype))


_estimated = functools.lru_cache(maxsize=32)(estimate_of)


def _held(other: RewrittenMeasurement) -> Estimate | None:
    """The reference with the part's values held; None where it does not know the gradient element by element."""
    case = other.rewritten.held
    known = None if case is None else _estimated(case)
    return known if known is not None and known.is_whole else None


def _equal_derivatives(estimate: Estimate, measured: Measurement, other: RewrittenMeasurement) -> Finding | None:
    found = [_compared(estimate, measured, other, word) for word in WORDS]
    return max((each for each in found if each is not None), key=severity, default=None)


def _compared(estimate: Estimate, measured: Measurement, other: RewrittenMeasurement, word: str) -> Finding | None:
    """One word in both forms; None where the plain one has no answer, or one that the reference contradicts: red already."""
    plain, wrapped = measured.answer.derived.get(word), other.measurement
    if not isinstance(plain, Derived) or word not in wrapped.answer.derived:
        return None
    name = f"{word} with {other.rewritten.name}"
    if missing := unanswered(wrapped, word):
        return replace(missing, detail=f"{missing.detail} ({name})")
    if stop := unknown(estimate, len(word), measured.dtype):
        return stop
    known, is_leafy = known_of_word(estimate, measured.dtype, word), has_reverse(word)
    try:
        before = known.sides @ measured.derived(word, is_leafy)
    except WrongForm:
        return None
    if not is_within_reach(before, known.value, known.bound):
        return None
    try:
        after = known.sides @ (wrapped.derived(word, is_leafy) / _factor(other))
    except WrongForm as form:
        return Violated(f"{name}, {form}")
    bound = bounds(np.zeros(len(before)), known.noise, known.value, measured.dtype, sides=2.0)
    return apart(after, before, bound, FIRST, lambda worst: f"element {worst} of {name}")


def _factor(other: RewrittenMeasurement) -> int:
    return 1 if other.rewritten.wrapping is None else other.rewritten.wrapping.factor


wrapped_graphs_have_equal_derivatives = Law(
    "wrapped_graphs_have_equal_derivatives",
    "J a, D^2 <u, f>[a, .] of f with a part of it wrapped = those of f",
    "A checkpoint, a rule of one's own or a compilation changes no Jacobian-vector product and no second derivative.",
    judge_rewritten=_equal_derivatives,
    changes="wrapping",
    confirms="nothing",
    words=WORDS,
    order=2,
)
