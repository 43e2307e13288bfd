"""Hypothesis strategies for cases, and the reproducible stream of cases of a run."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from autograd_conformance.case import Case
from autograd_conformance.generation.decoder import Gene, decode
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op

SHORTEST, LONGEST = 5, 12
MOST_NUMBERS = 12
CHUNK = 25
"""Cases drawn per seed, so that the first n cases of a run do not depend on how many follow."""

_GENE_BYTES = 6
_HEAD_BYTES = 4


def cases(
    ops: Sequence[Op] | None = None, shortest: int = SHORTEST, longest: int = LONGEST, stratum: str = "core"
) -> st.SearchStrategy[Case]:
    """Valid, well conditioned cases over ``ops`` (the whole vocabulary by default), ``shortest`` to ``longest`` genes.

    The genes are cut from one byte string of fixed length.  Integers and lists would be nearer at hand, but Hypothesis mixes
    constants found in the source of loaded modules into those, so that one seed would give other cases in another
    environment; byte strings of an odd fixed length it leaves alone.
    """
    chosen = _chosen(ops)
    length = genome_length(longest)
    return st.binary(min_size=length, max_size=length).map(
        lambda genome: express(genome, chosen, shortest, longest, stratum)
    )


def independent_cases(
    ops: Sequence[Op] | None = None,
    seed: int = 1,
    shortest: int = SHORTEST,
    longest: int = LONGEST,
    stratum: str = "independent",
) -> Iterator[Case]:
    """Cases without end whose bytes are drawn evenly and independently, for rates: Hypothesis's draws are correlated."""
    chosen = _chosen(ops)
    generator = np.random.Generator(np.random.PCG64([seed, 20]))
    while True:
        yield express(generator.bytes(genome_length(longest)), chosen, shortest, longest, stratum)


def genome_length(longest: int) -> int:
    """Bytes of a genome; odd, see `cases`."""
    return (_HEAD_BYTES + MOST_NUMBERS + longest * _GENE_BYTES) | 1


def express(genome: bytes, ops: Sequence[Op], shortest: int, longest: int, stratum: str) -> Case:
    """The case a byte string stands for; every string of the right length is one."""
    head, body = genome[:_HEAD_BYTES], genome[_HEAD_BYTES + MOST_NUMBERS :]
    count = shortest + head[0] % (longest - shortest + 1)
    numbers = [byte % 127 - 63 for byte in genome[_HEAD_BYTES : _HEAD_BYTES + 4 + head[1] % (MOST_NUMBERS - 3)]]
    genes = [gene_of(body[start : start + _GENE_BYTES]) for start in range(0, count * _GENE_BYTES, _GENE_BYTES)]
    return decode(genes, numbers, int.from_bytes(head[2:], "big"), ops, stratum)


def _chosen(ops: Sequence[Op] | None) -> tuple[Op, ...]:
    return tuple(ops if ops is not None else (VOCABULARY[name] for name in sorted(VOCABULARY)))


def gene_of(part: bytes) -> Gene:
    """A gene from its bytes: two for the op, one for each operand, two for the rest."""
    return Gene(int.from_bytes(part[:2], "big"), part[2], part[3], int.from_bytes(part[4:6], "big"))


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
