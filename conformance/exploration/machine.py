"""Draws programs, tells each to a framework once, and compares every answer with the model's.

The same seed gives the same programs in one installation.  (Hypothesis mixes constants that it finds in loaded modules
into what it draws, so another installation may see others.)
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from autograd_conformance.exploration.rules import STORY_OPS
from autograd_conformance.exploration.semantics import Semantics
from autograd_conformance.exploration.telling import Deviation, Programme, deviation_of
from autograd_conformance.worker.stories import Telling

NUMBERS = st.integers(-3, 3).map(float)
VALUES = st.one_of(NUMBERS, st.lists(NUMBERS, min_size=1, max_size=2))
COTANGENTS = st.one_of(st.none(), VALUES)
SWITCH = st.booleans()
OPERANDS = {op: 2 if op in ("add", "sub", "mul", "maximum") else 1 for op in STORY_OPS}


class Teller(Protocol):
    """A `Worker`, or what stands in for one."""

    def tell(self, tellings: Sequence[Telling]) -> Sequence[Any]: ...


@dataclass(frozen=True)
class Exploration:
    """What was found: ``failure`` is the smallest program that was answered otherwise than predicted."""

    adapter: str
    seed: int
    examples: int
    """Programs told before the first that deviated."""
    steps: int
    """Their statements."""
    failure: Deviation | None


class Deviated(AssertionError):
    """Carries the deviation through Hypothesis."""

    def __init__(self, deviation: Deviation) -> None:
        super().__init__(str(deviation))
        self.deviation = deviation


class _Tally:
    def __init__(self) -> None:
        self.examples = 0
        self.steps = 0
        self.has_failed = False

    def count(self, steps: int) -> None:
        if not self.has_failed:
            self.examples += 1
            self.steps += steps


class StoryMachine(RuleBasedStateMachine):
    """A rule is a statement.  One whose outcome is not documented is left out."""

    worker: ClassVar[Teller]
    adapter: ClassVar[str]
    mode: ClassVar[str]
    semantics: ClassVar[Semantics]
    tally: ClassVar[_Tally]

    arrays: Bundle[str] = Bundle("arrays")

    def __init__(self) -> None:
        super().__init__()
        self.programme = Programme(self.semantics)

    def _has(self, verb: str) -> bool:
        return verb in self.semantics.verbs

    def _made(self, made: Sequence[str], verb: str, name: str, /, *operands: str, **options: Any) -> Any:
        """What goes into the bundle: the arrays that exist now."""
        return multiple(*made) if self.programme.add(verb, name, operands, options) else multiple()

    @initialize(target=arrays, value=VALUES)
    def first_leaf(self, value: Any) -> Any:
        name = self.programme.new_name()
        return self._made([name], "leaf", name, value=value)

    @rule(target=arrays, value=VALUES)
    def leaf(self, value: Any) -> Any:
        name = self.programme.new_name()
        return self._made([name], "leaf", name, value=value)

    @rule(target=arrays, value=VALUES)
    def constant(self, value: Any) -> Any:
        name = self.programme.new_name()
        return self._made([name], "constant", name, value=value)

    @rule(target=arrays, op=st.sampled_from(STORY_OPS), one=arrays, other=arrays, number=NUMBERS)
    def apply(self, op: str, one: str, other: str, number: float) -> Any:
        return self._applied(op, one, other, number, recording=True)

    @rule(target=arrays, op=st.sampled_from(STORY_OPS), one=arrays, other=arrays, number=NUMBERS)
    def apply_more(self, op: str, one: str, other: str, number: float) -> Any:
        return self._applied(op, one, other, number, recording=True)

    @rule(target=arrays, op=st.sampled_from(STORY_OPS), one=arrays, other=arrays, number=NUMBERS)
    def apply_unrecorded(self, op: str, one: str, other: str, number: float) -> Any:
        return self._applied(op, one, other, number, recording=False)

    def _applied(self, op: str, one: str, other: str, number: float, recording: bool) -> Any:
        attributes: dict[str, Any] = {
            "scale": {"factor": number},
            "shift": {"offset": number},
            "sum": {"axes": (0,), "keepdims": number > 0},
        }.get(op, {})
        name, operands = self.programme.new_name(), (one, other)[: OPERANDS[op]]
        return self._made([name], "apply", name, *operands, op=op, attributes=attributes, recording=recording)

    @rule(target=arrays, of=arrays)
    def detach(self, of: str) -> Any:
        name = self.programme.new_name()
        return self._made([name], "detach", name, of)

    @precondition(lambda self: self._has("retain_grad"))
    @rule(of=arrays)
    def retain_grad(self, of: str) -> None:
        self._made([], "retain_grad", of)

    @precondition(lambda self: self._has("backward"))
    @rule(of=arrays, cotangent=COTANGENTS, retain=st.sampled_from([None, True, False]), create=SWITCH)
    def backward(self, of: str, cotangent: Any, retain: bool | None, create: bool) -> None:
        self._made([], "backward", of, cotangent=cotangent, retain_graph=retain, create_graph=create)

    @precondition(lambda self: self._has("backward"))
    @rule(of=arrays, number=NUMBERS, retain=SWITCH)
    def backward_with_fitting_cotangent(self, of: str, number: float, retain: bool) -> None:
        cotangent = self.programme.filled_like(of, number)
        self._made([], "backward", of, cotangent=cotangent, retain_graph=retain or None, create_graph=False)

    @rule(
        target=arrays,
        of=arrays,
        wrt=st.lists(arrays, min_size=1, max_size=2, unique=True),
        number=st.one_of(st.none(), NUMBERS),
        retain=st.sampled_from([None, True, False]),
        create=SWITCH,
        allow_unused=SWITCH,
    )
    def gradient(
        self, of: str, wrt: list[str], number: float | None, retain: bool | None, create: bool, allow_unused: bool
    ) -> Any:
        names = [self.programme.new_name() for _ in wrt]
        cotangent = None if number is None else self.programme.filled_like(of, number)
        return self._made(
            names, "gradient", of, *wrt, names=names, cotangent=cotangent, retain_graph=retain, create_graph=create,
            allow_unused=allow_unused,
        )  # fmt: skip

    @precondition(lambda self: self._has("zero"))
    @rule(of=arrays, to_none=SWITCH)
    def zero(self, of: str, to_none: bool) -> None:
        self._made([], "zero", of, to_none=to_none)

    @precondition(lambda self: self._has("update"))
    @rule(of=arrays, by=NUMBERS, recording=SWITCH)
    def update(self, of: str, by: float, recording: bool) -> None:
        self._made([], "update", of, by=by, recording=recording)

    @rule()
    def observe(self) -> None:
        self.programme.observe_everything()

    def teardown(self) -> None:
        """Tell the program, and compare."""
        self.programme.observe_everything()
        self.tally.count(self.programme.statements)
        deviation = deviation_of(self.worker, self.adapter, self.mode, self.programme)
        if deviation is not None:
            self.tally.has_failed = True
            raise Deviated(deviation)


def explore(
    worker: Teller, adapter: str, mode: str, semantics: Semantics, seed: int, examples: int, steps: int
) -> Exploration:
    """Tell ``examples`` programs of up to ``steps`` statements; stop at, and shrink, the first that deviates."""
    tally = _Tally()
    shared = {"worker": worker, "adapter": adapter, "mode": mode, "semantics": semantics, "tally": tally}
    machine = hypothesis.seed(seed)(type("StoryMachine", (StoryMachine,), shared))
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    failure = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hypothesis.errors.HypothesisWarning)
        try:
            run_state_machine_as_test(machine, settings=chosen)
        except Deviated as deviated:
            failure = deviated.deviation
    return Exploration(adapter, seed, tally.examples, tally.steps, failure)
