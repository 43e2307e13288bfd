"""Graphs as nodes and edges, for Graphviz and networkx, and as pictures on the command line."""

from __future__ import annotations

import builtins
import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograd_conformance import corpus
from autograd_conformance.adapters import tape_engine
from autograd_conformance.case import case_from_plain
from autograd_conformance.cli import commands
from autograd_conformance.drawing import (
    DrawingUnavailable,
    dot_of,
    networkx_of,
    to_dot,
    to_networkx,
    to_nodes_and_edges,
)
from autograd_conformance.graph import Graph, Node
from autograd_conformance.reports.exported import draw_exported
from autograd_conformance.reports.picture import picture

SQUARE = Graph(((2, 3),), (Node("sin", (0,)), Node("subtract", (1, 0)), Node("sum", (2,), {"axes": (0,)})), (3,))
SHAPES = ((2, 3), (2, 3), (2, 3), (3,))


def test_nodes_say_what_they_are_and_edges_keep_the_order_of_operands() -> None:
    made = to_nodes_and_edges(SQUARE, SHAPES)
    assert made["nodes"][0] == {"id": 0, "op": "leaf", "kind": "leaf", "name": "v0", "shape": [2, 3]}
    assert made["nodes"][3] == {"id": 3, "op": "sum", "kind": "result", "attributes": {"axes": [0]}, "shape": [3]}
    assert made["edges"] == [[0, 1], [1, 2], [0, 2], [2, 3]]
    assert made["outputs"] == [3]
    assert json.loads(json.dumps(made)) == made


def test_shapes_that_are_not_known_are_left_out() -> None:
    assert "shape" not in to_nodes_and_edges(SQUARE)["nodes"][1]


def test_operand_used_twice_is_two_edges() -> None:
    assert to_nodes_and_edges(Graph(((),), (Node("multiply", (0, 0)),), (1,)))["edges"] == [[0, 1], [0, 1]]


def test_each_used_result_of_an_op_with_several_is_a_node() -> None:
    graph = Graph(((4,),), (Node("split", (0,), {}, 3), Node("add", (1, 3))), (4,))
    made = to_nodes_and_edges(graph, ((4,), (1,), (1,), (1,), (1,)))
    assert [node["op"] for node in made["nodes"]] == ["leaf", "split", "item", "item", "add"]
    assert [node["attributes"] for node in made["nodes"] if node["op"] == "item"] == [{"index": 0}, {"index": 2}]
    assert made["edges"] == [[0, 1], [1, 2], [1, 3], [2, 4], [3, 4]]


def test_two_drawings_share_nothing() -> None:
    first = to_nodes_and_edges(SQUARE)
    first["edges"].clear()
    first["nodes"][3]["attributes"]["axes"].append(7)
    assert to_nodes_and_edges(SQUARE)["edges"]
    assert SQUARE.nodes[2].attributes["axes"] == (0,)


def test_form_is_that_of_the_tape_engine() -> None:
    """What reads the export of a recorded tape reads this: the same keys, one edge for each use, operands in order."""
    x = tape_engine.array([[1.0, 2.0, 3.0]] * 2, requires_grad=True, name="v0")
    recorded = tape_engine.export(tape_engine.sum(tape_engine.sin(x) - x, axis=0))
    made = to_nodes_and_edges(SQUARE, SHAPES)
    assert recorded["edges"] == made["edges"]
    assert [node["kind"] for node in recorded["nodes"]] == [node["kind"] for node in made["nodes"]]
    assert [node["shape"] for node in recorded["nodes"]] == [node["shape"] for node in made["nodes"]]
    assert {key for node in recorded["nodes"] for key in node} <= {key for node in made["nodes"] for key in node}
    assert dot_of(recorded).count("->") == 4
    drawing = draw_exported(recorded)
    assert drawing is not None
    assert len(drawing.edges) == 4


def test_dot_names_every_node_and_marks_outputs() -> None:
    text = to_dot(SQUARE, SHAPES)
    assert 'n3 [label="sum axes=[0] (3,)", shape=ellipse, peripheries=2];' in text
    assert text.count("->") == 4
    if shutil.which("dot"):
        subprocess.run(["dot", "-Tsvg"], input=text.encode(), check=True, capture_output=True)


def test_dot_escapes_what_a_name_may_hold() -> None:
    node = {"id": 0, "op": "leaf", "kind": "leaf", "name": 'a"] ; evil [label="'}
    assert r'label="a\"] ; evil [label=\""' in dot_of({"nodes": [node], "edges": []})


def test_networkx_graph_has_the_operand_on_every_edge() -> None:
    networkx = pytest.importorskip("networkx", reason="networkx is not installed")
    made = to_networkx(SQUARE, SHAPES)
    assert isinstance(made, networkx.MultiDiGraph)
    assert sorted(made.edges(data="operand")) == [(0, 1, 0), (0, 2, 1), (1, 2, 0), (2, 3, 0)]
    assert made.nodes[3]["op"] == "sum"
    assert networkx.is_directed_acyclic_graph(made)


def test_missing_networkx_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *more: Any, **options: Any) -> Any:
        if name == "networkx":
            raise ImportError(name)
        return real(name, *more, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(DrawingUnavailable, match="pip install networkx"):
        networkx_of({"nodes": [], "edges": []})


def test_picture_is_one_svg_of_its_own() -> None:
    text = picture(SQUARE, SHAPES)
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert {box.text for box in root.iter("{http://www.w3.org/2000/svg}text")} >= {
        "sin",
        "subtract",
        "sum",
        "axes=(0,)",
    }


@pytest.fixture
def case_file(tmp_path: Path) -> Path:
    graph = Graph(((3,), (3,)), (Node("cumprod", (0,), {"axis": 0}), Node("mul", (2, 1))), (3,))
    path = tmp_path / "case.json"
    corpus.write(case_from_plain(graph.to_plain(), [[1.0, 0.0, 2.0], [0.5, -1.25, 3.0]]), path)
    return path


@pytest.mark.parametrize(("form", "start"), [("json", '{\n "nodes"'), ("dot", "digraph"), ("svg", "<svg")])
def test_draw_writes_each_form(case_file: Path, tmp_path: Path, form: str, start: str) -> None:
    output = tmp_path / "drawing"
    done = CliRunner().invoke(commands, ["draw", str(case_file), "--format", form, "-o", str(output)])
    assert done.exit_code == 0, done.output
    assert output.read_text("utf-8").startswith(start)
    assert CliRunner().invoke(commands, ["draw", str(case_file), "--format", form]).output == output.read_text("utf-8")


def test_draw_of_an_unknown_case_says_where_it_was_looked_for(tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["draw", "ffffffffffff"])
    assert done.exit_code == 2
    assert "no case ffffffffffff" in done.output


def test_graph_too_large_to_draw_names_the_form_that_has_no_limit(tmp_path: Path) -> None:
    graph = Graph(((2,),), tuple(Node("sin", (number,)) for number in range(90)), (90,))
    path = tmp_path / "large.json"
    path.write_text(json.dumps({"graph": graph.to_plain(), "point": [[0.5, 0.25]]}))
    done = CliRunner().invoke(commands, ["draw", str(path)])
    assert done.exit_code == 2
    assert "--format dot" in done.output
    assert CliRunner().invoke(commands, ["draw", str(path), "--format", "dot"]).output.count("->") == 90


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"nodes": [], "edges": []},
        {"nodes": [{"id": 0}, {"id": 1}], "edges": [[0, 1], [1, 0]]},
        {"nodes": [{"id": 0}], "edges": [[0, 9]]},
        {"nodes": [{"id": 0}], "edges": [7]},
        {"nodes": [{"id": number} for number in range(500)], "edges": []},
    ],
)
def test_what_is_no_drawable_graph_is_not_drawn(value: Any) -> None:
    assert draw_exported(value) is None
