"""Two versions of a framework on the same cases: where they come from, what is asked of them, what is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograd_conformance import environments
from autograd_conformance.discovery import AdapterSpec
from autograd_conformance.environments import UnusableEnvironment, Wanted, interpreter_of, wanted
from autograd_conformance.estimates import Estimates
from autograd_conformance.generation.strategies import independent_cases
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.preparation import Prepared
from autograd_conformance.records import AdapterRecord
from autograd_conformance.results import read
from autograd_conformance.upgrading import NothingInCommon, align

FRAMEWORKS = ["jax", "tensorflow", "torch"]
CHANGING = "tests.misbehaving:ChangesWithVersion"
SMALL = ("-a", CHANGING, "--op", "tanh", "--op", "mul", "--examples", "6", "--dtype", "float64")


@pytest.mark.parametrize(
    ("text", "framework", "requirements", "title"),
    [
        ("jax==0.4.30", "jax", ("jax==0.4.30", "numpy"), "jax-0.4.30"),
        (
            "tensorflow-cpu==2.16.2 numpy<2",
            "tensorflow",
            ("tensorflow-cpu==2.16.2", "numpy<2"),
            "tensorflow-cpu-2.16.2",
        ),
        ("torch", "torch", ("torch", "numpy"), "torch"),
        ("Jax>=0.4,<0.5", "jax", ("Jax<0.5,>=0.4", "numpy"), "Jax-0.5-0.4"),
    ],
)
def test_a_version_is_a_requirement(text, framework, requirements, title):
    """The first one names the framework; NumPy, which a worker needs, is among them unless it is asked for."""
    side = wanted(text, FRAMEWORKS)
    assert (side.framework, side.requirements) == (framework, requirements)
    assert side.title == title


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write a requirement such as jax==0.10.2"),
        ("jax==", "'jax==' is no requirement"),
        ("jax == 0.4", "is no requirement"),
        ("jaxlib==0.4.30", "no adapter is for jaxlib; there are adapters for jax, tensorflow, torch"),
        ("/no/such/python", "/no/such/python is no interpreter"),
        (os.sep, "is no interpreter"),
    ],
)
def test_what_is_no_version_is_said_to_be_none(text, said):
    with pytest.raises(UnusableEnvironment, match=said.replace("(", "[(]")):
        wanted(text, FRAMEWORKS)


class Installer:
    """Stands for uv and pip: makes the folder and remembers what it was asked."""

    def __init__(self, monkeypatch, has_uv=True):
        self.calls = []
        monkeypatch.setattr(
            environments.shutil, "which", lambda name: f"/bin/{name}" if has_uv or name != "uv" else None
        )
        monkeypatch.setattr(environments, "_call", self.call)

    def call(self, command, what):
        self.calls.append(command)
        if "venv" in command:
            Path(command[-1]).mkdir()


@pytest.mark.parametrize("has_uv", [True, False])
def test_an_environment_is_made_once(has_uv, monkeypatch, tmp_path):
    """Another version, another Python and --fresh make another; so does one that was left half made."""
    installer, said = Installer(monkeypatch, has_uv), []
    side = wanted("jax==0.4.30", FRAMEWORKS)
    first = interpreter_of(side, tmp_path, "", False, said.append)
    assert len(installer.calls) == 2
    assert installer.calls[-1][-2:] == ["jax==0.4.30", "numpy"]
    assert interpreter_of(side, tmp_path, "", False, said.append) == first
    assert (len(installer.calls), len(said)) == (2, 1)
    assert interpreter_of(side, tmp_path, "", True, said.append) == first
    assert len(installer.calls) == 4
    assert interpreter_of(side, tmp_path, "3.10", False, said.append) != first
    assert interpreter_of(wanted("jax==0.4.31", FRAMEWORKS), tmp_path, "", False, said.append) != first
    assert len(installer.calls) == 8
    (Path(first).parent.parent / environments.COMPLETE).unlink()
    assert interpreter_of(side, tmp_path, "", False, said.append) == first
    assert len(installer.calls) == 10


def test_an_interpreter_is_taken_as_it_is(tmp_path):
    side = wanted(sys.executable, FRAMEWORKS)
    assert interpreter_of(side, tmp_path, "", False, print) == sys.executable
    assert not list(tmp_path.iterdir())


def test_what_an_installer_says_last_is_shown(monkeypatch, tmp_path):
    monkeypatch.setattr(environments.shutil, "which", lambda name: None)
    monkeypatch.setattr(environments.sys, "executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text("#!/bin/sh\necho no such thing >&2\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(UnusableEnvironment, match=r"(?s)no environment for Python .*no such thing"):
        interpreter_of(wanted("jax==99", FRAMEWORKS), tmp_path / "kept", "", False, print)
    with pytest.raises(UnusableEnvironment, match=r"no python3\.4 is on the path; install it, or install uv"):
        interpreter_of(wanted("jax==99", FRAMEWORKS), tmp_path / "kept", "3.4", False, print)


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    Installer(monkeypatch)
    (tmp_path / "kept").write_text("")
    with pytest.raises(UnusableEnvironment, match="choose another folder with --environments"):
        interpreter_of(wanted("jax==0.4.30", FRAMEWORKS), tmp_path / "kept", "", False, print)


def planned(name: str, **budget: int) -> PlannedAdapter:
    return PlannedAdapter(AdapterSpec(name, "made:Up", name.partition(":")[2]), None, dict(budget))  # type: ignore[arg-type]


def test_both_versions_get_the_modes_and_cases_that_both_can_take():
    base = Prepared([planned("x:eager", core=5, corpus=3), planned("x:old", core=5)])
    new = Prepared([planned("x:new", core=2), planned("x:eager", core=4, whole=2, corpus=3)])
    align(base, new)
    for side in (base, new):
        assert [adapter.name for adapter in side.adapters] == ["x:eager"]
        assert side.adapters[0].budget == {"core": 4, "corpus": 3, "whole": 0}
    with pytest.raises(NothingInCommon, match="no mode in common: x:old in one, x:new in the other"):
        align(Prepared([planned("x:old")]), Prepared([planned("x:new")]))
    missing = AdapterRecord(name="x", framework="x", mode="", missing="x is not there")
    with pytest.raises(NothingInCommon, match="x is not there"):
        align(Prepared(missing=[missing]), Prepared([planned("x:new")]))


def test_an_estimate_is_kept_until_everyone_is_done_with_it():
    shared, case = Estimates(users=2), next(independent_cases(seed=3))
    first = shared.of(case)
    shared.forget(case)
    assert shared.of(case) is first
    shared.forget(case)
    assert shared.of(case) is not first


def interpreter(folder: Path, name: str, planted: str) -> str:
    """This Python under another name, which tells the adapter what version of itself to be."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nexport TESTS_PLANTED={planted}\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def base(tmp_path):
    return interpreter(tmp_path, "base", "")


def upgraded(repository, tmp_path, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "autograd_conformance.cli", "upgrade", *arguments, "-o", str(tmp_path / "out")],
        cwd=repository, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip


def test_a_version_against_itself_lists_nothing(repository, tmp_path, base):
    done = upgraded(repository, tmp_path, base, interpreter(tmp_path, "new", ""), *SMALL)
    assert done.returncode == 0, done.stderr
    changes = json.loads((tmp_path / "out" / "changes.json").read_text())
    assert changes["transitions"] == []
    files = [read(tmp_path / "out" / f"{name}.jsonl") for name in ("base", "new")]
    assert files[0].results == files[1].results
    assert len(files[0].results) > 100
    assert all(file.is_complete for file in files)


def test_what_changed_is_listed_with_its_least_case(repository, tmp_path, base):
    """And nothing else is; the page, the tables and both files are there."""
    done = upgraded(repository, tmp_path, base, interpreter(tmp_path, "new", "halved"), *SMALL)
    assert done.returncode == 1, done.stderr
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "base.jsonl", "changes.json", "changes.md", "new.jsonl", "report.html",
    ]  # fmt: skip
    changes = json.loads((out / "changes.json").read_text())["transitions"]
    assert changes
    assert {each["state"] for each in changes} == {"regressed"}
    new = read(out / "new.jsonl")
    failed = [each for each in new.results if each.verdict == "disagree"]
    assert {(each.case, each.law) for each in failed} == {(each["case"], each["law"]) for each in changes}
    assert all("tanh" in each.signature.split("+") for each in failed)
    assert all(each.verdict != "disagree" for each in read(out / "base.jsonl").results)


def test_what_one_version_cannot_do_is_not_comparable(repository, tmp_path, base):
    done = upgraded(repository, tmp_path, base, interpreter(tmp_path, "new", "unsupported"), *SMALL)
    assert done.returncode == 0, done.stderr
    changes = json.loads((tmp_path / "out" / "changes.json").read_text())["transitions"]
    assert changes
    assert {each["state"] for each in changes} <= {"not_comparable", "gone"}


def test_an_interrupted_upgrade_keeps_what_is_judged(repository, tmp_path, base):
    command = [
        sys.executable, "-m", "autograd_conformance.cli", "upgrade", base, base, "-a", CHANGING, "--examples", "3000", "-o",
        str(tmp_path / "out"),
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=repository, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        files = [tmp_path / "out" / f"{name}.jsonl" for name in ("base", "new")]
        deadline = time.monotonic() + 60
        while not all(file.exists() and file.read_bytes().count(b"\n") > 20 for file in files):
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 3, said
    assert "interrupted; what is judged is kept" in said
    assert "Traceback" not in said
    for file in map(read, files):
        assert file.footer is not None
        assert file.footer.status == "interrupted"
        assert file.footer.results == len(file.results) > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("jax==0.4.30", "torch==2.13.0"), "jax and torch are two frameworks"),
        ((sys.executable, sys.executable), "name it with -a, such as -a jax"),
        ((sys.executable, sys.executable, "-a", "tape", "--law", "no_such"), "no law matches 'no_such'"),
        ((sys.executable, sys.executable, "-a", "jaxx"), "unknown adapter 'jaxx'"),
    ],
)
def test_bad_input_is_one_clear_error(arguments, said, repository, tmp_path):
    done = upgraded(repository, tmp_path, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_expectation_on_no_law_is_refused_as_in_a_run(repository, tmp_path):
    known = tmp_path / "known.toml"
    entry = {
        "law": "vpj_matches_*",
        "adapter": "tape:*",
        "signature": "sin",
        "kind": "disagree",
        "reason": "mistyped",
        "link": "unreported",
    }
    known.write_text("[[expectation]]\n" + "".join(f'{key} = "{value}"\n' for key, value in entry.items()))
    done = upgraded(repository, tmp_path, sys.executable, sys.executable, "-a", "tape", "--expectations", str(known))
    assert done.returncode == 2
    assert "no law is called 'vpj_matches_*'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_in_the_way_is_named(repository, tmp_path):
    (tmp_path / "out").write_text("")
    done = upgraded(repository, tmp_path, sys.executable, sys.executable, "-a", "tape")
    assert done.returncode == 2
    assert "choose another folder with -o" in done.stderr


def test_titles_are_fit_for_folders():
    assert Wanted("x", "jax", ("jax @ https://host/a b.whl",)).title == "jax-https-host-a-b.whl"
