"""Derivatives besides the plain vector-Jacobian product: what one of them raises costs only the laws about it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from autograd_conformance.adapter import Adapter, Native, Program, Unsupported
from autograd_conformance.word import HESSIAN, JACOBIANS, PER_EXAMPLE, has_reverse, is_word
from autograd_conformance.worker.measure import answers_together, clean, counted, measure, natives
from autograd_conformance.worker.questions import Derivation, Derived, Failed, Question, Refused


def measure_derived(
    adapter: Adapter,
    program: Program,
    question: Question,
    leaves: tuple[Native, ...],
    cotangents: tuple[Native, ...],
    lacks: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Derived | Refused | Failed]:
    """What came of the derivations of a question, by name, words together where the adapter can.  Raises NoAnswer.

    ``leaves`` and ``cotangents`` are the question's point and first cotangent as native arrays; ``lacks`` are words that are
    not asked, with the reason.
    """
    words = [one for one in question.derivations if is_word(one.word) and one.word not in lacks]
    asked = [(one.word, [natives(adapter, given, question.dtype) for given in one.tangents]) for one in words]
    kind = type(adapter) if answers_together(type(adapter), "derivatives", "derive") else Adapter
    returned: object = kind.derivatives(adapter, program, leaves, cotangents, asked) if asked else []
    answers = dict(
        zip((one.name for one in words), counted(returned, "derivatives", "answers", len(asked)), strict=True)
    )
    found: dict[str, Derived | Refused | Failed] = {}
    for one in question.derivations:
        if one.word in lacks:
            found[one.name] = Refused(clean(lacks[one.word]))
            continue
        arrays = partial(_arrays, adapter, program, question, leaves, cotangents, one, answers)
        found[one.name] = _attempt(adapter, program, one.word, arrays)
    return found


def _attempt(
    adapter: Adapter, program: Program, word: str, arrays: Callable[[], tuple[str, list[Native]]]
) -> Derived | Refused | Failed:
    try:
        what, listed = arrays()
        return Derived(
            tuple(None if one is None else measure(adapter, one, f"{word}, {what} {i}") for i, one in enumerate(listed))
        )
    except Unsupported as reason:
        return Refused(clean(reason))
    except Exception as failure:  # noqa: BLE001 - foreign code; what happened is sent
        return Failed(type(failure).__name__, clean(failure), clean(traceback.format_exc()), clean(program.source))


def _arrays(
    adapter: Adapter,
    program: Program,
    question: Question,
    leaves: tuple[Native, ...],
    cotangents: tuple[Native, ...],
    one: Derivation,
    answers: dict[str, object],
) -> tuple[str, list[Native]]:
    """The arrays of one derivation, and what they are."""
    outputs = len(program.graph.outputs)
    if one.word in JACOBIANS:
        return "derivative", _blocks(
            adapter.jacobian(program, leaves, one.word), one.word, "outputs", outputs, len(leaves)
        )
    if one.word == HESSIAN:
        found = adapter.hessian(program, leaves, cotangents)
        return "derivative", _blocks(found, one.word, "leaves", len(leaves), len(leaves))
    if one.word == PER_EXAMPLE:
        return "gradient", _per_example(adapter, program, question, one)
    answer = answers[one.name]
    if isinstance(answer, Exception):
        raise answer
    what, count = ("gradient", len(leaves)) if has_reverse(one.word) else ("tangent", outputs)
    return what, counted(answer, one.word, f"{what}s", count)


def _blocks(returned: object, word: str, of: str, rows: int, columns: int) -> list[Native]:
    """Of a matrix of blocks, row by row.  Raises NoAnswer."""
    counted_rows = counted(returned, word, of, rows)
    return [each for row in counted_rows for each in counted(row, word, "derivatives", columns)]


def _per_example(adapter: Adapter, program: Program, question: Question, derivation: Derivation) -> list[Native]:
    """Those of a batch, then those of its last example alone; the first is the question's point and first cotangent."""
    points, seeds = batch_of(question, derivation)
    leaves = natives(adapter, points, question.dtype)
    gradients = adapter.per_example(program, leaves, natives(adapter, seeds, question.dtype))
    together = counted(gradients, derivation.word, "gradients", len(leaves))
    last = [natives(adapter, given[-1], question.dtype) for given in (derivation.tangents, derivation.cotangents)]
    _, alone = adapter.vjp(program, *last)
    return [*together, *counted(alone, "vjp", "gradients", len(leaves))]


def batch_of(question: Question, derivation: Derivation) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Points and cotangents of all examples, one more axis in front."""
    points = (question.point, *derivation.tangents)
    cotangents = (question.cotangents[0], *derivation.cotangents)
    return tuple(map(np.stack, zip(*points, strict=True))), tuple(map(np.stack, zip(*cotangents, strict=True)))
