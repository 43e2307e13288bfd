"""Statements for stories where arrays hold their gradients, in the words PyTorch has coined.

PyTorch and the suite's own engine differ in a few names only; another framework with such words needs a few lines too.
"""

from __future__ import annotations

from typing import Any, ClassVar

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


class TorchLikeTape(TranslatingTape):
    """Every step is a statement that a user of such a framework would write."""

    array: ClassVar[str]
    """Makes an array of float64: ``{values}``, and further arguments as ``{more}``."""
    gradients: ClassVar[str]
    """The function that returns gradients instead of storing them."""
    unrecorded: ClassVar[str]
    """The context in which nothing is recorded."""
    forget: ClassVar[str] = "{name}.grad = None"
    """Sets a gradient to None."""

    def query(self, query: Query) -> str:
        return _QUERIES[query.about].format(query.name)

    def leaf(self, step: Step) -> str:
        return f"{step.name} = {self._array(step.options['value'], ', requires_grad=True')}"

    def constant(self, step: Step) -> str:
        return f"{step.name} = {self._array(step.options['value'])}"

    def apply(self, step: Step) -> str:
        return self._recorded(f"{step.name} = {self.expression_of(step)}", step)

    def detach(self, step: Step) -> str:
        return f"{step.name} = {step.operands[0]}.detach()"

    def retain_grad(self, step: Step) -> str:
        return f"{step.name}.retain_grad()"

    def backward(self, step: Step) -> str:
        return f"{step.name}.backward({self._walk(step)})"

    def gradient(self, step: Step) -> str:
        targets, inputs = ", ".join(step.options["names"]), ", ".join(step.operands)
        return f"({targets},) = {self.gradients}({self._walk(step, step.name, f'[{inputs}]')})"

    def zero(self, step: Step) -> str:
        if step.options["to_none"]:
            return self.forget.format(name=step.name)
        return f"if {step.name}.grad is not None:\n    {step.name}.grad.zero_()"

    def update(self, step: Step) -> str:
        return self._recorded(f"{step.name} += {float(step.options['by'])!r}", step)

    def _array(self, value: Any, more: str = "") -> str:
        return self.array.format(values=array_source(np.asarray(value, dtype=np.float64)), more=more)

    def _recorded(self, statement: str, step: Step) -> str:
        return statement if step.options["recording"] else f"with {self.unrecorded}:\n    {statement}"

    def _walk(self, step: Step, *arguments: str) -> str:
        """The arguments of a walk; what is so by default is not written."""
        options, written = step.options, [*arguments]
        if options["cotangent"] is not None:
            written.append(self._array(options["cotangent"]))
        if options["retain_graph"] is not None:
            written.append(f"retain_graph={bool(options['retain_graph'])}")
        written += [f"{each}=True" for each in ("create_graph", "allow_unused") if options.get(each)]
        return ", ".join(written)
