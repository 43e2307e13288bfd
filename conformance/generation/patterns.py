"""Small expressions that optimisers rewrite: what undoes itself, is said twice, or has a shorter form.

Random graphs seldom hold one.  Each stands bare, because what a caller fetches is rewritten by other rules than what is used
on, and within a sine.  Nothing is drawn from the seed of a run: graphs and points are the same in all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache
from itertools import zip_longest

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.generation.terms import Expression, Term, graph_of
from autograd_conformance.graph import Graph, Shape
from autograd_conformance.ops import check

SHAPE = (2, 3)
FLAT, TURNED = (6,), (3, 2)
NUMBERS = np.arange(9, 64) / 32.0
"""What leaves are filled with, no number twice: positive, and exact in every dtype."""
LEAVES = 2
Pattern = Callable[[Term, Term], Term]
"""An expression of two leaves."""


def _normalised(x: Term) -> Term:
    moved = x - x.total("mean")
    return moved * (moved.square().total("mean") + 0.125).rsqrt()


def _softmax(x: Term) -> Term:
    moved = (x - x.total("max")).exp()
    return moved / moved.total()


def _safe_logarithm(x: Term, y: Term) -> Term:
    mask = x.greater(y)
    return mask.where(mask.where(x, y).log(), y)


def _fourfold(x: Term) -> Term:
    return x.broadcast_to(shape=(4, *SHAPE))


def _cut(x: Term, start: int, stop: int) -> Term:
    """Some of its rows."""
    return x.slice(slices=((start, stop - start, 1), (0, SHAPE[1], 1)))


SUMS: tuple[Pattern, ...] = (
    lambda x, y: x + x,
    lambda x, y: x + x + x,
    lambda x, y: (x + x) + (x + x),
    lambda x, y: (x + 1) + x,
    lambda x, y: x + x + 1,
    lambda x, y: (x + 1) + (x + 1),
    lambda x, y: ((x + 1) + y) + 2,
    lambda x, y: (x + 1) - 1,
    lambda x, y: x - x + y,
    lambda x, y: (x + y) - y,
    lambda x, y: x - (x - y),
    lambda x, y: (x + y) - (x + y) + x,
    lambda x, y: x * 2 + x * 3,
    lambda x, y: x * 2 - x * 2 + y,
    lambda x, y: x * 2 + y * 2,
    lambda x, y: x * 0 + y,
    lambda x, y: x * 1 + 0,
    lambda x, y: y + x * -1,
    lambda x, y: (x * 2 + 1) * 3,
    lambda x, y: -(-x + 1) + 1,
    lambda x, y: x - -y,
    lambda x, y: -x + y,
    lambda x, y: x + -x + y,
    lambda x, y: -(x - y),
)
PRODUCTS: tuple[Pattern, ...] = (
    lambda x, y: x * x,
    lambda x, y: x * x * x,
    lambda x, y: (x * x) * (x * x),
    lambda x, y: x * x + x * x,
    lambda x, y: x * y + x * x,
    lambda x, y: x * y + y * x,
    lambda x, y: x * y - x * y + x,
    lambda x, y: (x * y) * 2 + x * y,
    lambda x, y: x * y + x,
    lambda x, y: (x + y) * (x - y),
    lambda x, y: (x - x) * y,
    lambda x, y: x * 2 * 0.5,
    lambda x, y: x * 2 * 3,
    lambda x, y: -x * -y,
    lambda x, y: -x / y,
    lambda x, y: x / x,
    lambda x, y: x / y * y,
    lambda x, y: (x * y) / y,
    lambda x, y: y / (y / x),
    lambda x, y: (x / y) / x,
    lambda x, y: x.reciprocal().reciprocal(),
    lambda x, y: (x - y).square(),
    lambda x, y: (x * y).sin() * (x * y).cos(),
)
POWERS: tuple[Pattern, ...] = (
    lambda x, y: x.sqrt().reciprocal(),
    lambda x, y: x.reciprocal().sqrt(),
    lambda x, y: y / x.sqrt(),
    lambda x, y: x / x.sqrt(),
    lambda x, y: y * x.rsqrt(),
    lambda x, y: x.sqrt() * x.sqrt(),
    lambda x, y: x.sqrt() * y.sqrt(),
    lambda x, y: x.sqrt().square(),
    lambda x, y: x.square().sqrt(),
    lambda x, y: x.square().rsqrt(),
    lambda x, y: (x.square() + y.square()).sqrt(),
    *(lambda x, y, to=to: x.power(y.constant(to)) for to in (-1.0, 0.5, 1.0, 2.0, 3.0)),
    lambda x, y: x.power(y).power(y),
    lambda x, y: x.power(y) * x.power(y),
)
EXPONENTIALS: tuple[Pattern, ...] = (
    lambda x, y: x.exp() * y.exp(),
    lambda x, y: x.exp() / y.exp(),
    lambda x, y: x.exp() - 1,
    lambda x, y: x.exp().square(),
    lambda x, y: x.exp().reciprocal(),
    lambda x, y: (x + 1).log(),
    lambda x, y: (x.exp() + 1).log(),
    lambda x, y: x.exp().log1p(),
    lambda x, y: ((-x).exp() + 1).reciprocal(),
    lambda x, y: x.log().exp(),
    lambda x, y: x.exp().log(),
    lambda x, y: x.log() + y.log(),
    lambda x, y: x.log() - y.log(),
    lambda x, y: (x * y).log(),
    lambda x, y: (x / y).log(),
    lambda x, y: x.sqrt().log(),
    lambda x, y: x.rsqrt().log(),
    lambda x, y: x.square().log(),
    lambda x, y: x.softmax(axis=1).log(),
    lambda x, y: x.log_softmax(axis=1).exp(),
    lambda x, y: x.exp() / x.exp().total(),
    lambda x, y: _softmax(x),
    lambda x, y: x - x.total("logsumexp"),
    lambda x, y: x.exp().summed(1).log(),
    lambda x, y: x * x.sigmoid(),
    lambda x, y: x.sigmoid() * (-x.sigmoid() + 1),
    lambda x, y: -x.tanh().square() + 1,
    lambda x, y: (-x).cos(),
    lambda x, y: (-x).sin(),
)
MOVES: tuple[Pattern, ...] = (
    lambda x, y: -(-x).shaped(*FLAT),
    lambda x, y: -(-x).turned,
    lambda x, y: -(-x).expand_dims(axis=0),
    lambda x, y: -(-x).shaped(*FLAT).shaped(*SHAPE),
    lambda x, y: x.reciprocal().shaped(*FLAT).reciprocal(),
    lambda x, y: x.turned.turned,
    lambda x, y: x.turned + y.turned,
    lambda x, y: (x.turned + y.turned).turned,
    lambda x, y: (x.turned * 2).turned,
    lambda x, y: (x.turned * 2 * 0.5).turned,
    lambda x, y: x.turned.sin().turned,
    lambda x, y: x.shaped(*FLAT).shaped(*SHAPE),
    lambda x, y: x.shaped(*TURNED).turned.shaped(*SHAPE),
    lambda x, y: x.turned.shaped(*TURNED).turned.shaped(*TURNED),
    lambda x, y: (x.turned * 1).turned.shaped(*TURNED),
    lambda x, y: (x.shaped(*FLAT) + y.shaped(*FLAT)).shaped(*SHAPE),
    lambda x, y: x.flip(axes=(0,)).flip(axes=(0,)),
    lambda x, y: x.flip(axes=(0,)).sin().flip(axes=(0,)),
    lambda x, y: x.flip(axes=(0,)).summed(0),
    lambda x, y: x.roll(shift=1, axis=1).roll(shift=-1, axis=1),
    lambda x, y: x.cumsum(axis=1).diff(order=1, axis=1),
    lambda x, y: x.cumsum(axis=1).cumsum(axis=0),
    lambda x, y: x.tile(repeats=(1, 2)).tile(repeats=(2, 1)),
    lambda x, y: x.expand_dims(axis=1).squeeze(axis=1),
    lambda x, y: x.expand_dims(axis=0).expand_dims(axis=0),
    lambda x, y: x.take(indices=(1, 0, 1), axis=0).take(indices=(2, 0), axis=0),
    lambda x, y: x.take(indices=(0, 1), axis=0),
)
MATRICES: tuple[Pattern, ...] = (
    lambda x, y: x.turned @ y,
    lambda x, y: x @ y.turned,
    lambda x, y: (x @ y.turned).turned,
    lambda x, y: x.turned @ y.turned.turned,
    lambda x, y: x @ x.turned,
    lambda x, y: (x * 2) @ y.turned,
    lambda x, y: (x @ y.turned) * 2,
    lambda x, y: x @ y.turned + x @ y.turned,
    lambda x, y: x @ y.turned + x @ x.turned,
    lambda x, y: (x @ y.turned) @ x,
    lambda x, y: (x @ y.turned).summed(0, 1),
    lambda x, y: x @ y.turned + x.summed(1),
    lambda x, y: (x * y).summed(1),
)
REDUCTIONS: tuple[Pattern, ...] = (
    lambda x, y: x.turned.summed(0),
    lambda x, y: _fourfold(x).summed(0),
    lambda x, y: (_fourfold(x) * 2).summed(0),
    lambda x, y: _fourfold(x).mean(axes=(0,), keepdims=False),
    lambda x, y: _fourfold(x).max(axes=(1,), keepdims=False),
    lambda x, y: _fourfold(x) + _fourfold(y),
    lambda x, y: x.summed(0).summed(0),
    lambda x, y: x.mean(axes=(0,), keepdims=False).mean(axes=(0,), keepdims=False),
    lambda x, y: x.max(axes=(0,), keepdims=False).max(axes=(0,), keepdims=False),
    lambda x, y: x.total() * x.total(),
    lambda x, y: x.summed(1) + y.summed(1),
    lambda x, y: (x * 2).summed(1),
    lambda x, y: (x + 2).summed(1),
    lambda x, y: (-x).summed(1),
    lambda x, y: x - x.total("mean"),
    lambda x, y: (x - x.total("mean")).square().mean(axes=(1,), keepdims=False),
    lambda x, y: x.square().total("mean") - x.total("mean").square(),
    lambda x, y: _normalised(x),
    *(lambda x, y, op=op: x.apply(op)[0].total("max") for op in ("exp", "sqrt", "neg", "rsqrt", "tanh")),
    lambda x, y: (-x).exp().total("min"),
    lambda x, y: x.tile(repeats=(1, 2)).summed(1),
)
CHOICES: tuple[Pattern, ...] = (
    lambda x, y: x.maximum(y) + x.minimum(y),
    lambda x, y: x.maximum(y) - x.minimum(y),
    lambda x, y: -(-x).minimum(-y),
    lambda x, y: x.clip(low=0.4375, high=1.6).clip(low=0.3, high=1.45),
    lambda x, y: (x - 1.1).relu().relu(),
    lambda x, y: (x - 1.1).relu() - (-(x - 1.1)).relu(),
    lambda x, y: (x - 1.1).abs().abs(),
    lambda x, y: (-(x - 1.1)).abs(),
    lambda x, y: (x - 1.1).abs().square(),
    lambda x, y: (x - 1.1).abs() * (x - 1.1).abs(),
    lambda x, y: x.greater(y).where(x, x),
    lambda x, y: x.greater(y).where(x, y),
    lambda x, y: x.greater(y).where(x * y, y * x),
    _safe_logarithm,
)
PARTS: tuple[Pattern, ...] = (
    lambda x, y: x.parts()[0].joined(x.parts()[1], axis=1),
    lambda x, y: x.parts()[1].joined(x.parts()[0], axis=1),
    lambda x, y: x.parts()[0].sin().joined(x.parts()[1].sin(), axis=1),
    lambda x, y: x.parts()[0].sin().joined(x.parts()[1].exp(), axis=1),
    lambda x, y: x.parts()[0],
    lambda x, y: x.joined(x),
    lambda x, y: x.joined(y).joined(x),
    lambda x, y: x.exp().joined(y.exp(), axis=1),
    lambda x, y: (x * 2).joined(y * 2, axis=1),
    lambda x, y: x.joined(y).summed(0),
    lambda x, y: _cut(x.joined(y), 1, 3),
    lambda x, y: x.rows()[0] * x.rows()[1],
    lambda x, y: x.rows()[0].stack(x.rows()[1], axis=0),
    lambda x, y: x.rows()[1].stack(x.rows()[0], axis=1),
    lambda x, y: x.stack(y, axis=0).select(axis=0, index=1),
    lambda x, y: _cut(x.padded(1, 1), 1, 3),
    lambda x, y: _cut(x.padded(1, 1), 0, 2),
    lambda x, y: _cut(x, 0, 1).padded(0, 1),
    lambda x, y: x.padded(0, 1) + y.padded(1, 0),
    lambda x, y: _cut(_cut(x.padded(0, 1), 1, 3), 0, 1),
    lambda x, y: _cut(x, 0, 2),
)
FAMILIES = (SUMS, PRODUCTS, POWERS, EXPONENTIALS, MOVES, MATRICES, REDUCTIONS, CHOICES, PARTS)


def pattern_cases(ops: Collection[str], stratum: str) -> Iterator[Case]:
    """Every pattern over these ops, families mixed: all of them bare, then all of them in a sine."""
    for is_bare in (True, False):
        for graph in _graphs_over(ops, is_bare):
            yield Case(graph, _point(graph), stratum)


def drawn_pairs(seed: int, stratum: str) -> Iterator[Case]:
    """One pattern in the place of a leaf of another, without end and none twice: rewrites that meet.

    The inner one has the shape of a leaf, so that every pair is a graph; it may have no derivative at its point.
    """
    patterns = [pattern for family in FAMILIES for pattern in family]
    inner = [pattern for pattern in patterns if _result_shape(pattern) == SHAPE]
    generator = np.random.Generator(np.random.PCG64([seed, 21]))
    known = set()
    while True:
        first, second = generator.choice(len(inner)), generator.choice(len(patterns))
        is_left, is_bare = generator.random(2) < 0.5
        pair = _within(inner[first], patterns[second], bool(is_left))
        graph = graph_of(pair if is_bare else _within_sine(pair), *[SHAPE] * LEAVES)
        if graph.key not in known and _uses_all(graph):
            known.add(graph.key)
            yield Case(graph, _point(graph), stratum)


def _within(inner: Pattern, outer: Pattern, is_left: bool) -> Expression:
    """The inner one in the place of the outer one's first leaf, or of its second."""
    return lambda x, y: outer(inner(x, y), y) if is_left else outer(y, inner(x, y))


def _uses_all(graph: Graph) -> bool:
    """Whether every node serves another or the result."""
    return all(any(graph.use_counts[number] for number in results) for results, _ in graph.numbered_nodes())


def _result_shape(pattern: Pattern) -> Shape:
    graph = graph_of(pattern, *[SHAPE] * LEAVES)
    return check(graph)[graph.outputs[0]]


def pattern_count(ops: Collection[str]) -> int:
    """Of patterns over these ops, bare or not."""
    return len(_graphs_over(ops, is_bare=True))


def _graphs_over(ops: Collection[str], is_bare: bool) -> list[Graph]:
    allowed = frozenset(ops)
    return [graph for graph in _graphs(is_bare) if allowed.issuperset(graph.op_names)]


@cache
def _graphs(is_bare: bool) -> tuple[Graph, ...]:
    mixed = (pattern for turn in zip_longest(*FAMILIES) for pattern in turn if pattern is not None)
    return tuple(graph_of(pattern if is_bare else _within_sine(pattern), *[SHAPE] * LEAVES) for pattern in mixed)


def _within_sine(pattern: Pattern) -> Expression:
    return lambda x, y: pattern(x, y).sin()


def _point(graph: Graph) -> tuple[np.ndarray, ...]:
    """The same for a pattern in every run."""
    generator = np.random.Generator(np.random.PCG64(int(graph.key, 16)))
    numbers = generator.permutation(NUMBERS)[: LEAVES * int(np.prod(SHAPE))]
    return tuple(numbers.reshape(LEAVES, *SHAPE))
