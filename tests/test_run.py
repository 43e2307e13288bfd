"""`run` from end to end, as a process: what it writes, says and exits with, whatever the adapter does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from autograd_conformance.judge import ANSWERS
from autograd_conformance.plugin import LawItem, SuiteItem
from autograd_conformance.records import UNEXPECTED_VERDICTS
from autograd_conformance.results import ResultsFile, read
from tests.conftest import python_path

Cli = Callable[..., "CompletedProcess[str]"]

SMALL = ("--op=tanh", "--op=mul", "--op=shift", "--dtype=float64", "--examples=6")
HONEST = "tests.misbehaving:Honest:eager"
MODES = "tests.misbehaving:ModesDiffer"
VJP = "vjp_matches_finite_differences"
FORM = "gradient_has_primal_shape_and_dtype"

MISHAPS = [
    ("Raises", ANSWERS, "error", "ValueError: this framework <b>is tired</b>"),
    ("RaisesInTranslate", ANSWERS, "error", "RuntimeError: the compiler gave up"),
    ("Leaves", ANSWERS, "error", "SystemExit"),
    ("ReturnsNone", ANSWERS, "error", "NoAnswer"),
    ("TooFewGradients", ANSWERS, "error", "NoAnswer"),
    ("ReturnsText", ANSWERS, "error", "NoAnswer"),
    ("Exits", ANSWERS, "crash", "exit"),
    ("Segfaults", ANSWERS, "crash", "SIGSEGV"),
    ("Hangs", ANSWERS, "timeout", "no answer within 2 s"),
    ("ReturnsNan", VJP, "disagree", ""),
    ("NoneForEveryInput", FORM, "disagree", "is None although"),
    ("WrongShape", FORM, "disagree", "has shape"),
    ("WrongDtype", FORM, "disagree", "is float32, the input is float64"),
]


def has_culprit(file: ResultsFile, case: str) -> bool:
    return any(node["op"] == "tanh" for node in file.cases[case].graph["nodes"])


@pytest.mark.parametrize(("adapter", "law", "verdict", "detail"), MISHAPS)
def test_a_mishap_costs_its_case_and_not_the_run(
    cli: Cli, tmp_path: Path, adapter: str, law: str, verdict: str, detail: str
) -> None:
    """Cases that set the adapter off get the verdict; every other one is judged, and the file is complete."""
    name = f"tests.misbehaving:{adapter}:eager"
    limit = "--timeout=2" if verdict == "timeout" else "--timeout=30"  # one that answers may have to wait for its turn
    done = cli("run", "-a", name, *SMALL, "--examples=4", limit, "--law", VJP, "--law", FORM)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    file = read(tmp_path / "results.jsonl")
    assert file.is_complete
    culprits = [r for r in file.results if has_culprit(file, r.case)]
    assert any((r.law, r.verdict) == (law, verdict) and detail in r.detail for r in culprits)
    others = [r for r in file.results if not has_culprit(file, r.case) and r.verdict != "unsupported"]
    assert len({r.case for r in others}) >= 3
    assert {r.verdict for r in others} <= {"agree", "weak"}
    planned = file.header.adapters[0].cases
    assert sum((r.law == ANSWERS) for r in file.results) == sum(planned.values())


def test_nothing_unexpected_exits_0(cli: Cli, tmp_path: Path) -> None:
    """An honest adapter passes, and the summary counts every verdict."""
    done = cli("run", "-a", HONEST, *SMALL)
    assert done.returncode == 0, done.stderr
    file = read(tmp_path / "results.jsonl")
    assert file.footer is not None
    assert file.footer.unexpected == 0
    assert sum(file.footer.verdicts.values()) == len(file.results) == file.footer.results
    assert f"{len(file.results)} verdicts on 1 adapter, nothing unexpected" in done.stderr
    assert done.stdout == ""


def test_a_dtype_the_adapter_does_not_have_is_unsupported_and_no_pass(cli: Cli, tmp_path: Path) -> None:
    """In 16 bits `Honest` has nothing: every case says so, and no law agrees."""
    done = cli("run", "-a", HONEST, *SMALL, "--dtype=float16", "--dtype=bfloat16", "--examples=2")
    assert done.returncode == 0, done.stderr
    file = read(tmp_path / "results.jsonl")
    for dtype in ("float16", "bfloat16"):
        found = [result for result in file.results if result.dtype == dtype]
        assert {(result.law, result.verdict) for result in found} == {(ANSWERS, "unsupported")}
        assert f"no {found[0].dtype}" in found[0].detail or "left out" in found[0].detail
    assert " unsupported" in done.stderr


def test_torch_is_judged_in_16_bits(cli: Cli, tmp_path: Path) -> None:
    """Laws are applied and hold, the one about coarser dtypes too."""
    pytest.importorskip("torch")
    done = cli("run", "-a", "torch:eager", *SMALL, "--dtype=float16", "--dtype=bfloat16", "--examples=3")
    assert done.returncode == 0, done.stderr
    results = read(tmp_path / "results.jsonl").results
    for law in (VJP, "coarse_dtype_matches_float64"):
        assert {result.dtype for result in results if (result.law, result.verdict) == (law, "agree")} >= {
            "float16", "bfloat16"
        }  # fmt: skip


def test_babble_on_standard_output_does_not_reach_the_results(cli: Cli) -> None:
    """With ``-o -`` standard output is the results file and nothing else, whatever the adapter prints."""
    done = cli("run", "-a", "tests.misbehaving:Babbles", *SMALL, "-o", "-")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["record"] == "header"
    assert lines[-1]["record"] == "footer"


def test_every_line_matches_the_published_schema(cli: Cli, tmp_path: Path) -> None:
    """Headers, cases, results, diagnostics and footers of a failing run are what `schema` says."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(cli("schema").stdout)
    cli("run", "-a", "tests.misbehaving:HalvesGradients", "-a", HONEST, *SMALL)
    validator = jsonschema.validators.validator_for(schema)(schema)
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text("utf-8").splitlines()]
    assert {line["record"] for line in lines} == {"header", "case", "result", "diagnostic", "coverage", "footer"}
    for line in lines:
        validator.validate(line)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_one_seed_gives_one_file(cli: Cli, tmp_path: Path, workers: str) -> None:
    """Twice the same settings write the same bytes, with any number of workers."""
    both = ("-a", "tests.misbehaving:ModesDiffer", "-a", HONEST, *SMALL, "--deterministic", "--seed=7")
    cli("run", *both, "-o", "first.jsonl")
    cli("run", *both, "-o", "second.jsonl", "--workers", workers)
    first, second = ((tmp_path / name).read_bytes() for name in ("first.jsonl", "second.jsonl"))
    assert len(first) > 1000
    assert first == second


def test_another_seed_gives_other_cases(cli: Cli, tmp_path: Path) -> None:
    """The seed is what the search depends on."""
    for seed in ("1", "2"):
        cli("run", "-a", HONEST, *SMALL, "--seed", seed, "-o", f"{seed}.jsonl")
    first, second = (read(tmp_path / f"{seed}.jsonl") for seed in ("1", "2"))
    core = [{case.id for case in file.cases.values() if case.stratum == "core"} for file in (first, second)]
    assert len(core[0] - core[1]) >= len(core[0]) / 2


def test_more_examples_keep_the_first_ones(cli: Cli, tmp_path: Path) -> None:
    """A longer run judges the cases of a shorter one, and then more."""
    for examples in ("4", "8"):
        cli("run", "-a", HONEST, *SMALL, "--examples", examples, "-o", f"{examples}.jsonl")
    short, long = (read(tmp_path / f"{examples}.jsonl").cases for examples in ("4", "8"))
    assert set(short) < set(long)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-a", "torhc:eager"), "did you mean torch:eager?"),
        (("-a", "tests.misbehaving:Honest:eagre"), "did you mean eager"),
        (("-a", "tests.misbehaving:Nobody"), "has no Nobody"),
        (("-a", HONEST, "--op", "tahn"), "no op matches 'tahn'"),
        (("-a", HONEST, "--law", "nothing"), "no law matches 'nothing'"),
        (("-a", HONEST, "--dtype", "float8"), "no dtype 'float8'"),
        (("-a", HONEST, "--examples", "-1"), "cannot be negative"),
        (("-a", HONEST, "--timeout", "0"), "--timeout must be above 0"),
        (("-a", HONEST, "--python", "nobody=python"), "no adapter of this run is called so"),
        (("-a", HONEST, "--python", "python"), "--python takes ADAPTER=PATH"),
        (("-a", HONEST, "-o", "no/such/folder/results.jsonl"), "choose another file with -o"),
        (("-a", HONEST, "-o", "."), "choose another file with -o"),
        (("-a", HONEST, "--expectations", "absent.toml"), "absent.toml"),
        (("-a", HONEST, "--expectations", "broken.toml"), "broken.toml"),
        (("-a", HONEST, "--expectations", "mistyped.toml"), "lwa"),
    ],
)
def test_bad_input_exits_2_with_the_next_step(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    """What a user got wrong is said in a few lines, without a traceback, before anything runs."""
    (tmp_path / "broken.toml").write_text("[[expectation]\n")
    (tmp_path / "mistyped.toml").write_text('[[expectation]]\nlwa = "x"\n')
    done = cli("run", *arguments)
    assert done.returncode == (3 if "Nobody" in message else 2), done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 12


def pretend_not_installed(folder: Path, *frameworks: str) -> None:
    """Modules that hide the real ones from a command run in the folder."""
    for name in frameworks:
        (folder / f"{name}.py").write_text(f'raise ModuleNotFoundError("No module named {name}", name="{name}")\n')


def test_a_requested_framework_that_is_missing_exits_3_and_names_the_extra(cli: Cli, tmp_path: Path) -> None:
    """The others run all the same, and the file says what is missing."""
    pretend_not_installed(tmp_path, "torch")
    done = cli("run", "-a", "torch", "-a", HONEST, *SMALL)
    assert done.returncode == 3, done.stderr
    assert 'pip install "autograd-conformance[torch]"' in done.stderr
    file = read(tmp_path / "results.jsonl")
    assert file.is_complete
    assert [record.name for record in file.header.adapters if record.missing] == ["torch"]
    assert {result.adapter for result in file.results} == {HONEST}


@pytest.mark.parametrize("name", ["tests.misbehaving:Honest", HONEST])
def test_a_worker_can_run_under_an_interpreter_named_for_a_class(cli: Cli, tmp_path: Path, name: str) -> None:
    """``--python`` takes the name of an adapter class with or without its mode."""
    done = cli("run", "-a", HONEST, *SMALL, "--examples=1", "--python", f"{name}={sys.executable}")
    assert done.returncode == 0, done.stderr
    assert cli("run", "-a", HONEST, "--python", f"{name}={tmp_path}/no-python").returncode == 3


def test_without_any_framework_the_own_engine_runs(cli: Cli, tmp_path: Path) -> None:
    """The base install judges the engine it brings, and names what is missing."""
    pretend_not_installed(tmp_path, "torch", "jax", "tensorflow")
    done = cli("run", *SMALL)
    assert done.returncode == 0, done.stderr
    assert "tape:eager" in done.stderr
    assert 'pip install "autograd-conformance[jax]"' in done.stderr


def test_nothing_to_run_exits_5(cli: Cli) -> None:
    """An adapter without scenarios, asked for scenarios alone."""
    done = cli("run", "-a", HONEST, "--scenario", "A*")
    assert done.returncode == 5, done.stderr
    assert "nothing ran" in done.stderr


def test_an_expectation_makes_a_known_failure_pass(cli: Cli, tmp_path: Path) -> None:
    """What is foreseen exits 0 and is recorded with its reason; the same failure elsewhere is unexpected."""
    name = "tests.misbehaving:WrongDtype:eager"
    (tmp_path / "known.toml").write_text(
        f'[[expectation]]\nlaw = "{FORM}"\nadapter = "{name}"\nkind = "disagree"\nsignature = "*tanh*"\n'
        'reason = "gradients are narrow"\nlink = "unreported"\n'
    )
    narrow = (*SMALL, "--law", FORM)
    assert cli("run", "-a", name, *narrow).returncode == 1
    done = cli("run", "-a", name, *narrow, "--expectations", "known.toml")
    assert done.returncode == 0, done.stderr
    results = read(tmp_path / "results.jsonl").results
    assert {r.expected for r in results if r.verdict in UNEXPECTED_VERDICTS} == {"gradients are narrow"}


def test_lost_digits_fail_no_run_and_an_expectation_says_why(cli: Cli, tmp_path: Path) -> None:
    """Known by the ops of the whole graph, as they are not reduced."""
    name = "tests.misbehaving:LosesDigits:eager"
    (tmp_path / "known.toml").write_text(
        f'[[expectation]]\nlaw = "forward_*"\nadapter = "{name}"\nkind = "imprecise"\nsignature = "*tanh*"\n'
        'reason = "tanh is large"\nlink = "unreported"\n'
    )
    done = cli("run", "-a", name, *SMALL, "--law", "forward_*", "--expectations", "known.toml")
    assert done.returncode == 0, done.stderr
    file = read(tmp_path / "results.jsonl")
    lost = [each for each in file.results if each.verdict == "imprecise"]
    assert {("tanh" in each.signature.split("+"), each.expected) for each in lost} == {
        (True, "tanh is large"),
        (False, ""),
    }
    assert file.footer is not None
    (entry,) = [each for each in file.footer.expectations if each.file == "known.toml"]
    assert (entry.state, entry.times) == ("met", {name: len({each.case for each in lost if each.expected})})


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "a time limit"])
def test_an_interrupted_run_keeps_what_was_recorded(sent: signal.Signals, repository: Path, tmp_path: Path) -> None:
    """It ends soon, with a footer that says so, and exits 3."""
    path = tmp_path / "results.jsonl"
    command = [sys.executable, "-m", "autograd_conformance.cli", "run", "-a", HONEST, "--examples=1000"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": python_path(repository)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs in the background ignores it
    )
    try:
        deadline = time.monotonic() + 60
        while not path.exists() or path.read_bytes().count(b"\n") < 50:
            assert time.monotonic() < deadline, "nothing was written"
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.1)
        os.killpg(process.pid, sent)
        _, printed = process.communicate(timeout=40)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 3, printed
    assert "INTERRUPTED" in printed
    assert "Traceback" not in printed
    file = read(path)
    assert file.footer is not None
    assert file.footer.status == "interrupted"
    assert file.footer.results == len(file.results) >= 10


def test_a_report_can_be_written_along_the_way(cli: Cli, tmp_path: Path) -> None:
    """``--report`` leaves a page that names the adapter."""
    done = cli("run", "-a", HONEST, *SMALL, "--report", "report.html")
    assert done.returncode == 0, done.stderr
    assert HONEST in (tmp_path / "report.html").read_text("utf-8")


def test_the_suite_runs_as_pytest_items(repository: Path, tmp_path: Path) -> None:
    """`pytest --pyargs autograd_conformance.suite` has an item per adapter, law and stratum, failing where a law does."""
    command = [sys.executable, "-m", "pytest", "--pyargs", "autograd_conformance.suite", "-q", "-rA"]
    options = [f"--conformance-{option.removeprefix('--')}" for option in SMALL]
    adapters = ["--conformance-adapter", HONEST, "--conformance-adapter", "tests.misbehaving:WrongForward"]
    done = subprocess.run(
        [*command, *options, *adapters, "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": python_path(repository)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert any("forward_matches_numpy[tests.misbehaving:WrongForward:eager-core]" in line for line in failed)
    assert not any("WrongForward" not in line for line in failed)
    assert f"{VJP}[{HONEST}-core]" in done.stdout
    assert read(tmp_path / "results.jsonl").is_complete


def test_installing_the_suite_changes_no_other_pytest_session(repository: Path, tmp_path: Path) -> None:
    """Where the suite is not asked for, its plugin collects nothing and writes nothing."""
    (tmp_path / "test_mine.py").write_text("def test_mine():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert "1 passed" in done.stdout
    assert not list(tmp_path.glob("*.jsonl"))


def test_a_stale_expectation_exits_1(cli: Cli, tmp_path: Path) -> None:
    """An entry that matches nothing in a full run is named, and fails it."""
    entry = (
        '[[expectation]]\nlaw = "vjp_matches_finite_differences"\nadapter = "tests.misbehaving:Honest*"\n'
        'signature = "tanh"\nkind = "disagree"\nreason = "was wrong once"\nlink = "unreported"\n'
    )
    (tmp_path / "known.toml").write_text(entry)
    done = cli("run", "-a", HONEST, "--profile=quick", "--examples=3", "--expectations=known.toml")
    assert done.returncode == 1, done.stderr
    assert "stale expectation: known.toml: entry 1" in done.stderr
    footer = read(tmp_path / "results.jsonl").footer
    assert footer is not None
    assert (footer.unexpected, len(footer.stale)) == (0, 1)


def test_a_run_of_one_mode_calls_nothing_stale_that_another_may_show(cli: Cli, tmp_path: Path) -> None:
    """An entry on all modes, of which the right one ran alone; where its glob names that one, it is stale."""
    (tmp_path / "known.toml").write_text(
        f'[[expectation]]\nlaw = "*"\nadapter = "{MODES}:*"\nkind = "disagree"\nsignature = "*"\n'
        'reason = "half as large in the second mode"\nlink = "unreported"\n'
    )
    asked = ("--examples=3", "--expectations", "known.toml", "--profile=quick")
    alone = cli("run", "-a", f"{MODES}:eager", *asked)
    assert (alone.returncode, "stale" in alone.stderr) == (0, False), alone.stderr
    named = (tmp_path / "known.toml").read_text().replace(f"{MODES}:*", f"{MODES}:e*")
    (tmp_path / "known.toml").write_text(named)
    alone = cli("run", "-a", f"{MODES}:eager", *asked)
    assert (alone.returncode, "stale" in alone.stderr) == (1, True), alone.stderr


def test_a_report_needs_a_results_file(cli: Cli) -> None:
    """Piping the results leaves nothing to draw from, which is said before anything runs."""
    done = cli("run", "-a", HONEST, *SMALL, "-o", "-", "--report=report.html")
    assert done.returncode == 2
    assert "--report" in done.stderr


SLOW_LANES = """
import sys, time
from autograd_conformance import campaign
from autograd_conformance.cli import main

tell = campaign.Campaign._tell
campaign.Campaign._tell = lambda *arguments: (time.sleep(1), tell(*arguments))
sys.argv[1:] = ["run", "-a", "tape", "--op", "mul", "--dtype", "float64", "--examples", "2"]
main()
"""


def test_a_run_is_complete_however_late_its_lanes_end(tmp_path: Path) -> None:
    """The last case may be written, and its items be over, before the thread that judged it is."""
    done = subprocess.run(
        [sys.executable, "-c", SLOW_LANES], cwd=tmp_path, timeout=120, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert read(tmp_path / "results.jsonl").is_complete


def test_what_is_foreseen_is_told_without_a_traceback() -> None:
    """Pytest makes one by parsing source, and lanes draw cases meanwhile, which does so too."""
    with pytest.raises(pytest.xfail.Exception) as caught:
        pytest.xfail("2 known: halved")
    assert SuiteItem.repr_failure(object.__new__(LawItem), caught) == "2 known: halved"
