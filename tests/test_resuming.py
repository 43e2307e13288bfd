"""Runs that are killed, and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograd_conformance.results import read
from tests.conftest import python_path

OPTIONS = ("-a", "tests.misbehaving:HalvesInTwo", "-a", "tape", "--op", "s[iu][nm]*", "--op", "mul", "--op", "tanh",
           "--law", "vjp_matches*", "--law", "*agree*", "--examples", "12", "--deterministic")  # fmt: skip
"""Failures in a mode that two workers share, each reduced or recognised as an earlier one; and a law between adapters."""
CUTS = 8


@pytest.fixture(scope="module")
def whole(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "results.jsonl"
    ran = subprocess.run(
        [*_command(path)], cwd=path.parent, env=_environment(repository), capture_output=True, timeout=120
    )
    assert ran.returncode == 1, ran.stderr
    return path


def _command(path: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "autograd_conformance.cli", "run", *OPTIONS, "-o", str(path), *more]


def _environment(repository: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": python_path(repository), "COLUMNS": "200"}


def test_the_run_has_what_must_be_remembered(whole):
    file = read(whole)
    assert any(each.calls for each in file.diagnostics)
    assert any(each.reduced for each in file.results)
    assert any(each.peer for each in file.results)


@pytest.mark.parametrize("part", range(CUTS))
def test_a_cut_file_is_readable_and_gone_on_with_to_the_same_bytes(part, whole, tmp_path, cli):
    """Cut in the header, within records, at the ends of lines, in the last line."""
    raw = whole.read_bytes()
    size = len(raw) * part // CUTS + 7 * part
    if part % 3 == 1:
        size = raw.index(b"\n", size) + 1
    if part == CUTS - 1:
        size = len(raw) - 5
    path = tmp_path / "cut.jsonl"
    path.write_bytes(raw[:size])
    if b"\n" in raw[:size]:
        assert read(path).is_truncated
    ran = cli("run", *OPTIONS, "-o", path, "--resume")
    assert ran.returncode == 1, ran.stderr
    assert path.read_bytes() == raw


def end_run(path: Path, repository: Path, how: signal.Signals, size: int) -> None:
    """Start or go on, and send a signal once the file is larger than that."""
    process = subprocess.Popen(
        _command(path, "--resume"), cwd=path.parent, env=_environment(repository), stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        while process.poll() is None and not (path.exists() and path.stat().st_size > size):
            time.sleep(0.005)
        os.killpg(process.pid, how)
        process.wait(60)
    finally:
        process.kill()


def test_a_killed_run_is_gone_on_with(whole, repository, tmp_path, cli):
    path = tmp_path / "results.jsonl"
    for size in (20_000, 200_000):
        end_run(path, repository, signal.SIGKILL, size)
        assert read(path).is_truncated
    assert cli("run", *OPTIONS, "-o", path, "--resume").returncode == 1
    assert path.read_bytes() == whole.read_bytes()


def test_an_interrupted_run_is_gone_on_with(whole, repository, tmp_path, cli):
    """What is judged is written then, gaps and all, and a footer: that is judged again behind the first gap."""
    path = tmp_path / "results.jsonl"
    end_run(path, repository, signal.SIGTERM, 5_000)
    assert read(path).footer.status == "interrupted"
    assert cli("run", *OPTIONS, "-o", path, "--resume").returncode == 1
    assert path.read_bytes() == whole.read_bytes()


def test_a_case_that_one_adapter_was_not_heard_on_is_judged_again(whole, tmp_path, cli):
    lines = whole.read_bytes().splitlines(keepends=True)
    tape = [line for line in lines if b'"record":"result"' in line and b'"adapter":"tape:eager"' in line]
    case = json.loads(tape[len(tape) // 2])["case"].encode()
    left = [line for line in lines if not (case in line and b'"adapter":"tape:eager"' in line)]
    assert len(left) < len(lines)
    path = tmp_path / "cut.jsonl"
    path.write_bytes(b"".join(left))
    assert cli("run", *OPTIONS, "-o", path, "--resume").returncode == 1
    assert path.read_bytes() == whole.read_bytes()


def test_a_whole_run_is_left_as_it_is(whole, tmp_path, cli):
    path = tmp_path / "results.jsonl"
    path.write_bytes(whole.read_bytes())
    assert cli("run", *OPTIONS, "-o", path, "--resume").returncode == 1
    assert path.read_bytes() == whole.read_bytes()


def test_another_run_is_not_gone_on_with(whole, tmp_path, cli):
    path = tmp_path / "results.jsonl"
    path.write_bytes(whole.read_bytes())
    ran = cli("run", *OPTIONS, "--seed", "2", "-o", path, "--resume")
    assert ran.returncode == 2
    assert "was begun by another run (seed: 1 -> 2)" in ran.stderr
    assert "leave out --resume to start anew" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert path.read_bytes() == whole.read_bytes()


def test_a_run_that_is_gone_on_with_when_something_else_is_known_says_so(whole, tmp_path, cli):
    """What is written already keeps what was known then; an unchanged run says nothing."""
    path = tmp_path / "results.jsonl"
    path.write_bytes(whole.read_bytes()[:-1])
    known = tmp_path / "known.toml"
    known.write_text(
        '[[expectation]]\nlaw = "vjp_*"\nadapter = "*HalvesInTwo*"\nsignature = "tanh"\nkind = "disagree"\n'
        'reason = "halves it"\nlink = "unreported"\n'
    )
    said = f"expectations are not those that {path} was begun with"
    ran = cli("run", *OPTIONS, "--expectations", known, "-o", path, "--resume")
    assert ran.returncode == 1
    assert said in ran.stderr
    assert _without_footer(path) == _without_footer(whole)
    assert said not in cli("run", *OPTIONS, "-o", path, "--resume").stderr


def _without_footer(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()[:-1]


def test_what_is_no_run_is_not_gone_on_with(tmp_path, cli):
    path = tmp_path / "notes.txt"
    path.write_text("shopping\nlist\n")
    ran = cli("run", *OPTIONS, "-o", path, "--resume")
    assert ran.returncode == 2
    assert "line 1 is not a results record" in ran.stderr
    assert path.read_text() == "shopping\nlist\n"
    ran = cli("run", *OPTIONS, "-o", "-", "--resume")
    assert ran.returncode == 2
    assert "--resume goes on with a file" in ran.stderr
