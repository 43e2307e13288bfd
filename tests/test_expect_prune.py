"""Entries that a run found stale are ended or removed; and the commands of `expect`, from end to end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from autograd_conformance.expectation import load
from autograd_conformance.known import Expectation
from autograd_conformance.records import AdapterRecord, Footer
from autograd_conformance.results import read, write_all
from autograd_conformance.upkeep.blocks import Document
from autograd_conformance.upkeep.changing import Change, pruned
from tests import results_samples as samples
from tests.test_expect_update import EAGER, bad, file

Cli = Callable[..., "CompletedProcess[str]"]


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
    (tmp_path / "known.toml").write_text(entry(law="vjp_*", added="2020-01-01") + "\n" + entry(adapter="large:*"))
    done = cli("expect", "list", "known.toml", "-a", "small:eager", "--law", "vjp_is_linear", "--json")
    assert [(one["file"], one["entry"], one["added"]) for one in json.loads(done.stdout)] == [
        ("known.toml", 1, "2020-01-01")
    ]
    assert "1 known verdict in 1 file" in cli("expect", "list", "known.toml", "-a", "large").stdout
    text = cli("expect", "list", "known.toml").stdout
    assert "known.toml: entry 1: disagree of tanh by vjp_*" in text
    assert "since 2020-01-01 (" in text
