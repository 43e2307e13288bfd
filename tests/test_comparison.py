"""Transitions between two results files."""

from __future__ import annotations

import json
from typing import Any, Literal

import msgspec
import pytest

from autograd_conformance.comparison import compare
from autograd_conformance.comparison_views import to_json, to_markdown, to_text
from autograd_conformance.records import AdapterRecord, CaseRecord, Footer, Gap, Header, Number, Result, ScenarioResult
from autograd_conformance.results import ResultsFile

LAW = "vjp_matches_finite_differences"


def gap(size: Number, bound: Number = 1e-9, measured: float = 1.0, where: str = "d [0]") -> Gap:
    return Gap(
        where=where,
        measured=measured,
        measured_hex=measured.hex(),
        reference=1.0,
        reference_hex="0x1p+0",
        error=0.0,
        bound=bound,
        gap=size,
    )


def result(verdict: Any, worst: Gap | None = None, **changes: Any) -> Result:
    plain = Result(
        case="c1", stratum="core", adapter="torch:eager", law=LAW, dtype="float64", verdict=verdict, worst=worst
    )
    return msgspec.structs.replace(plain, **changes)


def file(
    *results: Result,
    status: Literal["complete", "interrupted", "truncated"] = "complete",
    missing: str | None = None,
    version: str = "2.13.0",
    **header: Any,
) -> ResultsFile:
    adapter = AdapterRecord(
        name="torch:eager", framework="torch", mode="eager", versions={"torch": version}, missing=missing
    )
    cases = {each.case: CaseRecord(id=each.case, stratum="core", graph={}, point=[], cotangents=[]) for each in results}
    footer = None
    if status != "truncated":
        footer = Footer(status=status, results=len(results), verdicts={}, unexpected=0)
    full = Header(**{"suite": "0.1.0", "seed": 1, "adapters": [adapter], **header})
    return ResultsFile(f"{version}.jsonl", full, cases, list(results), [], footer)


def only(base: Result | None, new: Result | None) -> Any:
    """The one transition between two files of at most one result."""
    comparison = compare(file(*[base] if base else []), file(*[new] if new else []))
    (transition,) = comparison.transitions
    return transition


SMALL, LARGE, HUGE = gap(1e-16), gap(1e-8), gap(1e-3)


@pytest.mark.parametrize(
    ("base", "new", "state", "reason"),
    [
        (result("agree", SMALL), result("agree", SMALL), "same", ""),
        (result("agree", SMALL), result("agree", gap(9e-10)), "same", ""),
        (result("agree", SMALL), result("weak", SMALL), "same", "agree -> weak"),
        (result("unsupported"), result("unsupported"), "same", ""),
        (result("disagree", LARGE), result("disagree", LARGE), "same", ""),
        (result("inconclusive"), result("inconclusive"), "same", ""),
        (result("agree", SMALL), result("disagree", HUGE), "regressed", "agree -> disagree"),
        (result("agree", SMALL), result("crash"), "regressed", "agree -> crash"),
        (result("imprecise", LARGE), result("disagree", LARGE), "regressed", "imprecise -> disagree"),
        (result("inconclusive"), result("timeout"), "regressed", "inconclusive -> timeout"),
        (result("disagree", HUGE), result("agree", SMALL), "fixed", "disagree -> agree"),
        (result("error"), result("agree"), "fixed", "error -> agree"),
        (result("disagree", HUGE), result("imprecise", LARGE), "better", "no agreement yet"),
        (result("disagree", HUGE), result("weak", SMALL), "better", "no agreement yet"),
        (result("agree", SMALL), result("imprecise", LARGE), "worse", "crossed its bound"),
        (result("agree"), result("imprecise"), "worse", "crossed its bound"),
        (result("agree", SMALL), result("inconclusive", LARGE), "worse", "crossed its bound"),
        (result("imprecise", LARGE), result("agree", SMALL), "better", "within its bound again"),
        (result("imprecise", LARGE), result("imprecise", gap(1e-7)), "worse", "grew 10 times"),
        (result("disagree", LARGE), result("disagree", gap("nan")), "worse", "grew inf times"),
        (result("disagree", HUGE), result("disagree", LARGE), "better", "shrank to 1e-05 of it"),
        (result("disagree", LARGE), result("crash"), "worse", "another kind of failure: disagree -> crash"),
        (result("error"), result("disagree", LARGE), "worse", "another kind of failure"),
        (result("unsupported"), result("agree", SMALL), "not_comparable", "unsupported in base"),
        (result("agree", SMALL), result("unsupported"), "not_comparable", "unsupported in new"),
        (result("agree", SMALL), result("inconclusive"), "not_comparable", "inconclusive in new"),
        (result("inconclusive"), result("imprecise", LARGE), "not_comparable", "inconclusive in base"),
        (None, result("agree"), "new", "the case is not in the file"),
        (result("agree"), None, "gone", "the case is not in the file"),
    ],
)
def test_state_and_reason(base: Result | None, new: Result | None, state: str, reason: str) -> None:
    transition = only(base, new)
    assert transition.state == state
    assert reason in transition.reason
    assert bool(reason) == bool(transition.reason)


def test_rounding_that_moved_is_drift_and_not_worse() -> None:
    transition = only(result("agree", gap(1e-17, measured=1.0)), result("agree", gap(1e-14, measured=1.0 + 2**-40)))
    assert transition.state == "same"
    assert transition.drift.moved == 2**-40
    assert transition.drift.growth == pytest.approx(1000)
    assert compare(file(transition.base), file(transition.new)).drifted


def test_values_of_different_elements_are_not_subtracted() -> None:
    transition = only(result("agree", gap(1e-16, where="d [0]")), result("agree", gap(1e-16, where="d [1]")))
    assert transition.drift.moved is None


def test_equal_results_have_no_drift() -> None:
    assert not compare(file(result("agree", SMALL)), file(result("agree", SMALL))).drifted


def test_dtypes_laws_adapters_and_peers_are_told_apart() -> None:
    base = file(result("agree"), result("disagree", dtype="float32"), result("agree", peer="jax:jit"))
    new = file(result("agree"), result("agree", dtype="float32"), result("error", peer="jax:jit"))
    assert {each.key[3:]: each.state for each in compare(base, new).transitions} == {
        ("float64", ""): "same",
        ("float32", ""): "fixed",
        ("float64", "jax:jit"): "regressed",
    }


def test_the_worse_of_two_results_for_one_key_counts() -> None:
    comparison = compare(file(result("agree")), file(result("agree"), result("disagree", stratum="other")))
    assert [each.state for each in comparison.transitions] == ["regressed"]


def test_versions_of_one_adapter_are_compared_and_named() -> None:
    comparison = compare(file(result("agree"), version="2.12.0"), file(result("agree"), version="2.13.0"))
    assert comparison.counts["same"] == 1
    assert "torch:eager: torch 2.12.0 -> 2.13.0" in comparison.differences


def test_regressions_and_fixes_do_not_cancel() -> None:
    base = file(result("agree"), result("disagree", case="c2"))
    new = file(result("disagree"), result("agree", case="c2"))
    comparison = compare(base, new)
    assert (comparison.counts["regressed"], comparison.counts["fixed"]) == (1, 1)
    assert comparison.matrix == {("agree", "disagree"): 1, ("disagree", "agree"): 1}
    assert comparison.exit_code == 1


@pytest.mark.parametrize(
    ("base", "new", "code"),
    [
        (file(result("agree")), file(result("agree")), 0),
        (file(result("disagree", LARGE)), file(result("agree")), 0),
        (file(result("agree")), file(result("disagree")), 1),
        (file(result("agree")), file(result("imprecise")), 1),
        (file(result("agree")), file(result("agree", case="c2")), 5),
        (file(result("agree")), file(result("unsupported")), 5),
        (file(), file(), 5),
        (file(result("agree")), file(result("disagree"), status="truncated"), 3),
        (file(result("agree"), status="interrupted"), file(result("agree")), 3),
        (file(result("agree")), file(missing="No module named 'torch'"), 3),
    ],
)
def test_exit_code(base: ResultsFile, new: ResultsFile, code: int) -> None:
    assert compare(base, new).exit_code == code


KNOWN = "cumprod is wrong at zeros"


@pytest.mark.parametrize(
    ("base", "new", "state", "code"),
    [
        (result("agree"), result("disagree", HUGE, expected=KNOWN), "regressed", 0),
        (result("disagree", LARGE, expected=KNOWN), result("disagree", HUGE, expected="another"), "worse", 0),
        (result("disagree", LARGE, expected=KNOWN), result("disagree", HUGE), "worse", 1),
        (result("disagree", LARGE, expected=KNOWN), result("crash"), "worse", 1),
        (result("agree"), result("imprecise", LARGE), "worse", 1),
    ],
)
def test_what_an_expectation_foresaw_is_listed_and_does_not_gate(
    base: Result, new: Result, state: str, code: int
) -> None:
    comparison = compare(file(base), file(new))
    (transition,) = comparison.transitions
    assert (transition.state, transition.foreseen, comparison.exit_code) == (state, new.expected, code)
    assert transition.gates is (code == 1)
    if new.expected:
        assert f"foreseen: {new.expected}" in to_text(comparison)
        assert "all of it foreseen" in to_text(comparison)
        assert json.loads(to_json(comparison))["transitions"][0]["foreseen"] == new.expected


def test_numbers_beside_a_known_defect_that_gave_others_are_not_compared() -> None:
    """What reads foreign memory gives others each time; other verdicts on the same case hang on the same numbers."""
    base = file(result("disagree", LARGE, expected=KNOWN), result("agree", SMALL, law="vjp_is_linear"))
    moved = gap(1e-12, measured=7.0)
    new = file(result("disagree", HUGE, expected=KNOWN), result("agree", moved, law="vjp_is_linear"))
    comparison = compare(base, new)
    assert {each.state for each in comparison.transitions} == {"same"}
    assert comparison.drifted == []
    assert comparison.beside_defects == 2
    for text in (to_text(comparison), to_markdown(comparison)):
        assert "numbers of 2 verdicts were not compared: a known defect of their case gave others" in text
    changed = file(result("crash", expected=KNOWN), result("crash", law="vjp_is_linear"))
    assert [each.state for each in compare(base, changed).transitions] == ["regressed", "worse"]
    steady = file(result("disagree", LARGE, expected=KNOWN), result("agree", moved, law="vjp_is_linear"))
    assert len(compare(base, steady).drifted) == 1  # the defect is as it was
    other_dtype = file(result("disagree", LARGE, expected=KNOWN), result("agree", SMALL, dtype="float32"))
    drifted = file(result("disagree", HUGE, expected=KNOWN), result("agree", moved, dtype="float32"))
    assert len(compare(other_dtype, drifted).drifted) == 1


def test_an_adapter_may_be_held_against_another_peer() -> None:
    """Of several peers the one that differs most is named; that it is another one now is nothing new, and nothing gone."""
    law = "modes_agree"
    moved = only(result("agree", law=law, peer="torch:func"), result("disagree", law=law, peer="torch:other"))
    assert (moved.state, moved.verdicts, moved.peer) == ("regressed", ("agree", "disagree"), "torch:other")
    both = [result("agree", law=law, peer=peer) for peer in ("torch:func", "torch:other")]
    found = compare(file(*both), file(both[0], msgspec.structs.replace(both[1], peer="torch:third")))
    assert [each.state for each in found.transitions] == ["same", "same"]
    found = compare(file(both[0]), file(*both))
    assert sorted(each.state for each in found.transitions) == ["new", "same"]


def test_a_peer_with_a_known_defect_is_one_too() -> None:
    def both(known: Gap, agreed: Gap) -> ResultsFile:
        return file(
            result("disagree", known, expected=KNOWN), result("agree", agreed, adapter="jax:jit", peer="torch:eager")
        )

    assert compare(both(LARGE, SMALL), both(HUGE, gap(1e-12, measured=7.0))).drifted == []


@pytest.mark.parametrize(
    ("base", "new", "kind"),
    [
        (result("disagree", expected=KNOWN), result("disagree"), "no longer foreseen"),
        (result("disagree"), result("disagree", expected=KNOWN), "newly foreseen"),
        (result("disagree", expected=KNOWN), result("disagree", expected="another"), "another reason"),
        (result("disagree", expected=KNOWN), result("agree"), "no longer there"),
    ],
)
def test_changes_of_expectations_are_named(base: Result, new: Result, kind: str) -> None:
    comparison = compare(file(base), file(new))
    ((found, count),) = comparison.foresights
    assert (found.kind, found.adapter, count) == (kind, "torch:eager", 1)
    assert kind in to_text(comparison)
    assert kind in to_markdown(comparison)
    assert compare(file(base), file(base)).foresights == []


@pytest.mark.parametrize("verdict", ["unsupported", "crash"])
def test_laws_of_a_case_without_an_answer_are_not_comparable(verdict: str) -> None:
    """They are not merely gone: the adapter says why there is nothing to judge."""
    answered = result("agree", law="adapter_answers")
    silent = result(verdict, law="adapter_answers", detail="it was removed")
    found = {each.law: each for each in compare(file(answered, result("agree")), file(silent)).transitions}
    assert (found[LAW].state, found[LAW].reason) == ("not_comparable", f"{verdict} in new: it was removed")
    found = {each.law: each for each in compare(file(silent), file(answered, result("agree"))).transitions}
    assert (found[LAW].state, found[LAW].reason) == ("not_comparable", f"{verdict} in base: it was removed")


def test_a_regression_says_what_was_found() -> None:
    assert only(result("agree"), result("error", detail="RuntimeError: no kernel")).reason == (
        "agree -> error, RuntimeError: no kernel"
    )


def test_a_missing_adapter_that_only_told_scenarios_makes_a_comparison_incomplete() -> None:
    base, new = file(), file(missing="No module named 'torch'")
    base.scenarios.append(ScenarioResult(scenario="A1", adapter="torch:eager", claim="", verdict="agree"))
    assert compare(base, new).exit_code == 3


def test_searches_with_different_seeds_say_why_nothing_is_comparable() -> None:
    comparison = compare(
        file(result("agree"), seed=1, settings={"examples": 200}),
        file(result("agree", case="c2"), seed=2, settings={"examples": 100}),
    )
    assert comparison.exit_code == 5
    assert "seed: 1 -> 2" in comparison.differences
    assert "setting examples: 200 -> 100" in comparison.differences
    assert "share no case" in comparison.differences[0]
    assert "Nothing could be compared" in to_text(comparison)


def test_adapter_that_could_not_run_is_gone_with_its_reason() -> None:
    comparison = compare(file(result("agree")), file(missing="No module named 'torch'"))
    assert comparison.transitions[0].state == "gone"
    assert "could not run: No module named 'torch'" in comparison.transitions[0].reason
    assert "lacks torch:eager" in to_text(comparison)
