"""Draws programs, tells each to a framework once, and compares every answer with the model's.

The same seed gives the same programs in one installation.  (Hypothesis mixes constants that it finds in loaded modules
into what it draws, so another installation may see others.)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
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
SHRINKING = 300
"""Programs told on the way to a small one."""
SWITCH = st.booleans()
_Drawn = TypeVar("_Drawn")
RETAIN = st.sampled_from([None, True, False])
OF_TWO = ("add", "sub", "mul", "maximum")
OPS = st.sampled_from(("mul", *STORY_OPS, "mul"))


def _from(pool: Callable[[Programme], Sequence[_Drawn]]) -> st.SearchStrategy[_Drawn]:
    """Of what the program has so far; the youngest is the simplest."""
    return st.runner().flatmap(lambda machine: st.sampled_from(pool(machine.programme)[::-1]))


ARRAYS = _from(Programme.all_arrays)
OPERANDS = _from(Programme.differentiable)
RESULTS = _from(Programme.results)
STORING = _from(Programme.storing)
PAIRS = _from(Programme.pairs)
"""Two arrays, different ones where there are two."""


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
    """Tells Hypothesis that a program was answered otherwise than predicted."""


class _Enough(BaseException):
    """Ends the shrinking; no Exception, so that Hypothesis takes it for none of the program's."""


class _Tally:
    def __init__(self) -> None:
        self.examples = 0
        self.steps = 0
        self.shrinking = 0
        self.smallest: Deviation | None = None

    def count(self, steps: int) -> None:
        """Before a program is told.  Raises _Enough."""
        if self.smallest is None:
            self.examples += 1
            self.steps += steps
            return
        self.shrinking += 1
        if self.shrinking > SHRINKING:
            raise _Enough

    def fail(self, deviation: Deviation) -> Deviated:
        if self.smallest is None or _size(deviation) < _size(self.smallest):
            self.smallest = deviation
        return Deviated(str(deviation))


def _size(deviation: Deviation) -> tuple[int, int]:
    return deviation.statements, len(deviation.program)


class StoryMachine(RuleBasedStateMachine):
    """A rule is a statement.  One whose outcome is not documented is left out."""

    worker: ClassVar[Teller]
    adapter: ClassVar[str]
    mode: ClassVar[str]
    semantics: ClassVar[Semantics]
    tally: ClassVar[_Tally]

    def __init__(self) -> None:
        super().__init__()
        self.programme = Programme(self.semantics)

    def _has(self, verb: str) -> bool:
        return verb in self.semantics.verbs

    def _make(self, verb: str, *operands: str, **options: Any) -> None:
        self.programme.add(verb, self.programme.new_name(), operands, options)

    def _do(self, verb: str, of: str, *operands: str, **options: Any) -> None:
        self.programme.add(verb, of, operands, options)

    @initialize(value=VALUES, other=st.one_of(st.none(), VALUES))
    def first_leaves(self, value: Any, other: Any) -> None:
        self._make("leaf", value=value)
        if other is not None:
            self._make("leaf", value=other)

    @rule(value=VALUES, is_leaf=SWITCH)
    def make(self, value: Any, is_leaf: bool) -> None:
        self._make("leaf" if is_leaf else "constant", value=value)

    @rule(op=OPS, one=OPERANDS, other=OPERANDS, number=NUMBERS)
    def apply(self, op: str, one: str, other: str, number: float) -> None:
        self._apply(op, (one, other), number, recording=True)

    @rule(op=st.sampled_from(OF_TWO), pair=PAIRS)
    def combine(self, op: str, pair: tuple[str, str]) -> None:
        self._apply(op, pair, 0.0, recording=True)

    @rule(op=OPS, one=OPERANDS, other=OPERANDS, number=NUMBERS)
    def apply_unrecorded(self, op: str, one: str, other: str, number: float) -> None:
        self._apply(op, (one, other), number, recording=False)

    def _apply(self, op: str, operands: tuple[str, str], number: float, recording: bool) -> None:
        every: dict[str, dict[str, Any]] = {
            "scale": {"factor": number},
            "shift": {"offset": number},
            "sum": {"axes": (0,), "keepdims": number > 0},
        }
        count = 2 if op in OF_TWO else 1
        self._make("apply", *operands[:count], op=op, attributes=every.get(op, {}), recording=recording)

    @rule(of=OPERANDS)
    def detach(self, of: str) -> None:
        self._make("detach", of)

    @precondition(lambda self: self._has("retain_grad"))
    @rule(of=RESULTS)
    def retain_grad(self, of: str) -> None:
        self._do("retain_grad", of)

    @precondition(lambda self: self._has("backward"))
    @rule(of=RESULTS, number=st.one_of(st.none(), NUMBERS), retain=RETAIN, create=SWITCH)
    def backward(self, of: str, number: float | None, retain: bool | None, create: bool) -> None:
        cotangent = self.programme.filled_like(of, number)
        self._do("backward", of, cotangent=cotangent, retain_graph=retain, create_graph=create)

    @precondition(lambda self: self._has("backward"))
    @rule(of=RESULTS)
    def backward_plain(self, of: str) -> None:
        cotangent = self.programme.filled_like(of, None)
        self._do("backward", of, cotangent=cotangent, retain_graph=None, create_graph=False)

    @precondition(lambda self: self._has("backward"))
    @rule(of=ARRAYS, cotangent=st.one_of(st.none(), VALUES))
    def backward_of_anything(self, of: str, cotangent: Any) -> None:
        self._do("backward", of, cotangent=cotangent, retain_graph=None, create_graph=False)

    @rule(of=RESULTS, one=OPERANDS, number=st.one_of(st.none(), NUMBERS), retain=RETAIN, create=SWITCH)
    def gradient(self, of: str, one: str, number: float | None, retain: bool | None, create: bool) -> None:
        cotangent = self.programme.filled_like(of, number)
        self._differentiate(of, [one], cotangent, retain, create, True)

    @rule(of=ARRAYS, one=OPERANDS, other=ARRAYS, create=SWITCH, allow_unused=SWITCH)
    def gradient_of_anything(self, of: str, one: str, other: str, create: bool, allow_unused: bool) -> None:
        self._differentiate(of, list(dict.fromkeys([one, other])), None, None, create, allow_unused)

    def _differentiate(
        self, of: str, wrt: list[str], cotangent: Any, retain: bool | None, create: bool, allow_unused: bool
    ) -> None:
        names = [self.programme.new_name() for _ in wrt]
        self._do(
            "gradient", of, *wrt, names=names, cotangent=cotangent, retain_graph=retain, create_graph=create,
            allow_unused=allow_unused,
        )  # fmt: skip

    @precondition(lambda self: self._has("zero"))
    @rule(of=STORING, to_none=SWITCH)
    def zero(self, of: str, to_none: bool) -> None:
        self._do("zero", of, to_none=to_none)

    @precondition(lambda self: self._has("update"))
    @rule(of=ARRAYS, by=NUMBERS, recording=SWITCH)
    def update(self, of: str, by: float, recording: bool) -> None:
        self._do("update", of, by=by, recording=recording)

    @rule()
    def observe(self) -> None:
        self.programme.observe_everything()

    def teardown(self) -> None:
        """Tell the program, and compare."""
        self.programme.observe_everything()
        self.tally.count(self.programme.statements)
        deviation = deviation_of(self.worker, self.adapter, self.mode, self.programme)
        if deviation is not None:
            raise self.tally.fail(deviation)


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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hypothesis.errors.HypothesisWarning)
        with suppress(Deviated, _Enough):
            run_state_machine_as_test(machine, settings=chosen)
    return Exploration(adapter, seed, tally.examples, tally.steps, tally.smallest)
