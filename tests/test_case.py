"""Cases: exact points, content hashes, cotangents and directions."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from autograd_conformance.case import Case, array_from_plain, case_from_plain, flatten, plain_array, unflatten
from autograd_conformance.graph import Graph, MalformedGraph, Node

GRAPH = Graph(((2, 3), ()), (Node("mul", (0, 1)),), (2, 0))
POINT = (np.arange(6.0).reshape(2, 3) / 32, np.array(-0.0))
CASE = Case(GRAPH, POINT)


def read_back(case: Case) -> Case:
    text = json.dumps([case.graph.to_plain(), [plain_array(array) for array in case.point]], allow_nan=False)
    graph, point = json.loads(text)
    return case_from_plain(graph, point)


def test_a_case_survives_json() -> None:
    """Same numbers to the bit, also -0.0, same id."""
    again = read_back(CASE)
    assert again.id == CASE.id
    assert all(a.tobytes() == b.tobytes() for a, b in zip(again.point, CASE.point, strict=True))


def test_infinities_and_nan_survive_json() -> None:
    """Strict JSON has no numbers for them, so they travel as texts."""
    array = np.array([math.inf, -math.inf, math.nan, 5e-324])
    assert np.array_equal(array_from_plain(json.loads(json.dumps(plain_array(array))), (4,)), array, equal_nan=True)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0), (0, 3), (1, 2, 2)])
def test_arrays_of_every_shape_survive_json(shape: tuple[int, ...]) -> None:
    """0-d, empty, single."""
    array = np.ones(shape)
    assert array_from_plain(plain_array(array), shape).shape == shape


@pytest.mark.parametrize(
    ("plain", "shape"),
    [
        (1.0, (1,)), ([1.0], ()), ([[1.0]], (1,)), ([1.0, 2.0], (3,)), ([[1.0], [2.0, 3.0]], (2, 2)), ([], (1,)),
        ([1.0, [2.0]], (2,)), (True, ()), (None, ()), ("1.0", ()), ("NaN", ()), ({}, ()), ([None], (1,)),
        ([[]], (0,)), (["nan", "infinity"], (2,)),
        pytest.param(10**400, (), id="beyond float64"),
    ],
)  # fmt: skip
def test_data_that_is_no_array_of_the_shape_is_refused(plain: Any, shape: tuple[int, ...]) -> None:
    """With MalformedGraph, whatever it is."""
    with pytest.raises(MalformedGraph):
        array_from_plain(plain, shape)


def test_nested_lists_without_end_are_refused() -> None:
    """The shape bounds the depth."""
    deep: Any = 0
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(MalformedGraph):
        array_from_plain(deep, (1, 1))


@pytest.mark.parametrize("point", [None, [], [[1.0]], [[1.0], 2.0, 3.0], {}])
def test_a_point_has_one_array_per_input(point: Any) -> None:
    """Neither more nor fewer, and in a list."""
    with pytest.raises(MalformedGraph):
        case_from_plain(GRAPH.to_plain(), point)


def test_the_id_is_frozen() -> None:
    """Results, corpora and pages refer to it."""
    assert CASE.id == "c7488e8b30c7"


def test_the_id_covers_graph_and_point() -> None:
    """A changed bit of the point, a changed sign of zero and a changed graph are other cases."""
    moved = Case(GRAPH, (np.nextafter(POINT[0], 1), POINT[1]))
    other = Case(GRAPH, (POINT[0], np.array(0.0)))
    swapped = Case(Graph(GRAPH.inputs, (Node("mul", (1, 0)),), GRAPH.outputs), POINT)
    assert len({CASE.id, moved.id, other.id, swapped.id}) == 4


def test_the_stratum_is_no_part_of_the_id() -> None:
    """The same computation found in two strata is one case."""
    assert Case(GRAPH, POINT, "elsewhere").id == CASE.id


def test_cotangents_are_dyadic_nonzero_and_repeatable() -> None:
    """Odd quarters up to 7/4: exact in every dtype, and no output goes unseen."""
    for which in range(20):
        drawn = CASE.cotangent(which)
        assert [array.shape for array in drawn] == [(2, 3), (2, 3)]
        assert np.array_equal(flatten(drawn), flatten(CASE.cotangent(which)))
        assert np.all((flatten(drawn) * 4) % 2 == 1)
        assert np.max(np.abs(flatten(drawn))) <= 7 / 4


def test_directions_are_dyadic_and_repeatable() -> None:
    """The first ones do not depend on how many are asked for."""
    few, many = CASE.directions(2), CASE.directions(6)
    assert many.shape == (6, 7)
    assert np.array_equal(few, many[:2])
    assert np.all((many * 4) % 2 == 1)


@pytest.mark.parametrize("leading", [(), (5,)])
@pytest.mark.parametrize("shapes", [((2, 3), ()), ((0,), (4,)), ((),), ()])
def test_unflatten_is_the_inverse_of_flatten(leading: tuple[int, ...], shapes: tuple[tuple[int, ...], ...]) -> None:
    """Also with a leading batch axis and with empty arrays."""
    size = sum(math.prod(shape) for shape in shapes)
    flat = np.arange(float(math.prod(leading) * size)).reshape(*leading, size)
    parts = unflatten(flat, shapes)
    assert [part.shape for part in parts] == [(*leading, *shape) for shape in shapes]
    if not leading:
        assert np.array_equal(flatten(parts), flat)
