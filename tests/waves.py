"""Functions with waves of any length, which steps of differences are not always shorter than, and how one is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.generation.terms import Term, graph_of
from autograd_conformance.judge import judge_case, questions_about
from autograd_conformance.laws import LAWS
from autograd_conformance.measurement import question
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.verdict import Verdict
from autograd_conformance.worker.questions import question_to_plain
from autograd_conformance.worker.serve import Server

DTYPE = "float64"
ABOUT_ONE = {name: law for name, law in LAWS.items() if law.judge_peers is None}

Waves = Callable[[Term, float], Term]
"""Of a number of radians for one unit of a leaf of shape (2, 3)."""

WAVES: dict[str, Waves] = {
    "sine": lambda x, k: (x * k).sin(),
    "not analytic": lambda x, k: (x.abs() * k).sin(),
    "summed": lambda x, k: ((x * k).sin() * x).summed(0),
    "inside": lambda x, k: ((x * k).relu().cos() + x).tanh(),
    "in an exponential": lambda x, k: ((x.abs() * k).sin() * 3.0).exp(),
    "two": lambda x, k: (x * k).sin() * (x * (1.7 * k)).cos(),
    "sorted": lambda x, k: (x.sort(axis=1) * k).sin(),
    "whole in every step": lambda x, k: (x * (0.8 * k)).sinc(),
    "on a slope": lambda x, k: x.square().summed(0) * 1e4 + ((x.abs() * k).sin() * 1e-3).summed(0),
    "under an exponential": lambda x, k: (x.abs() * k).sin() + (x * 40.0).exp(),
}
BELOW_ROUNDING: Waves = lambda x, k: (x * 1e6).summed(0, 1) + ((x.abs() * k).sin() * (1 / k)).summed(0, 1)  # noqa: E731
"""Waves lower than the roundoff of the value that they are added to; their slope is seen in 140 digits alone."""


def waves(shape: Waves, exponent: int, stratum: str = "core") -> Case:
    numbers = np.random.Generator(np.random.PCG64(exponent)).permutation(np.arange(9, 64))[:6].reshape(2, 3) / 32
    return Case(graph_of(lambda x: shape(x, 1.25 * 2.0**exponent), (2, 3)), (numbers,), stratum)


def judged(server: Server, mode: str, case: Case) -> dict[str, Verdict]:
    """Law to verdict in float64, by all laws that need no other adapter, of nothing but the case itself."""
    found = estimate(case)

    def ask(dtype: str, _words: frozenset[str]) -> Any:
        return server.answer(question_to_plain(question(found, mode, dtype)))

    asked = questions_about(found, mode, (DTYPE,), ABOUT_ONE, "none")
    answers: list[Any] = [server.answer(question_to_plain(each)) for each in asked]
    verdicts = judge_case(found, f"waves:{mode}", (DTYPE,), ABOUT_ONE, answers, ask, "none").verdicts
    return {law: verdict for (_, law), verdict in verdicts.items()}
