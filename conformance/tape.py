"""Stories of leaves and tapes, told once, and the contract by which a framework tells them in its own statements.

A story is a list of steps, plain data.  A `Tape` writes it as source of its framework, which is then run: every answer is
asked of the framework, nothing is kept in books of ours, and what a reader sees is what was run.

The module needs the standard library only: it also runs inside workers under other interpreters.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from autograd_conformance.adapter import Unsupported

VERBS = (
    "leaf", "constant", "apply", "detach", "retain_grad", "backward", "gradient", "zero", "update", "observe",
)  # fmt: skip
QUERIES = ("value", "gradient", "is_leaf", "requires_grad", "has_grad_fn")


class NoSuchConcept(Unsupported):
    """The framework has nothing that corresponds to a step; the message is the reason, in words."""


@dataclass(frozen=True)
class Query:
    """A question about one array of the story: one of `QUERIES`."""

    about: str
    name: str


@dataclass(frozen=True)
class Step:
    """One statement of a story.

    ``name`` is the array the verb makes or is about, ``operands`` are names of others, ``options`` plain data.  With
    ``attempt`` set, whether the statement raises is observed under that name, and the story goes on.
    """

    verb: str
    name: str = ""
    operands: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    attempt: str = ""

    def to_plain(self) -> list[Any]:
        return [self.verb, self.name, list(self.operands), dict(self.options), self.attempt]


def step_from_plain(plain: Any) -> Step:
    """Raises ValueError for what is no step."""
    if not isinstance(plain, list) or len(plain) != 5 or plain[0] not in VERBS or not isinstance(plain[3], dict):
        raise ValueError(f"not a step: {repr(plain)[:80]}")
    verb, name, operands, options, attempt = plain
    names = [name, *operands, *options.get("names", ())]
    if not all(isinstance(each, str) and (each.isidentifier() or not each) for each in names):
        raise ValueError(f"not the names of arrays: {repr(names)[:80]}")
    return Step(verb, name, tuple(operands), options, str(attempt))


class Story:
    """Builds a list of steps; each method is one statement, with the meaning the word has in PyTorch.

    Values are numbers or nested lists, float64.  ``attempt`` names the observation of whether the statement raises.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def _add(self, verb: str, name: str, *operands: str, attempt: str = "", **options: Any) -> None:
        self.steps.append(Step(verb, name, operands, options, attempt))

    def leaf(self, name: str, value: Any, attempt: str = "") -> None:
        """An array that requires a gradient."""
        self._add("leaf", name, attempt=attempt, value=value)

    def constant(self, name: str, value: Any, attempt: str = "") -> None:
        """An array that requires none."""
        self._add("constant", name, attempt=attempt, value=value)

    def apply(
        self, name: str, op: str, *operands: str, recording: bool = True, attempt: str = "", **attributes: Any
    ) -> None:
        """An op of the vocabulary; not recorded inside the framework's ``no_grad`` when ``recording`` is False."""
        self._add("apply", name, *operands, attempt=attempt, op=op, attributes=attributes, recording=recording)

    def detach(self, name: str, of: str, attempt: str = "") -> None:
        """The same value, cut from its graph."""
        self._add("detach", name, of, attempt=attempt)

    def retain_grad(self, of: str, attempt: str = "") -> None:
        """Ask that an intermediate keeps its gradient."""
        self._add("retain_grad", of, attempt=attempt)

    def backward(
        self,
        of: str,
        cotangent: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        attempt: str = "",
    ) -> None:
        """Walk the graph and add into the leaves' gradients."""
        self._add(
            "backward", of, attempt=attempt, cotangent=cotangent, retain_graph=retain_graph, create_graph=create_graph
        )

    def gradient(
        self,
        names: Sequence[str],
        of: str,
        wrt: Sequence[str],
        cotangent: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        allow_unused: bool = False,
        attempt: str = "",
    ) -> None:
        """Gradients as new arrays, one name per array in ``wrt``; no leaf is touched."""
        self._add(
            "gradient", of, *wrt, attempt=attempt, names=list(names), cotangent=cotangent, retain_graph=retain_graph,
            create_graph=create_graph, allow_unused=allow_unused,
        )  # fmt: skip

    def zero(self, of: str, to_none: bool, attempt: str = "") -> None:
        """Zero a leaf's gradient, or forget it."""
        self._add("zero", of, attempt=attempt, to_none=to_none)

    def update(self, of: str, by: float, recording: bool, attempt: str = "") -> None:
        """Add a number to an array in place."""
        self._add("update", of, attempt=attempt, by=by, recording=recording)

    def observe(self, name: str, *queries: Query) -> None:
        """Observe the answer to one query, or the list of answers to several."""
        self._add("observe", "", observation=name, queries=[[query.about, query.name] for query in queries])

    def value(self, name: str) -> Query:
        return Query("value", name)

    def gradient_of(self, name: str) -> Query:
        """What the array holds as its accumulated gradient."""
        return Query("gradient", name)

    def is_leaf(self, name: str) -> Query:
        return Query("is_leaf", name)

    def requires_grad(self, name: str) -> Query:
        return Query("requires_grad", name)

    def has_grad_fn(self, name: str) -> Query:
        return Query("has_grad_fn", name)


class Tape(ABC):
    """A framework's own statements for the steps of a story.

    Each method gets a step and returns the source of one or more statements; `query` returns an expression.  What is not
    overridden does not exist in the framework.
    """

    imports: ClassVar[str]
    """The import lines its statements need."""

    def write(self, steps: Sequence[Step]) -> str:
        """The whole story as source, without imports.  Raises NoSuchConcept."""
        return "\n".join(line for step in steps for line in self.lines(step)) + "\n"

    def lines(self, step: Step) -> list[str]:
        if step.verb == "observe":
            answers = [self.query(Query(*each)) for each in step.options["queries"]]
            value = answers[0] if len(answers) == 1 else f"[{', '.join(answers)}]"
            written = f"observe({step.options['observation']!r}, {value})"
        else:
            written = getattr(self, step.verb)(step)
        lines = written.splitlines()
        if step.attempt:
            return [f"with observe.attempt({step.attempt!r}):", *(f"    {line}" for line in lines)]
        return lines

    def query(self, query: Query) -> str:
        raise NoSuchConcept(f"nothing answers {query.about} of an array")

    def leaf(self, step: Step) -> str:
        raise NoSuchConcept("there are no leaves")

    def constant(self, step: Step) -> str:
        raise NoSuchConcept("there are no constants")

    def apply(self, step: Step) -> str:
        raise NoSuchConcept("no op can be applied")

    def detach(self, step: Step) -> str:
        raise NoSuchConcept("no array can be cut from its graph")

    def retain_grad(self, step: Step) -> str:
        raise NoSuchConcept("nothing is retained")

    def backward(self, step: Step) -> str:
        raise NoSuchConcept("no walk stores gradients in leaves")

    def gradient(self, step: Step) -> str:
        raise NoSuchConcept("no gradient can be asked for")

    def zero(self, step: Step) -> str:
        raise NoSuchConcept("no gradient is stored, so none is zeroed")

    def update(self, step: Step) -> str:
        raise NoSuchConcept("arrays are not changed in place")
