"""JAX does in every scenario what it documents, or says in words why it has no such concept."""

from __future__ import annotations

import functools
import importlib.util
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

if importlib.util.find_spec("jax") is None:
    pytest.skip("jax is not installed", allow_module_level=True)

NAMES = [pytest.param(each.name, marks=[pytest.mark.slow] * each.is_slow) for each in SCENARIOS.values()]

RUN_ALL = """\
import runpy, sys
import jax
sys.modules["autograd_conformance"] = None  # importing it fails
for path in sys.argv[1:]:
    jax.config.update("jax_enable_x64", False)  # as a fresh interpreter has it
    runpy.run_path(path, run_name="__main__")
"""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(parse_adapter("jax:eager").target, timeout=120) as worker:
        yield worker


@pytest.fixture(scope="module")
def contract(worker: Worker) -> dict[str, Documented]:
    return parse_contract(worker.describe("eager").contract, "jax:eager", SCENARIOS)


@pytest.fixture(scope="module")
def tell(worker: Worker) -> Callable[[str], Told]:
    @functools.cache
    def tell(name: str) -> Told:
        (told,) = worker.tell([Telling("eager", name, SCENARIOS[name].steps)])
        assert isinstance(told, Told), told
        return told

    return tell


@pytest.mark.parametrize("name", NAMES)
def test_jax_does_what_it_documents(
    name: str, contract: dict[str, Documented], tell: Callable[[str], Told], worker: Worker
) -> None:
    """A scenario agrees with the contract; what is absent from JAX is refused, and the contract says why."""
    documented = contract[name]
    if documented.absent:
        (refused,) = worker.tell([Telling("eager", name, SCENARIOS[name].steps)])
        assert isinstance(refused, Refused), refused
        assert documented.absent.startswith("functional: ")
    else:
        verdict, _ = judge_scenario(SCENARIOS[name], documented, tell(name).observed)
        assert verdict.name == "agree", verdict.detail


def test_reasons_are_of_a_functional_framework(contract: dict[str, Documented]) -> None:
    """Every observation that JAX does not make has a reason."""
    absent = [
        outcome["absent"]
        for each in contract.values()
        for outcome in each.outcome.values()
        if isinstance(outcome, dict) and "absent" in outcome
    ]
    assert absent
    assert all(reason.startswith("functional: ") for reason in absent)


def test_scripts_need_only_jax(contract: dict[str, Documented], tell: Callable[[str], Told], tmp_path: Path) -> None:
    """The scripts print what was observed, in a fresh interpreter in which the suite cannot be imported."""
    names = [each.name for each in SCENARIOS.values() if not each.is_slow and not contract[each.name].absent]
    for name in names:
        (tmp_path / f"{name}.py").write_text(tell(name).script, "utf-8")
    command = [sys.executable, "-I", "-c", RUN_ALL, *(f"{name}.py" for name in names)]
    run = subprocess.run(command, cwd=tmp_path, timeout=120, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    expected = [f"{name}: {value}" for each in names for name, value in tell(each).observed.items()]
    assert run.stdout.splitlines() == expected


def told_by_tape(worker: Worker, story: Story) -> dict[str, Any]:
    (told,) = worker.tell([Telling("eager", "", tuple(story.steps))])
    assert isinstance(told, Told), told
    return told.observed


def test_every_statement_of_the_tape(worker: Worker) -> None:
    """Gradients are transformations of functions of the ops; detached and unrecorded ones are constants."""
    t = Story()
    t.leaf("a", [1.0, 2.0])
    t.leaf("other", 1.0)
    t.constant("c", [3.0, 4.0])
    t.apply("b", "mul", "a", "c")
    t.detach("cut", "b")
    t.apply("silent", "mul", "a", "a", recording=False)
    t.apply("products", "mul", "b", "cut")
    t.apply("with_silent", "add", "products", "silent")
    t.gradient(["g", "h"], "with_silent", ["a", "other"], cotangent=[1.0, 10.0])
    t.observe("weighed", t.value("g"), t.value("h"))
    t.gradient(["refused"], "with_silent", ["a"], attempt="without a cotangent")
    assert told_by_tape(worker, t) == {
        "weighed": [[9.0, 320.0], 0.0],
        "without a cotangent": {
            "raises": "TypeError",
            "kinds": ["Exception"],
            "message": "Gradient only defined for scalar-output functions. Output had shape: (2,).",
        },
    }


def test_gradients_are_differentiated(worker: Worker) -> None:
    """A recorded gradient is recomputed where it is differentiated, one that is not recorded is a constant."""
    t = Story()
    t.leaf("a", 3.0)
    t.apply("square", "mul", "a", "a")
    t.apply("cube", "mul", "square", "a")
    t.gradient(["first"], "cube", ["a"], create_graph=True)
    t.gradient(["second"], "first", ["a"], create_graph=True)
    t.gradient(["third"], "second", ["a"])
    t.apply("constant_times_a", "mul", "third", "a")
    t.gradient(["of_constant"], "constant_times_a", ["a"])
    t.observe("all", *map(t.value, ("first", "second", "third", "of_constant")))
    assert told_by_tape(worker, t) == {"all": [27.0, 18.0, 6.0, 6.0]}


def test_an_intermediate_and_what_it_is_made_of(worker: Worker) -> None:
    """The gradient at a leaf counts the way through an intermediate that is asked for beside it, recorded or not."""
    t = Story()
    t.leaf("a", 2.0)
    t.leaf("b", 3.0)
    t.apply("ab", "mul", "a", "b")
    t.apply("y", "mul", "ab", "ab")
    t.gradient(["at_ab", "at_b"], "y", ["ab", "b"])
    t.gradient(["of_a", "of_b"], "y", ["a", "b"], create_graph=True)
    t.apply("z", "mul", "of_a", "of_b")
    t.gradient(["at_of_a", "at_b_again"], "z", ["of_a", "b"])
    t.observe("y at ab and b, z at the gradient and b", *map(t.value, ("at_ab", "at_b", "at_of_a", "at_b_again")))
    assert told_by_tape(worker, t) == {"y at ab and b, z at the gradient and b": [12.0, 24.0, 24.0, 864.0]}


def refused(tell_story: Callable[[Story], None]) -> Story:
    story = Story()
    story.leaf("a", 3.0)
    story.apply("b", "mul", "a", "a")
    tell_story(story)
    return story


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(refused(lambda t: t.backward("b")), id="backward"),
        pytest.param(refused(lambda t: t.retain_grad("b")), id="retain_grad"),
        pytest.param(refused(lambda t: t.zero("a", to_none=True)), id="zero"),
        pytest.param(refused(lambda t: t.update("a", 1.0, recording=False)), id="update"),
        pytest.param(refused(lambda t: t.leaf("b", 1.0)), id="a name used twice"),
        pytest.param(refused(lambda t: t.gradient(["g"], "b", ["a"], retain_graph=False)), id="a graph given up"),
        *(
            pytest.param(refused(lambda t, ask=ask: t.observe("asked", getattr(t, ask)("a"))), id=ask)
            for ask in ("gradient_of", "is_leaf", "requires_grad", "has_grad_fn")
        ),
    ],
)
def test_what_the_tape_cannot_say_has_a_reason(worker: Worker, story: Story) -> None:
    (answer,) = worker.tell([Telling("eager", "", tuple(story.steps))])
    assert isinstance(answer, Refused)
    assert answer.reason.startswith("functional: ")
