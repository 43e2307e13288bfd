"""Every command reaches every exit code it has.

0 nothing unexpected; 1 unexpected results; 2 usage or unreadable file; 3 a framework did not import or results are
incomplete; 5 nothing ran or nothing comparable.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.cli import commands
from autograd_conformance.graph import Graph, Node
from autograd_conformance.results import ResultsFile, write_all
from tests import results_samples as samples

Cli = Callable[..., "CompletedProcess[str]"]

TORCH = "torch:eager"
HONEST, HALVES = "tests.misbehaving:Honest:eager", "tests.misbehaving:HalvesGradients:eager"
SMALL = "--op=tanh --dtype=float64 --examples=1 --law=vjp_matches*"
READING = [
    # command, exit code, a word of what it says
    ("summary clean.jsonl", 0, "agree"),
    ("summary failing.jsonl", 0, "disagree"),
    ("summary truncated.jsonl", 0, "TRUNCATED"),
    ("summary failing.jsonl --format markdown", 0, "unexpected"),
    ("summary failing.jsonl --format github", 0, "::error"),
    ("summary absent.jsonl", 2, "absent.jsonl"),
    ("summary foreign.jsonl", 2, "foreign.jsonl"),
    ("summary clean.jsonl --append no/such/folder/x", 2, "choose another file"),
    ("compare clean.jsonl clean.jsonl", 0, "Nothing regressed"),
    ("compare failing.jsonl clean.jsonl", 0, "fixed"),
    ("compare clean.jsonl known.jsonl", 0, "foreseen"),
    ("compare clean.jsonl failing.jsonl", 1, "regressed"),
    ("compare clean.jsonl failing.jsonl --format markdown", 1, "regressed"),
    ("compare clean.jsonl failing.jsonl --format json", 1, "regressed"),
    ("compare clean.jsonl failing.jsonl --format github", 1, "::error"),
    ("compare clean.jsonl absent.jsonl", 2, "absent.jsonl"),
    ("compare clean.jsonl", 2, "Missing argument"),
    ("compare - -", 2, "standard input"),
    ("compare clean.jsonl truncated.jsonl", 3, "Incomplete"),
    ("compare interrupted.jsonl failing.jsonl", 3, "Incomplete"),
    ("compare clean.jsonl missing.jsonl", 3, "lacks torch:eager"),
    ("compare clean.jsonl other.jsonl", 5, "Nothing could be compared"),
    ("report clean.jsonl -o page.html", 0, "page.html"),
    ("report failing.jsonl --baseline clean.jsonl -o -", 0, "What changed since clean.jsonl"),
    ("report truncated.jsonl -o -", 0, "truncated"),
    ("report absent.jsonl", 2, "absent.jsonl"),
    ("report nothing-*.jsonl", 2, "no file matches"),
    ("report clean.jsonl -o clean.jsonl", 2, "choose another one"),
    ("report clean.jsonl --baseline foreign.jsonl", 2, "foreign.jsonl"),
    ("badge clean.jsonl -o -", 0, "0 unexpected"),
    ("badge failing.jsonl -o -", 0, "1 unexpected"),
    ("badge truncated.jsonl --format json -o -", 0, "incomplete"),
    ("badge foreign.jsonl", 2, "foreign.jsonl"),
    ("badge clean.jsonl -o no/such/folder/x.svg", 2, "choose another file"),
    ("guide told.jsonl", 0, "A1"),
    ("guide clean.jsonl", 2, "scenario"),
    ("guide absent.jsonl", 2, "absent.jsonl"),
    ("list laws", 0, "vjp_is_linear"),
    ("list ops --json", 0, "cumprod"),
    ("list scenarios", 0, "A1"),
    ("list nonsense", 2, "nonsense"),
    ("schema", 0, "json-schema"),
    ("schema more", 2, "unexpected extra argument"),
    ("draw case.json", 0, "<svg"),
    ("draw case.json --format dot -o no/such/folder/x.dot", 2, "choose another file"),
    ("draw 0123456789ab", 2, "no case 0123456789ab"),
    ("doctor more", 2, "unexpected extra argument"),
    ("--version", 0, "autograd-conformance"),
    ("nonsense", 2, "nonsense"),
]
RUNNING = [
    (f"run -a {HONEST} {SMALL}", 0, "nothing unexpected"),
    (f"run -a {HALVES} {SMALL}", 1, "unexpected"),
    (f"run -a {HONEST} --op=nonsense", 2, "nonsense"),
    (f"run -a {HONEST} {SMALL} --expectations=case.json", 2, "case.json"),
    (f"run -a {HONEST} {SMALL} -o no/such/folder/x.jsonl", 2, "x.jsonl"),
    ("run -a nonsense", 2, "nonsense"),
    (f"run -a tests.misbehaving:CannotBeMade -a {HONEST} {SMALL}", 3, "no device found"),
    (f"run -a torch:eager -a {HALVES} {SMALL}", 3, "missing"),
    (f"run -a {HONEST} --scenario=A1", 5, "nothing ran"),
    (f"replay case.json -a {HONEST}", 0, "FIXED"),
    (f"replay case.json -a {HALVES}", 1, "FAILED"),
    (f"replay absent.json -a {HONEST}", 2, "absent.json"),
    (f"replay case.json -a {HONEST} --law nonsense", 2, "nonsense"),
    ("replay case.json -a tests.misbehaving:CannotBeMade", 3, "ERROR"),
    ("replay case.json -a torch", 3, "autograd-conformance[torch]"),
]


def verdict(name: str, case: int = 1, **more: str) -> ResultsFile:
    made = samples.Sample([samples.adapter(TORCH)])
    record = samples.case(case)
    result = samples.result(record, TORCH, "vjp_matches_finite_differences", "float64", name)  # type: ignore[arg-type]
    made.add(record, msgspec.structs.replace(result, **more))
    return made.file()


def missing() -> ResultsFile:
    return samples.Sample([samples.adapter(TORCH, "No module named 'torch'")]).file()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a results file of every kind, and a case."""
    folder = tmp_path_factory.mktemp("files")
    clean = verdict("agree")
    made = {
        "clean": clean, "failing": verdict("disagree"), "known": verdict("disagree", expected="known"),
        "other": verdict("agree", case=2), "missing": missing(), "told": samples.scenarios_file(),
        "interrupted": msgspec.structs.replace(clean.footer, status="interrupted"), "truncated": None,
    }  # fmt: skip
    for name, file in made.items():
        whole = file if isinstance(file, ResultsFile) else clean
        footer = whole.footer if whole is file else file
        records = [whole.header, *whole.cases.values(), *whole.results, *whole.scenarios]
        write_all(folder / f"{name}.jsonl", [*records, *([footer] if footer else [])])  # type: ignore[list-item]
    (folder / "foreign.jsonl").write_text('{"record": "result"}\n')
    (folder / "torch.py").write_text('raise ModuleNotFoundError("No module named torch", name="torch")\n')
    point = (np.array([0.5, -1.25]),)
    corpus.write(Case(Graph(((2,),), (Node("tanh", (0,)),), (1,)), point), folder / "case.json")
    return folder


@pytest.mark.parametrize(("line", "code", "word"), READING, ids=[line for line, _, _ in READING])
def test_of_commands_that_read(files: Path, monkeypatch: pytest.MonkeyPatch, line: str, code: int, word: str) -> None:
    """In one process: nothing is asked."""
    monkeypatch.chdir(files)
    done = CliRunner().invoke(commands, line.split(), prog_name="autograd-conformance")
    assert done.exit_code == code, done.output
    assert word in done.output
    assert "Traceback" not in done.output
    assert code != 2 or done.stderr.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize(("line", "code", "word"), RUNNING, ids=[f"{code} {line}" for line, code, _ in RUNNING])
def test_of_commands_that_run(cli: Cli, files: Path, tmp_path: Path, line: str, code: int, word: str) -> None:
    """As a process, with workers."""
    for name in ("case.json", "torch.py"):
        (tmp_path / name).write_bytes((files / name).read_bytes())
    done = cli(*line.split())
    assert done.returncode == code, done.stdout + done.stderr
    assert word in done.stdout + done.stderr
    assert "Traceback" not in done.stderr or "CannotBeMade" in line  # why it cannot is the adapter's own traceback


@pytest.mark.parametrize(("is_broken", "code"), [(False, 0), (True, 3)])
def test_doctor(monkeypatch: pytest.MonkeyPatch, is_broken: bool, code: int) -> None:
    """3 where no framework at all can be asked; without a worker, because every framework would be started."""
    from autograd_conformance.cli import inspecting

    target = "tests.misbehaving:CannotBeMade" if is_broken else "tests.misbehaving:Honest"
    monkeypatch.setattr(inspecting, "frameworks", lambda: {"small": target})
    done = CliRunner().invoke(commands, ["doctor"])
    assert done.exit_code == code, done.output


def test_every_command_is_in_the_table() -> None:
    """A new one must say which codes it has, and each of its codes is reached."""
    codes: dict[str, set[int]] = {"doctor": {0, 3}}
    for line, code, _ in [*READING, *RUNNING]:
        codes.setdefault(line.split()[0], set()).add(code)
    reading = {"summary", "report", "badge", "guide", "list", "schema", "draw"}
    expected = {
        **{name: {0, 2} for name in reading}, "compare": {0, 1, 2, 3, 5}, "run": {0, 1, 2, 3, 5}, "replay": {0, 1, 2, 3},
        "doctor": {0, 2, 3},
    }  # fmt: skip
    assert {name: found for name, found in codes.items() if name in expected} == expected
    elsewhere = {"corpus", "expect", "upgrade", "check"}
    """Commands with tests of their own."""
    assert set(commands.commands) - elsewhere == set(expected)
