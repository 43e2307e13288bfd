"""Every scenario of the suite, by name, in the order they are told and shown."""

from __future__ import annotations

from autograd_conformance.scenarios import (
    accumulation,
    control_flow,
    cutting,
    engine,
    higher_order,
    leaves,
    life,
    products,
    retention,
    training,
)
from autograd_conformance.scenarios.scenario import Scenario

LETTERS = {
    "A": "Leaves and requires_grad",
    "B": "Retention",
    "C": "The life of the graph",
    "D": "Accumulation",
    "E": "Vector-Jacobian products",
    "F": "Higher order",
    "G": "Cutting and customising the graph",
    "H": "Dynamic and static graphs",
    "I": "Training parity",
    "J": "A complete tape",
    "K": "Random programs",
    "L": "Kinks and ends of domains",
}

EXPLORED, KINKS = "K1", "L1"
STORYLESS = {
    EXPLORED: "Random programs of leaves, ops, walks, gradients, zeroing and changes in place are answered as documented",
    KINKS: "At kinks of ops and ends of their domains the gradient lies between the one-sided derivatives",
}
"""Name to claim of those told by no story: programs are drawn and held against a model (`autograd_conformance.exploration`),
and every op is asked at its own points (`autograd_conformance.kinks`)."""

_MODULES = (
    leaves, retention, life, accumulation, products, higher_order, cutting, control_flow, training, engine,
)  # fmt: skip

SCENARIOS: dict[str, Scenario] = {each.name: each for module in _MODULES for each in module.SCENARIOS}

__all__ = ["EXPLORED", "KINKS", "LETTERS", "SCENARIOS", "STORYLESS", "Scenario"]
