"""Which expectations a run finds to hold no longer: by the frozen case they name, or by a full search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import msgspec
import pytest

from autograd_conformance import corpus
from autograd_conformance.expectation import Expectations, Ran, load
from autograd_conformance.known import Expectation
from autograd_conformance.records import KnownRecord, Result
from autograd_conformance.results import read

Cli = Callable[..., "CompletedProcess[str]"]
VJP = "vjp_matches_finite_differences"
ENTRY = """
[[expectation]]
law = "vjp_*"
adapter = "small:*"
signature = "mul+tanh"
kind = "disagree"
reason = "halves the gradient of tanh"
link = "unreported"
witness = "shown.json"
"""
SMALL = {"small:eager": {"small": "1.0"}}
SHOWN = Result(
    case="3f9a2c81", stratum="corpus", adapter="small:eager", law=VJP, dtype="float64", verdict="disagree",
    signature="mul+tanh",
)  # fmt: skip
PASSED = msgspec.structs.replace(SHOWN, verdict="agree", signature="")


def known(tmp_path: Path, text: str = ENTRY) -> Expectations:
    path = tmp_path / "known.toml"
    path.write_text(text)
    return load([path], witnesses={"shown.json": "3f9a2c81"})


def stale(expectations: Expectations, *replayed: Result, is_search: bool = False, **more: Any) -> int:
    return len(expectations.stale(Ran(SMALL, replayed=replayed, is_search=is_search, **more)))


def test_a_witness_that_passes_makes_its_entry_stale(tmp_path: Path) -> None:
    """In a replay as in a search, and although another case of the search still showed it."""
    expectations = known(tmp_path)
    expectations.match(msgspec.structs.replace(SHOWN, case="another", stratum="core"), SMALL["small:eager"])
    assert stale(expectations, PASSED) == 1
    assert stale(expectations, PASSED, is_search=True) == 1


def test_a_witness_that_shows_it_keeps_its_entry(tmp_path: Path) -> None:
    """By one law of those the entry speaks of."""
    other = msgspec.structs.replace(PASSED, law="vjp_is_linear")
    assert stale(known(tmp_path), SHOWN, other, is_search=True) == 0


def test_an_entry_on_several_laws_is_put_to_the_test_by_each_of_them(tmp_path: Path) -> None:
    """A replay tells of a mended defect there too, and the verdict of a law it does not name says nothing."""
    expectations = known(tmp_path, ENTRY.replace("vjp_*", "hessian_*|vjp_*"))
    assert stale(expectations, PASSED) == 1
    assert stale(expectations, SHOWN) == 0
    assert stale(expectations, msgspec.structs.replace(PASSED, law="forward_matches_numpy")) == 0


@pytest.mark.parametrize("changes", [{"verdict": "error"}, {"signature": "tanh"}, {"dtype": "float32"}], ids=str)
def test_a_witness_that_shows_something_else_does_not_show_it(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Another kind of failure, other ops, another dtype."""
    expectations = known(tmp_path, ENTRY + 'dtype = "float64"\n' if "dtype" in changes else ENTRY)
    other = msgspec.structs.replace(SHOWN, **changes)
    assert stale(expectations, other, PASSED) == 1


def test_a_larger_gap_than_the_witness_had_is_not_what_is_known(tmp_path: Path) -> None:
    """The verdict is unexpected, and the entry stale."""
    expectations = known(tmp_path, ENTRY + "largest_gap = 1e-6\n")
    assert expectations.match(SHOWN, SMALL["small:eager"]) is None
    assert stale(expectations, SHOWN) == 1


@pytest.mark.parametrize("verdict", ["unsupported", "weak", "inconclusive"])
def test_an_undecided_witness_is_no_test(tmp_path: Path, verdict: Any) -> None:
    """A replay that could not tell says nothing; a search that found nothing does."""
    undecided = msgspec.structs.replace(PASSED, verdict=verdict)
    assert stale(known(tmp_path), undecided) == 0
    assert stale(known(tmp_path), undecided, is_search=True) == 1


@pytest.mark.parametrize(
    "changes", [{"case": "another"}, {"law": "forward_matches_numpy"}, {"adapter": "large:eager"}], ids=str
)
def test_a_replay_says_nothing_of_what_it_did_not_ask(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Neither the case, nor a law of the entry, nor its adapter."""
    assert stale(known(tmp_path), msgspec.structs.replace(PASSED, **changes)) == 0


def test_a_replay_says_nothing_of_an_entry_without_a_witness(tmp_path: Path) -> None:
    """A search does, whatever it drew."""
    text = ENTRY.replace('witness = "shown.json"\n', "")
    assert stale(known(tmp_path, text), PASSED) == 0
    assert stale(known(tmp_path, text), PASSED, is_search=True) == 1


def test_a_scenario_is_its_own_witness(tmp_path: Path) -> None:
    """Where it was told, in a replay too; where it was not, a search says nothing of it either."""
    text = '[[expectation]]\nlaw = "outcome_is_documented"\nadapter = "small:*"\nkind = "disagree"\ncase = "C2"\n'
    expectations = known(tmp_path, text + 'reason = "older than its page"\nlink = "unreported"\n')
    told = Result(case="C2", stratum="scenarios", adapter="small:eager", law="outcome_is_documented", dtype="",
                  verdict="agree")  # fmt: skip
    assert stale(expectations, told) == 1
    assert stale(expectations, msgspec.structs.replace(told, verdict="disagree")) == 0
    assert stale(expectations, is_search=True) == 0


def test_an_entry_on_several_modes_is_put_to_the_test_by_all_of_them(tmp_path: Path) -> None:
    """What it speaks of may show in the one that was left out, whatever the witness does in the other."""
    named = ENTRY.replace("small:*", "small:eager")
    for is_search in (False, True):
        assert stale(known(tmp_path), PASSED, is_search=is_search) == 1
        assert stale(known(tmp_path), PASSED, is_search=is_search, absent={"small:graph"}) == 0
        assert stale(known(tmp_path, named), PASSED, is_search=is_search, absent={"small:graph"}) == 1


def test_an_entry_about_another_device_is_not_put_to_the_test(tmp_path: Path) -> None:
    """A device that is not known is none of those named."""
    expectations = known(tmp_path, ENTRY + 'device = "cuda*"\n')
    assert stale(expectations, PASSED, devices={"small:eager": "cpu"}) == 0
    assert stale(expectations, PASSED) == 0
    assert stale(expectations, PASSED, devices={"small:eager": "cuda:0"}) == 1


def test_a_device_is_matched_exactly(tmp_path: Path) -> None:
    """Of the adapter itself; what another adapter computes on, nobody said."""
    expectations = known(tmp_path, ENTRY + 'device = "cuda*"\n')
    versions = SMALL["small:eager"]
    assert expectations.match(SHOWN, versions, "cuda:0") is not None
    assert expectations.match(SHOWN, versions, "cpu") is None
    assert expectations.match(SHOWN, versions) is None
    between = msgspec.structs.replace(SHOWN, adapter="large:eager", peer="small:eager")
    assert expectations.match(between, versions, "cuda:0") is None


def test_every_field_of_an_entry_is_recorded() -> None:
    """So that a page, and whoever mends the file, has all of it."""
    assert set(Expectation.__struct_fields__) < set(KnownRecord.__struct_fields__)


@pytest.mark.parametrize(("day", "is_readable"), [("2026-02-28", True), ("2026-02-30", False), ('"soon"', False)])
def test_a_day_is_a_day(tmp_path: Path, day: str, is_readable: bool) -> None:
    """An entry with another is refused."""
    text = f"{ENTRY}added = 2026-01-31\nreview = {day}\n"
    if is_readable:
        assert str(known(tmp_path, text).entries[0].expectation.review) == day
    else:
        with pytest.raises(Exception, match=r"known\.toml"):
            known(tmp_path, text)


def replayed(cli: Cli, tmp_path: Path, adapter: str, entry: str) -> CompletedProcess[str]:
    (tmp_path / "known.toml").write_text(entry)
    return cli("run", "-a", f"tests.misbehaving:{adapter}", "--replay-only", "--expectations=known.toml")


def entry_for(adapter: str, **changes: Any) -> str:
    fields = {
        "law": "*", "adapter": f"tests.misbehaving:{adapter}:*", "signature": "*tanh*", "kind": "disagree",
        "reason": "half of what it should be", "link": "unreported", "witness": "broadcast-add.json", **changes,
    }  # fmt: skip
    lines = [f"{name} = {value!r}" for name, value in fields.items() if value is not None]
    return "[[expectation]]\n" + "\n".join(lines).replace("'", '"') + "\n"


def test_a_replay_of_what_is_known_exits_0(cli: Cli, tmp_path: Path) -> None:
    """The witness shows it, and the footer says how often it was met and that nothing else applied."""
    done = replayed(cli, tmp_path, "HalvesGradients", entry_for("HalvesGradients"))
    assert done.returncode == 0, done.stderr
    assert "nothing unexpected" in done.stderr
    footer = read(tmp_path / "results.jsonl").footer
    mine = next(each for each in footer.expectations if not each.is_shipped)
    assert (mine.file, mine.number, mine.state) == ("known.toml", 1, "met")
    met = [one for one in read(tmp_path / "results.jsonl").results if one.expected]
    assert sum(mine.times.values()) == len(met) > 0
    assert {each.state for each in footer.expectations if each.is_shipped} == {"not_applicable"}


def test_a_replay_calls_an_entry_stale_whose_witness_passes(cli: Cli, tmp_path: Path) -> None:
    """Exit 1, and the next step is named; an entry without a frozen case is left alone."""
    unseen = entry_for("Honest", witness=None, signature="sin")
    done = replayed(cli, tmp_path, "Honest", entry_for("Honest") + unseen)
    assert done.returncode == 1, done.stderr
    assert "stale expectation: known.toml: entry 1" in done.stderr
    assert "entry 2" not in done.stderr
    assert "autograd-conformance expect prune results.jsonl" in done.stderr


@pytest.mark.parametrize(
    ("adapter", "changes"),
    [("ReturnsNan", {"largest_gap": 0.5}), ("Raises", {}), ("HalvesGradients", {"largest_gap": 1e-9})],
    ids=["nan for a gap", "an error for a wrong number", "a larger gap"],
)
def test_a_replay_that_shows_something_else_is_unexpected(
    cli: Cli, tmp_path: Path, adapter: str, changes: dict[str, Any]
) -> None:
    """And the entry is stale: what it speaks of was not there."""
    done = replayed(cli, tmp_path, adapter, entry_for(adapter, **changes))
    assert done.returncode == 1, done.stderr
    footer = read(tmp_path / "results.jsonl").footer
    assert footer.unexpected > 0
    assert len(footer.stale) == 1


def test_frozen_cases_are_judged_before_anything_is_drawn(cli: Cli, tmp_path: Path) -> None:
    """So that a strict expectation is decided first, and by the same case every time."""
    assert cli("run", "-a", "tests.misbehaving:Honest", "--profile=quick", "--examples=1").returncode == 0
    strata = [one.stratum for one in read(tmp_path / "results.jsonl").results]
    assert "core" in strata
    assert set(strata[: strata.index("core")]) == {corpus.STRATUM}
    assert corpus.STRATUM not in strata[strata.index("core") :]
