"""F. Higher order."""

from __future__ import annotations

from autograd_conformance.scenarios.reference import tanh_network_derivatives
from autograd_conformance.scenarios.scenario import Scenario

cube = Scenario(
    "F1",
    "Gradients of gradients: a^3 at 3",
    ("first", "the first requires a gradient", "second", "third", "fourth"),
)
functional = Scenario(
    "F2",
    "Gradients asked for as values come as a sequence, and leave no trace in the leaves",
    ("kind of the answer", "number of gradients", "gradient held by the leaf afterwards"),
)
residuals = Scenario(
    "F3",
    "The derivatives of a differential equation's residual: u(t, x) of a tanh network, u_t and u_xx at a batch of points",
    (
        "u_t by the sum trick",
        "u_xx by the sum trick",
        "u_t by vmap",
        "u_xx by vmap",
        "u_xx by forward over forward or over reverse",
    ),
    measured={
        "u_t by the sum trick": lambda: tanh_network_derivatives("t"),
        "u_xx by the sum trick": lambda: tanh_network_derivatives("xx"),
        "u_t by vmap": lambda: tanh_network_derivatives("t"),
        "u_xx by vmap": lambda: tanh_network_derivatives("xx"),
        "u_xx by forward over forward or over reverse": lambda: tanh_network_derivatives("xx"),
    },
)

SCENARIOS = (cube, functional, residuals)
