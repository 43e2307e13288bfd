"""Laws about forward mode and derivatives of higher order: one for each word of forward and reverse steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from autograd_conformance.case import Case
from autograd_conformance.generation.points import moved
from autograd_conformance.laws.law import Law
from autograd_conformance.laws.numbers import apart, element_name, is_within_reach, undecided
from autograd_conformance.measurement import FIRST, Measurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.reference.higher import tangents
from autograd_conformance.verdict import (
    Compared,
    Finding,
    Unanswered,
    Undecided,
    Violated,
    bounds,
    compare,
    first_line,
)
from autograd_conformance.word import HESSIAN, JACOBIANS, JVP, ORDERS, PER_EXAMPLE, WORDS, has_reverse, tangent_count
from autograd_conformance.worker.questions import Derivation, Derived, Failed, Refused

SWAPPED = "rr, other tangent"
STEPPED: dict[str, tuple[str, tuple[int, ...]]] = {
    **{word: (word, tuple(range(tangent_count(word)))) for word in WORDS},
    SWAPPED: ("rr", (1,)),
}
"""Name to the word and which of the case's tangents its steps take."""
SECOND_EXAMPLE = 1
"""Number of the further point that is the second example of a batch."""


ASKABLE: dict[str, str] = {
    **{name: word for name, (word, _) in STEPPED.items()},
    **{form: form for form in (*JACOBIANS, HESSIAN, PER_EXAMPLE)},
}
"""Name to the word or form of all that can be asked of a case, in order."""


def derivations(case: Case, names: Sequence[str] = tuple(ASKABLE)) -> Iterator[Derivation]:
    """Those of `ASKABLE` that are named."""
    given = tangents(case, max(ORDERS)) if any(name in STEPPED for name in names) else ()
    for name in names:
        if name in STEPPED:
            word, places = STEPPED[name]
            yield Derivation(name, word, tuple(given[place] for place in places))
        elif name == PER_EXAMPLE:
            other = second_example(case)
            yield Derivation(name, name, (other.point,), (other.cotangent(0),))
        else:
            yield Derivation(name, name)


def second_example(case: Case) -> Case:
    return moved(case, SECOND_EXAMPLE, case.stratum)


FORMULAS = {1: "J a", 2: "D^2 <u, f>[a, .]", 3: "D^3 <u, f>[a, b, .]", 4: "D^4 <u, f>[a, b, c, .]"}
STEPS = {"f": "forward", "r": "reverse"}


def unanswered(measured: Measurement, *names: str) -> Unanswered | None:
    """Why there is no such derivative, if so."""
    for name in names:
        match measured.answer.derived[name]:
            case Refused(reason):
                return Unanswered("unsupported", reason)
            case Failed(kind, message):
                return Unanswered("error", f"{kind}: {first_line(message)}")
    return None


def is_asked(measured: Measurement, *names: str) -> bool:
    return all(name in measured.answer.derived for name in names)


@dataclass(frozen=True, eq=False)
class KnownOfWord:
    """What the reference knows of one word's derivative: (k,) numbers, and the (k, size) sides that bring an answer to
    them, which are directions of the leaves or functionals of the outputs.
    """

    sides: np.ndarray
    value: np.ndarray
    error: np.ndarray
    noise: np.ndarray
    dtype: str

    @property
    def bound(self) -> np.ndarray:
        return bounds(self.error, self.noise, self.value, self.dtype)


def known_of_word(estimate: Estimate, dtype: str, word: str) -> KnownOfWord:
    known = estimate.differential(len(word), dtype)
    is_leafy = has_reverse(word)
    value, error, noise = (each[FIRST] if is_leafy else each[:, 0] for each in (known.value, known.error, known.noise))
    return KnownOfWord(known.last if is_leafy else known.functionals, value, error, noise, dtype)


def word_law(word: str) -> Law:
    """The law that a word's derivative is the finite difference of its order."""
    order, is_leafy = len(word), has_reverse(word)

    def judge(estimate: Estimate, measured: Measurement) -> Finding | None:
        if not is_asked(measured, word):
            return None
        if stop := unanswered(measured, word) or unknown(estimate, order, measured.dtype):
            return stop
        known = known_of_word(estimate, measured.dtype, word)
        try:
            values = known.sides @ measured.derived(word, is_leafy)
        except WrongForm as form:
            return Violated(str(form))
        return beside_reference(known, values, lambda worst: _place(estimate, len(known.sides), word, worst), is_leafy)

    name = "jvp" if word == JVP else word
    steps = " over ".join(STEPS[letter] for letter in word)
    what = "Jacobian-vector product" if word == JVP else f"derivative of order {order}, {steps},"
    return Law(
        f"{name}_matches_finite_differences",
        f"{FORMULAS[order]} by {steps} = finite differences of f",
        f"The {what} is the finite difference of the forward graph.",
        judge,
        words=(word,),
        order=order,
    )


def beside_reference(
    known: KnownOfWord, values: np.ndarray, place: Callable[[int], str], is_leafy: bool
) -> Compared | None:
    """The number of a derivative, (k,), farthest from the reference's; ``place`` names it."""
    value, bound = known.value, known.bound
    compared = compare(values, value, bound)
    if compared is None:
        return None
    (worst,), gap, beside, _ = compared
    return Compared(
        where=place(worst),
        measured=float(values[worst]),
        reference=float(value[worst]),
        error=float(known.error[worst]),
        bound=float(bound[worst]),
        gap=gap,
        beside=beside,
        position=(FIRST, worst) if is_leafy else (worst, 0),
    )


def unknown(estimate: Estimate, order: int, dtype: str) -> Undecided | None:
    """Why nothing can be said about derivatives of this order here, if so."""
    if stop := undecided(estimate, dtype):
        return stop
    known = estimate.differential(order, dtype)
    if known.problem:
        return Undecided(known.problem)
    if not (np.isfinite(known.noise).all() and np.isfinite(known.error).all()):
        return Undecided(f"nothing bounds a derivative of order {order} here")
    return None


def _place(estimate: Estimate, count: int, word: str, worst: int) -> str:
    if not has_reverse(word):
        return f"{word} of {'<u, f>' if worst == 0 else element_name(estimate.case, worst - 1, 'output')}"
    is_unit = worst > 0 and count == 1 + estimate.case.element_count
    along = element_name(estimate.case, worst - 1, "input") if is_unit else f"direction {worst}"
    return f"{word} of <u, f> / d {along}"


def _jvp_transposes_vjp(estimate: Estimate, measured: Measurement) -> Finding | None:
    if not is_asked(measured, JVP):
        return None
    if stop := unanswered(measured, JVP) or unknown(estimate, 1, measured.dtype):
        return stop
    known = estimate.differential(1, measured.dtype)
    try:
        forward = known.functionals[:1] @ measured.derived(JVP, is_leafy=False)
        reverse = known.last @ measured.gradient(FIRST)
    except WrongForm as form:
        return Violated(str(form))
    return numbers_apart(estimate, measured.dtype, 1, float(forward[0]), float(reverse[0]), "<u, J a> against <J'u, a>")


def _hessian_is_symmetric(estimate: Estimate, measured: Measurement) -> Finding | None:
    if not is_asked(measured, "rr", SWAPPED):
        return None
    if stop := unanswered(measured, "rr", SWAPPED) or unknown(estimate, 2, measured.dtype):
        return stop
    first, second = estimate.case.directions(2)
    try:
        one = float(second @ measured.derived("rr", is_leafy=True))
        other = float(first @ measured.derived(SWAPPED, is_leafy=True))
    except WrongForm as form:
        return Violated(str(form))
    return numbers_apart(estimate, measured.dtype, 2, one, other, "b'(H a) against a'(H b)")


def _words_agree(estimate: Estimate, measured: Measurement) -> Finding | None:
    found: list[Compared] = []
    for order in (2, 3):
        answered = [word for word in ORDERS[order] if isinstance(measured.answer.derived.get(word), Derived)]
        if len(answered) > 1:
            agreed = _agreement(estimate, measured, order, answered)
            if isinstance(agreed, Compared):
                found.append(agreed)
            elif agreed is not None:
                return agreed
    return max(found, key=lambda each: each.ratio, default=None)


def _agreement(estimate: Estimate, measured: Measurement, order: int, words: list[str]) -> Finding | None:
    """The word farthest from the first."""
    if stop := unknown(estimate, order, measured.dtype):
        return stop
    try:
        numbers = {word: contracted(estimate, measured, word) for word in words}
    except WrongForm as form:
        return Violated(str(form))
    sound = [word for word in words if is_plausible(estimate, measured.dtype, word, numbers[word])]
    found = [
        numbers_apart(estimate, measured.dtype, order, numbers[word], numbers[sound[0]], f"{word} against {sound[0]}")
        for word in sound[1:]
    ]
    return max((each for each in found if each is not None), key=lambda each: each.ratio, default=None)


def contracted(estimate: Estimate, measured: Measurement, word: str) -> float:
    """What a word gave as the one number D^n <u, f>[a, b, ...].  Raises WrongForm."""
    sides = known_of_word(estimate, measured.dtype, word).sides
    with np.errstate(invalid="ignore"):
        return float(sides[0] @ measured.derived(word, has_reverse(word)))


def is_plausible(estimate: Estimate, dtype: str, word: str, number: float) -> bool:
    """Whether the reference does not contradict it; else the law of that word says so already."""
    known = known_of_word(estimate, dtype, word)
    return is_within_reach(np.array([number]), known.value[:1], known.bound[:1])


def numbers_apart(estimate: Estimate, dtype: str, order: int, one: float, other: float, said: str) -> Compared | None:
    """Two answers for D^n <u, f>[a, b, ...], in bounds that allow for the rounding of both.

    None where that is zero as far as the reference knows: what exact cancellation leaves behind is no measured noise.
    """
    known = estimate.differential(order, dtype)
    value, noise = known.value[0, :1], known.noise[0, :1]
    if np.abs(value[0]) <= known.error[0, 0]:
        return None
    bound = bounds(np.zeros(1), noise, value, dtype, sides=2.0)
    found = apart(np.array([one]), np.array([other]), bound, FIRST, lambda _: said)
    return None if found is None else replace(found, beyond=())


jvp_transposes_vjp = Law(
    "jvp_transposes_vjp",
    "<u, J a> = <J'u, a>",
    "Forward and reverse mode are transposes of each other.",
    _jvp_transposes_vjp,
    confirms="nothing",
    words=(JVP,),
)
hessian_is_symmetric = Law(
    "hessian_is_symmetric",
    "b'(H a) = a'(H b)",
    "Mixed second derivatives do not depend on the order of differentiation.",
    _hessian_is_symmetric,
    confirms="nothing",
    words=("rr", SWAPPED),
    order=2,
)
words_agree = Law(
    "words_agree",
    "rr = fr = rf = ff, and so at order 3",
    "Every composition of forward and reverse steps of one order gives the same derivative.",
    _words_agree,
    confirms="nothing",
    words=(*ORDERS[2], *ORDERS[3]),
    order=2,
)
WORD_LAWS = tuple(word_law(word) for word in WORDS)
