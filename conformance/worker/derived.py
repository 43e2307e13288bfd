"""Derivatives besides the plain vector-Jacobian product, measured one by one: what one raises costs only its laws."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

import numpy as np

from autograd_conformance.adapter import Adapter, Native, Program, Unsupported
from autograd_conformance.word import JACOBIANS, PER_EXAMPLE, has_reverse
from autograd_conformance.worker.measure import clean, counted, measure
from autograd_conformance.worker.questions import Derivation, Derived, Failed, Question, Refused


def measure_derived(
    adapter: Adapter,
    program: Program,
    question: Question,
    leaves: tuple[Native, ...],
    cotangents: tuple[Native, ...],
    derivation: Derivation,
) -> Derived | Refused | Failed:
    """What came of one derivation of the question, whose point and first cotangent are given as native arrays too."""
    word = derivation.word
    try:
        if word in JACOBIANS:
            what, arrays = "derivative", _jacobian(adapter, program, leaves, word)
        elif word == PER_EXAMPLE:
            what, arrays = "gradient", _per_example(adapter, program, question, derivation)
        else:
            is_leafy = has_reverse(word)
            what, count = ("gradient", len(leaves)) if is_leafy else ("tangent", len(program.graph.outputs))
            tangents = [_natives(adapter, one, question.dtype) for one in derivation.tangents]
            arrays = counted(adapter.derive(program, leaves, word, cotangents, tangents), word, f"{what}s", count)
        return Derived(
            tuple(None if one is None else measure(adapter, one, f"{word}, {what} {i}") for i, one in enumerate(arrays))
        )
    except Unsupported as reason:
        return Refused(clean(reason))
    except Exception as failure:  # noqa: BLE001 - foreign code; what happened is sent
        return Failed(type(failure).__name__, clean(failure), clean(traceback.format_exc()), clean(program.source))


def _jacobian(adapter: Adapter, program: Program, leaves: tuple[Native, ...], form: str) -> list[Native]:
    rows = counted(adapter.jacobian(program, leaves, form), form, "outputs", len(program.graph.outputs))
    return [one for row in rows for one in counted(row, form, "derivatives", len(leaves))]


def _per_example(adapter: Adapter, program: Program, question: Question, derivation: Derivation) -> list[Native]:
    """The first example is the question's point with the first cotangent."""
    points = (question.point, *derivation.tangents)
    leaves = _natives(adapter, [np.stack(arrays) for arrays in zip(*points, strict=True)], question.dtype)
    seeds = [np.stack(one) for one in zip(question.cotangents[0], *derivation.cotangents, strict=True)]
    gradients = adapter.per_example(program, leaves, _natives(adapter, seeds, question.dtype))
    return counted(gradients, derivation.word, "gradients", len(leaves))


def _natives(adapter: Adapter, arrays: Sequence[np.ndarray], dtype: str) -> tuple[Native, ...]:
    return tuple(adapter.native(array, dtype) for array in arrays)
