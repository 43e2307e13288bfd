"""One small gradient through every mode of an adapter, to see that an environment works at all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.judge import judge_case, questions_about
from autograd_conformance.laws import LAWS
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.worker.process import AdapterUnusable, Worker
from autograd_conformance.worker.questions import Answer

SMALL = Case(
    Graph(((2, 2), (2,)), (Node("mul", (0, 1)), Node("sin", (2,))), (3,)),
    (np.array([[0.5, -1.25], [0.75, 1.5]]), np.array([1.5, -0.5])),
)
"""sin(x * w) with a broadcast operand."""


def check_adapter(name: str, worker: Worker) -> Iterator[tuple[str, bool]]:
    """A line for each mode, and whether it is healthy."""
    try:
        first = worker.describe()
    except AdapterUnusable as failure:
        yield f"{name}: missing: {failure}", False
        return
    versions = ", ".join(f"{dist} {version}" for dist, version in first.versions.items())
    estimated = estimate(SMALL)
    laws = {"vjp_matches_finite_differences": LAWS["vjp_matches_finite_differences"]}
    for mode in first.modes:
        if mode in first.costly_modes:
            yield f"{name}:{mode}: not tried, a graph takes seconds there", False
            continue
        answers = worker.ask(questions_about(estimated, mode, ("float64",), laws))
        judged = judge_case(estimated, f"{name}:{mode}", ("float64",), laws, answers, partial(_again, answers[0]))
        verdicts = [verdict for verdict in judged.verdicts.values() if verdict.name != "agree"]
        word = f"{verdicts[0].name}: {verdicts[0].detail}" if verdicts else "one gradient agrees"
        yield f"{name}:{mode}: {versions}, Python {first.python}: {word}", not verdicts


def _again(answer: Answer, _dtype: str, _words: frozenset[str]) -> Answer:
    """One dtype is enough here: the other one is answered alike."""
    return answer
