"""Evaluation of a graph on many perturbed copies of its point at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_conformance.graph import Graph, Shape
from autograd_conformance.ops import VOCABULARY, evaluate_op
from autograd_conformance.ops.op import Array, Exact, Rounding
from autograd_conformance.reference.copies import ALL, Copies, Moved, chosen

EXTENDED: type[np.floating[Any]] = np.longdouble if np.finfo(np.longdouble).nmant >= 63 else np.float64
"""The type the reference computes in: 64 mantissa bits where the platform has them."""

UNIT = float(np.finfo(EXTENDED).eps) / 2
"""Unit roundoff of the reference's own arithmetic."""

EXACT = Exact()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Outputs of K copies.

    ``outputs``: one array (K, *shape) per graph output.  ``is_valid``: (K,) - the copy made the same decisions as the
    first copy (or as the given decisions) and met no nan or infinity.  ``decisions``: what was decided, for reuse.
    ``values``: every value of the graph when asked for.  ``largest``: magnitude of the
    first copy's largest value, without noise.  ``shapes``: of every value of the graph, without the copies.
    """

    outputs: tuple[Array, ...]
    is_valid: Array
    decisions: tuple[Array, ...]
    values: tuple[Array, ...] = field(default=())
    largest: float = 0.0
    shapes: tuple[Shape, ...] = ()

    def flat_outputs(self) -> Array:
        """All outputs side by side: (K, m)."""
        copies = self.is_valid.shape[0]
        return np.concatenate([output.reshape(copies, -1) for output in self.outputs], axis=1)


def evaluate(
    graph: Graph,
    inputs: Sequence[Array] | Moved,
    rounding: Rounding = EXACT,
    decisions: Sequence[Array] | None = None,
    keep_values: bool = False,
) -> Evaluation:
    """Evaluate ``graph`` on batched ``inputs`` (K, *shape), or on those copies of each that its caller knows to be moved.

    With a noisy ``rounding`` every operand edge and every result is rounded.  ``decisions`` are those every copy must
    repeat; without them the first copy sets them.
    """
    is_noisy = rounding.is_noisy
    assert not (isinstance(inputs, Moved) and (is_noisy or keep_values)), "noise moves every copy of every value"
    copies = Copies(inputs if is_noisy or keep_values else chosen(inputs))
    is_valid = np.ones(copies.count, dtype=bool)
    known, sources = copies.inputs, copies.sources
    last_use = None if keep_values else _last_uses(graph)
    made: list[Array] = []
    shapes = [array.shape[1:] for array in known]
    first_copies = [] if is_noisy else [array[0].reshape(-1) for array in known]
    with np.errstate(all="ignore"):
        for position, (results, node) in enumerate(graph.numbered_nodes()):
            op = VOCABULARY[node.op]
            source = ALL.union(*(sources[number] for number in node.operands))
            operands = [copies.brought(known[number], sources[number], source) for number in node.operands]
            if is_noisy:
                rounding.enter(node.op)
                operands = [rounding(operand) if operand.dtype != bool else operand for operand in operands]
            if op.decision is not None:
                decided = op.decision(*operands, **node.attributes)
                centre = decided[:1] if decisions is None else decisions[len(made)]
                agreed = decided == centre
                if not agreed.all():
                    is_valid &= copies.where_all(agreed, source)
                made.append(centre)
            values = evaluate_op(op, node, rounding, operands)
            if op.result == "float":
                if is_noisy:
                    values = tuple(rounding(value) for value in values)
                else:
                    first_copies += [value[0].flatten() for value in values]
                for value in values:
                    if not np.isfinite(value.sum()):  # it is only where every term is
                        is_valid &= copies.where_all(np.isfinite(value), source)
            known += values
            sources += [source] * len(values)
            shapes += [value.shape[1:] for value in values]
            if last_use is not None:
                for number in (*node.operands, *results):
                    if last_use[number] <= position:
                        known[number] = _RELEASED
        largest = float(np.abs(np.concatenate(first_copies)).max(initial=0.0)) if first_copies else 0.0
    outputs = tuple(copies.brought(known[number], sources[number]) for number in graph.outputs)
    values = tuple(known) if keep_values else ()
    return Evaluation(outputs, is_valid, tuple(made), values, largest, tuple(shapes))


_RELEASED = np.empty(0)


def _last_uses(graph: Graph) -> list[int]:
    """The position of the last node that uses each value; outputs are never released."""
    last = [-1] * graph.value_count
    for position, node in enumerate(graph.nodes):
        for operand in node.operands:
            last[operand] = position
    for output in graph.outputs:
        last[output] = len(graph.nodes)
    return last
