"""What a run adds to an expectations file, and what it ends: shown as a diff, written only when asked with a reason."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import msgspec
import pytest

from autograd_conformance.expectation import Entry, Expectations, load
from autograd_conformance.known import Expectation
from autograd_conformance.records import AdapterRecord, CoverageRecord, Footer, Gap, Header, Result, ScenarioResult
from autograd_conformance.results import ResultsFile, read, write_all
from autograd_conformance.upkeep.blocks import Document
from autograd_conformance.upkeep.changing import Change, pruned, updated
from autograd_conformance.upkeep.proposing import Proposal, proposals, unexpected
from tests import results_samples as samples

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
    bad(), bad(law="vjp_is_linear", dtype="float32", worst=gap(1e-2)), bad(verdict="crash", worst=None, detail="SIGSEGV [1]"),
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


def entry(**changes: Any) -> str:
    fields = {
        "law": "*", "adapter": "small:*", "signature": "tanh", "kind": "disagree", "reason": "half", "link": "unreported",
        "witness": "broadcast-add.json", **changes,
    }  # fmt: skip
    return "[[expectation]]\n" + "".join(f'{name} = "{value}"\n' for name, value in fields.items() if value)


def prune(text: str, tmp_path: Path, number: int = 1, removes: bool = False, **changes: Any) -> Change:
    """With the entry of this number called stale."""
    (tmp_path / "known.toml").write_text(text)
    known = load([tmp_path / "known.toml"]).entries[number - 1].expectation
    fields = {name: getattr(known, name) for name in Expectation.__struct_fields__}
    record = samples.known(number, "stale", **{**fields, "added": "", "review": "", **changes})
    return pruned(Document("known.toml", text), [record], [EAGER], "fixed", removes=removes)


def test_an_entry_that_earlier_versions_need_ends_below_the_one_that_ran(tmp_path: Path) -> None:
    text = entry(when="<2.14") + "\n# Another.\n" + entry(signature="mul")
    change = prune(text, tmp_path)
    assert change.new.text == text.replace('when = "<2.14"', '# Since small 2.13.0+cpu: fixed\nwhen = "<2.13"')
    assert prune(text, tmp_path, 2).new.entries[1]["when"] == "<2.13"


def test_an_entry_that_no_other_version_needs_goes(tmp_path: Path) -> None:
    """With its reason in its place; the comment above it is named."""
    text = "# Of tanh.\n" + entry(when=">=2.13") + "\n" + entry(signature="mul")
    change = prune(text, tmp_path)
    assert change.new.text == "# Of tanh.\n# Removed: tanh, disagree, since small 2.13.0+cpu: fixed\n\n" + entry(
        signature="mul"
    )
    assert change.notes == ["entry 1 goes, the comment above it stays: # Of tanh."]


def test_an_entry_that_earlier_versions_need_goes_when_that_is_asked_for(tmp_path: Path) -> None:
    assert prune(entry(), tmp_path, removes=True).new.entries == []


def test_an_entry_that_was_changed_since_the_run_is_left_alone(tmp_path: Path) -> None:
    """One that was only moved is found."""
    text = entry() + "\n" + entry(signature="mul")
    changed = prune(text, tmp_path, signature="sin")
    assert changed.new.text == text
    assert "entry 1 is not what it was" in changed.notes[0]
    moved = prune(text, tmp_path, 2).new.text
    assert [one.get("when") for one in Document("known.toml", moved).entries] == [None, "<2.13"]


def test_an_entry_about_several_frameworks_is_left_to_its_owner(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(entry(adapter="*"))
    other = AdapterRecord(name="large:eager", framework="large", mode="eager", versions={"large": "1.0"})
    record = samples.known(1, "stale", adapter="*", signature="tanh", reason="half", link="unreported",
                           witness="broadcast-add.json")  # fmt: skip
    change = pruned(Document("known.toml", entry(adapter="*")), [record], [EAGER, other], "fixed")
    assert change.new.text == entry(adapter="*")
    assert "speaks of large and small" in change.notes[0]


MINE = "from tests.misbehaving import HalvesGradients, Honest\n\n\nclass Mine({}):\n    pass\n"


def test_known_then_fixed_from_end_to_end(cli: Cli, tmp_path: Path) -> None:
    """Unexpected, written down, known; then right, stale, ended, and nothing is left to say."""
    (tmp_path / "mine.py").write_text(MINE.format("HalvesGradients"))
    run = ("run", "-a", "mine:Mine", "--replay-only", "--expectations=known.toml")
    (tmp_path / "known.toml").write_text("# Mine.\n")
    assert cli(*run).returncode == 1

    shown = cli("expect", "update", "results.jsonl", "--file=known.toml", "--reason=half")
    assert shown.returncode == 0, shown.stderr
    assert "+[[expectation]]" in shown.stdout
    assert (tmp_path / "known.toml").read_text() == "# Mine.\n"
    done = cli("expect", "update", "results.jsonl", "--file=known.toml", "--reason=half", "--write")
    assert done.stdout == shown.stdout
    assert cli(*run).returncode == 0
    assert {one.expected for one in read(tmp_path / "results.jsonl").results if one.expected} == {"half"}
    assert cli("expect", "lint", "known.toml").returncode == 0

    (tmp_path / "mine.py").write_text(MINE.format("Honest"))
    assert cli(*run).returncode == 1
    before = (tmp_path / "known.toml").read_text()
    shown = cli("expect", "prune", "results.jsonl")
    assert shown.returncode == 0, shown.stderr
    assert "-when" in shown.stdout or "-[[expectation]]" in shown.stdout
    assert (tmp_path / "known.toml").read_text() == before
    assert cli("expect", "prune", "results.jsonl", "--write", "--reason=fixed").returncode == 0
    assert ": fixed\n" in (tmp_path / "known.toml").read_text()
    assert cli(*run).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("update", "bad.jsonl"), 2, "--reason TEXT is wanted"),
        (("update", "bad.jsonl", "--reason= ", "--write"), 2, "--reason TEXT is wanted"),
        (("update", "none.jsonl", "--reason=x"), 2, "cannot read none.jsonl"),
        (("update", "bad.jsonl", "--reason=x", "--file=broken.toml"), 2, "broken.toml is not TOML"),
        (("update", "bad.jsonl", "--reason=x", "--link=soon"), 2, "`link`"),
        (
            ("update", "bad.jsonl", "--reason=x", "--file=absent/known.toml", "--write"),
            2,
            "cannot write absent/known.toml",
        ),
        (("update", "bad.jsonl", "--reason=x", "--law=rr_*"), 0, "nothing unexpected"),
        (("update", "bad.jsonl", "--reason=x"), 0, "shown only; --write changes the file"),
        (("prune", "stale.jsonl", "--write"), 2, "--write wants --reason"),
        (("prune", "stale.jsonl"), 2, "cannot read gone.toml"),
        (("prune", "stale.jsonl", "--file=other.toml"), 2, "the stale ones are of gone.toml"),
        (("prune", "old.jsonl"), 2, "run it again"),
        (("prune", "bad.jsonl"), 3, "bad.jsonl is incomplete"),
        (("prune", "clean.jsonl"), 0, "nothing stale"),
        (("list", "broken.toml"), 2, "broken.toml is not TOML"),
    ],
    ids=str,
)
def test_every_command_says_what_is_lacking(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], code: int, text: str
) -> None:
    """One clear message, no traceback, and no file is touched."""
    (tmp_path / "broken.toml").write_text("[[expectation]\n")
    header = file().header
    counts: dict[str, Any] = {"status": "complete", "results": 0, "verdicts": {}, "unexpected": 0}
    write_all(tmp_path / "bad.jsonl", [header, bad()])
    write_all(tmp_path / "clean.jsonl", [header, Footer(**counts)])
    write_all(tmp_path / "old.jsonl", [header, Footer(**counts, stale=["known.toml: entry 1"])])
    stale = samples.known(1, "stale", file="gone.toml")
    write_all(tmp_path / "stale.jsonl", [header, Footer(**counts, stale=["x"], expectations=[stale])])
    files = sorted(tmp_path.iterdir())
    done = cli("expect", *arguments)
    assert done.returncode == code, done.stderr
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == files


def test_list_filters_and_prints_json(cli: Cli, tmp_path: Path) -> None:
    """By adapters and laws that an entry could speak of."""
    import json

    (tmp_path / "known.toml").write_text(entry(law="vjp_*", added="2020-01-01") + "\n" + entry(adapter="large:*"))
    done = cli("expect", "list", "known.toml", "-a", "small:eager", "--law", "vjp_is_linear", "--json")
    assert [(one["file"], one["entry"], one["added"]) for one in json.loads(done.stdout)] == [
        ("known.toml", 1, "2020-01-01")
    ]
    assert "1 known verdict in 1 file" in cli("expect", "list", "known.toml", "-a", "large").stdout
    text = cli("expect", "list", "known.toml").stdout
    assert "known.toml: entry 1: disagree of tanh by vjp_*" in text
    assert "since 2020-01-01 (" in text
