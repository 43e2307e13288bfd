"""Tapes of PyTorch that each write one wrong statement, as a careless adapter or a careless framework would have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from autograd_conformance.adapters.torch_ops import TABLE
from autograd_conformance.adapters.torch_tape import TorchTape
from autograd_conformance.tape import Step, Tape

FAULTS: dict[str, type[Tape]] = {}
"""By what is wrong."""


def _fault(name: str, *verbs: str) -> Callable[[Callable[[Step], Step | str]], None]:
    """A tape whose statements for ``verbs`` come from another step, or are what the function returns."""

    def keep(wrong: Callable[[Step], Step | str]) -> None:
        def method(verb: str) -> Callable[[TorchTape, Step], str]:
            def written(self: TorchTape, step: Step) -> str:
                other = wrong(step)
                return other if isinstance(other, str) else getattr(TorchTape, verb)(self, other)

            return written

        FAULTS[name] = type("FaultyTape", (TorchTape,), {verb: method(verb) for verb in verbs})

    return keep


def _with(step: Step, **options: Any) -> Step:
    return replace(step, options={**step.options, **options})


_fault("detach forgotten", "detach")(lambda step: f"{step.name} = {step.operands[0]} * 1.0")
_fault("detach copies", "detach")(lambda step: f"{step.name} = {step.operands[0]}.detach().clone()")
_fault("zero does nothing", "zero")(lambda step: "pass")
_fault("zero instead of none", "zero")(lambda step: _with(step, to_none=False))
_fault("retain_graph ignored", "backward", "gradient")(lambda step: _with(step, retain_graph=None))
_fault("graph never freed", "backward", "gradient")(lambda step: _with(step, retain_graph=True))
_fault("cotangent ignored", "backward")(lambda step: f"{step.name}.backward(torch.ones_like({step.name}))")
_fault("create_graph ignored", "gradient")(
    lambda step: _with(
        step, create_graph=False, retain_graph=step.options["retain_graph"] or step.options["create_graph"]
    )
)
_fault("constants require a gradient", "constant")(
    lambda step: f"{step.name} = torch.tensor({step.options['value']}, dtype=torch.float64, requires_grad=True)"
)
_fault("update unseen", "update")(lambda step: f"{step.name}.data += {step.options['by']}")
_fault("update makes another array", "update")(lambda step: f"{step.name} = {step.name} + {step.options['by']}")
_fault("retain_grad ignored", "retain_grad")(lambda step: "pass")
_fault("always recorded", "apply")(lambda step: _with(step, recording=True))
_fault("never recorded twice", "apply")(
    lambda step: _with(step, recording=step.options["recording"] and len(set(step.operands)) == len(step.operands))
)


class _Overwriting(TorchTape):
    """Every walk starts from nothing."""

    def write(self, steps: Sequence[Step]) -> str:
        self._leaves: list[str] = []
        return super().write(steps)

    def leaf(self, step: Step) -> str:
        self._leaves.append(step.name)
        return super().leaf(step)

    def backward(self, step: Step) -> str:
        return "\n".join([*(f"{name}.grad = None" for name in self._leaves), super().backward(step)])


FAULTS["gradient overwritten"] = _Overwriting


def faulty_tape(name: str) -> Tape:
    return FAULTS[name](TABLE)  # type: ignore[call-arg]  # all are TorchTapes
