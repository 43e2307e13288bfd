"""H. Dynamic and static graphs."""

from __future__ import annotations

from autograd_conformance.scenarios.reference import two_layer_losses
from autograd_conformance.scenarios.scenario import Scenario

_FORMS = (
    "losses with relu as clamp",
    "losses with relu",
    "losses with relu as maximum",
    "losses compiled",
    "losses compiled by XLA",
    "losses as a static graph",
)
one_trajectory = Scenario(
    "H1",
    "One two-layer network, trained 20 steps, gives one loss trajectory in every form",
    _FORMS,
    measured=dict.fromkeys(_FORMS, two_layer_losses),
    is_slow=True,
)
loops = Scenario(
    "H2",
    "Loops whose length depends on the data, h = h*w + x from 0 over (1,), (1, 2), (1, 2, 3) at w = 2",
    (
        "gradients by a plain loop",
        "gradients by the framework's own loop",
        "gradient through a branch taken, not taken",
        "gradient through a loop without a bound",
    ),
)
static = Scenario(
    "H3",
    "In a static graph gradients are nodes: many feeds, one trace; what is fetched together has no order of its own",
    (
        "gradients of x*x for feeds of 1, 2, 3 elements",
        "number of traces",
        "loss and step fetched together, ordered by control dependencies: loss of the old w, new w",
        "fetched together without order, every read is of the old or of the new w",
    ),
    is_slow=True,
)

SCENARIOS = (one_trajectory, loops, static)
