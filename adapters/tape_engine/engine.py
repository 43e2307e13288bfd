"""Reverse mode: cotangents walk the tape from the youngest record to the oldest, each record once."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from .array import OPS, Array, Storage, TapeError
from .record import Record
from .recording import enable_grad, no_grad

Target = Record | Array
"""Where a gradient goes: a record's result, or a leaf."""


def backward(
    output: Array, cotangent: Any = None, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Add the gradient of ``<cotangent, output>`` into ``grad`` of every leaf, and of every retained result.

    The cotangent has the output's shape; it is 1 where left out, which needs an output of one element.  Saved values are
    freed on the way unless ``retain_graph``, whose default is ``create_graph``; with that the gradients are recorded
    themselves.  Raises TapeError; then no leaf has changed.
    """
    with enable_grad() if create_graph else no_grad():
        totals = pull_back([(output, seed(output, cotangent))], _keeps(retain_graph, create_graph))
        for target, gradient in totals.items():
            for array in target.retained() if isinstance(target, Record) else [target]:
                deposit(array, gradient)


def gradient(
    outputs: Array | Sequence[Array],
    inputs: Array | Sequence[Array],
    cotangents: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Array | None, ...]:
    """The gradients of the sum of ``<cotangent, output>`` for each input, a tuple always; no ``grad`` is touched.

    One output takes one cotangent, a sequence of outputs a sequence of them.

    Inputs may be leaves or results.  One that the outputs do not depend on gives None with ``allow_unused`` and raises
    TapeError without.
    """
    if isinstance(outputs, Array):
        outputs, cotangents = [outputs], [cotangents]
    inputs = [inputs] if isinstance(inputs, Array) else list(inputs)
    if cotangents is None:
        cotangents = [None] * len(outputs)
    if any(not array.requires_grad for array in inputs):
        raise TapeError("an input requires no gradient; call requires_grad_() before it is used")
    targets = [array.grad_fn or array for array in inputs]
    with enable_grad() if create_graph else no_grad():
        roots = [(output, seed(output, given)) for output, given in zip(outputs, cotangents, strict=True)]
        totals = pull_back(roots, _keeps(retain_graph, create_graph), targets)
        found = [OPS["copy"](totals[target]) if target in totals else None for target in targets]
    if not allow_unused and None in found:
        raise TapeError(f"the outputs do not depend on input {found.index(None)}; allow_unused=True gives None for it")
    return tuple(found)


def jvp(
    outputs: Sequence[Array], inputs: Sequence[Array], tangents: Sequence[Array], create_graph: bool = False
) -> tuple[Array | None, ...]:
    """The tangents of the outputs where the inputs move along theirs; None for an output that no input reaches.

    The gradient is linear in the cotangent w, so that its derivative by w, pulled back once more, is the tangent.  No rule
    is needed that reverse mode has not.
    """
    weights = [Array(Storage(np.zeros(output.shape, output.dtype))).requires_grad_() for output in outputs]
    roots = [(output, weight) for output, weight in zip(outputs, weights, strict=True) if output.requires_grad]
    reached = [output for output, _ in roots]
    pulled = gradient(reached, inputs, [weight for _, weight in roots], create_graph=True, allow_unused=True)
    pairs = [(g, t) for g, t in zip(pulled, tangents, strict=True) if g is not None and g.requires_grad]
    movements = [t for _, t in pairs]
    return gradient([g for g, _ in pairs], weights, movements, create_graph=create_graph, allow_unused=True)


def seed(output: Array, cotangent: Any) -> Array:
    """The cotangent as an array of the output's shape and dtype.  Raises TapeError where it is not of that shape."""
    if not output.requires_grad:
        raise TapeError("the output requires no gradient: nothing it was computed from does, or recording was off")
    if cotangent is None:
        if output.size != 1:
            raise TapeError(f"an output of shape {output.shape} needs a cotangent; only one element has 1 by default")
        return Array(Storage(np.ones(output.shape, output.dtype)))
    given = cotangent if isinstance(cotangent, Array) else Array(Storage(np.array(cotangent)))
    if given.shape != output.shape:
        raise TapeError(f"a cotangent of shape {given.shape} for an output of shape {output.shape}")
    return given if given.dtype == output.dtype else OPS["cast"](given, dtype=output.dtype)


def pull_back(
    roots: Sequence[tuple[Array, Array]], retain_graph: bool, targets: Collection[Target] | None = None
) -> dict[Target, Array]:
    """The total cotangent of every leaf and of every record that is a target or retained.

    A record's cotangent is complete once every younger record has been handled, so a heap of serial numbers is all the
    order that is needed: no recursion, and a diamond costs its four edges.
    """
    needed = None if targets is None else _leading_to([output for output, _ in roots], set(targets))
    totals: dict[Target, Array] = {}
    queue: list[tuple[int, Record]] = []

    def arrive(target: Target | None, cotangent: Array | None) -> None:
        if target is None or cotangent is None or (needed is not None and target not in needed):
            return
        if target in totals:
            totals[target] = totals[target] + cotangent
            return
        totals[target] = cotangent
        if isinstance(target, Record) and (needed is None or any(edge.target in needed for edge in target.edges)):
            heapq.heappush(queue, (-target.serial, target))

    for output, cotangent in roots:
        arrive(output.grad_fn or output, cotangent)
    while queue:
        _, record = heapq.heappop(queue)
        is_wanted = bool(record.retained()) if targets is None else record in targets
        cotangent = totals[record] if is_wanted else totals.pop(record)
        for edge, passed in zip(record.edges, record.rule(record, cotangent), strict=True):
            arrive(edge.target, passed)
        if not retain_graph:
            record.free()
    return totals


def deposit(array: Array, gradient: Array) -> None:
    """Add into ``grad``, a buffer of the array's own."""
    if array.grad is None:
        array.grad = OPS["copy"](gradient)
    elif array.grad.requires_grad or gradient.requires_grad:
        array.grad = array.grad + gradient
    else:
        array.grad.add_(gradient)


def records_below(outputs: Sequence[Array]) -> list[Record]:
    """Every record the outputs depend on, oldest first."""
    found = {output.grad_fn for output in outputs if output.grad_fn is not None}
    waiting = list(found)
    while waiting:
        for edge in waiting.pop().edges:
            if isinstance(edge.target, Record) and edge.target not in found:
                found.add(edge.target)
                waiting.append(edge.target)
    return sorted(found, key=lambda record: record.serial)


def _leading_to(outputs: Sequence[Array], targets: set[Target]) -> set[Target]:
    """The targets, and every record on a way from the outputs to one of them."""
    needed = set(targets)
    for record in records_below(outputs):
        if any(edge.target in needed for edge in record.edges):
            needed.add(record)
    return needed


def _keeps(retain_graph: bool | None, create_graph: bool) -> bool:
    return create_graph if retain_graph is None else retain_graph
