"""What the reducer calls minimal is: no neighbour that `tests.neighbours` enumerates on its own fails."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle, islice

import numpy as np
import pytest

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.generation.complexity import digits, size_of
from autograd_conformance.generation.reducer import reduce_case
from autograd_conformance.generation.simpler_values import with_simpler_attributes
from autograd_conformance.generation.smaller_shapes import with_smaller_shapes
from autograd_conformance.generation.strategies import cases, stream
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.reference.confirmation import confirm, confirm_output
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.writing import point_class
from tests.asking import AskedHere
from tests.miniatures import miniature
from tests.miniatures.operands import PLANTED, FaultyOperand
from tests.neighbours import failing_neighbours, neighbours

Fails = Callable[[Case], bool]

PLANTED_OPS = ("tanh", "matmul", "sum", "take", "transpose", "conv1d", "softmax", "slice")
"""One op of every way a shape is coupled with another or with an attribute."""


def node_of(case: Case, op: str) -> Node | None:
    return next((node for node in case.graph.nodes if node.op == op), None)


def operand_shapes(case: Case, op: str) -> list[tuple[int, ...]]:
    node = node_of(case, op)
    return [] if node is None else [case.shapes[number] for number in node.operands]


CONDITIONS: dict[str, Fails] = {
    "a sum keeps an axis": lambda case: any(
        node.op == "sum" and node.attributes["keepdims"] and node.attributes["axes"] for node in case.graph.nodes
    ),
    "a transposed matrix is not square": lambda case: any(
        len(shape) >= 2 and shape[0] != shape[1] for shape in operand_shapes(case, "transpose")
    ),
    "three products per element": lambda case: any(shape[-1] >= 3 for shape in operand_shapes(case, "matmul")[:1]),
    "a broadcast pair": lambda case: len(set(operand_shapes(case, "add"))) == 2,
    "a repeated index": lambda case: any(
        node.op == "take" and len(set(node.attributes["indices"])) < len(node.attributes["indices"])  # type: ignore[arg-type]
        for node in case.graph.nodes
    ),
    "an overlapping window": lambda case: any(
        node.op == "conv1d" and operand_shapes(case, "conv1d")[1][-1] > node.attributes["stride"]  # type: ignore[operator]
        for node in case.graph.nodes
    ),
    "a scatter of two": lambda case: any(
        node.op == "scatter_add" and len(node.attributes["indices"]) >= 2  # type: ignore[arg-type]
        for node in case.graph.nodes
    ),
    "a step backwards": lambda case: any(
        node.op == "slice" and any(step < 0 and count > 1 for _, count, step in node.attributes["slices"])  # type: ignore[misc, union-attr]
        for node in case.graph.nodes
    ),
    "two inputs and a tanh": lambda case: node_of(case, "tanh") is not None and len(case.point) >= 2,
    "a negative element": lambda case: any(bool(np.any(array < 0)) for array in case.point),
    "an element between 1/4 and 1/2": lambda case: any(bool(np.any((array > 0.25) & (array < 0.5))) for array in case.point),
    "a sum above 3": lambda case: sum(float(array.sum()) for array in case.point) > 3,
    "an output of two rows": lambda case: any(len(shape) >= 2 and shape[0] == 2 for shape in case.output_shapes),
    "two outputs": lambda case: len(case.graph.outputs) >= 2,
    "a mean feeds an exp": lambda case: any(
        node.op == "exp" and node.operands[0] in results and other.op == "mean"
        for node in case.graph.nodes
        for results, other in case.graph.numbered_nodes()
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def many() -> list[Case]:
    return list(islice(stream(cases(shortest=6), 33), 300))


@pytest.mark.parametrize("name", CONDITIONS)
def test_no_simpler_neighbour_fails(many: list[Case], name: str) -> None:
    """For conditions on shapes, attributes and numbers, wherever random graphs meet them."""
    fails = CONDITIONS[name]
    found = [case for case in many if fails(case)][:6]
    if not found:
        ops = [VOCABULARY[op] for op in ("mean", "sum", "exp", "scatter_add", "slice", "take", "conv1d", "transpose")]
        found = [case for case in islice(stream(cases(ops), 3), 300) if fails(case)][:6]
    assert found
    calls = []
    for case in found:
        reduction = reduce_case(case, fails)
        calls.append(reduction.calls)
        assert reduction.is_minimal
        assert fails(reduction.case)
        assert not [step for step, _ in failing_neighbours(reduction.case, fails)], reduction.case
    print(f"{name}: {calls} calls")


@pytest.mark.parametrize(("op", "kind"), list(zip(PLANTED_OPS, cycle(PLANTED), strict=False)))
def test_a_planted_fault_is_found_and_reduced_to_a_minimum(op: str, kind: type[FaultyOperand]) -> None:
    """Among a few graphs with the op, judged as a run judges them; at most two nodes are left, and nothing can go."""
    pytest.importorskip("torch")
    asked = AskedHere(miniature(kind, "Torch", ops=(op,)))
    narrow = [VOCABULARY[name] for name in dict.fromkeys((op, "mul", "sin", "transpose"))]
    for case in islice((case for case in stream(cases(narrow, 3, 7), 4) if node_of(case, op)), 12):
        judged = asked.investigator.judge(asked.planned, case, ("float64",))
        judged.verdicts = {key: verdict for key, verdict in judged.verdicts.items() if verdict.name == "disagree"}
        if judged.verdicts:
            break
    else:
        pytest.fail("no law disagrees")
    (dtype, law), found = next(iter(asked.investigator.investigate(asked.planned, judged).items()))
    smallest = found.reduced or case
    assert found.is_minimal
    assert len(smallest.graph.nodes) <= 2
    assert op in smallest.graph.op_names
    fails = asked.fails(dtype, law)
    assert fails(smallest)
    assert not [step for step, _ in failing_neighbours(smallest, fails)], smallest


def test_a_minimum_is_exact_in_every_dtype(many: list[Case]) -> None:
    """No element of a reduced point has more than 8 binary digits, those of bfloat16, nor is beyond float16."""
    for case in many[:40]:
        position = len(case.graph.nodes) // 2
        name = case.graph.nodes[position].op
        reduced = reduce_case(case, lambda c, name=name: node_of(c, name) is not None, 3).case  # type: ignore[misc]
        for array in reduced.point:
            mantissas, _ = np.frexp(array)
            assert np.array_equal(np.round(mantissas * 256), mantissas * 256)
            assert np.array_equal(array.astype(np.float16), array)


def test_an_ordinary_point_stays_one(many: list[Case]) -> None:
    """No reduction ends at an exact zero or at no elements where it did not start there: those are other findings."""
    for case in many[:60]:
        if point_class(case):
            continue
        reduced = reduce_case(case, lambda candidate: True).case
        assert not point_class(reduced), reduced


def test_a_zero_that_matters_stays() -> None:
    """A failure that needs a zero keeps it, and only that one; one that does not loses it."""
    point = (np.array([0.0, 0.40625, 0.0]),)
    case = Case(Graph(((3,),), (Node("cumprod", (0,), {"axis": 0}),), (1,)), point)
    needs = reduce_case(case, lambda candidate: any(bool(np.any(array == 0)) for array in candidate.point)).case
    assert [array.tolist() for array in needs.point] == [[0.0]]
    free = reduce_case(case, lambda candidate: candidate.element_count > 1).case
    assert free.point[0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("name", sorted(VOCABULARY))
def test_whatever_a_reduction_tries_can_be_judged(many: list[Case], name: str) -> None:
    """An op without axes, with one element or with changed attributes: the reference and the second opinion stand it."""
    context = [VOCABULARY[op] for op in dict.fromkeys((name, "mul", "sin", "transpose"))]
    drawn = (case for case in stream(cases(context, 2, 4), 9) if node_of(case, name))
    tried: list[Case] = []

    def fails(candidate: Case) -> bool:
        tried.append(candidate)
        return node_of(candidate, name) is not None

    for case in islice(drawn, 2):
        reduced = reduce_case(case, fails, 40).case
        tried += list(islice(with_smaller_shapes(case), 10)) + list(with_simpler_attributes(reduced))
    for case in {case.id: case for case in tried}.values():
        found = estimate(case)
        if not found.problem and len(found.outputs):
            confirm(case, found.cotangents[0], found.directions[0])
            confirm_output(case, 0)


def test_points_stay_arrays(many: list[Case]) -> None:
    """A number without axes is an array too: NumPy's scalars cannot be changed in place and ignore it in silence."""

    def fails(candidate: Case) -> bool:
        assert all(isinstance(array, np.ndarray) for array in candidate.point)
        return True

    for case in many[:20]:
        reduce_case(case, fails)
        reduce_case(case, lambda candidate: fails(candidate) and candidate.element_count > 2)


def test_many_elements_go_in_few_calls() -> None:
    """Halves go first: one element of a thousand that matters is left after some ten steps."""
    array = np.ones(1000)
    array[617] = -0.75
    case = Case(Graph(((1000,),), (Node("sin", (0,)),), (1,)), (array,))
    reduction = reduce_case(case, lambda candidate: any(bool(np.any(each == -0.75)) for each in candidate.point))
    assert reduction.is_minimal
    assert reduction.case.element_count == 1
    assert reduction.calls < 60


@pytest.mark.parametrize("path", corpus.shipped(), ids=lambda path: path.stem)
def test_every_neighbour_is_valid(path) -> None:  # type: ignore[no-untyped-def]
    """The enumeration finds something to remove where there is more than one op of one 1, and only valid cases."""
    case = corpus.read(path)
    found = list(neighbours(case))
    is_least = len(case.graph.nodes) == 1 and all(array.size == 1 and array == 1 for array in case.point)
    assert found or is_least or not case.element_count
    for _, neighbour in found:
        assert [array.shape for array in neighbour.point] == list(neighbour.graph.inputs)
        assert neighbour.shapes


def test_the_order_of_simplicity() -> None:
    """1 is the simplest number, a zero comes after it, then few binary digits."""
    numbers = [1.0, -1.0, 0.0, 2.0, -2.0, 1.5, 0.40625]
    assert sorted(numbers, key=digits) == numbers
    case = Case(Graph(((2,),), (Node("sin", (0,)),), (1,)), (np.array([1.0, 0.5]),))
    shorter = Case(Graph(((1,),), case.graph.nodes, (1,)), (np.array([0.40625]),))
    assert size_of(shorter) < size_of(case)
