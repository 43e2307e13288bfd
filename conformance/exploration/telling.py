"""A program with what the model foresees of it, and the first answer of a framework that differs."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from autograd_conformance.exploration.model import Model
from autograd_conformance.exploration.semantics import Refusal, Semantics, Unspecified
from autograd_conformance.exploration.values import full_of, value_to_plain
from autograd_conformance.observer import NO_ERROR
from autograd_conformance.tape import Query, Step
from autograd_conformance.worker.stories import Telling, Told

if TYPE_CHECKING:
    from autograd_conformance.exploration.machine import Teller


@dataclass(frozen=True)
class Deviation:
    """A program that was answered otherwise than documented.

    ``steps`` holds the statements and the one observation that differs; ``program`` and ``script`` are the same in the
    framework's words.
    """

    adapter: str
    observation: str
    foreseen: str
    observed: str
    steps: tuple[Step, ...]
    program: str
    script: str

    @property
    def statements(self) -> int:
        return sum(step.verb != "observe" for step in self.steps)

    def __str__(self) -> str:
        return (
            f"{self.adapter} deviates from its documentation: {self.observation}\n"
            f"  documented: {self.foreseen}\n"
            f"  observed:   {self.observed}\n"
            f"after\n\n{self.program}"
        )


@dataclass(frozen=True)
class Foreseen:
    """What the model says of one step: the reasons for which it may be refused, or the answers to its questions."""

    refusals: frozenset[Refusal] = frozenset()
    answers: tuple[Any, ...] = ()


@dataclass
class Programme:
    """Steps, each under a name of its own, and what is foreseen of them."""

    semantics: Semantics
    steps: list[Step] = field(default_factory=list)
    foreseen: dict[str, Foreseen] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.model = Model(self.semantics)
        for step in self.semantics.prologue:
            self.add(step.verb, step.name, step.operands, step.options)
        self._names = (name for name in _names() if name not in self.model.arrays)

    @property
    def statements(self) -> int:
        return sum(step.verb != "observe" for step in self.steps)

    def new_name(self) -> str:
        return next(self._names)

    def add(self, verb: str, name: str, operands: Sequence[str], options: Mapping[str, Any]) -> None:
        """Put a statement at the end, unless its outcome is not documented."""
        label = f"step {len(self.steps) + 1}: {verb}"
        step = Step(verb, name, tuple(operands), options, label)
        try:
            refusals = self.model.foresee(step)
        except Unspecified:
            return
        self.steps.append(step)
        self.foreseen[label] = Foreseen(refusals)

    def observe_everything(self) -> None:
        """Ask every question that has a documented answer, one step for each array."""
        for name in self.model.arrays:
            asked, answers = [], []
            for about in self.semantics.queries:
                try:
                    answers.append(self.model.answer(Query(about, name)))
                except Unspecified:
                    continue
                asked.append([about, name])
            if not asked:
                continue
            label = f"step {len(self.steps) + 1}: {name}"
            self.steps.append(Step("observe", "", (), {"observation": label, "queries": asked}, label))
            self.foreseen[label] = Foreseen(answers=tuple(answers))

    def filled_like(self, name: str, number: float | None) -> float | list[float] | None:
        """A cotangent of the array's shape; None, where it may be left out, for None."""
        array = self.model.arrays[name]
        if array is None or (number is None and (array.shape or 1) == 1):
            return None
        return value_to_plain(full_of(1.0 if number is None else number, array.shape))

    def all_arrays(self) -> list[str]:
        return [name for name, array in self.model.arrays.items() if array is not None]

    def differentiable(self) -> list[str]:
        """The arrays that require a gradient, or all when none does."""
        every = self.model.arrays.items()
        return [name for name, array in every if array is not None and array.requires_grad] or self.all_arrays()

    def results(self) -> list[str]:
        """The recorded results, or what comes nearest."""
        every = self.model.arrays.items()
        return [name for name, array in every if array is not None and array.is_result] or self.differentiable()

    def storing(self) -> list[str]:
        """What has a stored gradient, or could have."""
        slots = self.model.slots.items()
        return [name for name, slot in slots if slot.gradient is not None] or self.differentiable()

    def pairs(self) -> list[tuple[str, str]]:
        names = self.differentiable()
        return list(itertools.permutations(names, 2)) or [(names[0], names[0])]


def _names() -> Iterator[str]:
    """The letters, then the letters with a number: a, b, ..., z, a1, b1, ..."""
    number = 0
    while True:
        yield from (f"{letter}{number or ''}" for letter in string.ascii_lowercase)
        number += 1


def deviation_of(worker: Teller, adapter: str, mode: str, programme: Programme) -> Deviation | None:
    """Tell the program; None when every answer is as foreseen."""
    (told,) = worker.tell([Telling(mode, "", tuple(programme.steps))])
    if not isinstance(told, Told):
        return Deviation(adapter, "the program", "runs to its end", str(told), tuple(programme.steps), "", "")
    for position, step in enumerate(programme.steps):
        foreseen, observed = programme.foreseen[step.attempt], told.observed.get(step.attempt)
        difference = _difference(programme.semantics, step, foreseen, observed)
        if difference is not None:
            return _shown(worker, mode, Deviation(adapter, *difference, _brief(programme, position), "", ""))
    return None


def _difference(semantics: Semantics, step: Step, foreseen: Foreseen, observed: Any) -> tuple[str, str, str] | None:
    """The observation, what is documented and what was observed; None when they agree."""
    if step.verb != "observe":
        reasons = " or ".join(sorted(foreseen.refusals))
        if _is_as_foreseen(semantics, foreseen.refusals, observed):
            return None
        return step.attempt, f"is refused: {reasons}" if reasons else "raises nothing", _worded(observed)
    queries = step.options["queries"]
    answers = [observed] if len(queries) == 1 else observed
    if not isinstance(answers, list) or len(answers) != len(queries):
        return step.attempt, f"{list(foreseen.answers)}", _worded(observed)
    for (about, name), expected, answer in zip(queries, foreseen.answers, answers, strict=True):
        if not is_same(expected, answer):
            return f"{about} of {name}", str(expected), _worded(answer)
    return None


def _is_as_foreseen(semantics: Semantics, refusals: frozenset[Refusal], observed: Any) -> bool:
    if not refusals:
        return bool(observed == NO_ERROR)
    if not isinstance(observed, dict) or semantics.error not in (observed.get("raises"), *observed.get("kinds", ())):
        return False
    message = str(observed.get("message")).lower()
    return any(semantics.gists[refusal].lower() in message for refusal in refusals)


def is_same(expected: Any, observed: Any) -> bool:
    """Exactly equal, and of one kind: True is not 1.0."""
    if isinstance(expected, list):
        return isinstance(observed, list) and len(expected) == len(observed) and all(map(is_same, expected, observed))
    if isinstance(expected, float):
        return isinstance(observed, (int, float)) and not isinstance(observed, bool) and expected == observed
    return expected is observed


def _worded(observed: Any) -> str:
    if isinstance(observed, dict) and "raises" in observed:
        return f"raises {observed['raises']}: {observed.get('message')}"
    return str(observed)


def _brief(programme: Programme, position: int) -> tuple[Step, ...]:
    """The program up to a step, without the observations before, and attempting only what may raise."""
    last = programme.steps[position]
    kept = [step for step in programme.steps[:position] if step.verb != "observe"]
    calm = [step if programme.foreseen[step.attempt].refusals else replace(step, attempt="") for step in kept]
    return (*calm, replace(last, attempt="") if last.verb == "observe" else last)


def _shown(worker: Teller, mode: str, deviation: Deviation) -> Deviation:
    """With the program as the framework was told it."""
    (told,) = worker.tell([Telling(mode, "", deviation.steps)])
    if not isinstance(told, Told):
        return deviation
    return replace(deviation, program=told.program, script=told.script)
