"""Hypothesis strategies for cases, and the reproducible stream of cases of a run."""

from __future__ import annotations

import itertools
import struct
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from autograd_conformance.case import Case
from autograd_conformance.generation.builder import Gene
from autograd_conformance.generation.decoder import decode
from autograd_conformance.generation.quota import Quota
from autograd_conformance.generation.style import PLAIN, Style
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op

SHORTEST, LONGEST = PLAIN.shortest, PLAIN.longest
MOST_NUMBERS = 12
CHUNK = 25
"""Cases drawn per seed, so that the first n cases do not depend on how many follow."""
LITTER = 7
"""Genomes of a run that are cut from one byte string; odd, see `cases`.  Hypothesis takes long to draw one, however long."""
MOST_STRINGS = 32
"""Drawn per seed in a run.  The first seed draws two and every other twice as many: many streams end after a case."""

T = TypeVar("T")

_GENE = struct.Struct(">HBBH")
"""Two bytes for the op, one for each operand, two for the rest."""
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
    return (_HEAD_BYTES + MOST_NUMBERS + longest * _GENE.size) | 1


def express(
    genome: bytes,
    ops: Sequence[Op],
    shortest: int,
    longest: int,
    stratum: str,
    style: Style = PLAIN,
    quota: Quota | None = None,
) -> Case:
    """The case a byte string stands for; every string of the right length is one."""
    head, body = genome[:_HEAD_BYTES], genome[_HEAD_BYTES + MOST_NUMBERS :]
    count = shortest + head[0] % (longest - shortest + 1)
    numbers = [byte % 127 - 63 for byte in genome[_HEAD_BYTES : _HEAD_BYTES + 4 + head[1] % (MOST_NUMBERS - 3)]]
    genes = list(map(Gene._make, _GENE.iter_unpack(body[: count * _GENE.size])))
    return decode(genes, numbers, int.from_bytes(head[2:], "big"), ops, stratum, style, quota)


def _chosen(ops: Sequence[Op] | None) -> tuple[Op, ...]:
    return tuple(ops if ops is not None else (VOCABULARY[name] for name in sorted(VOCABULARY)))


def stream(strategy: st.SearchStrategy[Case], seed: int) -> Iterator[Case]:
    """Distinct cases without end, the same for the same seed."""
    return _distinct(_draws(strategy, seed, itertools.repeat(CHUNK)))


def balanced(
    ops: Sequence[Op], seed: int, stratum: str, style: Style = PLAIN, quota: Quota | None = None
) -> Iterator[Case]:
    """`stream` of a run: distinct cases without end over ``ops``, in each of which the ops drawn least so far come first.

    Only the byte strings are drawn ahead, so the first n cases are the same however many follow.
    """
    counts = quota or Quota()
    genomes = _genomes(genome_length(style.longest), seed)
    for case in _distinct(express(one, ops, style.shortest, style.longest, stratum, style, counts) for one in genomes):
        counts.credit(case)
        yield case


def _genomes(length: int, seed: int) -> Iterator[bytes]:
    """Byte strings of this length without end."""
    sizes = (min(2 << number, MOST_STRINGS) for number in itertools.count())
    for litter in _draws(st.binary(min_size=length * LITTER, max_size=length * LITTER), seed, sizes):
        yield from dict.fromkeys(litter[start : start + length] for start in range(0, len(litter), length))


def _distinct(drawn: Iterable[Case]) -> Iterator[Case]:
    seen: set[str] = set()
    for case in drawn:
        if case.id not in seen:
            seen.add(case.id)
            yield case


def _draws(strategy: st.SearchStrategy[T], seed: int, sizes: Iterable[int]) -> Iterator[T]:
    """What a strategy draws, in chunks of these sizes."""
    for number, size in enumerate(sizes):
        yield from _draw(strategy, seed * 1_000_003 + number, size)


def _draw(strategy: st.SearchStrategy[T], seed: int, count: int) -> list[T]:
    drawn: list[T] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(one: T) -> None:
        drawn.append(one)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hypothesis.errors.HypothesisWarning)
        collect()
    return drawn
