"""What a scenario is: a claim, the names of what is observed, and the story where one serves several frameworks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from autograd_conformance.tape import Step, Story


@dataclass(frozen=True, eq=False)
class Curve:
    """Numbers computed by the suite, and how far a correct framework in ``dtype`` may be from each of them."""

    values: np.ndarray
    bound: np.ndarray
    dtype: str = "float64"


@dataclass(frozen=True, eq=False)
class Scenario:
    """A small story whose outcome each framework documents for itself.

    Every framework is observed under the same names; its contract gives the documented outcome of each, or says in words
    why there is no such concept.  Names in ``measured`` are numbers that the suite itself computes with a bound.
    """

    name: str
    claim: str
    observations: tuple[str, ...]
    story: Callable[[Story], None] | None = None
    """Tells the story in the common tape; a framework may bring a program of its own instead."""
    measured: Mapping[str, Callable[[], Curve]] = field(default_factory=dict)
    exhibits: tuple[str, ...] = ()
    """Names of what is shown and not judged: a recorded graph as nodes and edges, data beside a fit."""
    is_slow: bool = False
    """Whether it takes seconds; left out of the quick profile."""

    @property
    def letter(self) -> str:
        return self.name[0]

    @cached_property
    def steps(self) -> tuple[Step, ...] | None:
        if self.story is None:
            return None
        story = Story()
        self.story(story)
        return tuple(story.steps)


def scenario(name: str, claim: str, *observations: str) -> Callable[[Callable[[Story], None]], Scenario]:
    """Make a scenario of a story."""

    def make(story: Callable[[Story], None]) -> Scenario:
        return Scenario(name, claim, observations, story)

    return make
