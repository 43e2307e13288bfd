"""G. Cutting and customising the graph."""

from __future__ import annotations

from autograd_conformance.scenarios.scenario import Scenario

rebuilt = Scenario(
    "G1",
    "A value rebuilt from plain numbers is cut from the graph: f = 2 x w0 + x^2 w1 at x = 1, w = (1, 1)",
    (
        "value and gradient, uncut",
        "value, rebuilt from plain numbers",
        "the rebuilt value has a grad_fn",
        "gradient through plain numbers",
    ),
)
detached = Scenario(
    "G2",
    "A detached value is the same and passes no gradient: stop(w) * w at 3",
    ("value and gradient with one factor detached", "value and gradient with one factor computed unrecorded"),
)
black_box = Scenario(
    "G3",
    "A rule of one's own differentiates a black box, x^2 at 3 by forward difference with step 0.001",
    (
        "gradient by the rule",
        "gradient returned for an input that needs none",
        "an arbitrary object saved with the call",
        "the tutorial's in-place step changes the saved array while it lasts",
        "the next walk notices that the saved array was changed",
        "stepping there and back restores the bits of 1.0",
        "done on a copy, the bits are untouched",
    ),
)
own_relu = Scenario(
    "G4",
    "A relu of one's own equals the built-in one away from 0; at 0 there are two conventions",
    ("own rule at -1, 2", "built-in at -1, 2", "own rule at 0", "clamp or maximum at 0", "relu at 0"),
)
honoured = Scenario(
    "G5",
    "A rule of one's own (x^2 with gradient 10 x, to tell it apart) is honoured everywhere, at 3",
    ("plainly", "compiled", "under a batching transform", "gradient of the rule's gradient"),
    is_slow=True,
)

SCENARIOS = (rebuilt, detached, black_box, own_relu, honoured)
