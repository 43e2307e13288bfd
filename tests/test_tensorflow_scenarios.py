"""TensorFlow does in every scenario what it documents, on the eager tape and in the static graph."""

from __future__ import annotations

import ast
import functools
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd_conformance.discovery import parse_adapter
from autograd_conformance.scenarios import SCENARIOS
from autograd_conformance.scenarios.contract import Documented, parse_contract
from autograd_conformance.scenarios.outcome import judge_scenario
from autograd_conformance.tape import Story
from autograd_conformance.worker.process import Refused, Worker
from autograd_conformance.worker.stories import Telling, Told

if importlib.util.find_spec("tensorflow") is None:
    pytest.skip("tensorflow is not installed", allow_module_level=True)

Tell = Callable[[str, str], object]
Contracts = dict[str, dict[str, Documented]]

MODES = ("eager", "graph")
NAMES = [pytest.param(each.name, marks=[pytest.mark.slow] * each.is_slow) for each in SCENARIOS.values()]

RUN_ALL = """\
import runpy, sys
sys.modules["autograd_conformance"] = None  # importing it fails
for path in sys.argv[1:]:
    print("====", path)
    runpy.run_path(path, run_name="__main__")
"""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(parse_adapter("tensorflow:eager").target, timeout=120) as worker:
        yield worker


@pytest.fixture(scope="module")
def contracts(worker: Worker) -> Contracts:
    return {mode: parse_contract(worker.describe(mode).contract, f"tensorflow:{mode}", SCENARIOS) for mode in MODES}


@pytest.fixture(scope="module")
def tell(worker: Worker) -> Tell:
    @functools.cache
    def tell(mode: str, name: str) -> object:
        return worker.tell([Telling(mode, name, SCENARIOS[name].steps)])[0]

    return tell


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", MODES)
def test_tensorflow_does_what_it_documents(mode: str, name: str, contracts: Contracts, tell: Tell) -> None:
    """A scenario agrees with the contract, or is refused where the contract says why there is no such concept."""
    documented, told = contracts[mode][name], tell(mode, name)
    if documented.absent:
        assert isinstance(told, Refused), told
        assert len(documented.absent.split()) > 5
    else:
        assert isinstance(told, Told), told
        verdict, _ = judge_scenario(SCENARIOS[name], documented, told.observed)
        assert verdict.name == "agree", verdict.detail


@pytest.mark.parametrize("mode", MODES)
def test_every_scenario_is_documented_by_tensorflow(mode: str, contracts: Contracts) -> None:
    """Each has its page of the official documentation, and what is absent a reason in words."""
    assert set(contracts[mode]) == set(SCENARIOS)
    for documented in contracts[mode].values():
        assert documented.link.startswith("https://www.tensorflow.org/")
        for outcome in documented.outcome.values():
            assert not isinstance(outcome, dict) or len(outcome.get("absent", "a reason in four words").split()) > 3


@pytest.mark.slow
def test_scripts_need_only_tensorflow(contracts: Contracts, tell: Tell, tmp_path: Path) -> None:
    """Each script does what is documented, in a fresh interpreter in which the suite cannot be imported."""
    scripts = {}
    for mode in MODES:
        for each in SCENARIOS.values():
            told = tell(mode, each.name) if not each.is_slow else None
            if isinstance(told, Told):
                scripts[f"{mode}-{each.name}.py"] = told.script
    for name, script in scripts.items():
        (tmp_path / name).write_text(script, "utf-8")

    command = [sys.executable, "-I", "-W", "ignore", "-c", RUN_ALL, *scripts]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, timeout=120, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    observed = _observations(run.stdout)
    assert list(observed) == list(scripts)
    for path, seen in observed.items():
        mode, name = path.removesuffix(".py").split("-")
        verdict, _ = judge_scenario(SCENARIOS[name], contracts[mode][name], seen)
        assert verdict.name == "agree", f"{path}: {verdict.detail}"


def _observations(printed: str) -> dict[str, dict[str, Any]]:
    """By script: what it printed, read back."""
    observed: dict[str, dict[str, Any]] = {}
    for line in printed.splitlines():
        if line.startswith("===="):
            path = line.split()[1]
            observed[path] = {}
        else:
            scenario = SCENARIOS[path.removesuffix(".py").split("-")[1]]
            shown = [*scenario.observations, *scenario.exhibits]
            name = next(each for each in shown if line.startswith(f"{each}: "))
            observed[path][name] = _read_back(line.removeprefix(f"{name}: "))
    return observed


def _read_back(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def told_by_tape(worker: Worker, story: Story) -> object:
    (told,) = worker.tell([Telling("eager", "", tuple(story.steps))])
    return told


def test_a_tape_answers_once_unless_it_is_kept(worker: Worker) -> None:
    """The tape of ``b`` is used up by its first gradient, that of ``d`` is persistent."""
    t = Story()
    t.leaf("a", 3.0)
    t.apply("b", "mul", "a", "a")
    t.gradient(["g"], "b", ["a"])
    t.gradient(["h"], "b", ["a"], attempt="used up")
    t.apply("d", "mul", "b", "a")
    t.gradient(["k", "m"], "d", ["a", "b"], cotangent=2.0, retain_graph=True)
    t.gradient(["n"], "d", ["a"], attempt="kept")
    t.observe("gradients", *map(t.value, "gkmn"))

    told = told_by_tape(worker, t)
    assert isinstance(told, Told), told
    assert told.observed["used up"]["raises"] == "RuntimeError"
    assert told.observed["kept"] == "no error"
    # b is a constant to the second tape: d = 9 a there, and nothing leads back to b
    assert told.observed["gradients"] == [6.0, 18.0, None, 9.0]
    assert told.program.count("tf.GradientTape(") == 2


def test_a_recorded_gradient_is_differentiated(worker: Worker) -> None:
    """One tape is open to the end, so everything is connected; a gradient that is not recorded is a constant."""
    t = Story()
    t.leaf("a", 3.0)
    t.apply("b", "mul", "a", "a")
    t.gradient(["first"], "b", ["a"], create_graph=True)
    t.gradient(["constant"], "b", ["a"])
    t.gradient(["second", "again"], "first", ["a", "b"])
    t.gradient(["none"], "constant", ["a"])
    t.apply("c", "mul", "first", "b")
    t.gradient(["third"], "c", ["a"])
    t.observe("gradients", *map(t.value, ("first", "constant", "second", "again", "none", "third")))

    told = told_by_tape(worker, t)
    assert isinstance(told, Told), told
    assert told.observed == {"gradients": [6.0, 6.0, 2.0, None, None, 54.0]}


def test_what_is_not_recorded_is_constant(worker: Worker) -> None:
    """Unrecorded ops, detached arrays and constants pass no gradient; an assignment leaves what has been read."""
    t = Story()
    t.leaf("a", [1.0, 2.0])
    t.constant("c", [3.0, 4.0])
    t.apply("b", "mul", "a", "c")
    t.update("a", 1.0, recording=True)
    t.apply("silent", "mul", "a", "a", recording=False)
    t.detach("cut", "b")
    t.apply("total", "add", "b", "silent")
    t.apply("y", "mul", "total", "cut")
    t.update("a", 1.0, recording=False)
    t.gradient(["g", "h", "k"], "y", ["a", "c", "silent"])
    t.observe("gradients", *map(t.value, "ghk"))
    t.observe("values", *map(t.value, ("a", "silent")))

    told = told_by_tape(worker, t)
    assert isinstance(told, Told), told
    assert told.observed["gradients"] == [[9.0, 32.0], None, None]
    assert told.observed["values"] == [[3.0, 4.0], [4.0, 9.0]]


def test_lookups_and_ops_with_a_layout_of_their_own(worker: Worker) -> None:
    """IndexedSlices become arrays; functions that an op needs are written before the story; a slice of all is no alias."""
    t = Story()
    t.leaf("table", [1.0, 2.0, 3.0])
    t.apply("all", "slice", "table", slices=())
    t.apply("rows", "take", "table", indices=(1, 1), axis=0)
    t.apply("y", "scatter_add", "all", "rows", indices=(0, 2), axis=0)
    t.update("table", 1.0, recording=False)
    t.gradient(["g"], "y", ["table"])
    t.observe("gradient", t.value("g"), t.value("all"))

    told = told_by_tape(worker, t)
    assert isinstance(told, Told), told
    assert told.observed == {"gradient": [[1.0, 3.0, 1.0], [1.0, 2.0, 3.0]]}


def test_every_lookup_gives_an_array(worker: Worker) -> None:
    """`tf.nn.embedding_lookup` gives a list of rows too."""
    t = Story()
    t.leaf("table", [[1.0, 2.0], [3.0, 4.0]])
    t.apply("y", "embedding", "table", ids=(1, 1))
    t.gradient(["g"], "y", ["table"])
    t.observe("gradient", t.value("g"))

    told = told_by_tape(worker, t)
    assert isinstance(told, Told), told
    assert told.observed == {"gradient": [[0.0, 0.0], [2.0, 2.0]]}


def test_a_leaf_may_be_asked_before_any_op(worker: Worker) -> None:
    """An array's gradient at itself is one, watched or not, and a tape is opened for the question."""
    t = Story()
    t.leaf("a", 3.0)
    t.constant("c", 5.0)
    t.gradient(["one", "none"], "a", ["a", "c"])
    t.gradient(["also"], "c", ["c"], attempt="the tape is used up")
    t.observe("gradients", t.value("one"), t.value("none"))

    told = told_by_tape(worker, t)
    assert isinstance(told, Told), told
    assert told.observed["gradients"] == [1.0, None]
    assert told.observed["the tape is used up"]["raises"] == "RuntimeError"


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (lambda t: t.backward("b"), "nothing is stored"),
        (lambda t: t.zero("a", to_none=True), "nothing is stored"),
        (lambda t: t.retain_grad("b"), "nothing is stored"),
        (lambda t: t.observe("x", t.gradient_of("a")), "nothing is stored"),
        (lambda t: t.observe("x", t.is_leaf("a")), "no array carries a flag"),
        (lambda t: t.update("b", 1.0, recording=False), "only a variable is"),
    ],
)
def test_what_tensorflow_has_no_word_for_is_refused(step: Callable[[Story], None], reason: str, worker: Worker) -> None:
    t = Story()
    t.leaf("a", 3.0)
    t.apply("b", "mul", "a", "a")
    step(t)
    told = told_by_tape(worker, t)
    assert isinstance(told, Refused), told
    assert reason in told.reason
