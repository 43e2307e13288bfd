"""A. Leaves and requires_grad."""

from __future__ import annotations

import torch

from autograd_conformance.observer import Observer


def a3_dtypes(observe: Observer) -> None:
    """Gradients are asked for, and only of floating and complex tensors."""
    a = torch.tensor(3.0, dtype=torch.float64)
    observe("requires_grad by default", a.requires_grad)
    a.requires_grad_()
    observe("requires_grad after it is switched on", a.requires_grad)

    with observe.attempt("an integer as a leaf"):
        torch.tensor(3, requires_grad=True)
    with observe.attempt("a complex number as a leaf"):
        torch.tensor(3 + 4j, requires_grad=True)
