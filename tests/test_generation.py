"""Generated cases: always valid, never undecided, reproducible, and varied."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_conformance.case import Case
from autograd_conformance.generation.builder import MOST_INPUTS, Builder, Gene
from autograd_conformance.generation.decoder import decode
from autograd_conformance.generation.fitting import shaped
from autograd_conformance.generation.pruning import prune
from autograd_conformance.generation.quota import Quota
from autograd_conformance.generation.strategies import CHUNK, balanced, cases, independent_cases, stream
from autograd_conformance.generation.style import DEEP, ODD, PLAIN, SMALL, WIDE
from autograd_conformance.graph import Graph, Node, graph_from_plain
from autograd_conformance.ops import VOCABULARY, check
from autograd_conformance.reference.interpreter import evaluate

OPS = tuple(VOCABULARY[name] for name in sorted(VOCABULARY))
ANY_GENE = st.builds(Gene, *(st.integers(0, 2**20) for _ in range(4)))
MANY = 1_500


@pytest.fixture(scope="module")
def many() -> list[Case]:
    """The cases whose variety is counted."""
    began = time.perf_counter()
    drawn = list(islice(stream(cases(), 11), MANY))
    print(f"{1e3 * (time.perf_counter() - began) / MANY:.2f} ms a case")
    return drawn


@settings(max_examples=300)
@given(st.lists(ANY_GENE, max_size=14), st.lists(st.integers(-999, 999), max_size=12), st.integers(0, 2**20))
def test_any_genes_are_a_valid_case(genes: list[Gene], numbers: list[int], shape: int) -> None:
    """It passes the check, survives JSON, and evaluates to finite numbers that no decision hangs on."""
    case = decode(genes, numbers, shape, OPS)
    check(case.graph)
    assert graph_from_plain(case.graph.to_plain()) == case.graph
    assert len(case.graph.inputs) <= MOST_INPUTS
    assert 1 <= len(case.graph.outputs) <= PLAIN.most_outputs
    generator = np.random.default_rng(0)
    moved = [np.repeat(a[None], 4, 0) + 2.0**-10 * generator.uniform(-1, 1, (4, *a.shape)) for a in case.point]
    assert evaluate(
        case.graph, [np.concatenate([a[None], m]) for a, m in zip(case.point, moved, strict=True)]
    ).is_valid.all()


@settings(max_examples=60)
@given(st.lists(ANY_GENE, min_size=1, max_size=8), st.sampled_from(OPS))
def test_a_vocabulary_of_one_op_yields_that_op(genes: list[Gene], op: object) -> None:
    """Whatever the genes say; other ops appear only to repair its operands."""
    case = decode(genes, [5, -9, 33], 0, (op,))  # type: ignore[arg-type]
    check(case.graph)
    assert op.name in case.graph.op_names  # type: ignore[attr-defined]


def test_points_are_exact_in_low_precision(many: list[Case]) -> None:
    """Every input is the same number in bfloat16, float32 and float64."""
    for case in many[:300]:
        for array in case.point:
            mantissa, _ = np.frexp(array)
            assert np.array_equal(mantissa * 256, np.round(mantissa * 256))


def test_the_same_seed_is_the_same_stream() -> None:
    """Another seed draws mostly other cases."""
    first, again, other = ([case.id for case in islice(stream(cases(), seed), 60)] for seed in (3, 3, 4))
    assert first == again
    assert len(set(first) & set(other)) < len(first) / 2


def test_first_cases_do_not_depend_on_how_many_follow() -> None:
    """A shorter run is the beginning of a longer one."""
    few = [case.id for case in islice(stream(cases(), 5), CHUNK // 2)]
    more = [case.id for case in islice(stream(cases(), 5), 3 * CHUNK)]
    assert more[: len(few)] == few


def test_a_stream_repeats_no_case(many: list[Case]) -> None:
    """Every case is asked once."""
    assert len({case.id for case in many}) == MANY


def test_every_op_occurs_and_none_is_starved(many: list[Case]) -> None:
    """Each in at least a tenth of the cases that the median op occurs in."""
    counts = Counter(name for case in many for name in case.graph.op_names)
    table = sorted((counts[name], name) for name in VOCABULARY)
    median = table[len(table) // 2][0]
    print(f"least {table[:4]}, median {median}, most {table[-2:]}")
    assert table[0][0] >= median / 10, table[:4]


def test_graphs_are_deep_enough(many: list[Case]) -> None:
    """Half of them have five nodes or more after dead ones are left out."""
    assert np.median([len(case.graph.nodes) for case in many]) >= 5


def _has_fan_out(case: Case) -> bool:
    return any(count > 1 for count in case.graph.use_counts)


def _has_broadcast(case: Case) -> bool:
    return any(
        node.op in {"add", "sub", "mul", "div", "maximum"}
        and case.shapes[node.operands[0]] != case.shapes[node.operands[1]]
        for node in case.graph.nodes
    )


FEATURES = {
    "an empty input": lambda case: any(array.size == 0 for array in case.point),
    "an input of one element with axes": lambda case: any(array.shape in {(1,), (1, 1)} for array in case.point),
    "a 0-d input": lambda case: any(array.ndim == 0 for array in case.point),
    "several inputs": lambda case: len(case.point) > 1,
    "an unused input": lambda case: 0 in case.graph.use_counts[: len(case.point)],
    "several outputs": lambda case: len(case.graph.outputs) > 1,
    "an output of more than one element": lambda case: any(np.prod(shape) > 1 for shape in case.output_shapes),
    "fan-out": _has_fan_out,
    "the same value twice": lambda case: any(len(set(n.operands)) < len(n.operands) for n in case.graph.nodes),
    "a broadcast pair": _has_broadcast,
    "a decision": lambda case: any(VOCABULARY[name].decision for name in case.graph.op_names),
    "an op with several results": lambda case: any(node.results > 1 for node in case.graph.nodes),
    "a chain of eight ops": lambda case: len(case.graph.nodes) >= 8,
}  # fmt: skip


@pytest.mark.parametrize("feature", FEATURES)
def test_what_breaks_frameworks_occurs(many: list[Case], feature: str) -> None:
    """In at least one case of a hundred."""
    count = sum(map(FEATURES[feature], many))
    print(f"{feature}: {count} of {MANY}")
    assert count >= MANY / 100


@pytest.mark.parametrize("name", sorted(VOCABULARY))
def test_one_op_strata_hold_their_op(name: str) -> None:
    """A stratum of one op at most two genes long contains it in every case."""
    drawn = list(islice(stream(cases((VOCABULARY[name],), 1, 2, "single"), 1), 5))
    assert all(name in case.graph.op_names and case.stratum == "single" for case in drawn)


def test_pruning_drops_what_no_output_needs() -> None:
    """Dead nodes, and unused inputs unless they are to be kept."""
    graph = Graph(((2,), (3,)), (Node("sin", (0,)), Node("cos", (1,)), Node("exp", (2,))), (4,))
    case = Case(graph, (np.zeros(2), np.ones(3)))
    assert prune(case).graph == Graph(((2,),), (Node("sin", (0,)), Node("exp", (1,))), (2,))
    assert prune(case, keep_inputs=True).graph == Graph(((2,), (3,)), (Node("sin", (0,)), Node("exp", (2,))), (3,))


def test_independent_cases_are_reproducible_and_cover_the_vocabulary() -> None:
    """The generator for rates gives the same cases for the same seed, other ones for another, and every op."""
    first, again, other = ([case.id for case in islice(independent_cases(seed=seed), 20)] for seed in (3, 3, 4))
    assert first == again
    assert set(first).isdisjoint(other)
    drawn = {op for case in islice(independent_cases(seed=5), 400) for op in case.graph.op_names}
    assert drawn == set(VOCABULARY)


STYLES = {"plain": PLAIN, "odd": ODD, "deep": DEEP, "wide": WIDE, "small": SMALL}


@pytest.mark.parametrize("style", STYLES)
def test_a_run_draws_every_op_evenly(style: str) -> None:
    """None occurs in fewer than half as many cases as the median op, in a few cases per op."""
    drawn = islice(balanced(OPS, 11, style, STYLES[style]), 3 * len(OPS))
    counts = Counter(name for case in drawn for name in case.graph.op_names)
    table = sorted((counts[name], name) for name in VOCABULARY)
    assert table[0][0] >= table[len(table) // 2][0] / 2, table[:4]


def test_only_ops_that_survive_pruning_are_credited() -> None:
    """Counts are those of the finished cases, so an op that is often pruned gets further turns."""
    quota = Quota()
    drawn = list(islice(balanced(OPS, 3, "core", PLAIN, quota), 30))
    counts = Counter(name for case in drawn for name in case.graph.op_names)
    order = quota.order(OPS, range(len(OPS)), Counter())
    assert [counts[OPS[position].name] for position in order] == sorted(counts[op.name] for op in OPS)


def test_ops_counted_ahead_wait_for_the_others() -> None:
    """A head start of others fills the stream with ops that had none."""
    late = {"sin", "matmul"}
    quota = Quota({name: 4 for name in VOCABULARY if name not in late})
    drawn = list(islice(balanced(OPS, 3, "core", PLAIN, quota), 40))
    counts = Counter(name for case in drawn for name in case.graph.op_names)
    assert min(counts[name] for name in late) >= counts["cos"] + 2


@pytest.mark.parametrize("seed", [3, 4])
def test_first_cases_of_a_run_do_not_depend_on_how_many_follow(seed: int) -> None:
    """With a quota too: counts know the past only."""
    few = [case.id for case in islice(balanced(OPS, seed, "core"), CHUNK // 2)]
    more = [case.id for case in islice(balanced(OPS, seed, "core"), 2 * CHUNK)]
    assert more[: len(few)] == few
    assert len(set(more)) == 2 * CHUNK


def _longest_path(case: Case) -> int:
    depth = [0] * len(case.point)
    for results, node in case.graph.numbered_nodes():
        depth += [1 + max(depth[number] for number in node.operands)] * len(results)
    return max(depth)


def test_styles_are_what_they_say() -> None:
    """Chains are deeper, fan-out is wider, and odd shapes are odder than in plain graphs."""
    drawn = {name: list(islice(balanced(OPS, 5, name, style), 50)) for name, style in STYLES.items()}

    def mean(style: str, of: Callable[[Case], float]) -> float:
        return float(np.mean([of(case) for case in drawn[style]]))

    def share(style: str, feature: str) -> float:
        return mean(style, FEATURES[feature])

    assert mean("deep", _longest_path) > 2 * mean("plain", _longest_path)
    assert mean("wide", lambda case: max(case.graph.use_counts)) > 2 * mean(
        "plain", lambda case: max(case.graph.use_counts)
    )
    assert share("odd", "an empty input") > share("plain", "an empty input")
    assert share("odd", "an input of one element with axes") > share("plain", "an input of one element with axes")
    assert mean("small", lambda case: len(case.graph.nodes)) < mean("plain", lambda case: len(case.graph.nodes)) / 2


def test_a_value_of_any_shape_can_be_brought_into_another() -> None:
    """By reshape and take, so an op that accepts no value of a graph gets one and does not starve."""
    for start in ((3, 4), (), (5,), (1, 2, 4)):
        for wanted in ((3, 3), (1,), (), (2, 2, 2)):
            made = Builder([5, -9, 33], 1)
            found = shaped(made, made.add_input(start), wanted)
            assert found is not None
            assert made.shapes[found] == wanted
    made = Builder([5], 1)
    assert shaped(made, made.add_input((0,)), (3,)) is None
