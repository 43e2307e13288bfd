"""What a run adds to an expectations file, and what it ends: shown as a diff, written only when asked with a reason."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import msgspec
import pytest

from autograd_conformance.expectation import Entry, Expectations
from autograd_conformance.known import Expectation
from autograd_conformance.records import AdapterRecord, CoverageRecord, Gap, Header, Result, ScenarioResult
from autograd_conformance.results import ResultsFile
from autograd_conformance.upkeep.blocks import Document
from autograd_conformance.upkeep.changing import Change, updated
from autograd_conformance.upkeep.proposing import Proposal, proposals, unexpected

Cli = Callable[..., "CompletedProcess[str]"]
TODAY = datetime.date(2026, 11, 22)
VJP = "vjp_matches_finite_differences"
EAGER, GRAPH = (
    AdapterRecord(name=f"small:{mode}", framework="small", mode=mode, versions={"small": "2.13.0+cpu"},
                  numerics={"device": "cpu"})
    for mode in ("eager", "graph")
)  # fmt: skip


def gap(size: float | str = 4.2e-7) -> Gap:
    return Gap(
        where="d", measured=1.0, measured_hex="", reference=1.0, reference_hex="", error=0.0, bound=1e-9, gap=size
    )


def bad(**changes: Any) -> Result:
    fields = {
        "case": "aaaa", "stratum": "core", "adapter": "small:eager", "law": VJP, "dtype": "float64", "verdict": "disagree",
        "reduced": "bbbb", "signature": "tanh", "worst": gap(), **changes,
    }  # fmt: skip
    return Result(**fields)


def file(*results: Result, adapters: tuple[AdapterRecord, ...] = (EAGER,), **more: Any) -> ResultsFile:
    return ResultsFile(
        "results.jsonl", Header(suite="0", seed=1, adapters=list(adapters)), results=list(results), **more
    )


def proposed(*results: Result, adapters: tuple[AdapterRecord, ...] = (EAGER,)) -> list[Proposal]:
    return proposals(results, adapters)


def entries(*results: Result, adapters: tuple[AdapterRecord, ...] = (EAGER,), **witnesses: str) -> list[dict[str, Any]]:
    return [one.entry("half", "unreported", witnesses, TODAY) for one in proposed(*results, adapters=adapters)]


def test_an_entry_says_what_was_seen_and_no_more() -> None:
    """One minor release, the next power of ten of the gap, by chance until a case is frozen."""
    (entry,) = entries(bad())
    assert entry == {
        "law": VJP, "adapter": "small:eager", "signature": "tanh", "dtype": "float64", "kind": "disagree",
        "largest_gap": 1e-6, "when": "==2.13.*", "reason": "half", "link": "unreported", "added": TODAY, "strict": False,
    }  # fmt: skip


def test_a_frozen_case_is_named_as_witness() -> None:
    """Then a full run must show it."""
    (entry,) = entries(bad(), bbbb="tanh.json")
    assert entry["witness"] == "tanh.json"
    assert "strict" not in entry


@pytest.mark.parametrize(("measured", "written"), [(1e-6, 1e-6), (1.1e-6, 1e-5), (4.2, 10.0), (9.99e-13, 1e-12)])
def test_the_margin_of_a_gap_is_one_power_of_ten(measured: float, written: float) -> None:
    (entry,) = entries(bad(worst=gap(measured)), bad(case="cccc", worst=gap(measured / 3)))
    assert entry["largest_gap"] == written


def test_a_gap_that_is_no_number_stands_by_itself() -> None:
    """So that it does not forgive larger ones beside it."""
    found = entries(bad(), bad(case="cccc", worst=gap("nan")))
    assert sorted(str(entry.get("largest_gap")) for entry in found) == ["1e-06", "None"]


@pytest.mark.parametrize(
    ("laws", "written"),
    [
        ([VJP], [VJP]),
        ([VJP, "vjp_is_linear"], ["vjp_*"]),
        ([VJP, "second_call_is_equal"], ["second_call_is_equal", VJP]),
        (["rr_matches_finite_differences", "fr_matches_finite_differences"], ["[fr][fr]*_matches*"]),
        ([VJP, "second_call_is_equal", "words_agree"], ["*"]),
    ],
    ids=str,
)
def test_laws_are_named_by_family(laws: list[str], written: list[str]) -> None:
    """Two of a family stand for it; where three kinds of law fail, every law is meant."""
    assert [entry["law"] for entry in entries(*(bad(law=law) for law in laws))] == written


def test_modes_that_all_show_it_are_one_entry() -> None:
    both = (EAGER, GRAPH)
    assert [one["adapter"] for one in entries(bad(), bad(adapter="small:graph"), adapters=both)] == ["small:*"]
    assert [one["adapter"] for one in entries(bad(), adapters=both)] == ["small:eager"]
    other = msgspec.structs.replace(GRAPH, versions={"small": "2.14.0"})
    assert len(entries(bad(), bad(adapter="small:graph"), adapters=(EAGER, other))) == 2


@pytest.mark.parametrize(
    ("points", "written"),
    [
        ([""], None),
        (["", "zero"], None),
        (["zero"], "zero"),
        (["zero", "empty+zero"], "*zero*"),
        (["zero", "empty"], "?*"),
    ],
    ids=str,
)
def test_a_point_is_named_where_every_one_is_special(points: list[str], written: str | None) -> None:
    (entry,) = entries(*(bad(case=point, point=point) for point in points))
    assert entry.get("point") == written


def test_an_error_is_known_by_its_words() -> None:
    """Where a number may be another the next time, any is meant."""
    raised = {"verdict": "error", "worst": None, "law": "adapter_answers"}
    (entry,) = entries(bad(detail="RuntimeError: [x] at 0x7f00 after 123456 steps?\nmore", **raised))
    assert entry["detail"] == "RuntimeError: [[]x] at * after * steps[?]*"
    assert "largest_gap" not in entry
    assert len(entries(bad(detail="one", **raised), bad(detail="another", **raised))) == 2


def test_another_device_than_a_processor_is_named() -> None:
    (entry,) = entries(bad(), adapters=(msgspec.structs.replace(EAGER, numerics={"device": "cuda:0"}),))
    assert entry["device"] == "cuda:0"


def test_scenarios_and_ops_below_the_floor_are_unexpected_too() -> None:
    told = [ScenarioResult(scenario="C2", adapter="small:eager", claim="", verdict="disagree")]
    short = [CoverageRecord(op="tanh", adapter="small:eager", strong=1, floor=5)]
    found = entries(*unexpected(file(bad(expected="known"), scenarios=told, coverage=short)))
    assert [(one["law"], one.get("case"), one.get("signature"), one.get("strict")) for one in found] == [
        ("outcome_is_documented", "C2", None, None),
        ("op_is_covered", None, "tanh", False),
    ]


MANY = (
    bad(), bad(law="vjp_is_linear", dtype="float32", worst=gap(1e-2)),
    bad(verdict="crash", worst=None, detail="SIGSEGV [1]"),
    bad(adapter="small:graph", point="zero"), bad(worst=gap("inf"), case="cccc"), bad(signature="", case="C2", law="x"),
    bad(verdict="timeout", worst=None), bad(law="jvp_transposes_vjp"), bad(law="words_agree"), bad(worst=gap(0.0)),
)  # fmt: skip


def test_what_is_proposed_foresees_every_verdict_it_is_made_from() -> None:
    """And, of another version, another kind or a gap ten times as large, none."""
    plain = entries(*MANY, adapters=(EAGER, GRAPH))
    known = Expectations(tuple(Entry("x", 1, msgspec.convert(one, Expectation)) for one in plain))
    for result in MANY:
        assert known.match(result, EAGER.versions) is not None, result
        assert known.match(result, {"small": "2.14.0"}) is None
    assert known.match(bad(dtype="float32", law="vjp_is_linear", worst=gap(0.11)), EAGER.versions) is None


def update(text: str, *results: Result, version: str = "2.13.0") -> Change:
    adapter = msgspec.structs.replace(EAGER, versions={"small": version})
    found = proposed(*results, adapters=(adapter,))
    return updated(Document("known.toml", text), found, "half", "unreported", {}, TODAY)


def test_a_known_entry_is_widened_by_the_next_release_and_a_larger_gap() -> None:
    """In its place, with the reason above; nothing else changes."""
    before = update("", bad()).new.text
    change = update(before, bad(worst=gap(3e-4)), version="2.14.1")
    assert change.new.text == before.replace(
        "largest_gap = 1.0e-6\n", "# 2026-11-22: half\nlargest_gap = 0.001\n"
    ).replace('when = "==2.13.*"\n', '# 2026-11-22: half\nwhen = ">=2.13.dev0,<2.15"\n')
    assert change.notes == []


def test_what_is_known_already_changes_nothing() -> None:
    before = update("", bad()).new.text
    assert update(before, bad(worst=gap(1e-8))).new.text == before


def test_another_release_or_no_number_is_another_entry() -> None:
    before = update("", bad()).new.text
    assert len(update(before, bad(), version="2.16.0").new.entries) == 2
    assert len(update(before, bad(worst=gap("nan"))).new.entries) == 2


def test_what_has_no_frozen_case_says_how_to_freeze_it() -> None:
    (note,) = update("", bad()).notes
    assert "autograd-conformance corpus add bbbb" in note
