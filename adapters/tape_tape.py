"""The own engine's statements for stories of leaves and tapes: the words are PyTorch's, but for a few names."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_conformance.adapters.translator import TranslatingTape, array_source
from autograd_conformance.tape import Query, Step

_QUERIES = {
    "value": "{}",
    "gradient": "{}.grad",
    "is_leaf": "{}.is_leaf",
    "requires_grad": "{}.requires_grad",
    "has_grad_fn": "{}.grad_fn is not None",
}


class TapeTape(TranslatingTape):
    """Every step is one statement of the engine's documentation."""

    imports = "import autograd_conformance.adapters.tape_engine as tp"

    def query(self, query: Query) -> str:
        return _QUERIES[query.about].format(query.name)

    def leaf(self, step: Step) -> str:
        return f"{step.name} = tp.array({_values(step.options['value'])}, requires_grad=True)"

    def constant(self, step: Step) -> str:
        return f"{step.name} = tp.array({_values(step.options['value'])})"

    def apply(self, step: Step) -> str:
        return _recorded(f"{step.name} = {self.expression_of(step)}", step.options["recording"])

    def detach(self, step: Step) -> str:
        return f"{step.name} = {step.operands[0]}.detach()"

    def retain_grad(self, step: Step) -> str:
        return f"{step.name}.retain_grad()"

    def backward(self, step: Step) -> str:
        return f"{step.name}.backward({_walk(step)})"

    def gradient(self, step: Step) -> str:
        targets, inputs = ", ".join(step.options["names"]), ", ".join(step.operands)
        return f"({targets},) = tp.gradient({_walk(step, step.name, f'[{inputs}]')})"

    def zero(self, step: Step) -> str:
        if step.options["to_none"]:
            return f"{step.name}.zero_grad()"
        return f"if {step.name}.grad is not None:\n    {step.name}.grad.zero_()"

    def update(self, step: Step) -> str:
        return _recorded(f"{step.name} += {float(step.options['by'])!r}", step.options["recording"])


def _values(value: Any) -> str:
    return array_source(np.asarray(value, dtype=np.float64))


def _recorded(statement: str, recording: bool) -> str:
    return statement if recording else f"with tp.no_grad():\n    {statement}"


def _walk(step: Step, *arguments: str) -> str:
    """The arguments of a walk; what is as the engine has it by default is not written."""
    options = step.options
    written = [*arguments]
    if options["cotangent"] is not None:
        written.append(f"tp.array({_values(options['cotangent'])})")
    if options["retain_graph"] is not None:
        written.append(f"retain_graph={bool(options['retain_graph'])}")
    return ", ".join([*written, *(f"{each}=True" for each in ("create_graph", "allow_unused") if options.get(each))])
