"""Mistakes that change derivatives are caught by laws, the others by scenarios; each is shown beside the sound engine."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from autograd_conformance.adapters import tape_engine
from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node, Shape
from autograd_conformance.scenarios import SCENARIOS
from autograd_conformance.scenarios.contract import parse_contract
from autograd_conformance.scenarios.outcome import judge_scenario
from autograd_conformance.worker.process import Worker
from autograd_conformance.worker.questions import TimedOut
from autograd_conformance.worker.stories import Telling, Told, telling_to_plain
from tests.miniatures.engine_mistakes import NUMERIC, SEMANTIC, class_name, engine_copy, mistaken_engine
from tests.test_miniatures_by_law import Asked, broken

VJP, FORM = "vjp_matches_finite_differences", "gradient_has_primal_shape_and_dtype"
FORWARD, FAN_OUT = "forward_matches_numpy", "fan_out_accumulates"
SUM = {"axes": (1,), "keepdims": False}


def case(shapes: tuple[Shape, ...], *nodes: Node) -> Case:
    """A case whose last value is its output."""
    random = np.random.default_rng(3)
    graph = Graph(shapes, nodes, (len(shapes) + len(nodes) - 1,))
    return Case(graph, tuple(random.uniform(0.5, 2.0, shape) for shape in shapes))


DIAMOND = case(
    ((3,),), Node("sin", (0,)), Node("scale", (1,), {"factor": 3.0}), Node("square", (1,)), Node("add", (2, 3))
)
CAUGHT: dict[str, tuple[str, Case]] = {
    "addition multiplies": (FORWARD, case(((3,), (3,)), Node("add", (0, 1)))),
    "slice gradient has slice shape": (FORM, case(((4,),), Node("slice", (0,), {"slices": ((1, 2, 1),)}))),
    "broadcast not summed": (FORM, case(((3, 1), (4,)), Node("mul", (0, 1)))),
    "keepdims lost": (VJP, case(((3, 3),), Node("sum", (0,), SUM))),
    "matmul without batch": (VJP, case(((2, 2, 2), (2, 2, 2)), Node("matmul", (0, 1)))),
    "integer buffers": (FORM, case(((3,),), Node("scale", (0,), {"factor": 0.25}))),
    "accumulated gradient passed on": (VJP, DIAMOND),
}


@functools.cache
def sound() -> Asked:
    return Asked("tape:eager")


def asked(mistake: str) -> Asked:
    return Asked(f"tests.miniatures.engine_mistakes:{class_name(mistake)}:eager")


def test_every_numeric_mistake_is_tested() -> None:
    assert set(CAUGHT) == set(NUMERIC)


@pytest.mark.parametrize("mistake", CAUGHT)
def test_a_law_catches_a_numeric_mistake(mistake: str) -> None:
    """On a case on which all laws hold for the sound engine."""
    law, shown = CAUGHT[mistake]
    assert law in broken(asked(mistake).judge(shown, "float64"))
    assert not broken(sound().judge(shown, "float64"))


@pytest.mark.parametrize("mistake", SEMANTIC)
def test_no_law_sees_a_semantic_mistake(mistake: str) -> None:
    """Each gradient is right; it takes a story to see the mistake."""
    for _, shown in CAUGHT.values():
        assert not broken(asked(mistake).judge(shown, "float64"))


@pytest.mark.parametrize("mistake", [*NUMERIC, *SEMANTIC])
def test_a_mistaken_engine_has_all_public_names(mistake: str) -> None:
    engine = mistaken_engine(mistake)
    assert all(hasattr(engine, name) for name in tape_engine.__all__)
    assert engine.Array is not tape_engine.Array


TOLD: dict[str, tuple[str, str]] = {
    "addition multiplies": ("D2", "f = x*x, g = x*x, y = f + g at 2: y, dy/dg, dy/dx"),
    "slice gradient has slice shape": ("E2", "product with (1, 1)"),
    "broadcast not summed": ("D4", "gradient of the (4,) operand"),
    "integer buffers": ("G3", "gradient by the rule"),
    "accumulated gradient passed on": ("B4", "gradients of z at x and y"),
    "buffer shared by leaves": ("J5", "gradients of x and y after x's is doubled"),
    "zeroing rebinds": ("D1", "after setting it to None and a walk"),
    "step loses the leaf": ("J4", "w after three steps"),
    "export shares lists": ("J1", "two exports share nothing"),
    "bias never connected": ("J3", "gradient of a bias multiplied by zero"),
}
"""The scenario that a mistake breaks, and the observation by which."""
ENDLESS = {"exponential on diamonds": "D2"}
"""Those that a scenario breaks by taking too long."""


def test_every_semantic_mistake_has_its_scenario() -> None:
    assert set(SEMANTIC) <= {*TOLD, *ENDLESS}


@pytest.mark.parametrize("mistake", TOLD)
def test_a_scenario_catches_a_mistake(mistake: str) -> None:
    """The scenario's program and the story alike are told by the mistaken engine, in this process."""
    name, observation = TOLD[mistake]
    scenario, server = SCENARIOS[name], asked(mistake).server
    contract = parse_contract(server.describe("eager", [])["contract"], mistake, SCENARIOS)
    told = server.tell(telling_to_plain(Telling("eager", name, scenario.steps)))
    assert isinstance(told, Told), told
    _, rows = judge_scenario(scenario, contract[name], told.observed)
    assert observation in [row.name for row in rows if row.verdict == "disagree"]


@pytest.mark.parametrize("mistake", ENDLESS)
def test_a_scenario_does_not_end(mistake: str) -> None:
    """Thirty diamonds are a thousand million steps for who walks every path by itself."""
    scenario = SCENARIOS[ENDLESS[mistake]]
    with Worker(f"tests.miniatures.engine_mistakes:{class_name(mistake)}", timeout=3) as worker:
        (answer,) = worker.tell([Telling("eager", scenario.name, scenario.steps)])
    assert isinstance(answer, TimedOut)


def test_stories_are_told_by_the_mistaken_engine() -> None:
    telling = Telling("eager", "D5", SCENARIOS["D5"].steps)
    told = asked("slice gradient has slice shape").server.tell(telling_to_plain(telling))
    assert isinstance(told, Told)
    assert told.observed["gradient of a table whose row 1 of 3 is looked up twice"] != [0.0, 2.0, 0.0]


def both(mistake: str) -> tuple[Any, Any]:
    """The sound engine, as a copy too, and the mistaken one."""
    return engine_copy(), mistaken_engine(mistake)


def test_an_unknown_mistake_is_refused() -> None:
    with pytest.raises(KeyError):
        mistaken_engine("no such mistake")


def test_a_fault_in_addition_moves_value_and_not_gradient() -> None:
    def story(engine: Any) -> tuple[float, float]:
        a = engine.array(3.0, requires_grad=True)
        y = a + 5.0
        y.backward()
        return y.item(), a.grad.item()

    assert [story(engine) for engine in both("addition multiplies")] == [(8.0, 1.0), (15.0, 1.0)]


def test_handing_on_what_accumulated_counts_the_first_part_twice() -> None:
    def story(engine: Any) -> float:
        a = engine.array(3.0, requires_grad=True)
        b = a * 2.0
        (b + b).backward()
        return a.grad.item()

    assert [story(engine) for engine in both("accumulated gradient passed on")] == [4.0, 6.0]


def test_recursion_doubles_the_walk_with_every_diamond() -> None:
    """Counted in applied rules: two for each of ten diamonds, against two to the eleventh less two."""

    def story(engine: Any) -> tuple[float, int]:
        applied = 0

        class Identity(engine.Function):
            @staticmethod
            def forward(context: Any, x: Any) -> Any:
                return engine.copy(x)

            @staticmethod
            def backward(context: Any, cotangent: Any) -> Any:
                nonlocal applied
                applied += 1
                return cotangent

        a = y = engine.array(1.0, requires_grad=True)
        for _ in range(10):
            y = Identity.apply(y) + Identity.apply(y)
        y.backward()
        return a.grad.item(), applied

    assert [story(engine) for engine in both("exponential on diamonds")] == [(1024.0, 20), (1024.0, 2046)]


def test_a_shared_buffer_gives_one_leaf_what_was_done_to_the_other() -> None:
    def story(engine: Any) -> list[float]:
        x, y = engine.array(1.0, requires_grad=True), engine.array(2.0, requires_grad=True)
        (x + y).backward()
        (x * 10.0).backward()
        return [x.grad.item(), y.grad.item()]

    assert [story(engine) for engine in both("buffer shared by leaves")] == [[11.0, 1.0], [11.0, 11.0]]


def test_zeroing_a_name_leaves_the_gradient() -> None:
    def story(engine: Any) -> float:
        w = engine.array(3.0, requires_grad=True)
        optimizer = engine.SGD([w], rate=0.0)
        for _ in range(3):
            optimizer.zero_grad()
            (w * w).backward()
        return w.grad.item()

    assert [story(engine) for engine in both("zeroing rebinds")] == [6.0, 18.0]


def test_a_step_that_makes_a_result_loses_the_leaf_and_grows_the_graph() -> None:
    def story(engine: Any) -> tuple[float, bool, list[int]]:
        w = engine.array(1.0, requires_grad=True)
        optimizer, sizes = engine.SGD([w], rate=0.1), []
        for _ in range(3):
            (now,) = optimizer.parameters
            optimizer.zero_grad()
            loss = now * now
            sizes.append(len(engine.export(loss)["nodes"]))
            loss.backward()
            optimizer.step()
        return round(w.item(), 6), optimizer.parameters[0].is_leaf, sizes

    assert [story(engine) for engine in both("step loses the leaf")] == [
        (0.512, True, [2, 2, 2]),
        (1.0, False, [2, 4, 6]),
    ]


def test_shared_lists_hold_the_graphs_of_earlier_exports() -> None:
    def story(engine: Any) -> list[int]:
        y = engine.array(1.0, requires_grad=True) * 2.0
        return [len(engine.export(y)["nodes"]) for _ in range(3)]

    assert [story(engine) for engine in both("export shares lists")] == [[3, 3, 3], [3, 6, 9]]


def test_a_bias_that_is_never_connected_stays_where_it_was() -> None:
    def story(engine: Any) -> tuple[float, bool]:
        w, b = engine.array([[1.0]], requires_grad=True), engine.array([0.0], requires_grad=True)
        optimizer = engine.SGD([w, b], rate=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            engine.sum(engine.linear(engine.array([[1.0]]), w, b) ** 2).backward()
            optimizer.step()
        return b.item(), b.grad is None

    (trained, was_silent), (untrained, is_silent) = (story(engine) for engine in both("bias never connected"))
    assert (trained < -0.1, was_silent) == (True, False)
    assert (untrained, is_silent) == (0.0, True)
