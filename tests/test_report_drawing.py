"""The geometry of graphs and plots."""

from __future__ import annotations

import itertools

import pytest

from autograd_conformance.graph import Graph, Node, graph_from_plain
from autograd_conformance.reports.drawing import MOST_DRAWN, draw, listing
from autograd_conformance.reports.layout import arrange
from autograd_conformance.reports.plot import plot
from tests import results_samples as samples


def test_operands_stand_above_their_node_in_the_order_of_their_use() -> None:
    layout = arrange([60.0] * 4, [40.0] * 4, [(0, 2), (2, 3), (1, 3)], sources=2)
    assert layout.layer_of[:4] == [0, 1, 1, 2]
    assert layout.x[2] < layout.x[1]


@pytest.mark.parametrize("seed", range(40))
def test_boxes_of_a_drawing_do_not_overlap_and_lie_inside(seed: int) -> None:
    record = samples.case(seed, most_nodes=24)
    drawing = draw(graph_from_plain(record.graph), record.shapes, None)
    assert drawing
    for box in drawing.boxes:
        assert box.x >= 0
        assert box.x + box.width <= drawing.width
        assert box.y + box.height <= drawing.height
    for one, other in itertools.combinations(drawing.boxes, 2):
        apart = abs(one.x - other.x) >= min(one.width, other.width) or abs(one.y - other.y) >= min(
            one.height, other.height
        )
        assert apart


def test_drawing_has_an_edge_for_every_operand_and_marks_outputs_and_the_diverging_node() -> None:
    graph = Graph(((2,),), (Node("multiply", (0, 0)), Node("split", (1,), {"axis": 0}, 2)), (3, 1))
    drawing = draw(graph, [[2], [2], [1], [1]], 1)
    assert drawing
    assert len(drawing.edges) == 3
    assert [box.is_output for box in drawing.boxes] == [False, True, True]
    assert [box.is_diverging for box in drawing.boxes] == [False, False, True]


def test_large_graph_is_listed_not_drawn() -> None:
    graph = Graph(((2,),), tuple(Node("sin", (number,)) for number in range(MOST_DRAWN)), (MOST_DRAWN,))
    assert draw(graph, [], None) is None
    assert listing(graph, []).count("sin(") == MOST_DRAWN


def test_listing_shows_operands_attributes_and_shapes() -> None:
    record = samples.cumprod_case()
    lines = listing(graph_from_plain(record.graph), record.shapes).splitlines()
    assert lines[2] == "v2 = cumprod(v0, axis=0) : 3"
    assert lines[4:] == ["v4 = sum(v3, axes=(0,), keepdims=False) : scalar", "outputs v4"]


def test_plot_places_smaller_errors_lower_and_smaller_steps_to_the_left() -> None:
    found = plot([[0.5, 1e-2], [0.25, 1e-4]], [[0.5, 1e-3]], 1e-6)
    assert found
    left, right = found.series[0].marks
    assert left.x < right.x
    assert left.y > right.y
    assert found.bound is not None
    assert found.bound > left.y


def test_plot_says_what_it_leaves_out() -> None:
    found = plot([[0.5, "nan"], [0.25, 0.0], [0.125], [-1.0, 1.0]], [], None)
    assert found
    assert [mark.is_zero for mark in found.series[0].marks] == [True]
    assert found.left_out.startswith("3 pairs")


def test_plot_of_nothing_is_none() -> None:
    assert plot([], [["nan", "nan"]], 1.0) is None
