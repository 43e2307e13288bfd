"""The law about how numbers lie in memory, where a framework's arrays can lie in several ways."""

from __future__ import annotations

import numpy as np

from autograd_conformance.laws.law import law
from autograd_conformance.laws.numbers import along_directions, direction_name, element_name, undecided
from autograd_conformance.measurement import FIRST, SECOND, Measurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import Compared, Finding, Violated, bounds, compare


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
    """The worst gradient element, and an output where that is worse; other kernels may round in another order."""
    which = SECOND if layout == "expanded" else FIRST
    gradients = [measured.gradient(which), measured.arranged_gradient(layout)]
    plain, arranged = (along_directions(estimate, gradient) for gradient in gradients)
    noise, value = estimate.noise(measured.dtype).derivative[which], estimate.derivative.value[which]
    pairs = [
        ("gradient", plain, arranged, noise, value),
        (
            "output",
            measured.outputs_of_vjp,
            measured.arranged_outputs(layout),
            estimate.output_noise(measured.dtype),
            estimate.outputs,
        ),
    ]
    compared = []
    for what, contiguous, other, moved, scale in pairs:
        bound = bounds(np.zeros(len(scale)), moved, scale, measured.dtype, sides=2.0)
        worst = compare(other, contiguous, bound)
        if worst is None:
            continue
        (place,), gap, weakness = worst
        name = (
            f"d <u, f> / d {direction_name(estimate, place)}"
            if what == "gradient"
            else element_name(measured.case, place, "output")
        )
        compared.append(
            Compared(
                f"{name}, {layout} against contiguous arrays",
                float(other[place]),
                float(contiguous[place]),
                0.0,
                float(bound[place]),
                gap,
                weakness,
                (which, place),
            )
        )
    return compared
