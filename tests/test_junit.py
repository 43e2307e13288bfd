"""The JUnit file of a run: what failed fails with its text, what is known is skipped with its reason."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograd_conformance.cli.junit import NAME, say_incomplete
from autograd_conformance.records import SCENARIO_LAW, UNEXPECTED_VERDICTS
from autograd_conformance.results import read
from tests.conftest import python_path

Cli = Callable[..., "subprocess.CompletedProcess[str]"]

SQUARES = "tests.misbehaving:SquaresCotangent:eager"
SMALL = ("--op=tanh", "--op=mul", "--dtype=float64", "--examples=2")
REASON = "squares <the> cotangent & says so"
KNOWN = (
    f'[[expectation]]\nlaw = "vjp_is_linear"\nadapter = "{SQUARES}"\nsignature = "*"\nkind = "disagree"\n'
    f'reason = "{REASON}"\nlink = "unreported"\nstrict = false\n'
)


def cases_of(path: Path) -> dict[str, ElementTree.Element]:
    return {case.get("name", ""): case for case in ElementTree.parse(path).getroot().iter("testcase")}


def test_items_say_what_the_results_say(cli: Cli, tmp_path: Path) -> None:
    """Every law, adapter and stratum with an unexpected verdict fails, every one with known ones only is skipped."""
    (tmp_path / "known.toml").write_text(KNOWN)
    done = cli("run", "-a", SQUARES, *SMALL, "--expectations", "known.toml", "--junit", "reports/junit.xml")
    assert done.returncode == 1, done.stderr
    results = read(tmp_path / "results.jsonl").results
    bad = [each for each in results if each.verdict in UNEXPECTED_VERDICTS and each.law != SCENARIO_LAW]
    cases = cases_of(tmp_path / "reports" / "junit.xml")

    def named(*, is_known: bool) -> set[str]:
        return {f"{each.law}[{each.adapter}-{each.stratum}]" for each in bad if bool(each.expected) is is_known}

    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failed == named(is_known=False)
    skipped = {name: case.find("skipped") for name, case in cases.items()}
    known = {name for name, skip in skipped.items() if skip is not None and REASON in (skip.get("message") or "")}
    assert known == named(is_known=True) - failed
    assert known
    text = next(cases[name].findtext("failure") or "" for name in failed if name.startswith("vjp_matches"))
    assert "reference" in text
    assert "replay: autograd-conformance replay" in text
    assert NAME not in cases


def test_what_was_told_and_what_was_not_stands_in_the_file(cli: Cli, tmp_path: Path) -> None:
    """A framework that is missing is an error, though whatever ran has passed."""
    (tmp_path / "torch.py").write_text('raise ModuleNotFoundError("No module named torch", name="torch")\n')
    done = cli("run", "-a", "tape", "-a", "torch:eager", "--scenario", "A[12]", "--junit", "junit.xml")
    assert done.returncode == 3, done.stderr
    cases = cases_of(tmp_path / "junit.xml")
    assert [len(cases[f"scenario_{name}[tape:eager]"]) for name in ("A1", "A2")] == [0, 0]
    (error,) = cases[NAME]
    assert "torch" in (error.get("message") or "")
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("errors"), int(suite.get("tests", 0))) == ("1", len(cases))


def test_an_interrupted_run_writes_one_that_says_so(repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    command = [sys.executable, "-m", "autograd_conformance.cli", "run", "-a", "tests.misbehaving:Honest"]
    environment = {**os.environ, "PYTHONPATH": python_path(repository)}
    process = subprocess.Popen(
        [*command, "--examples=1000", "--junit=junit.xml"],
        cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not path.exists() or path.read_bytes().count(b"\n") < 50:
            assert time.monotonic() < deadline, "nothing was written"
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGTERM)
        _, printed = process.communicate(timeout=40)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 3, printed
    (error,) = cases_of(tmp_path / "junit.xml")[NAME]
    assert "interrupted" in (error.get("message") or "")


@pytest.mark.parametrize("where", ["results.jsonl/junit.xml", "."])
def test_a_file_that_cannot_be_written_is_said_before_anything_runs(cli: Cli, tmp_path: Path, where: str) -> None:
    (tmp_path / "results.jsonl").write_text("")
    done = cli("run", "-a", SQUARES, *SMALL, "-o", "other.jsonl", "--junit", where)
    assert done.returncode == 2, done.stderr
    assert "choose another file with --junit" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "other.jsonl").exists()


def test_a_file_that_pytest_did_not_write_is_made(tmp_path: Path) -> None:
    """Pytest may have come to nothing."""
    path = tmp_path / "junit.xml"
    path.touch()
    say_incomplete(str(path), "it <ended>")
    say_incomplete(str(path), "it ended again")
    suite = ElementTree.parse(path).getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("errors"), len(suite)) == ("2", "2", 2)
