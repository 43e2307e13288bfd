"""PyTorch's own statements for stories of leaves and tapes."""

from __future__ import annotations

from collections.abc import Sequence
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


class TorchTape(TranslatingTape):
    """Every step is a statement that a PyTorch user would write; the stories speak PyTorch's own words."""

    imports = "import torch"

    def query(self, query: Query) -> str:
        return _QUERIES[query.about].format(query.name)

    def leaf(self, step: Step) -> str:
        return f"{step.name} = {_tensor(step.options['value'], ', requires_grad=True')}"

    def constant(self, step: Step) -> str:
        return f"{step.name} = {_tensor(step.options['value'])}"

    def apply(self, step: Step) -> str:
        return _recorded(f"{step.name} = {self.expression_of(step)}", step.options["recording"])

    def detach(self, step: Step) -> str:
        return f"{step.name} = {step.operands[0]}.detach()"

    def retain_grad(self, step: Step) -> str:
        return f"{step.name}.retain_grad()"

    def backward(self, step: Step) -> str:
        return f"{step.name}.backward({_walk(step)})"

    def gradient(self, step: Step) -> str:
        targets, leaves = ", ".join(step.options["names"]), ", ".join(step.operands)
        return f"({targets},) = torch.autograd.grad({_walk(step, step.name, f'[{leaves}]')})"

    def zero(self, step: Step) -> str:
        if step.options["to_none"]:
            return f"{step.name}.grad = None"
        return f"if {step.name}.grad is not None:\n    {step.name}.grad.zero_()"

    def update(self, step: Step) -> str:
        return _recorded(f"{step.name} += {float(step.options['by'])!r}", step.options["recording"])


def _tensor(value: Any, more: str = "") -> str:
    return f"torch.tensor({array_source(np.asarray(value, dtype=np.float64))}, dtype=torch.float64{more})"


def _recorded(statement: str, recording: bool) -> str:
    return statement if recording else f"with torch.no_grad():\n    {statement}"


def _walk(step: Step, *arguments: str) -> str:
    """The arguments of a walk; what is as PyTorch has it by default is not written."""
    options = step.options
    written: Sequence[str] = arguments
    if options["cotangent"] is not None:
        written = [*written, _tensor(options["cotangent"])]
    if options["retain_graph"] is not None:
        written = [*written, f"retain_graph={bool(options['retain_graph'])}"]
    return ", ".join([*written, *(f"{each}=True" for each in ("create_graph", "allow_unused") if options.get(each))])
