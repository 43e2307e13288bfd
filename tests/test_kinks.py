"""What adapters return at kinks: a convention within the one-sided derivatives, and a mistake where there is but one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_conformance.comparison import compare
from autograd_conformance.kinks import AT_ONCE, observations, verdict_of_all
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.records import Observation, ScenarioResult
from autograd_conformance.results import read
from autograd_conformance.scenarios import KINKS
from autograd_conformance.worker.description import Description
from autograd_conformance.worker.questions import (
    Answer,
    Answered,
    Crashed,
    Failed,
    Measured,
    Product,
    Question,
    Refused,
    TimedOut,
)

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


class Returns:
    """Stands for a worker whose adapter returns the same number everywhere, or what else is given."""

    def __init__(self, *answers: float | Answer) -> None:
        self.answers = list(answers)

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._answer(question, self.answers.pop(0)) for question in questions]

    def _answer(self, question: Question, answer: float | Answer) -> Answer:
        if not isinstance(answer, float):
            return answer
        gradients = tuple(Measured("float64", np.full(shape, answer)) for shape in question.graph.inputs)
        return Answered((), (Product((), gradients),), None, (), "", "")


def described(*lowers: str, composes: tuple[str, ...] = ()) -> Description:
    return Description(
        "small", "eager", {"eager": ""}, (), {"small": "1"}, {}, "3.11", {}, lowers, composes, {"abs": "has no abs"}
    )


def seen(op: str, *answers: float | Answer, composes: tuple[str, ...] = ()) -> list[Observation]:
    worker: Any = Returns(*answers)
    return list(observations(worker, described(op, composes=composes), [VOCABULARY[op]]))


@pytest.mark.parametrize("returned", [0.0, 0.5, 1.0])
def test_any_number_between_both_sides_is_a_convention(returned: float) -> None:
    (found,) = seen("relu", returned)
    assert (found.name, found.observed, found.verdict) == ("relu, at 0", returned, "agree")
    assert found.documented == {"from below": 0.0, "from above": 1.0}


@pytest.mark.parametrize("returned", [-0.001, 1.001, np.nan, np.inf])
def test_a_number_outside_is_shown_and_no_pass(returned: float) -> None:
    (found,) = seen("relu", returned)
    assert found.verdict == "inconclusive"
    assert found.detail.startswith("a convention: input 0 [0, 0] is ")
    assert found.detail.endswith("where the derivative is 0 from below and 1 from above")


def test_where_both_sides_are_one_another_gradient_is_wrong() -> None:
    """Unless the adapter wrote the op as a combination of others, which may have kinks of their own."""
    assert [each.verdict for each in seen("softsign", 1.0)] == ["agree"]
    (found,) = seen("softsign", 2.0)
    assert (found.verdict, found.detail) == ("disagree", "input 0 [0, 0] is 2, where the derivative is 1")
    (found,) = seen("softsign", 2.0, composes=("softsign",))
    assert found.verdict == "inconclusive"
    assert found.detail.startswith("the adapter's own composition: ")


def test_an_infinite_derivative_is_found_and_one_that_is_none_is_not_judged() -> None:
    assert [each.verdict for each in seen("sqrt", np.inf)] == ["agree"]
    assert [each.verdict for each in seen("sqrt", 0.0)] == ["inconclusive"]
    (found,) = seen("reciprocal", -np.inf)
    assert (found.verdict, found.detail) == ("unsupported", "no derivative here: -inf")


def test_what_is_no_number_is_told() -> None:
    """An error is one more convention; a crash and a timeout are what they are."""
    (found,) = seen("relu", Failed("ValueError", "no gradient here\nmore"))
    assert found.observed == {"raises": "ValueError", "message": "no gradient here"}
    assert found.verdict == "inconclusive"
    assert found.detail == "a convention: raises ValueError, where the derivative is 0 from below and 1 from above"
    assert [each.verdict for each in seen("reciprocal", Failed("ValueError", "no"))] == ["unsupported"]
    assert [each.verdict for each in seen("relu", Crashed("gone"))] == ["crash"]
    assert [each.verdict for each in seen("relu", TimedOut(5.0))] == ["timeout"]


def test_an_adapter_that_is_lost_again_and_again_is_not_asked_on() -> None:
    """Each may take a minute.  What was not asked is told, and is no pass."""
    ops = [VOCABULARY[name] for name in ("abs", "relu", "relu6", "hardtanh", "hard_sigmoid", "softsign")]
    worker: Any = Returns(*[TimedOut(60.0), Crashed("gone")] * 10)
    found = list(observations(worker, described(*(op.name for op in ops)), ops))
    asked = [each.verdict for each in found if not each.detail.startswith("not asked: ")]
    assert asked == ["timeout", "crash"] * (AT_ONCE // 2)
    assert {each.verdict for each in found[len(asked) :]} == {"inconclusive"}
    assert len(worker.answers) + AT_ONCE == 20


def test_what_is_refused_everywhere_is_no_pass(cli: Cli, tmp_path: Path) -> None:
    """An adapter without float64, and a choice of ops that have no kink."""
    (tmp_path / "narrow.py").write_text(
        "from autograd_conformance.adapters.tape import TapeAdapter\n\n\n"
        "class Narrow(TapeAdapter):\n    def lacks(self):\n        return {'float64': 'left out'}\n"
    )
    assert cli("run", "-a", "narrow:Narrow", "--scenario", KINKS, "--op", "relu").returncode == 0
    result = told(tmp_path / "results.jsonl")
    assert (result.verdict, result.detail) == ("unsupported", "relu, at 0: left out")
    assert cli("run", "-a", "tape", "--scenario", KINKS, "--op", "add").returncode == 0
    result = told(tmp_path / "results.jsonl")
    assert (result.verdict, result.detail) == ("unsupported", "no op that was chosen has such a point")


def test_the_worst_of_all_points_counts_and_a_pass_before_what_shows_nothing() -> None:
    agrees, tends, refused = seen("relu", 0.5), seen("arctan2", 0.0, 0.0, 0.0), seen("relu", Refused("left out"))
    assert "weak" in {each.verdict for each in tends}
    weak = [each for each in tends if each.verdict == "weak"]
    assert [verdict_of_all(found) for found in (agrees + weak + refused, weak + refused, refused, [])] == [
        "agree", "weak", "unsupported", "unsupported",
    ]  # fmt: skip
    assert verdict_of_all(agrees + seen("relu", 2.0)) == "inconclusive"
    assert verdict_of_all(seen("relu", 2.0) + seen("softsign", 2.0)) == "disagree"


def test_a_mode_without_a_contract_is_asked_too(cli: Cli, tmp_path: Path) -> None:
    """Compiled modes follow the eager ones here, or do not."""
    done = cli("run", "-a", "tests.misbehaving:Honest", "--scenario", "*", "--op", "square", "--op", "neg")
    assert done.returncode == 0, done.stderr
    assert [each.scenario for each in read(tmp_path / "results.jsonl").scenarios] == [KINKS]


def test_an_op_that_is_not_there_says_why() -> None:
    worker: Any = Returns()
    (found,) = observations(worker, described(), [VOCABULARY["abs"]])
    assert (found.verdict, found.detail) == ("unsupported", "has no abs")


def told(path: Path) -> ScenarioResult:
    (result,) = read(path).scenarios
    assert result.scenario == KINKS
    return result


ALTERED = """
import numpy as np

from autograd_conformance.adapters.tape import TapeAdapter


class {name}(TapeAdapter):
    framework = "altered"

    def vjp(self, program, leaves, cotangents):
        outputs, gradients = super().vjp(program, leaves, cotangents)
        if {op!r} not in program.source:
            return outputs, gradients
        return outputs, tuple(self.native({change}, str(leaf.dtype)) for leaf in leaves)
"""


@pytest.fixture
def altered(tmp_path: Path) -> Callable[..., str]:
    def write(name: str, op: str, change: str) -> str:
        (tmp_path / f"{name.lower()}.py").write_text(ALTERED.format(name=name, op=op, change=change))
        return f"{name.lower()}:{name}"

    return write


def test_a_run_tells_it_and_a_mistake_fails_the_run(cli: Cli, tmp_path: Path, altered: Callable[..., str]) -> None:
    """The suite's own engine is as it should be; with the gradient of a sort doubled it is not."""
    done = cli("run", "-a", "tape", "--scenario", KINKS)
    assert done.returncode == 0, done.stderr
    assert told(tmp_path / "results.jsonl").verdict == "agree"
    wrong = altered("Doubles", "sort", "np.full(leaf.shape, 2.0)")
    done = cli("run", "-a", wrong, "--scenario", KINKS)
    assert done.returncode == 1, done.stderr
    assert "sort, equal elements: input 0 [0, 0] is 2, where the derivative is 1" in done.stderr
    assert told(tmp_path / "results.jsonl").verdict == "disagree"


def test_another_convention_is_news_and_no_failure(cli: Cli, tmp_path: Path, altered: Callable[..., str]) -> None:
    """Both numbers lie between both sides, and yet they differ.  So does the length of the source, or Python might take what
    it compiled of one in the same second for the other.
    """
    files = []
    for name, number in (("Before", 0.0), ("After", 0.25)):
        path = tmp_path / f"{name}.jsonl"
        adapter = altered("Altered", "relu", f"np.full(leaf.shape, {number})")
        assert cli("run", "-a", adapter, "--scenario", KINKS, "-o", path).returncode == 0
        files.append(read(path))
    (change,) = [each for each in compare(*files).transitions if each.state != "same"]
    assert change.state == "convention_changed"
    assert "relu, at 0: 0.0 -> 0.25" in str(change)


def test_it_is_left_out_of_what_was_narrowed(cli: Cli, tmp_path: Path) -> None:
    """Told of the ops alone that are asked for, and not at all where only laws or other scenarios are."""
    done = cli("run", "-a", "tape", "--scenario", KINKS, "--op", "relu", "--law", "vjp_of*", "--examples", "0")
    assert done.returncode == 0, done.stderr
    assert [each.name for each in told(tmp_path / "results.jsonl").observations] == ["relu, at 0"]
    assert cli("run", "-a", "tape", "--scenario", "A1").returncode == 0
    assert [each.scenario for each in read(tmp_path / "results.jsonl").scenarios] == ["A1"]
