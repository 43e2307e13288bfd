"""E. Vector-Jacobian products."""

from __future__ import annotations

from autograd_conformance.scenarios.scenario import Scenario

non_scalar = Scenario(
    "E1",
    "The gradient of several outputs without a cotangent: x*x at (2, 3)",
    ("gradient without a cotangent", "gradient with cotangent (1, 1)"),
)
rows = Scenario(
    "E2",
    "A cotangent gives a product, not the Jacobian: y = (x1^2 + 3 x2, x2^2 + 2 x1) at (2, 3)",
    (
        "product with (1, 1)",
        "rows: products with (1, 0) and (0, 1)",
        "the same two accumulated without zeroing",
        "rows when y is filled in place",
    ),
)
wrong_cotangent = Scenario(
    "E3",
    "What becomes of a cotangent of another shape or dtype",
    ("cotangent of shape (2,) for an output of shape (1, 2)", "float32 cotangent for a float64 output"),
)
unconnected = Scenario(
    "E4",
    "The gradient at an input that the output does not depend on",
    ("gradient at an unconnected input", "when that is allowed, or zeros are asked for"),
)

SCENARIOS = (non_scalar, rows, wrong_cotangent, unconnected)
