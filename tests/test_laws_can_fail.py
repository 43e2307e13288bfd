"""No law is vacuous: each is broken by an adapter that is wrong in the way the law is about."""

from __future__ import annotations

from collections import Counter

import pytest

from autograd_conformance.campaign import Campaign
from autograd_conformance.expectation import Expectations
from autograd_conformance.judge import ANSWERS
from autograd_conformance.laws import LAWS
from autograd_conformance.laws.words import WORD_LAWS, jvp_transposes_vjp
from autograd_conformance.preparation import prepare
from autograd_conformance.records import UNEXPECTED_VERDICTS, Record, Result
from autograd_conformance.settings import Settings

KILLERS: dict[str, list[tuple[str, ...]]] = {
    ANSWERS: [("Raises",), ("RaisesInTranslate",), ("ReturnsNone",), ("TooFewGradients",), ("Exits",), ("Segfaults",)],
    "forward_matches_numpy": [("WrongForward",), ("WrongOutputsWithGradient",)],
    "vjp_matches_finite_differences": [("HalvesGradients",), ("ReturnsNan",)],
    "jacobian_matches_finite_differences": [("UnitCotangentDoubled",), ("HalvesGradients",)],
    "coarse_dtype_matches_float64": [("HalvesCoarseGradients",)],
    "gradient_has_primal_shape_and_dtype": [
        ("WrongShape",),
        ("WrongDtype",),
        ("WrongOutputDtype",),
        ("NoneForEveryInput",),
    ],
    "vjp_of_zero_is_zero": [("AddsConstant",), ("ReturnsNan",)],
    "vjp_is_linear": [("SquaresCotangent",), ("AddsConstant",)],
    "fan_out_accumulates": [("HalvesGradients",)],
    "equal_graphs_have_equal_gradients": [("CountsNodes",)],
    "gradients_follow_their_leaves": [("WeighsElements",)],
    "second_call_is_equal": [("SecondCallDiffers",)],
    "inputs_are_unmodified": [("ModifiesInput",)],
    "layout_changes_nothing": [("MisreadsLayout",)],
    "wrapped_graphs_have_equal_gradients": [("WrapsBadly",)],
    "wrapped_graphs_have_equal_derivatives": [("WrapsBadly",)],
    "stopped_gradients_are_zero": [("WrapsBadly",)],
    "modes_agree": [("ModesDiffer",)],
    "frameworks_agree": [("Honest", "HalvesGradients")],
    **{law.name: [("HalvesDerivatives",)] for law in (*WORD_LAWS, jvp_transposes_vjp)},
    "hessian_is_symmetric": [("SkewsHessian",)],
    "words_agree": [("DriftsInThirdOrder",)],
    **{f"{form}_jacobian_has_rows": [("ScalesJacobians",)] for form in ("reverse", "forward", "vectorized")},
    "hessian_matches_finite_differences": [("LosesMixedPartials",)],
    "per_example_gradients_are_single_ones": [("ReversesBatches",)],
}
"""Law to groups of adapters of `tests.misbehaving` that break it when they run together."""


def results_of(adapters: tuple[str, ...], laws: tuple[str, ...] = ("*",), examples: int = 6) -> list[Result]:
    """What a small search through the whole machinery writes about adapters of `tests.misbehaving`."""
    settings = Settings(
        ops=("tanh", "mul", "shift"), dtypes=("float64", "float32"), laws=laws, examples=examples, timeout=20.0
    )
    written: list[Record] = []
    prepared = prepare([f"tests.misbehaving:{name}" for name in adapters], settings, [])
    try:
        campaign = Campaign(settings, prepared.adapters, prepared.workers, [], Expectations(()), written.append, 1)
        campaign.start().join(180)
    finally:
        prepared.close()
    assert campaign.failure is None
    assert campaign.footer().status == "complete"
    results = [record for record in written if isinstance(record, Result)]
    assert results
    return results


def broken_laws(adapters: tuple[str, ...], laws: tuple[str, ...] = ("*",), examples: int = 6) -> Counter[str]:
    """How often each law was broken."""
    found = results_of(adapters, laws, examples)
    return Counter(result.law for result in found if result.verdict in UNEXPECTED_VERDICTS)


@pytest.mark.parametrize("law", [ANSWERS, *LAWS])
def test_every_law_can_fail(law: str) -> None:
    """Each adapter that should break a law does; one small case in three is in another form, and in one of a dozen forms, of
    larger ones one in eighteen; one is differentiated again, one in a dozen of those four times.
    """
    groups = KILLERS.get(law, [])
    assert groups, f"no faulty adapter breaks {law}: add one, or the law shows nothing"
    asked = ("forward_matches_numpy",) if law == ANSWERS else (law,)
    examples = 6
    if law != ANSWERS and (LAWS[law].changes or LAWS[law].words):
        examples = 240 if LAWS[law].changes else 40
    for adapters in groups:
        assert broken_laws(adapters, asked, examples)[law], f"{law} holds for {', '.join(adapters)}"


@pytest.mark.parametrize("law", list(LAWS))
def test_every_law_holds_for_an_honest_adapter(law: str) -> None:
    """A right adapter, alone, breaks no law."""
    assert not broken_laws(("HonestOrders" if LAWS[law].words else "Honest",), (law,))


def test_two_honest_frameworks_agree() -> None:
    """Two right adapters of different names break no law between them."""
    assert not broken_laws(("Honest", "Babbles"), ("*_agree",))


def test_only_unit_cotangents_show_a_fault_that_needs_them() -> None:
    """A fault that only unit cotangents set off is seen by the law about the whole Jacobian, and by no other."""
    assert set(broken_laws(("UnitCotangentDoubled",))) == {"jacobian_matches_finite_differences"}


def test_side_effects_are_seen_by_the_laws_about_them_alone() -> None:
    """Right numbers with a modified input break no law about numbers of one call."""
    broken = set(broken_laws(("ModifiesInput",)))
    assert "forward_matches_numpy" not in broken
    assert "inputs_are_unmodified" in broken


def test_a_wrong_gradient_is_no_fault_of_batches() -> None:
    """Whatever an example alone gives is right in a batch, also at the other examples' points."""
    broken = set(broken_laws(("HalvesEveryExample",)))
    assert "vjp_matches_finite_differences" in broken
    assert "per_example_gradients_are_single_ones" not in broken


def test_a_wrong_framework_is_recorded_with_itself() -> None:
    """When one of two frameworks is confirmed, the disagreement between them is the other's."""
    results = results_of(("Honest", "HalvesGradients"))
    between = [each for each in results if each.law == "frameworks_agree" and each.verdict == "disagree"]
    assert between
    assert {result.adapter for result in between} == {"tests.misbehaving:HalvesGradients:eager"}
    assert {result.peer for result in between} == {"tests.misbehaving:Honest:eager"}
