"""Laws about whole matrices of derivatives and batches of examples: they are those of one after the other."""

from __future__ import annotations

import numpy as np

from autograd_conformance.laws.law import Law
from autograd_conformance.laws.numbers import (
    apart,
    direction_name,
    element_name,
    gradients_apart,
    undecided,
)
from autograd_conformance.laws.words import (
    beside_reference,
    is_asked,
    known_of_word,
    second_example,
    unanswered,
    unknown,
)
from autograd_conformance.measurement import FIRST, ROWS, Measurement, WrongForm
from autograd_conformance.reference.estimate import Estimate, estimate
from autograd_conformance.verdict import Compared, Finding, Violated, bounds
from autograd_conformance.word import FORWARD, HESSIAN, PER_EXAMPLE, REVERSE, VECTORIZED


def jacobian_law(form: str, name: str, how: str) -> Law:
    """The law that a whole Jacobian has the rows that unit cotangents pull back; u'J where outputs are many."""

    def judge(estimate: Estimate, measured: Measurement) -> Finding | None:
        if not is_asked(measured, form):
            return None
        if stop := unanswered(measured, form) or undecided(estimate, measured.dtype):
            return stop
        said = f"{form} against the vjp"
        try:
            whole = measured.jacobian(form)
            together = np.concatenate([u.reshape(-1) for u in estimate.case.cotangent(0)]) @ whole
            found = [gradients_apart(estimate, measured.dtype, together, measured.gradient(FIRST), said)]
            found += [_row(estimate, measured, whole[row], row, said) for row in range(estimate.row_count)]
        except WrongForm as wrong:
            return Violated(str(wrong))
        return max((each for each in found if each is not None), key=lambda each: each.ratio, default=None)

    return Law(
        name,
        f"{how} = the J'e_i one after the other",
        f"The whole Jacobian, {how}, has the rows that single vector-Jacobian products have.",
        judge,
        confirms="nothing",
        words=(form,),
    )


def _row(estimate: Estimate, measured: Measurement, row: np.ndarray, number: int, said: str) -> Compared | None:
    known = estimate.jacobian
    assert known is not None
    noise, value = estimate.noise(measured.dtype).jacobian[number], known.value[number]
    bound = bounds(np.zeros(len(value)), noise, value, measured.dtype, sides=2.0)
    what = element_name(estimate.case, number, "output")
    return apart(
        row,
        measured.gradient(ROWS + number),
        bound,
        ROWS + number,
        lambda worst: f"d {what} / d {direction_name(estimate, worst)}, {said}",
    )


def _hessian(estimate: Estimate, measured: Measurement) -> Finding | None:
    if not is_asked(measured, HESSIAN):
        return None
    if stop := unanswered(measured, HESSIAN) or unknown(estimate, 2, measured.dtype):
        return stop
    known = known_of_word(estimate, measured.dtype, "rr")
    try:
        whole = measured.hessian(HESSIAN)
    except WrongForm as wrong:
        return Violated(str(wrong))
    with np.errstate(invalid="ignore"):
        values = known.sides @ (whole @ estimate.case.directions(1)[0])
    return beside_reference(known, values, lambda worst: _place(estimate, worst), is_leafy=True)


def _place(estimate: Estimate, worst: int) -> str:
    return "a'H a" if worst == 0 else f"H a, {element_name(estimate.case, worst - 1, 'input')}"


def _per_example(found: Estimate, measured: Measurement) -> Finding | None:
    if not is_asked(measured, PER_EXAMPLE):
        return None
    if stop := unanswered(measured, PER_EXAMPLE) or undecided(found, measured.dtype):
        return stop
    try:
        first, second = measured.examples(PER_EXAMPLE, 2)
        alone = measured.gradient(FIRST), measured.last_example(PER_EXAMPLE)
    except WrongForm as wrong:
        return Violated(str(wrong))
    pair = [gradients_apart(found, measured.dtype, first, alone[0], "of a batch against alone")]
    other = estimate(second_example(found.case))
    if not undecided(other, measured.dtype):
        pair.append(gradients_apart(other, measured.dtype, second, alone[1], "last of a batch against alone"))
    return max((each for each in pair if each is not None), key=lambda each: each.ratio, default=None)


hessian_matches_finite_differences = Law(
    "hessian_matches_finite_differences",
    "(whole H) a = D^2 <u, f>[a, .]",
    "The whole Hessian, as the framework offers it, has the rows that finite differences of the forward graph have.",
    _hessian,
    words=(HESSIAN,),
    order=2,
)
per_example_gradients_are_single_ones = Law(
    "per_example_gradients_are_single_ones",
    "vmap(J'u) of a batch = J'u of every example",
    "A vectorized batch has the gradients of its examples, each at its own point with its own cotangent.",
    _per_example,
    confirms="nothing",
    words=(PER_EXAMPLE,),
)
reverse_jacobian_has_rows = jacobian_law(REVERSE, "reverse_jacobian_has_rows", "row by row")
forward_jacobian_has_rows = jacobian_law(FORWARD, "forward_jacobian_has_rows", "column by column")
vectorized_jacobian_has_rows = jacobian_law(VECTORIZED, "vectorized_jacobian_has_rows", "all rows at once")
