"""A. Leaves and requires_grad."""

from __future__ import annotations

import autograd_conformance.adapters.tape_engine as tp
from autograd_conformance.observer import Observer


def a3_dtypes(observe: Observer) -> None:
    """Gradients are asked for, and only of floating-point arrays."""
    a = tp.array(3.0)
    observe("requires_grad by default", a.requires_grad)
    a.requires_grad_()
    observe("requires_grad after it is switched on", a.requires_grad)

    with observe.attempt("an integer as a leaf"):
        tp.array(3, dtype=int, requires_grad=True)  # without a dtype Python's numbers become float64
    with observe.attempt("a complex number as a leaf"):
        tp.array(3 + 4j, requires_grad=True)
