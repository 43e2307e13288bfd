"""The law about how numbers lie in memory, where a framework's arrays can lie in several ways."""

from __future__ import annotations

from autograd_conformance.laws.law import law
from autograd_conformance.laws.numbers import gradients_apart, outputs_apart, undecided
from autograd_conformance.measurement import FIRST, SECOND, Measurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import Compared, Finding, Violated


@law("J'u of the same numbers in another layout = J'u", wants_calls=True, confirms="nothing")
def layout_changes_nothing(estimate: Estimate, measured: Measurement) -> Finding | None:
    """Transposed or sliced arrays, and expanded cotangents, have the outputs and gradients of contiguous ones."""
    if not measured.answer.layouts:
        return None
    if stop := undecided(estimate, measured.dtype):
        return stop
    found: list[Compared] = []
    for layout in measured.answer.layouts:
        try:
            found += _in_layout(estimate, measured, layout)
        except WrongForm as form:
            return Violated(f"{layout} arrays: {form}")
    return max(found, key=lambda each: each.ratio, default=None)


def _in_layout(estimate: Estimate, measured: Measurement, layout: str) -> list[Compared]:
    """The worst gradient element, and the worst output; other kernels may round in another order."""
    which = SECOND if layout == "expanded" else FIRST
    said = f"{layout} against contiguous arrays"
    arranged, plain = measured.arranged_gradient(layout), measured.gradient(which)
    pair = (
        gradients_apart(estimate, measured.dtype, arranged, plain, said, which),
        outputs_apart(estimate, measured, measured.arranged_outputs(layout), said, which),
    )
    return [each for each in pair if each is not None]
