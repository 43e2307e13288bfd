"""I. Training parity: the tutorials' programs, with data made from a formula that every framework can repeat."""

from __future__ import annotations

from autograd_conformance.scenarios.reference import (
    linear_regression_losses,
    network_losses,
    parabola_losses,
    parabola_parameters,
)
from autograd_conformance.scenarios.scenario import Scenario

parabola = Scenario(
    "I1",
    "Fit of w*x^2 + b to 3x^2 + 2 + noise by 800 steps of gradient descent: one trajectory",
    ("losses", "w and b", "w, rounded", "b, rounded"),
    measured={"losses": parabola_losses, "w and b": parabola_parameters},
    exhibits=("data and fit",),
    is_slow=True,
)
two_rules = Scenario(
    "I2",
    "Fit of 2 x w0 + x^2 w1 by Adam in float32, by autodiff and by a forward difference",
    ("w by autodiff", "w by forward difference", "losses by autodiff"),
    is_slow=True,
)
network = Scenario(
    "I3",
    "A two-layer relu network, 500 steps in float64: one loss curve, also with a relu of one's own",
    ("losses", "losses with a relu of one's own"),
    measured={"losses": network_losses, "losses with a relu of one's own": network_losses},
    is_slow=True,
)
regression = Scenario(
    "I4",
    "Linear regression, 100 steps of gradient descent",
    ("losses", "w, rounded", "b, rounded"),
    measured={"losses": linear_regression_losses},
    exhibits=("data and fit",),
)

SCENARIOS = (parabola, two_rules, network, regression)
