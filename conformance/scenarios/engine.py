"""J. What a complete tape engine does, asked of every framework."""

from __future__ import annotations

from autograd_conformance.scenarios.scenario import Scenario

exported = Scenario(
    "J1",
    "The recorded graph of sin(x*y) + x can be read as nodes and edges",
    ("ops of the recorded graph", "every edge joins two nodes", "two exports share nothing"),
    exhibits=("the recorded graph",),
)
switched = Scenario(
    "J2",
    "Recording can be switched off and on again",
    ("a result made while it is off requires a gradient", "a result made after it", "gradient of x*x at 3 after it"),
)
never_connected = Scenario(
    "J3",
    "A bias that is never connected can be told from one whose gradient is zero",
    ("gradient of the unconnected bias", "gradient of a bias multiplied by zero"),
)
stepping = Scenario(
    "J4",
    "A training step keeps the leaf: w - 0.1 * gradient of w*w, from 1",
    ("w is a leaf after a step in place", "w after three steps", "is w = w - 0.1 * gradient still a leaf"),
)
two_leaves = Scenario(
    "J5",
    "Gradients of two leaves are separate arrays: x + y, each changed by itself",
    ("gradients of x and y after x's is doubled",),
)

SCENARIOS = (exported, switched, never_connected, stepping, two_leaves)
