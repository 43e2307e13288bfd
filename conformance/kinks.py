"""What an adapter returns where an op has a kink or its domain ends: a convention, beside the one-sided derivatives.

Every op is asked by itself, at the points that its entry in the vocabulary lists, for the gradient of the sum of its
results.  Where the function is differentiable after all, any other gradient is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_conformance.case import Case, flatten, plain_array, unflatten
from autograd_conformance.generation.special import arrays_at, bare_graph
from autograd_conformance.judge import verdict_of_answer
from autograd_conformance.laws.numbers import element_name
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op
from autograd_conformance.records import ABOVE, BELOW, Observation, VerdictName
from autograd_conformance.reference.one_sided import OneSided, one_sided
from autograd_conformance.verdict import DISAGREE_BEYOND, bounds, first_line
from autograd_conformance.worker.description import Description
from autograd_conformance.worker.process import Worker
from autograd_conformance.worker.questions import Answer, Answered, Crashed, Failed, Measured, Question, TimedOut

DTYPE = "float64"
STRATUM = "kinks"
FEW = 4
"""Different numbers that are named where a gradient is not shown whole."""
FROM_THE_WORST: tuple[VerdictName, ...] = (
    "crash", "timeout", "disagree", "inconclusive", "agree", "weak", "unsupported",
)  # fmt: skip
"""What came of one point that decides what came of all of them; what was refused everywhere is no pass."""
AT_ONCE = 4
"""Questions in a batch."""
MOST_LOST = 3
"""After so many questions that ended the worker, or took too long, no more are asked."""


def observations(worker: Worker, described: Description, ops: Iterable[Op]) -> Iterator[Observation]:
    """What one adapter returns at every such point of these ops, in their order."""
    points = [(op.name, point.name) for op in ops for point in op.special if point.nature != "smooth"]
    asked = [each for each in points if each[0] in described.lowers]
    answers = _answers(worker, described.mode, asked)
    for op, point in points:
        if (op, point) in answers:
            yield _observation(op, point, answers[op, point], op in described.composes)
        elif op in described.lowers:
            reason = f"not asked: {MOST_LOST} questions before had ended the worker, or taken too long"
            yield Observation(name=_name(op, point), verdict="inconclusive", detail=reason)
        else:
            reason = described.absences.get(op) or described.lacks.get(op) or "has no such op"
            yield Observation(name=_name(op, point), verdict="unsupported", detail=reason)


def verdict_of_all(found: Iterable[Observation]) -> VerdictName:
    """The verdict on everything that one adapter returned."""
    words = {each.verdict for each in found}
    return next((word for word in FROM_THE_WORST if word in words), FROM_THE_WORST[-1])


def _answers(worker: Worker, mode: str, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Answer]:
    answers: dict[tuple[str, str], Answer] = {}
    for start in range(0, len(asked), AT_ONCE):
        if sum(isinstance(each, (Crashed, TimedOut)) for each in answers.values()) >= MOST_LOST:
            break
        batch = asked[start : start + AT_ONCE]
        answers.update(zip(batch, worker.ask([_question(mode, case_at(*each)) for each in batch]), strict=True))
    return answers


@lru_cache(maxsize=512)
def case_at(op: str, point: str) -> Case:
    """The op on its leaves alone."""
    found = next(each for each in VOCABULARY[op].special if each.name == point)
    return Case(bare_graph(VOCABULARY[op]), arrays_at(VOCABULARY[op], found), STRATUM)


@lru_cache(maxsize=512)
def sides_at(op: str, point: str) -> OneSided:
    return one_sided(case_at(op, point))


def _name(op: str, point: str) -> str:
    return f"{op}, {point}"


def _question(mode: str, case: Case) -> Question:
    ones = tuple(np.ones(shape) for shape in case.output_shapes)
    return Question(mode, DTYPE, case.graph, case.point, (ones,), twice=False, wants_forward=False)


def _observation(op: str, point: str, answer: Answer, is_composed: bool) -> Observation:
    case, sides = case_at(op, point), sides_at(op, point)
    observed: Any = None
    verdict: VerdictName
    match answer:
        case Answered():
            observed, verdict, detail = _seen(case, answer.products[0].gradients, sides, is_composed)
        case Failed(kind, message):
            observed = {"raises": kind, "message": first_line(message)}
            verdict, detail = _of_no_number(f"raises {kind}", sides)
        case _:
            none = verdict_of_answer(answer)
            verdict, detail = none.name, none.detail
    documented = {BELOW: _plain(case, sides.below), ABOVE: _plain(case, sides.above)}
    return Observation(name=_name(op, point), observed=observed, documented=documented, verdict=verdict, detail=detail)


def _of_no_number(said: str, sides: OneSided) -> tuple[VerdictName, str]:
    if not sides.is_known.any():
        return "unsupported", f"no derivative here: {said}"
    place = int(np.argmax(sides.is_known))
    return "inconclusive", f"a convention: {said}, {_between(sides.below[place], sides.above[place])}"


def _seen(
    case: Case, gradients: tuple[Measured | None, ...], sides: OneSided, is_composed: bool
) -> tuple[Any, VerdictName, str]:
    """What was returned, the verdict on it, and its first element that does not lie between both sides."""
    arrays = [
        np.zeros(shape) if found is None else np.asarray(found.values, np.float64)
        for found, shape in zip(gradients, case.graph.inputs, strict=True)
    ]
    shapes = [list(array.shape) for array in arrays]
    if shapes != [list(shape) for shape in case.graph.inputs]:
        return shapes, "disagree", f"gradients of shapes {', '.join(map(str, shapes))}"
    returned = flatten(arrays)
    verdict, detail = _judged(case, returned, sides, is_composed)
    return _plain(case, returned), verdict, detail


def _judged(case: Case, returned: np.ndarray, sides: OneSided, is_composed: bool) -> tuple[VerdictName, str]:
    with np.errstate(all="ignore"):
        low, high = sides.lowest, sides.highest
        largest = np.fmax(*(np.where(np.isfinite(side), abs(side), 0.0) for side in (low, high)))
        room = bounds(np.where(sides.is_known, sides.error, 0.0), np.zeros_like(low), largest, DTYPE)
        apart = np.fmax(np.where(returned < low, low - returned, 0.0), np.where(returned > high, returned - high, 0.0))
        is_within = (returned == low) | (returned == high) | (~np.isnan(returned) & (apart <= room))
    outside = np.flatnonzero(sides.is_known & ~is_within)
    if outside.size:
        worst = int(outside[0])
        said = f"{element_name(case, worst, 'input')} is {_word(returned[worst])}"
        if sides.is_differentiable and not is_composed and not apart[worst] <= DISAGREE_BEYOND * room[worst]:
            return "disagree", f"{said}, where the derivative is {_word(low[worst])}"
        kind = "the adapter's own composition" if sides.is_differentiable and is_composed else "a convention"
        return "inconclusive", f"{kind}: {said}, {_between(sides.below[worst], sides.above[worst])}"
    if sides.is_known.all():
        return "agree", ""
    if not sides.is_known.any():
        return "unsupported", f"no derivative here: {_brief(returned)}"
    place = int(np.argmin(sides.is_known))
    return "weak", f"no derivative by {element_name(case, place, 'input')}, which is {_word(returned[place])}"


def _between(below: float, above: float) -> str:
    words = [f"{_word(side)} {where}" for side, where in ((below, BELOW), (above, ABOVE)) if not math.isnan(side)]
    return f"where the derivative is {' and '.join(words)}"


def _plain(case: Case, flat: np.ndarray) -> Any:
    """A number for each input, or a list where its elements are not all one; a single number where inputs are not either.
    Numbers that are none are words, and zeros have no sign.
    """
    found: list[Any] = []
    for part in unflatten(flat + 0.0, case.graph.inputs):
        numbers: Any = plain_array(part.reshape(-1))
        found.append(numbers[0] if len(set(numbers)) == 1 else numbers)
    return found[0] if all(each == found[0] and not isinstance(each, list) for each in found) else found


def _brief(numbers: np.ndarray) -> str:
    words = list(dict.fromkeys(map(_word, numbers)))
    more = f" and {len(words) - FEW} more" if len(words) > FEW else ""
    return ", ".join(words[:FEW]) + more


def _word(value: float) -> str:
    return f"{value + 0.0:.10g}"
