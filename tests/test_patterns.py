"""Expressions that optimisers rewrite: what is planned, that points are smooth, and that a rewrite that loses is seen."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from autograd_conformance.generation.patterns import FAMILIES, drawn_pairs, pattern_cases, pattern_count
from autograd_conformance.generation.terms import graph_of
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY, check
from autograd_conformance.plan import PATTERNS, budget, handful
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.results import read
from autograd_conformance.settings import Settings
from tests.planning import planned

Cli = Callable[..., "subprocess.CompletedProcess[str]"]
EVERY = list(pattern_cases(VOCABULARY, PATTERNS))
COUNT = sum(map(len, FAMILIES))


def test_an_expression_is_a_graph() -> None:
    """Arithmetic, numbers and methods; a result that is used twice is one node."""
    found = graph_of(lambda x, y: -(x + 1.5) * y.summed(0) - x, (2, 3), (2, 3))
    assert found == Graph(
        ((2, 3), (2, 3)),
        (
            Node("shift", (0,), {"offset": 1.5}),
            Node("neg", (2,)),
            Node("sum", (1,), {"axes": (0,), "keepdims": False}),
            Node("mul", (3, 4)),
            Node("sub", (5, 0)),
        ),
        (6,),
    )
    with pytest.raises(AttributeError):
        graph_of(lambda x: x.no_such_op(), (2,))


def test_what_follows_an_op_of_two_results_counts_both() -> None:
    found = graph_of(lambda x: -(x.parts()[1] * 2.0), (2, 3))
    nodes = (Node("split", (0,), {"axis": 1, "at": 1}, 2), Node("scale", (2,), {"factor": 2.0}), Node("neg", (3,)))
    assert found == Graph(((2, 3),), nodes, (4,))


def test_every_pattern_is_there_once_bare_and_once_in_a_sine() -> None:
    assert len(EVERY) == len({case.id for case in EVERY}) == 2 * COUNT == 2 * pattern_count(VOCABULARY)
    assert all(case.graph.nodes[-1].op == "sin" for case in EVERY[COUNT:])
    assert {case.stratum for case in EVERY} == {PATTERNS}


def test_the_first_few_are_of_all_families() -> None:
    """What a profile takes of them in compiled modes is a part that mixes them."""
    first = [graph_of(family[0], (2, 3), (2, 3)) for family in FAMILIES]
    assert [case.graph for case in EVERY[: len(FAMILIES)]] == first


@pytest.mark.parametrize("case", EVERY, ids=lambda case: "+".join(node.op for node in case.graph.nodes))
def test_it_is_judged_at_a_smooth_point(case: object) -> None:
    """No number twice, all exact in the coarsest dtype, a sharp derivative, and no decision that rounding turns over."""
    assert hasattr(case, "point")
    numbers = np.concatenate([array.ravel() for array in case.point])
    assert len(set(numbers.tolist())) == len(numbers)
    assert (numbers * 32 == np.round(numbers * 32)).all()
    assert (numbers < 2).all()
    found = estimate(case)  # type: ignore[arg-type]
    assert not found.problem
    assert not found.noise("float32").problem
    assert (found.derivative.error < 1e-9 * np.abs(found.derivative.value).max() + 1e-15).all()


def test_budgets_by_profile_and_mode() -> None:
    def counts(profile: str) -> tuple[int, int, int, int]:
        settings = Settings(profile=profile)
        eager, compiled = (budget(settings, is_compiled, 0)[PATTERNS] for is_compiled in (False, True))
        return eager, compiled, budget(settings, True, 0, is_slow=True)[PATTERNS], handful(settings, 0)[PATTERNS]

    quick, default, nightly = map(counts, ("quick", "default", "nightly"))
    assert 0 < quick[1] <= 8
    assert quick[0] <= 30
    assert default[0] == COUNT
    assert quick[1] < default[1] < COUNT
    assert nightly[0] == nightly[1] == 2 * COUNT
    assert quick[2] == default[2] == nightly[2] == 0
    assert 0 < quick[3] <= default[3] <= nightly[3] <= 30


def test_a_narrow_run_judges_fewer_and_always_the_same() -> None:
    assert budget(Settings(replay_only=True), False, 0)[PATTERNS] == 0
    assert budget(Settings(examples=0), False, 0)[PATTERNS] == 0
    assert len(planned(PATTERNS, Settings(examples=3))) == 3
    every = [one.case.id for one in planned(PATTERNS, Settings(seed=1))]
    assert every == [one.case.id for one in planned(PATTERNS, Settings(seed=2))] == [case.id for case in EVERY[:COUNT]]
    narrow = planned(PATTERNS, Settings(ops=("neg", "reshape")))
    assert {name for one in narrow for name in one.case.graph.op_names} == {"neg", "reshape"}
    assert budget(Settings(ops=("tanh",)), False, 0)[PATTERNS] == 0


REWRITES = """
from autograd_conformance.adapters.tape import TapeAdapter
from autograd_conformance.graph import Graph, Node

MOVES = ("reshape", "transpose", "expand_dims")


class Rewrites(TapeAdapter):
    framework = "rewriting"

    def write_source(self, graph):
        nodes = graph.nodes
        if [node.op in MOVES or node.op for node in nodes] == ["neg", True, "neg"]:
            first, move, last = nodes
            shape = graph.inputs[first.operands[0]]
            kept = Node("reshape", first.operands, {"shape": shape})
            graph = Graph(graph.inputs, (kept, move, last), graph.outputs)
        return super().write_source(graph)
"""


def test_a_rewrite_that_loses_a_sign_fails_the_run(cli: Cli, tmp_path: Path) -> None:
    """Two negations round a move, of which an optimiser removes one, as TensorFlow's does for what is fetched."""
    (tmp_path / "rewriting.py").write_text(REWRITES)
    done = cli("run", "-a", "rewriting:Rewrites", "--op", "neg", "--op", "reshape", "--op", "transpose")
    assert done.returncode == 1, done.stderr
    wrong = [one for one in read(tmp_path / "results.jsonl").results if one.verdict == "disagree"]
    assert {one.signature for one in wrong} == {"neg+neg+reshape", "neg+neg+transpose"}
    assert "vjp_matches_finite_differences" in {one.law for one in wrong}


def test_pairs_are_patterns_one_within_the_other() -> None:
    """The same for a seed, none twice, all valid, nothing in them unused, and most have a derivative."""
    drawn = list(islice(drawn_pairs(3, PATTERNS), 300))
    assert [case.id for case in drawn] == [case.id for case in islice(drawn_pairs(3, PATTERNS), 300)]
    assert len({case.id for case in drawn}) == len(drawn)
    assert not {case.id for case in drawn} & {case.id for case in EVERY}
    for case in drawn:
        check(case.graph)
        used = {operand for node in case.graph.nodes for operand in node.operands} | set(case.graph.outputs)
        assert all(used.intersection(results) for results, _ in case.graph.numbered_nodes())
    assert sum(not estimate(case).problem for case in drawn) > 0.9 * len(drawn)
