"""The model says what is documented, frameworks agree with it on random programs, and faulty tapes are found out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from autograd_conformance.discovery import parse_adapter
from autograd_conformance.exploration.machine import Exploration, explore
from autograd_conformance.exploration.model import Model
from autograd_conformance.exploration.semantics import SEMANTICS, TAPE, TENSORFLOW, TORCH, Refusal, Unspecified
from autograd_conformance.tape import Query, Step, Story, Tape
from autograd_conformance.worker.process import Worker
from autograd_conformance.worker.stories import Telling, Told
from autograd_conformance.worker.tell import run_story, script_of

MOST_STATEMENTS = 8
MOST_OF_AN_ENGINE = 12
"""A gradient that two leaves share shows after some walks only."""


class Teller(Story):
    """A story that the model follows as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(TORCH)
        self.refused: list[Refusal] = []
        """Of the latest statement."""

    def _add(self, verb: str, name: str, *operands: str, attempt: str = "", **options: Any) -> None:
        self.refused = sorted(self.model.foresee(Step(verb, name, operands, options)))

    def ask(self, about: str, names: str) -> list[Any]:
        return [self.model.answer(Query(about, name)) for name in names]

    def mul(self, name: str, one: str, other: str) -> None:
        self.apply(name, "mul", one, other)


@pytest.fixture
def t() -> Teller:
    return Teller()


def test_results_of_constants_are_leaves_by_convention(t: Teller) -> None:
    t.leaf("a", 3.0)
    t.mul("b", "a", "a")
    t.constant("c", 5.0)
    t.mul("d", "c", "c")
    assert t.ask("requires_grad", "abcd") == [True, True, False, False]
    assert t.ask("is_leaf", "abcd") == [True, False, True, True]
    assert t.ask("has_grad_fn", "abcd") == [False, True, False, False]
    t.backward("d")
    assert t.refused == [Refusal.NOTHING_RECORDED]


def test_constants_keep_no_gradient(t: Teller) -> None:
    t.leaf("w", 3.0)
    t.leaf("b", 1.0)
    t.constant("x", 2.0)
    t.mul("y", "w", "x")
    t.apply("z", "add", "y", "b")
    t.backward("z")
    assert t.ask("gradient", "wbxy") == [2, 1, None, None]


def test_a_leaf_is_changed_in_place_unrecorded_only(t: Teller) -> None:
    t.leaf("w", 3.0)
    t.update("w", 1.0, recording=True)
    assert t.refused == [Refusal.LEAF_CHANGED]
    t.update("w", 1.0, recording=False)
    assert t.ask("value", "w") == [4]


def test_an_intermediate_keeps_its_gradient_when_asked_to(t: Teller) -> None:
    t.leaf("a", 3.0)
    t.mul("b", "a", "a")
    t.retain_grad("b")
    t.backward("b")
    assert t.ask("gradient", "ab") == [6, 1]


def test_a_kept_graph_is_walked_until_it_is_not(t: Teller) -> None:
    t.leaf("a", 3.0)
    t.mul("b", "a", "a")
    for retain, gradient in ((True, 6), (True, 12), (False, 18)):
        t.backward("b", retain_graph=retain)
        assert t.refused == []
        assert t.ask("gradient", "a") == [gradient]
    t.backward("b")
    assert t.refused == [Refusal.FREED]
    assert t.ask("gradient", "a") == [18]


def test_a_graph_that_saves_nothing_is_walked_again(t: Teller) -> None:
    t.leaf("x", 5.0)
    t.apply("y", "shift", "x", offset=1.0)
    t.backward("y")
    t.backward("y")
    assert t.ask("gradient", "x") == [2]


def test_what_a_walk_refused_on_its_way_has_stored_is_not_asked(t: Teller) -> None:
    t.leaf("a", 3.0)
    t.mul("b", "a", "a")
    t.backward("b")
    t.apply("c", "shift", "b", offset=1.0)
    t.backward("c")
    assert t.refused == [Refusal.FREED]
    with pytest.raises(Unspecified):
        t.ask("gradient", "a")
    t.zero("a", to_none=True)
    assert t.ask("gradient", "a") == [None]


def test_a_saved_value_that_was_changed_is_noticed(t: Teller) -> None:
    """Also when it was changed under another name."""
    t.leaf("a", 3.0)
    t.mul("b", "a", "a")
    t.detach("c", "a")
    t.update("c", 1.0, recording=True)
    assert t.ask("value", "ac") == [4, 4]
    t.backward("b")
    assert t.refused == [Refusal.CHANGED]


def test_a_retained_gradient_follows_a_change_in_place(t: Teller) -> None:
    t.leaf("a", 3.0)
    t.mul("b", "a", "a")
    t.retain_grad("b")
    t.apply("c", "scale", "b", factor=2.0)
    t.update("b", 1.0, recording=True)
    t.apply("z", "add", "b", "c")
    t.backward("z")
    assert t.ask("gradient", "ab") == [18, 1]


def test_gradients_of_gradients_of_a_cube(t: Teller) -> None:
    t.leaf("a", 3.0)
    t.mul("b", "a", "a")
    t.mul("c", "b", "a")
    t.gradient("d", "c", "a", create_graph=True)
    t.gradient("e", "d", "a", create_graph=True)
    t.gradient("f", "e", "a", create_graph=True)
    assert t.ask("value", "def") == [27, 18, 6]
    assert t.ask("requires_grad", "def") == [True, True, False]
    assert t.ask("gradient", "a") == [None]


def test_a_value_used_twice_receives_the_sum(t: Teller) -> None:
    t.leaf("x", 2.0)
    t.mul("z", "x", "x")
    t.apply("y", "add", "z", "z")
    t.backward("y")
    assert t.ask("gradient", "x") == [8]


def test_thirty_diamonds_are_walked_at_once(t: Teller) -> None:
    t.leaf("x0", 1.0)
    for number in range(30):
        t.apply(f"x{number + 1}", "add", f"x{number}", f"x{number}")
    t.backward("x30")
    assert t.model.answer(Query("gradient", "x0")) == 2**30


def test_a_broadcast_operand_receives_the_sum(t: Teller) -> None:
    t.leaf("a", 2.0)
    t.leaf("b", [3.0, 4.0])
    t.mul("c", "a", "b")
    t.backward("c")
    assert t.refused == [Refusal.COTANGENT_MISSING]
    t.backward("c", cotangent=1.0)
    assert t.refused == [Refusal.COTANGENT_SHAPE]
    t.backward("c", cotangent=[1.0, 2.0])
    assert t.ask("gradient", "ab") == [11, [2, 4]]


def test_what_is_detached_passes_nothing_on(t: Teller) -> None:
    t.leaf("w", 3.0)
    t.detach("v", "w")
    t.mul("y", "v", "w")
    t.backward("y")
    assert t.ask("gradient", "wv") == [3, None]


@pytest.mark.parametrize("semantics", [TAPE, TENSORFLOW])
def test_what_is_silent_is_left_out(semantics: Any) -> None:
    """A change in place of what retains its gradient; a cotangent of another shape."""
    model = Model(semantics)
    model.foresee(Step("leaf", "a", (), {"value": 3.0}))
    model.foresee(Step("apply", "b", ("a", "a"), {"op": "mul", "attributes": {}, "recording": True}))
    if semantics is TAPE:
        model.foresee(Step("retain_grad", "b"))
    with pytest.raises(Unspecified):
        model.foresee(Step("update", "b", (), {"by": 1.0, "recording": True}))


# Frameworks.


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torch:eager", "tape:eager", "tensorflow:eager"])
def test_a_framework_answers_as_it_documents(name: str) -> None:
    spec = parse_adapter(name)
    assert spec.mode is not None
    with Worker(spec.target) as worker:
        found = explore(worker, name, spec.mode, SEMANTICS[spec.framework], seed=1, examples=150, steps=20)
    assert found.failure is None, str(found.failure)
    assert found.examples >= 150
    assert found.steps > 5 * found.examples


# Faulty tapes.


class InThisProcess:
    """Runs what a tape writes, without a worker."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def tell(self, tellings: Sequence[Telling]) -> list[Told]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [self._told(telling) for telling in tellings]

    def _told(self, telling: Telling) -> Told:
        text = self.tape.write(telling.steps or ())
        return Told(run_story(text, self.tape.imports), text, script_of(self.tape.imports, text))


def found_out(tape: Tape, semantics: Any, name: str, examples: int = 400) -> Exploration:
    return explore(InThisProcess(tape), name, "eager", semantics, seed=1, examples=examples, steps=20)


QUICKLY_FOUND = (
    "always recorded", "constants require a gradient", "detach forgotten", "gradient overwritten",
    "never recorded twice", "update makes another array", "zero does nothing",
)  # fmt: skip
TORCH_FAULTS = (
    "cotangent ignored", "create_graph ignored", "detach copies", "graph never freed", "retain_grad ignored",
    "retain_graph ignored", "update unseen", "zero instead of none",
)  # fmt: skip


@pytest.mark.parametrize(
    "fault", [*QUICKLY_FOUND, *(pytest.param(fault, marks=pytest.mark.slow) for fault in TORCH_FAULTS)]
)
def test_a_faulty_tape_is_found_and_shown_by_a_short_program(fault: str) -> None:
    pytest.importorskip("torch")
    from tests.miniatures.faulty_tapes import FAULTS, faulty_tape

    assert set(FAULTS) == {*QUICKLY_FOUND, *TORCH_FAULTS}
    found = found_out(faulty_tape(fault), TORCH, f"torch, {fault}")
    assert found.failure is not None, f"not found in {found.examples} programs"
    assert found.failure.statements <= MOST_STATEMENTS, str(found.failure)


@pytest.mark.parametrize(
    "mistake",
    [
        "addition multiplies",
        *(
            pytest.param(mistake, marks=pytest.mark.slow)
            for mistake in (
                "accumulated gradient passed on", "broadcast not summed", "buffer shared by leaves", "zeroing rebinds"
            )
        ),
    ],
)  # fmt: skip
def test_a_mistaken_engine_is_found_out(mistake: str) -> None:
    from autograd_conformance.adapters.tape import EXPRESSIONS
    from autograd_conformance.adapters.tape_tape import TapeTape
    from autograd_conformance.adapters.translator import Table
    from tests.miniatures.engine_mistakes import mistaken_engine

    engine = mistaken_engine(mistake)
    tape = type("MistakenTape", (TapeTape,), {"imports": f"import {engine.__name__} as tp"})(Table(EXPRESSIONS))
    found = found_out(tape, TAPE, f"tape, {mistake}", examples=2000)
    assert found.failure is not None, f"not found in {found.examples} programs"
    assert found.failure.statements <= MOST_OF_AN_ENGINE, str(found.failure)


def test_a_failure_names_adapter_observation_and_program() -> None:
    pytest.importorskip("torch")
    from tests.miniatures.faulty_tapes import faulty_tape

    failure = found_out(faulty_tape("zero does nothing"), TORCH, "torch:careless").failure
    assert failure is not None
    text = str(failure)
    assert text.startswith("torch:careless deviates from its documentation: gradient of a\n  documented: ")
    assert "observed:   1.0" in text
    assert "requires_grad=True" in text
    assert "class Observer" in failure.script


def test_one_seed_one_stream() -> None:
    """The same seed draws the same programs."""
    pytest.importorskip("torch")
    from tests.miniatures.faulty_tapes import faulty_tape

    told: list[list[tuple[Step, ...]]] = []
    for _ in range(2):
        teller = InThisProcess(faulty_tape("retain_grad ignored"))
        heard: list[tuple[Step, ...]] = []
        tell: Callable[[Sequence[Telling]], list[Told]] = teller.tell

        def listening(
            tellings: Sequence[Telling], heard: list[tuple[Step, ...]] = heard, tell: Any = tell
        ) -> list[Told]:
            heard += [telling.steps or () for telling in tellings]
            return tell(tellings)

        teller.tell = listening  # type: ignore[method-assign]
        explore(teller, "torch", "eager", TORCH, seed=5, examples=20, steps=10)
        told.append(heard)
    assert told[0] == told[1]


def test_a_run_tells_random_programs(cli: Callable[..., Any]) -> None:
    """A framework that overwrites what leaves have accumulated fails the run, with the smallest program."""
    done = cli("run", "-a", "tests.miniatures.promises_torch:Overwrites", "--scenario", "K1", timeout=300)
    assert done.returncode == 1, done.stderr
    assert "scenario K1: disagree for tests.miniatures.promises_torch:Overwrites:eager" in done.stderr
    assert ".backward()" in done.stderr
    assert "--scenario K1 --seed 1" in done.stderr


def test_a_run_without_a_fault_tells_them_all(cli: Callable[..., Any]) -> None:
    done = cli("run", "-a", "tape", "--scenario", "K1", "--profile", "quick", timeout=300)
    assert done.returncode == 0, done.stderr
    assert "nothing unexpected: 1 as documented" in done.stderr
