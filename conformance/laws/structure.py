"""Laws about form and side effects; most hold exactly or not at all."""

from __future__ import annotations

import math

import numpy as np

from autograd_conformance.laws.law import law
from autograd_conformance.laws.numbers import gradients_apart, outputs_apart, undecided
from autograd_conformance.measurement import FIRST, ZERO, Measurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import Finding, Holds, Rounded, Violated
from autograd_conformance.worker.questions import Measured


@law("shape(J'u) = shape(x), dtype(J'u) = dtype(f(x)) = dtype(x)")
def gradient_has_primal_shape_and_dtype(estimate: Estimate, measured: Measurement) -> Finding | None:
    """Each gradient has its input's shape and dtype, and is there when the input matters; outputs have the dtype too."""
    for output in (*measured.answer.forward, *measured.answer.products[FIRST].outputs):
        if output.dtype != measured.dtype:
            return Violated(f"an output is {output.dtype}, the inputs are {measured.dtype}")
    gradients = measured.answer.products[FIRST].gradients
    inputs = measured.case.graph.inputs
    for number, (gradient, shape) in enumerate(zip(gradients, inputs, strict=True)):
        if gradient is None:
            if not estimate.problem and _matters(estimate, number):
                return Violated(f"the gradient of input {number} is None although the output depends on it")
        elif gradient.values.shape != shape:
            return Violated(
                f"the gradient of input {number} has shape {list(gradient.values.shape)}, not {list(shape)}"
            )
        elif gradient.dtype != measured.dtype:
            return Violated(f"the gradient of input {number} is {gradient.dtype}, the input is {measured.dtype}")
    return Holds()


def _matters(estimate: Estimate, number: int) -> bool:
    """Whether the reference is sure that some derivative with respect to this input is not zero."""
    sizes = [math.prod(shape) for shape in estimate.case.graph.inputs]
    start = sum(sizes[:number])
    touched = np.any(estimate.directions[:, start : start + sizes[number]] != 0, axis=1)
    if not estimate.is_whole:
        return False
    first = estimate.derivative[FIRST]
    return bool(np.any(touched & (np.abs(first.value) > 4 * first.error)))


@law("J'0 = 0", wants_calls=True)
def vjp_of_zero_is_zero(estimate: Estimate, measured: Measurement) -> Finding | None:
    """The zero cotangent pulls back to exact zeros."""
    if stop := undecided(estimate, measured.dtype):
        return stop
    try:
        gradient = measured.gradient(ZERO)
    except WrongForm as form:
        return Violated(str(form))
    if gradient.size == 0:
        return None
    if np.any(gradient != 0):
        return Violated(f"the zero cotangent gives {float(gradient[np.argmax(gradient != 0)])!r}")
    return Holds()


@law("a second vjp on the same leaves = the first", wants_calls=True, confirms="nothing")
def second_call_is_equal(estimate: Estimate, measured: Measurement) -> Finding | None:
    """Asking again, after other cotangents, gives the same bits, or is imprecise if within the rounding of both calls."""
    first, second = measured.answer.products[FIRST], measured.answer.second
    if second is None:
        return None
    pairs = [*zip(first.outputs, second.outputs, strict=True), *zip(first.gradients, second.gradients, strict=True)]
    outputs = len(first.outputs)
    for position, (before, after) in enumerate(pairs):
        if not _same_bits(before, after):
            what = f"output {position}" if position < outputs else f"gradient of input {position - outputs}"
            if not _same_form(before, after):
                return Violated(f"{what} has another form in a second call on the same leaves")
            return _within_rounding(estimate, measured, what)
    return Holds()


def _within_rounding(estimate: Estimate, measured: Measurement, what: str) -> Finding | None:
    """How far two calls are apart, in bounds that allow for the rounding of both."""
    if stop := undecided(estimate, measured.dtype):
        return stop
    said = "second call against first"
    try:
        pair = (
            outputs_apart(estimate, measured, measured.second_outputs, said),
            gradients_apart(estimate, measured.dtype, measured.second_gradient, measured.gradient(FIRST), said),
        )
    except WrongForm as form:
        return Violated(str(form))
    worst = max((each for each in pair if each is not None), key=lambda each: each.ratio, default=None)
    if worst is None or worst.ratio > 1:
        return worst
    return Rounded(f"the bits of {what} differ between two calls on the same leaves, by no more than rounding", worst)


def _same_bits(before: Measured | None, after: Measured | None) -> bool:
    if before is None or after is None:
        return before is after
    return before.dtype == after.dtype and _is_equal(before.values, after.values)


def _same_form(before: Measured | None, after: Measured | None) -> bool:
    if before is None or after is None:
        return before is after
    return before.dtype == after.dtype and before.values.shape == after.values.shape


def _is_equal(one: np.ndarray, other: np.ndarray) -> bool:
    """Of shape and every number, any nan like any other.  The same bytes are the same numbers, and are soon compared."""
    if one.shape != other.shape:
        return False
    is_identical = one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return is_identical or np.array_equal(one, other, equal_nan=True)


@law("x after = x before")
def inputs_are_unmodified(estimate: Estimate, measured: Measurement) -> Finding | None:
    """Leaves hold the same numbers after all calls."""
    after = measured.answer.leaves_after
    for number, (leaf, array) in enumerate(zip(after, measured.case.point, strict=True)):
        if not _is_equal(leaf.values, array):
            return Violated(f"input {number} holds other numbers after the calls than before")
    return Holds()
