"""Faults in what stands round a part of a program; the part itself, and every plain program, is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.wrapping import RULES, STOP, Wrapper
from tests.miniatures.fault import Fault

CHAIN = Graph(
    ((2,), (2,)),
    (Node("sin", (0,)), Node("mul", (2, 1)), Node("exp", (3,)), Node("add", (3, 4))),
    (5, 3),
)
CASE = Case(CHAIN, (np.array([0.5, -0.75]), np.array([1.25, 0.5])), "orders")
"""Small, and every fault shows in it."""


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


class CarryGradientDropped(FaultyWrapper):
    """Half of what goes round a loop is not differentiated."""

    kinds = ("loop", "scan")
    alter = """
def wrapped(function):
    return sound(lambda *operands: tuple((y + stop_gradient(y)) / 2 for y in function(*operands)))
"""


class WrongBranch(FaultyWrapper):
    """The value of the branch that is chosen, and the derivatives of the other."""

    kinds = ("branch",)
    alter = """
def wrapped(function):
    return sound(lambda *operands: tuple(3 * y - 2 * stop_gradient(y) for y in function(*operands)))
"""


class ViewGradientLost(FaultyWrapper):
    """What was read from a view, or written through one, does not know where it came from."""

    kinds = ("views",)
    alter = """
def wrapped(function):
    return lambda *operands: sound(function)(stop_gradient(operands[0]), *operands[1:])
"""


class WriteForgotten(ViewGradientLost):
    """What was written over keeps the derivative of what was there before: none."""

    kinds = ("in place",)


WRAPPER_FAULTS: dict[str, type[Fault]] = {
    fault.__name__: fault
    for fault in (
        CheckpointLosesGradient,
        CheckpointWrongAtSecondOrder,
        RuleIgnored,
        RuleRaises,
        StopIgnored,
        CarryGradientDropped,
        WrongBranch,
        ViewGradientLost,
        WriteForgotten,
    )
}
