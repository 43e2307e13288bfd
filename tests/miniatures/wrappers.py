"""Faults in what stands round a part of a program; the part itself, and every plain program, is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from autograd_conformance.wrapping import RULES, STOP, Wrapper
from tests.miniatures.fault import Fault


class FaultyWrapper(Fault):
    """``alter`` is the source of ``wrapped``, in terms of ``sound``, which is the framework's own."""

    ops = ()
    kinds: ClassVar[tuple[str, ...]]
    alter: ClassVar[str]

    def wrappers(self) -> Mapping[str, Sequence[Wrapper]]:
        sound: Mapping[str, Sequence[Wrapper]] = super(Fault, self).wrappers()
        return {kind: [self._altered(kind, each) for each in forms] for kind, forms in sound.items()}

    def _altered(self, kind: str, wrapper: Wrapper) -> Wrapper:
        if kind not in self.kinds:
            return wrapper
        renamed = "sound = wrapped"
        parts = (wrapper.definition, renamed, self.words, self.alter)
        return replace(wrapper, definition="\n\n\n".join(part.strip() for part in parts))


class CheckpointLosesGradient(FaultyWrapper):
    """What is computed again does not know its first operand any more."""

    kinds = ("checkpoint",)
    alter = """
def wrapped(function):
    return lambda *operands: sound(function)(stop_gradient(operands[0]), *operands[1:])
"""


class CheckpointWrongAtSecondOrder(FaultyWrapper):
    """Value, gradient and tangents are right, and what is differentiated again is not."""

    kinds = ("checkpoint",)
    alter = """
def wrapped(function):
    return lambda *operands: sound(function)(*[x + (x - stop_gradient(x)) ** 2 for x in operands])
"""


class RuleIgnored(FaultyWrapper):
    """A rule of one's own is accepted, and the function is differentiated all the same."""

    kinds = RULES
    alter = """
def wrapped(function, factor):
    return function
"""


class RuleRaises(FaultyWrapper):
    """A rule of one's own is not accepted."""

    kinds = RULES
    alter = """
def wrapped(function, factor):
    raise RuntimeError("no rules here")
"""


class StopIgnored(FaultyWrapper):
    """What should count as constant is differentiated all the same."""

    kinds = (STOP,)
    alter = """
def wrapped(function):
    return function
"""


WRAPPER_FAULTS: dict[str, type[Fault]] = {
    fault.__name__: fault
    for fault in (CheckpointLosesGradient, CheckpointWrongAtSecondOrder, RuleIgnored, RuleRaises, StopIgnored)
}
