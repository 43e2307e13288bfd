"""From gaps to words: agree, weak, imprecise, inconclusive, disagree."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from autograd_conformance.case import Case, Point, flatten, unflatten
from autograd_conformance.generation.strategies import independent_cases
from autograd_conformance.graph import Graph, Node
from autograd_conformance.judge import judge_case
from autograd_conformance.laws import LAWS
from autograd_conformance.measurement import ROWS, Measurement, cotangents
from autograd_conformance.precision import UNIT_ROUNDOFF
from autograd_conformance.reference import multiprecision
from autograd_conformance.reference.estimate import Estimate, estimate
from autograd_conformance.verdict import (
    CALIBRATION,
    WEAK_BEYOND,
    Beside,
    Compared,
    Finding,
    Verdict,
    Violated,
    bounds,
    compare,
    first_line,
)
from autograd_conformance.worker.questions import (
    Answer,
    Answered,
    Crashed,
    Failed,
    Measured,
    Product,
    Refused,
    TimedOut,
)
from autograd_conformance.writing import failure_text

VJP = "vjp_matches_finite_differences"


def smooth_case(point: Any = (0.5, -1.25, 0.75)) -> Case:
    array = np.asarray(point, dtype=float)
    return Case(Graph((array.shape,), (Node("sin", (0,)), Node("exp", (1,))), (2,)), (array,))


def kinked_case() -> Case:
    return Case(Graph(((3,),), (Node("relu", (0,)), Node("exp", (1,))), (2,)), (np.array([0.5, -1.25, 0.75]),))


def answer(found: Estimate, dtype: str, change: Any = lambda gradient, dtype: gradient) -> Answer:
    """What a framework with the reference's own numbers would answer, its gradient changed."""
    case = found.case
    jacobian = {0: found.derivative.value[0], 1: found.derivative.value[1], 2: found.derivative.value[2]}

    def product(position: int, cotangent: Point) -> Product:
        along = jacobian[position] if position < 3 else 0 * jacobian[0]
        if position >= ROWS:
            along = found.jacobian.value[position - ROWS]  # type: ignore[union-attr]
        changed = found.scale(dtype) * np.asarray(change(along.astype(float), dtype), dtype=float)
        return Product(outputs(), measured(unflatten(changed, case.graph.inputs)))

    def measured(arrays: Point) -> tuple[Measured, ...]:
        return tuple(Measured(dtype, array.astype("float32" if dtype == "bfloat16" else dtype)) for array in arrays)

    def outputs() -> tuple[Measured, ...]:
        return measured(unflatten(found.outputs.astype(float), case.output_shapes))

    products = tuple(product(position, cotangent) for position, cotangent in enumerate(cotangents(found)))
    return Answered(outputs(), products, products[0], measured(case.point), "source", "")


def verdict(case: Case, change: Any, dtype: str = "float64", law: str = VJP) -> Verdict:
    """Of one law, asking for the other dtype where the judge wants it."""
    found = estimate(case)
    judged = judge_case(
        found, "made:up", (dtype,), {law: LAWS[law]}, [answer(found, dtype, change)],
        lambda other, _: answer(found, other, change),
    )  # fmt: skip
    return judged.verdicts[dtype, law]


def off(found: Estimate, dtype: str, gap: float) -> Any:
    """Every element off by so many bounds of ``dtype``, in every dtype by the same amount."""
    reference = found.derivative[0]
    bound = bounds(reference.error, found.noise(dtype).derivative[0], reference.value, dtype)
    return lambda gradient, _dtype: gradient + gap * bound


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_reference_s_own_numbers_agree(dtype: str) -> None:
    """Rounded to the dtype."""
    assert verdict(smooth_case(), lambda gradient, _: gradient, dtype).name == "agree"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("delta", [1e-6, 1e-4, 1e-2, -2.0])
def test_a_wrong_rule_is_a_confirmed_disagree(dtype: str, delta: float) -> None:
    """The same relative error in both dtypes; not excused as lost digits, and the second opinion is named."""
    if dtype == "float32" and delta < 1e-5:
        pytest.skip("a few units of float32")
    found = verdict(smooth_case(), lambda gradient, _: gradient * (1 + delta), dtype)
    assert (found.name, found.confirmed) == ("disagree", "mpmath in 140 digits")


def test_without_digits_a_second_ladder_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something decides; and it says so."""
    monkeypatch.setattr(multiprecision, "derivative", lambda *_: None)
    found = verdict(kinked_case(), lambda gradient, _: gradient * 1.01)
    assert (found.name, found.confirmed) == ("disagree", "second ladder")


def test_a_second_opinion_is_reached_once_for_each_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """For both dtypes and two adapters; another number has one of its own."""
    reached: list[bytes] = []
    derivative = multiprecision.derivative

    def counted(case: Case, cotangent: np.ndarray, *directions: np.ndarray) -> Any:
        reached.append(cotangent.tobytes() + directions[0].tobytes())
        return derivative(case, cotangent, *directions)

    monkeypatch.setattr(multiprecision, "derivative", counted)
    found, dtypes = estimate(smooth_case()), ("float64", "float32")
    for adapter, element in (("made:up", 0), ("made:likewise", 0), ("made:otherwise", 1)):
        wrong = np.ones(len(found.directions))
        wrong[element] = 1.5
        answers = [answer(found, dtype, lambda gradient, _, wrong=wrong: gradient * wrong) for dtype in dtypes]
        judged = judge_case(found, adapter, dtypes, {VJP: LAWS[VJP]}, answers, lambda *_, both=answers: both[0])
        named = {(verdict.name, verdict.confirmed) for key, verdict in judged.verdicts.items() if key[1] == VJP}
        assert named == {("disagree", "mpmath in 140 digits")}
    assert len(reached) == len(set(reached))
    assert 2 <= len(reached) <= 4


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("units", [8.0, 100.0])
def test_lost_digits_are_imprecise(dtype: str, units: float) -> None:
    """Off by so many units of roundoff in both dtypes: the gap shrinks as the roundoff does."""
    found = verdict(
        smooth_case(), lambda gradient, d: gradient + 4 * units * UNIT_ROUNDOFF[d] * np.abs(gradient), dtype
    )
    assert (found.name, found.confirmed) == ("imprecise", "mpmath in 140 digits")


@pytest.mark.parametrize(
    ("value", "said"), [(float("nan"), "no second opinion"), (8.0, "does not confirm the reference")]
)
def test_lost_digits_that_nobody_confirms_are_inconclusive(
    monkeypatch: pytest.MonkeyPatch, value: float, said: str
) -> None:
    """The reference may be what is wrong."""
    opinion = (np.longdouble(value), 0.0)
    monkeypatch.setattr(multiprecision, "derivative", lambda *_: opinion)
    found = verdict(smooth_case(), lambda gradient, d: gradient + 32 * UNIT_ROUNDOFF[d] * np.abs(gradient))
    assert (found.name, said in found.detail) == ("inconclusive", True)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("share", "name"), [(0.01, "imprecise"), (1.0, "disagree")])
def test_what_has_no_digit_in_any_dtype_lost_none(dtype: str, share: float, name: str) -> None:
    """Memory that nobody has written to: near nothing where eight bytes are read, 10^8 where four are, which is alike in
    units of the two roundoffs.
    """
    found = verdict(smooth_case(), lambda gradient, d: gradient * (1 + share * UNIT_ROUNDOFF[d] / 2.0**-53), dtype)
    assert found.name == name


def test_a_gap_that_grows_with_precision_is_no_lost_digits() -> None:
    """Wrong in float64 only."""
    assert verdict(smooth_case(), lambda gradient, d: gradient * (1 + 1e-6 * (d == "float64"))).name == "disagree"


def test_up_to_three_bounds_nothing_is_claimed() -> None:
    """Beyond one bound it does not agree, below three it is no disagree, where no finer dtype can be asked."""
    found = estimate(smooth_case())
    for gap, name in ((0.5, "agree"), (0.9, "agree"), (2.0, "inconclusive"), (2.9, "inconclusive"), (3.1, "disagree")):
        wrong = answer(found, "float32", off(found, "float32", gap))
        judged = judge_case(found, "made:up", ("float32",), {VJP: LAWS[VJP]}, [wrong], lambda *_: Refused("none here"))
        assert judged.verdicts["float32", VJP].name == name


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_finer_dtype_that_computes_in_the_coarser_shows_nothing(dtype: str) -> None:
    """Off there by an eighth of what rounding may do here, and here by one and a half times that."""
    case = smooth_case()
    known = estimate(case)

    def change(gradient: np.ndarray, d: str) -> np.ndarray:
        return np.asarray(off(known, dtype, 1.5 if d == dtype else 0.125)(gradient, d))

    assert verdict(case, change, dtype).name == "inconclusive"


@pytest.mark.parametrize(("dtype", "gap"), [("float32", 2.0), ("bfloat16", 1.5), ("float16", 2.5)])
def test_what_a_finer_dtype_shows_to_be_wrong_is_wrong(dtype: str, gap: float) -> None:
    """A constant gap, as of a wrong rule, is seen from one bound on where a finer dtype disagrees by as much."""
    case = smooth_case()
    assert verdict(case, lambda gradient, d: off(estimate(case), dtype, gap)(gradient, d), dtype).name == "disagree"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_measured_nan_or_infinity_is_a_disagree(value: float) -> None:
    """Where the reference has a number; also when both dtypes have it."""
    assert verdict(smooth_case(), lambda gradient, _: np.where(np.arange(3) == 1, value, gradient)).name == "disagree"


def test_a_bound_above_the_value_is_weak() -> None:
    """X - x + tiny: rounding may move the derivative more than there is of it; never counted as a pass."""
    found = estimate(smooth_case())
    reference = found.derivative.value[0]
    bound = np.full(3, 0.4 * float(np.max(np.abs(reference))))
    compared = compare(reference, reference, bound)
    assert compared is not None
    assert compared[2].weakness > WEAK_BEYOND
    assert compare(reference, reference, bound / 2)[2].weakness < WEAK_BEYOND  # type: ignore[index]


def test_a_cancelling_case_is_weak_in_float32_and_not_in_float64() -> None:
    """One measurement, two dtypes."""
    nodes = (Node("shift", (0,), {"offset": 65536.0}), Node("square", (1,)), Node("scale", (0,), {"factor": 131072.0}),
             Node("sub", (2, 3)), Node("scale", (4,), {"factor": 1.0}))  # fmt: skip
    case = Case(Graph(((2,),), nodes, (5,)), (np.array([2.0**-7, 2.0**-6]),))
    assert verdict(case, lambda gradient, _: gradient, "float32").name == "weak"
    assert verdict(case, lambda gradient, _: gradient, "float64").name == "agree"


def test_a_special_point_is_inconclusive() -> None:
    """Whatever was measured there."""
    case = Case(Graph(((),), (Node("relu", (0,)),), (1,)), (np.array(0.0),))
    found = estimate(case)
    finding = LAWS[VJP].judge
    assert finding is not None
    judged = judge_case(
        found, "made:up", ("float64",), {VJP: LAWS[VJP]}, [answer(found, "float64")], lambda *_: Crashed("")
    )
    assert judged.verdicts["float64", VJP].name == "inconclusive"
    assert judged.verdicts["float64", VJP].detail


@pytest.mark.parametrize(
    ("given", "name"),
    [(Refused("no such op"), "unsupported"), (Failed("TypeError", "a\nb"), "error"), (Crashed("signal 11"), "crash"),
     (TimedOut(60.0), "timeout")],
)  # fmt: skip
def test_without_an_answer_no_law_is_judged(given: Answer, name: str) -> None:
    """One verdict on the answer, in one line."""
    judged = judge_case(estimate(smooth_case()), "made:up", ("float64",), LAWS, [given, given], lambda *_: given)
    assert {verdict.name for verdict in judged.verdicts.values()} == {name}
    assert all("\n" not in verdict.detail for verdict in judged.verdicts.values())


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("<Capsule at 0x7fcee86cd530> failed\nat 2", "<Capsule at 0x...> failed"),
        ("  no bits of 0x1F  \n", "no bits of 0x1F"),
        ("", ""),
        ("x" * 400, "x" * 300),
    ],
)
def test_an_exception_is_quoted_without_addresses(message: str, said: str) -> None:
    """Or no two runs would say the same of it; short numbers in base 16 stay."""
    assert first_line(message) == said


def test_a_gradient_of_another_shape_is_a_disagree_in_words() -> None:
    """Numbers cannot be compared then."""
    found = estimate(smooth_case())
    good = answer(found, "float64")
    assert isinstance(good, Answered)
    bad = tuple(Product(p.outputs, (Measured("float64", np.zeros((3, 1))),)) for p in good.products)
    wrong = Answered(good.forward, bad, bad[0], good.leaves_after, "source", "")
    judged = judge_case(found, "made:up", ("float64",), {VJP: LAWS[VJP]}, [wrong], lambda *_: wrong)
    assert judged.verdicts["float64", VJP].name == "disagree"
    assert "[3, 1]" in judged.verdicts["float64", VJP].detail


def second_call(case: Case, dtype: str, gap: float, change: Any = lambda gradient: gradient) -> Verdict:
    """Of the law about two calls, where the gradient of the second is so many bounds of two sides off, then changed."""
    found, law = estimate(case), LAWS["second_call_is_equal"]
    values = found.derivative.value[0]

    def given(dtype: str, _words: frozenset[str] = frozenset()) -> Answer:
        first = answer(found, dtype)
        assert isinstance(first, Answered)
        bound = bounds(np.zeros(len(values)), found.noise(dtype).derivative[0], values, dtype, sides=2.0)
        moved = change(found.scale(dtype) * (values.astype(float) + gap * bound))
        second = Product(first.second.outputs, (Measured(dtype, moved.astype(dtype)),))  # type: ignore[union-attr]
        return Answered(first.forward, first.products, second, first.leaves_after, "source", "")

    judged = judge_case(found, "made:up", (dtype,), {law.name: law}, [given(dtype)], given)
    return judged.verdicts[dtype, law.name]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_second_call_within_the_rounding_of_both_is_imprecise(dtype: str) -> None:
    """No failure, but seen; equal bits agree."""
    found = second_call(smooth_case(), dtype, 0.5)
    assert (found.name, "bits of gradient of input 0" in found.detail) == ("imprecise", True)
    assert found.worst is not None
    assert 0 < found.worst.ratio <= 1
    assert second_call(smooth_case(), dtype, 0.0).name == "agree"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("delta", [1e-3, 1.0, np.nan])
def test_a_second_call_beyond_rounding_is_a_disagree(dtype: str, delta: float) -> None:
    """What differs is no rounding; nor does a number stand for a nan."""
    assert second_call(smooth_case(), dtype, 0.0, lambda gradient: gradient * (1 + delta)).name == "disagree"


def test_a_second_call_of_another_shape_is_a_disagree() -> None:
    """No bound is needed to say so."""
    assert second_call(smooth_case(), "float64", 0.0, lambda gradient: gradient[:, None]).name == "disagree"


def test_a_second_call_where_nothing_bounds_the_rounding_is_inconclusive() -> None:
    """At a kink; equal bits agree there too."""
    case = Case(Graph(((1,),), (Node("relu", (0,)),), (1,)), (np.array([0.0]),))
    assert second_call(case, "float64", 0.0, lambda _: np.ones(1)).name == "inconclusive"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_bound_is_the_formula(dtype: str) -> None:
    """E + C u (s_g + |r|), and a floor that is a small share of it; s_g is at least what a result's own rounding is."""
    error, noise, reference = np.array([1e-9] * 2), np.array([6.0, 3.0]), np.array([-2.0] * 2)
    formula = 1e-9 + CALIBRATION * UNIT_ROUNDOFF[dtype] * np.array([8.0, 6.0])
    found = bounds(error, noise, reference, dtype)
    assert (formula <= found).all()
    assert (found <= formula * 1.01).all()


def test_the_worst_element_is_the_farthest_in_bounds() -> None:
    """Not the one with the largest gap; nothing to compare is nothing found."""
    found = compare(np.array([1.0, 1.5]), np.array([1.1, 2.5]), np.array([0.01, 1.0]))
    assert found is not None
    assert found[0] == (0,)
    assert compare(*(np.zeros(0) for _ in range(3))) is None
    assert flatten(()).size == 0


def test_a_glance_changes_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is certain with cheap bounds is what the whole measurement says."""
    drawn = list(islice((case for case in independent_cases(seed=12) if 0 < case.element_count <= 48), 60))
    factors = [1.0, 1 + 1e-15, 1 + 1e-13, 1 + 1e-9, 0.5]

    def words() -> list[dict[tuple[str, str], str]]:
        found = []
        for number, case in enumerate(drawn):
            known, factor = estimate(case), factors[number % len(factors)]
            wrong = answer(known, "float64", lambda gradient, _, factor=factor: factor * gradient)
            other = answer(known, "float32", lambda gradient, _, factor=factor: factor * gradient)
            laws = {name: law for name, law in LAWS.items() if law.judge is not None and not law.wants_doubled}
            judged = judge_case(known, "made:up", ("float64",), laws, [wrong], lambda *_, other=other: other)
            found.append({key: verdict.name for key, verdict in judged.verdicts.items()})
        return found

    at_a_glance = words()
    monkeypatch.setattr("autograd_conformance.judge.is_certain", lambda _: False)
    assert at_a_glance == words()
    assert {name for verdicts in at_a_glance for name in verdicts.values()} >= {"agree", "disagree"}


def test_a_law_that_is_silent_at_a_glance_is_heard_again() -> None:
    """As one does that takes what it builds on for contradicted, by bounds that are less than the whole ones."""

    def silent_at_first(found: Estimate, _: Measurement) -> Finding | None:
        return None if found.is_glance else Violated("heard")

    known = estimate(smooth_case())
    law = replace(LAWS[VJP], judge=silent_at_first)
    judged = judge_case(
        known, "made:up", ("float64",), {VJP: law}, [answer(known, "float64")], lambda *_: Refused("asked")
    )
    assert judged.verdicts["float64", VJP].detail == "heard"


@pytest.mark.parametrize(
    ("law", "what"),
    [
        ("forward_matches_numpy", "value"),
        ("vjp_is_linear", "vjp"),
        ("rr_matches_finite_differences", "derivative"),
        ("hessian_matches_finite_differences", "derivative"),
        ("forward_jacobian_has_rows", "derivative"),
    ],
)
def test_a_failure_calls_its_number_what_it_is(law: str, what: str) -> None:
    case = Case(Graph(((),), (Node("sin", (0,)),), (1,)), (np.array(0.5),))
    worst = Compared("here", 2.0, 1.0, 0.0, 1e-9, 1.0, Beside(1.0, 1e-9))
    text = failure_text(law, "torch:eager", "2", "float64", Verdict("disagree", worst=worst), case, None)
    assert text.splitlines()[1].startswith(f"  {what} 2   reference 1 ")
