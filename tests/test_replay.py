"""`replay`: a recorded case is judged again, or printed as a program; a stranger's case file never runs code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.laws.words import derivations
from autograd_conformance.results import read
from tests.misbehaving import RULES

Cli = Callable[..., "CompletedProcess[str]"]

HONEST = "tests.misbehaving:Honest:eager"
TANH = Case(Graph(((2,),), (Node("tanh", (0,)),), (1,)), (np.array([0.5, -1.25]),))
INPUT = {"inputs": [[2]], "outputs": [1]}
POINT = [[0.5, 1.0]]


def node(op: Any = "sin", operands: Any = (0,), **more: Any) -> dict[str, Any]:
    return {**INPUT, "nodes": [{"op": op, "operands": list(operands), **more}]}


HOSTILE = {
    "unknown op": (node("system"), POINT),
    "op with code": (node("sin(__import__('os').system('touch owned'))"), POINT),
    "op of another kind": (node({"$": "sin"}), POINT),
    "attribute with code": (node("scale", attributes={"factor": "__import__('os').system('touch owned')"}), POINT),
    "attribute name with code": (node("sin", attributes={"x=open('owned','w')": 1}), POINT),
    "attribute of another op": (node("sin", attributes={"axis": 0}), POINT),
    "unknown value": (node("sin", operands=[7]), POINT),
    "negative value": (node("sin", operands=[-1]), POINT),
    "too many operands": (node("sin", operands=[0, 0]), POINT),
    "giant input": ({"inputs": [[1 << 40]], "nodes": [], "outputs": [0]}, [[0.5]]),
    "giant product": ({"inputs": [[1 << 19, 1 << 19]], "nodes": [], "outputs": [0]}, [[0.5]]),
    "negative size": ({"inputs": [[-1]], "nodes": [], "outputs": [0]}, [[0.5]]),
    "giant result": (node("broadcast_to", attributes={"shape": [1 << 20, 2]}), POINT),
    "giant growth": (
        {
            "inputs": [[1024, 1]],
            "nodes": [{"op": "transpose", "operands": [0], "attributes": {"axes": [1, 0]}}]
            + [{"op": "add", "operands": [0, 1]}]
            + [{"op": "mul", "operands": [2, 2 + step]} for step in range(1000)],
            "outputs": [2],
        },
        [[[0.5]] * 1024],
    ),
    "other point shape": (node(), [[0.5, 1.0, 2.0]]),
    "missing point": (node(), []),
    "text in the point": (node(), [["0.5", 1.0]]),
    "nested point": (node(), [[[[[[0.5]]]], 1.0]]),
    "point that is no list": (node(), {"0": 1}),
    "infinite loop of lists": ([[[[]]]], POINT),
    "nothing": (None, None),
    "no outputs": ({**node(), "outputs": []}, POINT),
}


@pytest.fixture
def case_file(tmp_path: Path) -> Path:
    corpus.write(TANH, tmp_path / "case.json")
    return tmp_path / "case.json"


@pytest.mark.parametrize(
    ("adapter", "word", "code"),
    [
        ("Honest", "FIXED", 0),
        ("HalvesGradients", "FAILED", 1),
        ("Raises", "FAILED", 1),
        ("Segfaults", "FAILED", 1),
        ("CannotBeMade", "ERROR", 3),
    ],
)
def test_replay_says_whether_a_case_is_fixed(cli: Cli, case_file: Path, adapter: str, word: str, code: int) -> None:
    """FIXED exits 0, FAILED 1; what cannot be judged is an ERROR and exits 3."""
    done = cli("replay", case_file.name, "-a", f"tests.misbehaving:{adapter}:eager")
    assert done.returncode == code, done.stdout + done.stderr
    assert any(line.startswith(f"{word} tests.misbehaving:{adapter}") for line in done.stdout.splitlines())
    assert "Traceback" not in done.stderr


def test_lost_digits_are_said(cli: Cli, case_file: Path) -> None:
    """They are no failure, and nothing that was mended."""
    done = cli("replay", str(case_file), "-a", "tests.misbehaving:LosesDigits:eager")
    assert done.returncode == 0, done.stderr
    assert "FIXED" in done.stdout
    assert ", digits are lost" in done.stdout
    assert "forward_matches_numpy: imprecise" in done.stdout
    assert ", digits are lost" not in cli("replay", str(case_file), "-a", HONEST).stdout


def test_a_case_the_adapter_cannot_express_is_an_error(cli: Cli, tmp_path: Path) -> None:
    """Unsupported is not fixed."""
    corpus.write(Case(Graph(((2,),), (Node("exp", (0,)),), (1,)), TANH.point), tmp_path / "case.json")
    done = cli("replay", "case.json", "-a", HONEST)
    assert done.returncode == 3
    assert "no rule for op exp" in done.stdout


def test_a_dtype_in_which_nothing_could_be_judged_is_named(cli: Cli, tmp_path: Path) -> None:
    """FIXED speaks of the dtypes that were judged; alone, one that was not is an error."""
    corpus.write(Case(TANH.graph, (np.array([0.0001, -1.25]),)), tmp_path / "case.json")
    done = cli("replay", "case.json", "-a", HONEST, "--dtype=float64", "--dtype=float16")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not judged in float16" in done.stdout
    assert "unsupported" in done.stdout
    assert cli("replay", "case.json", "-a", HONEST, "--dtype=float16").returncode == 3


def test_an_id_is_found_in_the_results_of_the_folder(cli: Cli, tmp_path: Path) -> None:
    """The printed replay command works where the run was."""
    name = "tests.misbehaving:HalvesGradients:eager"
    cli("run", "-a", name, "--op=tanh", "--op=mul", "--examples=3", "--dtype=float64")
    failed = next(result for result in read(tmp_path / "results.jsonl").results if result.reduced)
    done = cli("replay", failed.reduced, "-a", name)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"case {failed.reduced}" in done.stdout
    assert cli("replay", failed.reduced, "-a", HONEST).returncode == 0


DEEP = Case(
    Graph(((2, 3),), (Node("sin", (0,)), Node("tanh", (1,)), Node("mul", (2, 1))), (3,)),
    (np.array([[0.5, -1.25, 0.75], [1.5, 0.25, -0.375]]),),
)
"""Its tanh fails where gradients of tanh do."""


def test_replay_reduces_to_a_minimum_and_saves_it(cli: Cli, tmp_path: Path) -> None:
    """The smaller case is printed with its numbers, written down, and replays as it is; a second reduction finds nothing."""
    pytest.importorskip("torch")
    name = "tests.miniatures:SignFlippedTorch:eager"
    corpus.write(DEEP, tmp_path / "case.json")
    done = cli("replay", "case.json", "-a", name, "--dtype", "float64", "--save", "small.json")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "no simpler neighbour fails" in done.stdout
    assert f"reduced from case {DEEP.id}, 3 nodes" in done.stdout
    small = corpus.read(tmp_path / "small.json")
    assert small.graph.op_names == ("tanh",)
    assert [array.tolist() for array in small.point] == [1.0]
    assert f"case {small.id} is written to small.json" in done.stdout
    again = cli("replay", "small.json", "-a", name, "--dtype", "float64", "--reduce")
    assert again.returncode == 1
    assert "as small as it was" in again.stdout


def test_nothing_is_saved_where_nothing_fails(cli: Cli, case_file: Path) -> None:
    """The verdict stays what it was, and a line says why there is no file."""
    done = cli("replay", case_file.name, "-a", HONEST, "--save", "small.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "small.json is not written" in done.stderr
    assert not case_file.with_name("small.json").exists()


def test_a_case_that_cannot_be_saved_is_a_usage_error(cli: Cli, case_file: Path) -> None:
    """A folder that does not exist is said in a line."""
    name = "tests.misbehaving:HalvesGradients:eager"
    done = cli("replay", case_file.name, "-a", name, "--dtype", "float64", "--save", "nowhere/small.json")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "cannot write nowhere/small.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_id_of_the_corpus_needs_no_file(cli: Cli) -> None:
    """Frozen cases are found anywhere."""
    frozen = next(case for case in corpus.load(corpus.shipped()) if set(case.graph.op_names) <= set(RULES))
    assert cli("replay", frozen.id, "-a", HONEST).returncode == 0


def test_an_unknown_id_says_where_it_was_looked_for(cli: Cli) -> None:
    """Exit 2 names the places and the option."""
    done = cli("replay", "0123456789ab", "-a", HONEST)
    assert done.returncode == 2
    assert "name the results file with --results" in done.stderr


def test_a_missing_framework_is_an_error_that_names_the_extra(cli: Cli, tmp_path: Path, case_file: Path) -> None:
    """Replaying with a framework that is not installed exits 3."""
    (tmp_path / "torch.py").write_text('raise ModuleNotFoundError("No module named torch", name="torch")\n')
    done = cli("replay", case_file.name, "-a", "torch")
    assert done.returncode == 3
    assert 'pip install "autograd-conformance[torch]"' in done.stdout + done.stderr


def test_a_law_that_is_none_is_a_usage_error(cli: Cli, case_file: Path) -> None:
    done = cli("replay", case_file.name, "-a", HONEST, "--law", "no_such")
    assert done.returncode == 2
    assert "no law 'no_such'; `autograd-conformance list laws` names them" in done.stderr


def test_a_script_shows_the_derivative_that_a_law_is_about(cli: Cli, case_file: Path) -> None:
    """The second one of tanh here, by two reverse steps."""
    pytest.importorskip("torch")
    law = "rr_matches_finite_differences"
    printed = cli("replay", case_file.name, "-a", "torch:eager", "--dtype", "float64", "--script", "--law", law)
    script = case_file.with_name("script.py")
    script.write_text(printed.stdout)
    done = subprocess.run([sys.executable, "-I", script], capture_output=True, text=True, check=True, timeout=120)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("derivative"))
    (derivation,) = derivations(TANH, ["rr"])
    (tangent,), y = derivation.tangents[0], np.tanh(TANH.point[0])
    found = np.array(json.loads(line.removeprefix("derivative").strip()))
    np.testing.assert_allclose(found, TANH.cotangent(0)[0] * tangent * -2 * y * (1 - y**2), rtol=1e-12)


@pytest.mark.parametrize(
    ("adapter", "framework"), [("torch:eager", "torch"), ("jax:jit", "jax"), ("tensorflow:graph", "tensorflow")]
)
def test_a_script_needs_only_its_framework(cli: Cli, case_file: Path, adapter: str, framework: str) -> None:
    """``--script`` prints a program that runs by itself, names no part of the suite and shows the gradient."""
    pytest.importorskip(framework)
    printed = cli("replay", case_file.name, "-a", adapter, "--dtype", "float64", "--script")
    assert printed.returncode == 0, printed.stderr
    assert "autograd_conformance" not in printed.stdout
    script = case_file.with_name("script.py")
    script.write_text(printed.stdout)
    done = subprocess.run(
        [sys.executable, "-I", script], capture_output=True, text=True, check=True, cwd=case_file.parent, timeout=120
    )
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("gradient"))
    (cotangent,) = TANH.cotangent(0)
    found = np.array(json.loads(line.removeprefix("gradient").strip()))
    np.testing.assert_allclose(found, cotangent / np.cosh(TANH.point[0]) ** 2, rtol=1e-12)


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_case_file_is_refused_in_a_line(cli: Cli, tmp_path: Path, kind: str) -> None:
    """Exit 2 with one message, no traceback, and no code of the file has run."""
    graph, point = HOSTILE[kind]
    (tmp_path / "case.json").write_text(json.dumps({"graph": graph, "point": point}))
    done = cli("replay", "case.json", "-a", HONEST, timeout=20)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "case.json" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 4
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"[]",
        b'{"graph": {}}',
        b"null",
        b"1" * 5_000,
        b'{"graph": NaN, "point": 1}',
    ],
    ids=["empty", "binary", "deep", "list", "half", "null", "digits", "nan"],
)
def test_what_is_no_case_file_is_refused_in_a_line(cli: Cli, tmp_path: Path, content: bytes) -> None:
    """Files of any other content exit 2 with one message."""
    (tmp_path / "case.json").write_bytes(content)
    done = cli("replay", "case.json", "-a", HONEST, timeout=20)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "case.json" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_point_that_is_not_finite_is_never_called_fixed_or_failed(cli: Cli, tmp_path: Path, number: str) -> None:
    """The reference has no derivative there, so nothing is said about the adapter, and nothing breaks."""
    (tmp_path / "case.json").write_text(json.dumps({"graph": node(), "point": [[number, 1.0]]}))
    done = cli("replay", "case.json", "-a", HONEST, timeout=20)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_hostile_case_in_a_results_file_is_refused(cli: Cli, tmp_path: Path) -> None:
    """A results file from a stranger is no better than a case file."""
    cli("run", "-a", HONEST, "--op=sin", "--op=mul", "--examples=3", "--dtype=float64")
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text("utf-8").splitlines()]
    case = next(line for line in lines if line["record"] == "case" and line["stratum"] != "corpus")
    case["graph"]["nodes"][0]["op"] = "__import__('os').system('touch owned')"
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = cli("replay", case["id"], "-a", HONEST, "--results", "results.jsonl")
    assert done.returncode == 2, done.stdout
    assert "malformed" in done.stderr
    assert not (tmp_path / "owned").exists()
