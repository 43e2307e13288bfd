"""The commands that read what a run left, and the options they take from pyproject.toml."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.results import read
from autograd_conformance.scenarios import SCENARIOS, STORYLESS

Cli = Callable[..., "CompletedProcess[str]"]

HONEST = "tests.misbehaving:Honest:eager"
SMALL = ("--op=tanh", "--op=mul", "--dtype=float64", "--examples=3", "--law=vjp_matches*")


@pytest.fixture
def results(cli: Cli, tmp_path: Path) -> Path:
    assert cli("run", "-a", HONEST, *SMALL).returncode == 0
    return tmp_path / "results.jsonl"


@pytest.fixture
def truncated(results: Path) -> Path:
    """A results file cut in the middle of a line."""
    raw = results.read_bytes()
    results.write_bytes(raw[: len(raw) * 2 // 3])
    return results


def test_a_file_compared_with_itself_has_not_changed(cli: Cli, results: Path) -> None:
    """No transition, exit 0."""
    done = cli("compare", results.name, results.name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_comparing_what_cannot_be_compared_exits_5(cli: Cli, results: Path) -> None:
    """Files without a case in common have nothing to compare."""
    cli("run", "-a", "tests.misbehaving:Raises", *SMALL, "-o", "other.jsonl")
    assert cli("compare", results.name, "other.jsonl").returncode == 5


def test_comparing_with_a_missing_file_exits_2(cli: Cli, results: Path) -> None:
    """The message names the file."""
    done = cli("compare", results.name, "absent.jsonl")
    assert done.returncode == 2
    assert "absent.jsonl" in done.stderr


def test_summary_counts_by_adapter_and_law(cli: Cli, results: Path) -> None:
    """A row per adapter and law; a whole file carries no warning."""
    done = cli("summary", results.name)
    assert done.returncode == 0
    assert any(HONEST in line and "vjp_matches_finite_differences" in line for line in done.stdout.splitlines())
    assert "TRUNCATED" not in done.stdout


def test_summary_says_that_a_file_is_truncated(cli: Cli, truncated: Path) -> None:
    """What is whole is counted, and the loss is said."""
    assert read(truncated).results
    assert "TRUNCATED" in cli("summary", truncated.name).stdout


def test_the_report_of_a_whole_file_does_not_call_it_truncated(cli: Cli, results: Path) -> None:
    """The warning is not always there."""
    assert "truncated" not in cli("report", results.name, "-o", "-").stdout.lower()


def test_the_report_says_that_a_file_is_truncated(cli: Cli, truncated: Path) -> None:
    """A page is built all the same."""
    done = cli("report", truncated.name, "-o", "-")
    assert done.returncode == 0, done.stderr
    assert "truncated" in done.stdout.lower()


@pytest.mark.parametrize("command", ["summary", "report", "compare"])
@pytest.mark.parametrize("content", [b"", b"no json\n", b'{"record": "result"}\n', b"\xff\x00", b"[" * 99_999])
def test_a_foreign_file_exits_2_with_one_message(cli: Cli, tmp_path: Path, command: str, content: bytes) -> None:
    """Nothing but a results file is read, and nothing is written."""
    (tmp_path / "foreign.jsonl").write_bytes(content)
    done = cli(command, "foreign.jsonl", *(["foreign.jsonl"] if command == "compare" else []))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "foreign.jsonl" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "report.html").exists()


def test_a_report_that_cannot_be_written_exits_2(cli: Cli, results: Path) -> None:
    """The message names the path and the option."""
    done = cli("report", results.name, "-o", "no/such/folder/report.html")
    assert done.returncode == 2
    assert "choose another file with -o" in done.stderr


@pytest.mark.parametrize(
    ("what", "names"), [("ops", set(VOCABULARY)), ("laws", set(LAWS)), ("scenarios", {*SCENARIOS, *STORYLESS})]
)
def test_list_as_json_names_everything(cli: Cli, what: str, names: set[str]) -> None:
    """``list ... --json`` is an array of objects with names."""
    assert {row["name"] for row in json.loads(cli("list", what, "--json").stdout)} == names


def test_list_of_ops_names_their_special_points(cli: Cli) -> None:
    """With their nature as JSON, by name as text."""
    rows = {row["name"]: row for row in json.loads(cli("list", "ops", "--json").stdout)}
    assert {"name": "equal operands", "nature": "smooth"} in rows["hypot"]["special"]
    assert rows["relu"]["special"] == [{"name": "at 0", "nature": "kink"}]
    assert rows["reshape"]["special"] == []
    assert "equal operands" in cli("list", "ops").stdout


def test_list_shows_adapters_that_are_missing(cli: Cli, tmp_path: Path) -> None:
    """An installed adapter whose framework is not there is listed with the extra; the suite's own engine always is."""
    for name in ("torch", "jax", "tensorflow"):
        (tmp_path / f"{name}.py").write_text(f'raise ModuleNotFoundError("No module named {name}", name="{name}")\n')
    rows = json.loads(cli("list", "adapters", "--json").stdout)
    described = {row["name"]: row["description"] for row in rows}
    assert described.keys() == {"torch", "jax", "tensorflow", "tape:eager"}
    assert {name for name in described if "autograd-conformance[" not in described[name]} == {"tape:eager"}


@pytest.mark.parametrize("what", ["ops", "laws"])
def test_list_as_text_has_a_line_each(cli: Cli, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However narrow the terminal is that it does not go to."""
    monkeypatch.setenv("COLUMNS", "40")
    done = cli("list", what)
    assert done.returncode == 0
    names = VOCABULARY if what == "ops" else LAWS
    assert [line.split(" ")[0] for line in done.stdout.splitlines()] == ["name", *names]


def test_options_come_from_pyproject(cli: Cli, tmp_path: Path) -> None:
    """``[tool.autograd-conformance]`` gives defaults, and the command line has the last word."""
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.autograd-conformance]\nadapter = ["{HONEST}"]\nexamples = 2\nop = ["mul"]\ndtype = ["float64"]\nseed = 9\n'
    )
    assert cli("run", "--examples", "3").returncode == 0
    header = read(tmp_path / "results.jsonl").header
    assert [adapter.name for adapter in header.adapters] == [HONEST]
    assert header.seed == 9
    assert header.settings["examples"] == 3
    assert header.settings["ops"] == ["mul"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.autograd-conformance]\nexampels = 2\n", "no option 'exampels'"),
        ("[tool.autograd-conformance\n", "is not TOML"),
        ("[tool]\nautograd-conformance = 1\n", "must be a table"),
        ('[tool.autograd-conformance]\nexamples = "many"\n', "many"),
    ],
)
def test_a_mistake_in_pyproject_exits_2(cli: Cli, tmp_path: Path, text: str, message: str) -> None:
    """A key nobody knows or a value of another kind is said, not dropped."""
    (tmp_path / "pyproject.toml").write_text(text)
    done = cli("run", "-a", HONEST)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_says_which_extra_installs_a_framework(cli: Cli, tmp_path: Path) -> None:
    """The suite's own engine can always be asked, so that there is nothing wrong with an environment without."""
    for name in ("torch", "jax", "tensorflow"):
        (tmp_path / f"{name}.py").write_text(f'raise ModuleNotFoundError("No module named {name}", name="{name}")\n')
    done = cli("doctor")
    assert done.returncode == 0
    assert "tape" in done.stdout
    assert 'pip install "autograd-conformance[torch]"' in done.stdout


def test_the_command_line_sets_its_threads_before_numpy_is_imported() -> None:
    """A BLAS reads them when it is loaded; NumPy must not come before."""
    program = (
        "import os, sys; before = []; "
        "sys.meta_path.insert(0, type('Spy', (), {'find_spec': staticmethod(lambda name, *_: "
        "before.append(os.environ.get('OPENBLAS_NUM_THREADS')) if name == 'numpy' else None)})); "
        "import autograd_conformance.cli; print(before[0])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "1"
