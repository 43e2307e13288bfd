"""Hypothesis strategies for cases, and the reproducible stream of cases of a run."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from autograd_conformance.case import Case
from autograd_conformance.generation.decoder import Gene, decode
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op

SHORTEST, LONGEST = 5, 12
CHUNK = 25
"""Cases drawn per seed, so that the first n cases of a run do not depend on how many follow."""


def genes(ops: Sequence[Op]) -> st.SearchStrategy[Gene]:
    free = st.integers(0, 2**16 - 1)
    return st.builds(Gene, st.integers(0, len(ops) - 1), st.integers(0, 255), st.integers(0, 255), free)


def cases(
    ops: Sequence[Op] | None = None, shortest: int = SHORTEST, longest: int = LONGEST, stratum: str = "core"
) -> st.SearchStrategy[Case]:
    """Valid, well conditioned cases over ``ops`` (the whole vocabulary by default)."""
    chosen = tuple(ops if ops is not None else (VOCABULARY[name] for name in sorted(VOCABULARY)))
    return st.builds(
        lambda drawn, numbers, shape: decode(drawn, numbers, shape, chosen, stratum),
        st.lists(genes(chosen), min_size=shortest, max_size=longest),
        st.lists(st.integers(-63, 63), min_size=4, max_size=12),
        st.integers(0, 2**10 - 1),
    )


def stream(strategy: st.SearchStrategy[Case], seed: int) -> Iterator[Case]:
    """Distinct cases without end, the same for the same seed."""
    seen: set[str] = set()
    chunk = 0
    while True:
        for case in _draw(strategy, seed * 1_000_003 + chunk):
            if case.id not in seen:
                seen.add(case.id)
                yield case
        chunk += 1


def _draw(strategy: st.SearchStrategy[Case], seed: int) -> list[Case]:
    drawn: list[Case] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=CHUNK,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(case: Case) -> None:
        drawn.append(case)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hypothesis.errors.HypothesisWarning)
        collect()
    return drawn
