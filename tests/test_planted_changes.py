"""Changes planted in a copy of an adapter are listed under their state, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from autograd_conformance.comparison import Comparison, Transition, compare
from autograd_conformance.comparison_views import to_text
from autograd_conformance.records import SCENARIO_LAW
from autograd_conformance.reports import render_html
from autograd_conformance.results import ResultsFile, read
from tests.conftest import python_path

GRADIENT, DRIFT, UNSUPPORTED, SCENARIO, CONVENTION = "sin", "neg", "tanh", "G2", "G1"
"""What `tests.planted` changes, by the name of the change."""
OPTIONS = (
    "-a", "tests.planted:Planted", "--op", "sin", "--op", "neg", "--op", "tanh", "--op", "mul", "--op", "square",
    "--scenario", "G[124]", "--examples", "3", "--deterministic",
)  # fmt: skip

Run = Callable[..., ResultsFile]


@pytest.fixture(scope="module")
def run(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The results of a run with some changes planted; each is made once."""
    folder, known = tmp_path_factory.mktemp("planted"), {}

    def results(*changes: str) -> ResultsFile:
        if changes not in known:
            path = folder / f"{'-'.join(changes) or 'base'}.jsonl"
            environment = {**os.environ, "PYTHONPATH": python_path(repository)}
            environment["PLANTED"] = ",".join(changes)
            command = [sys.executable, "-m", "autograd_conformance.cli", "run", *OPTIONS, "-o", str(path)]
            subprocess.run(command, env=environment, check=False, timeout=200, capture_output=True, cwd=folder)
            known[changes] = read(path)
            assert known[changes].is_complete
        return known[changes]

    return results


def changed(run: Run, *changes: str) -> tuple[Comparison, Callable[[Transition, str], bool]]:
    """The comparison with the unchanged adapter, and whether a transition is about an op."""
    base, new = run(), run(*changes)

    def is_about(transition: Transition, op: str) -> bool:
        record = new.cases.get(transition.case) or base.cases.get(transition.case)
        return record is not None and any(node["op"] == op for node in record.graph["nodes"])

    return compare(base, new), is_about


def listed(comparison: Comparison) -> list[Transition]:
    return [each for each in comparison.transitions if each.state != "same"]


def states(transitions: Iterable[Transition]) -> set[str]:
    return {each.state for each in transitions}


def test_a_version_against_itself_lists_nothing_at_all(run: Run, tmp_path: Path) -> None:
    """Another run of it, not the same file; no number moved in any bit."""
    comparison, _ = changed(run, "nothing")
    assert comparison.compared > 900
    assert listed(comparison) == comparison.drifted == list(comparison.foresights) == []
    assert (comparison.differences, comparison.exit_code) == ((), 0)
    assert "drift" not in to_text(comparison)
    assert 'class="plot drift"' not in render_html([run("nothing")], run())


def test_a_wrong_gradient_of_one_op_regresses_its_cases_and_nothing_else(run: Run) -> None:
    """Laws that can no longer be judged there are not comparable or gone, of the same cases."""
    comparison, is_about = changed(run, "gradient")
    found = listed(comparison)
    assert states(found) == {"regressed", "not_comparable", "gone"}
    assert all(is_about(each, GRADIENT) for each in [*found, *comparison.drifted])
    regressed = comparison.in_state("regressed")
    judged = {each.case for each in comparison.transitions if is_about(each, GRADIENT) and each.law.startswith("vjp_matches")
              and each.verdicts[0] == "agree"}  # fmt: skip
    assert judged == {each.case for each in regressed if each.law.startswith("vjp_matches")}
    assert {"sin"} <= {op for each in regressed for op in each.signature.split("+")}
    assert comparison.exit_code == 1


def test_one_changed_scenario_is_the_only_one_listed(run: Run) -> None:
    comparison, _ = changed(run, "scenario")
    (only,) = listed(comparison)
    assert (only.state, only.law, only.case, only.gates) == ("regressed", SCENARIO_LAW, SCENARIO, True)
    assert "observed [9.0, 6.0]" in only.reason
    assert comparison.drifted == []


def test_what_is_documented_and_no_longer_the_same_is_a_changed_convention(run: Run) -> None:
    comparison, _ = changed(run, "convention")
    (only,) = listed(comparison)
    assert (only.state, only.case, only.verdicts) == ("convention_changed", CONVENTION, ("agree", "agree"))
    (change,) = only.changes
    assert change.what == "gradient through plain numbers"
    assert "raises TapeError" in change.was
    assert "raises StricterTapeError" in change.now
    assert (comparison.drifted, comparison.exit_code) == ([], 0)


def test_drift_of_a_hundredfold_within_its_bound_is_seen_and_gates_nothing(run: Run) -> None:
    comparison, is_about = changed(run, "drift")
    assert listed(comparison) == []
    for each in comparison.drifted:  # one law judges a case in another form, in which something is negated twice
        assert is_about(each, DRIFT) or (each.new and each.new.worst and "negation" in each.new.worst.where), each.key
    grown = [each for each in comparison.drifted if each.drift is not None and each.drift.growth >= 100]
    assert grown
    assert all(each.drift is not None and each.drift.new_gap <= each.drift.new_bound for each in grown)
    assert comparison.exit_code == 0
    count = len(comparison.drifted)
    assert f"drifted {count}" in to_text(comparison)
    page = render_html([run("drift")], run())
    assert f"{count} drifted, the verdict is the same" in page
    assert f"{count} drifted within the same verdict" in page


def test_one_unsupported_op_is_not_comparable_and_nothing_else_is_listed(run: Run) -> None:
    comparison, is_about = changed(run, "unsupported")
    found = listed(comparison)
    assert states(found) == {"not_comparable"}
    assert all(is_about(each, UNSUPPORTED) for each in found)
    assert {each.reason for each in found} == {"unsupported in new: tanh was removed"}
    assert (comparison.drifted, comparison.exit_code) == ([], 0)


def test_all_at_once_each_is_under_its_own_state(run: Run) -> None:
    comparison, is_about = changed(run, "gradient", "scenario", "convention", "drift", "unsupported")
    scenarios = {each.case: each.state for each in listed(comparison) if each.law == SCENARIO_LAW}
    assert scenarios == {SCENARIO: "regressed", CONVENTION: "convention_changed"}
    for each in [*listed(comparison), *comparison.drifted]:
        is_negated = bool(each.new and each.new.worst and "negation" in each.new.worst.where)
        if each.law != SCENARIO_LAW and not is_negated:
            assert any(is_about(each, op) for op in (GRADIENT, DRIFT, UNSUPPORTED)), each.key
    assert comparison.exit_code == 1
