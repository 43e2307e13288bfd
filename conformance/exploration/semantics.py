"""What frameworks document of leaves and tapes, as far as they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from autograd_conformance.tape import Step


class Unspecified(Exception):
    """The documentation does not say what happens; the statement is not told, or the question not asked."""


class Refusal(StrEnum):
    """Why a statement raises."""

    NOTHING_RECORDED = "the output requires no gradient"
    COTANGENT_MISSING = "an output of several elements needs a cotangent"
    COTANGENT_SHAPE = "the cotangent has another shape than the output"
    INPUT_PLAIN = "an input requires no gradient"
    UNCONNECTED = "the output does not depend on an input"
    FREED = "the graph was freed by an earlier walk"
    CHANGED = "a saved value was changed in place"
    LEAF_CHANGED = "a leaf is changed in place while that is recorded"
    NOTHING_TO_RETAIN = "an array that requires no gradient has none to retain"


ALL_VERBS = frozenset(
    {"leaf", "constant", "apply", "detach", "retain_grad", "backward", "gradient", "zero", "update"}
)  # fmt: skip
ALL_QUERIES = ("value", "gradient", "is_leaf", "requires_grad", "has_grad_fn")


@dataclass(frozen=True)
class Semantics:
    """One framework's documented semantics.  None stands for "its documentation is silent": nothing depends on it."""

    name: str
    error: str
    """The type, or a base, of what it raises."""
    gists: Mapping[Refusal, str]
    """What the message of each refusal contains."""
    verbs: frozenset[str] = ALL_VERBS
    queries: tuple[str, ...] = ALL_QUERIES
    gradient_stores_nothing: bool = False
    """Whether `gradient` is documented to leave alone what intermediates retain, too."""
    gradient_ends_at_inputs: bool = False
    """Whether `gradient` is documented to use, and to free, nothing below the arrays it is asked for."""
    retained_follows_update: bool | None = None
    """Whether an intermediate that retains its gradient and is changed in place gets that of its latest value."""
    is_persistent: bool = False
    """Whether a graph may be walked any number of times."""
    sums_without_cotangent: bool = False
    """Whether an output of several elements is summed where no cotangent is given."""
    is_none_without_path: bool = False
    """Whether a gradient along no path is None, whatever the inputs and outputs are, instead of refused."""
    keeps_what_it_reads: bool = False
    """Whether ops and detached arrays have numbers of their own, so that only leaves are changed in place, and nothing
    else changes with them."""
    prologue: tuple[Step, ...] = ()
    """What every program begins with."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Where it is documented."""


TORCH = Semantics(
    "torch",
    "RuntimeError",
    {
        Refusal.NOTHING_RECORDED: "does not require grad",
        Refusal.COTANGENT_MISSING: "only for scalar outputs",
        Refusal.COTANGENT_SHAPE: "mismatch in shape",
        Refusal.INPUT_PLAIN: "does not require grad",
        Refusal.UNCONNECTED: "not have been used in the graph",
        Refusal.FREED: "a second time",
        Refusal.CHANGED: "modified by an inplace operation",
        Refusal.LEAF_CHANGED: "leaf variable that requires grad",
        Refusal.NOTHING_TO_RETAIN: "can't retain_grad",
    },
    gradient_ends_at_inputs=True,
    retained_follows_update=True,
    links={
        "walks": "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html",
        "gradients": "https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html",
        "changes in place": "https://docs.pytorch.org/docs/stable/notes/autograd.html",
        "retained": "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html",
    },
)

TAPE = Semantics(
    "tape",
    "TapeError",
    {
        Refusal.NOTHING_RECORDED: "requires no gradient",
        Refusal.COTANGENT_MISSING: "needs a cotangent",
        Refusal.COTANGENT_SHAPE: "a cotangent of shape",
        Refusal.INPUT_PLAIN: "requires no gradient",
        Refusal.UNCONNECTED: "do not depend on input",
        Refusal.FREED: "freed by an earlier",
        Refusal.CHANGED: "changed in place",
        Refusal.LEAF_CHANGED: "cannot be changed in place",
        Refusal.NOTHING_TO_RETAIN: "none to retain",
    },
    gradient_stores_nothing=True,
    links={"walks": "adapters/tape_engine/engine.py"},
)

TENSORFLOW = Semantics(
    "tensorflow",
    "Exception",
    {},
    verbs=frozenset({"leaf", "constant", "apply", "detach", "gradient", "update"}),
    queries=("value",),
    gradient_ends_at_inputs=True,
    is_persistent=True,
    sums_without_cotangent=True,
    is_none_without_path=True,
    keeps_what_it_reads=True,
    prologue=(
        # One recorded gradient at the head, and the whole program is told to one persistent tape.
        Step("leaf", "v", (), {"value": 1.0}),
        Step(
            "gradient",
            "v",
            ("v",),
            {"names": ["w"], "cotangent": None, "retain_graph": None, "create_graph": True, "allow_unused": False},
        ),
    ),
    links={
        "persistent tapes": "https://www.tensorflow.org/guide/autodiff#intermediate_results",
        "None": "https://www.tensorflow.org/guide/autodiff#cases_where_gradient_returns_none",
        "higher order": "https://www.tensorflow.org/guide/advanced_autodiff#higher-order_gradients",
    },
)

SEMANTICS: Mapping[str, Semantics] = {each.name: each for each in (TORCH, TAPE, TENSORFLOW)}
"""By the name of the framework."""
