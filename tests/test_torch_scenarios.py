"""PyTorch does in every scenario what it documents, and each program is complete without the suite."""

from __future__ import annotations

import functools
import importlib.util
import subprocess
import sys

import pytest

from autograd_conformance.discovery import parse_adapter
from autograd_conformance.scenarios import SCENARIOS
from autograd_conformance.scenarios.contract import parse_contract
from autograd_conformance.scenarios.outcome import judge_scenario
from autograd_conformance.tape import Story
from autograd_conformance.worker.process import Worker
from autograd_conformance.worker.stories import Telling, Told

if importlib.util.find_spec("torch") is None:
    pytest.skip("torch is not installed", allow_module_level=True)

NAMES = [pytest.param(each.name, marks=[pytest.mark.slow] * each.is_slow) for each in SCENARIOS.values()]

RUN_ALL = """\
import runpy, sys
sys.modules["autograd_conformance"] = None  # importing it fails
for path in sys.argv[1:]:
    runpy.run_path(path, run_name="__main__")
"""


@pytest.fixture(scope="module")
def worker():
    with Worker(parse_adapter("torch:eager").target, timeout=120) as worker:
        yield worker


@pytest.fixture(scope="module")
def contract(worker):
    return parse_contract(worker.describe("eager").contract, "torch:eager", SCENARIOS)


@pytest.fixture(scope="module")
def tell(worker):
    @functools.cache
    def tell(name: str) -> Told:
        (told,) = worker.tell([Telling("eager", name, SCENARIOS[name].steps)])
        assert isinstance(told, Told), told
        return told

    return tell


@pytest.mark.parametrize("name", NAMES)
def test_torch_does_what_it_documents(name, contract, tell):
    """Every scenario agrees with the contract."""
    verdict, _ = judge_scenario(SCENARIOS[name], contract[name], tell(name).observed)
    assert verdict.name == "agree", verdict.detail


@pytest.mark.slow
def test_scripts_need_only_torch(tell, tmp_path):
    """The scripts print what was observed, in a fresh interpreter in which the suite cannot be imported."""
    names = [each.name for each in SCENARIOS.values() if not each.is_slow]
    for name in names:
        (tmp_path / f"{name}.py").write_text(tell(name).script, "utf-8")
    command = [sys.executable, "-I", "-W", "ignore", "-c", RUN_ALL, *(f"{name}.py" for name in names)]
    run = subprocess.run(command, cwd=tmp_path, timeout=120, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    expected = [f"{name}: {value}" for each in names for name, value in tell(each).observed.items()]
    assert sorted(run.stdout.splitlines()) == sorted(expected)


def test_every_statement_of_the_tape(worker):
    """What no scenario's story says, the tape can say too."""
    t = Story()
    t.leaf("a", [1.0, 2.0])
    t.constant("c", [3.0, 4.0])
    t.apply("b", "mul", "a", "c")
    t.apply("silent", "mul", "a", "a", recording=False)
    t.detach("cut", "b")
    t.observe("recorded", *map(t.requires_grad, ("b", "silent", "cut")))
    t.backward("b", cotangent=[1.0, 10.0], retain_graph=True)
    t.observe("weighed", t.gradient_of("a"))
    t.zero("a", to_none=False)
    t.observe("zero", t.gradient_of("a"))
    t.zero("a", to_none=True)
    t.zero("a", to_none=False)
    t.observe("none", t.gradient_of("a"))
    t.leaf("other", 1.0)
    t.gradient(["g", "h"], "b", ["a", "other"], cotangent=[1.0, 1.0], create_graph=True, allow_unused=True)
    t.observe("asked for", t.value("g"))
    t.update("cut", 0.5, recording=True)
    t.observe("changed", t.value("cut"))

    (told,) = worker.tell([Telling("eager", "", tuple(t.steps))])
    assert told.observed == {
        "recorded": [True, False, False],
        "weighed": [3.0, 40.0],
        "zero": [0.0, 0.0],
        "none": None,
        "asked for": [3.0, 4.0],
        "changed": [3.5, 8.5],
    }
