"""Graphs as data: one text per graph, and nothing malformed, hostile or too large gets through."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import pytest

from autograd_conformance.graph import MOST_ELEMENTS, MOST_NODES, Graph, MalformedGraph, Node, graph_from_plain
from autograd_conformance.ops import check

MEBI = MOST_ELEMENTS


def plain(
    inputs: Any = ((2,),),
    op: Any = "sin",
    operands: Any = (0,),
    outputs: Any = (1,),
    results: Any = 1,
    **attributes: Any,
) -> dict[str, Any]:
    """A graph of one node, as JSON data."""
    node = {"op": op, "operands": list(operands), "attributes": attributes, "results": results}
    body = {"inputs": inputs, "nodes": [node], "outputs": outputs}
    return json.loads(json.dumps(body))


MIXED = Graph(
    ((2, 3), ()),
    (
        Node("split", (0,), {"axis": 1, "at": 1}, 2),
        Node("scale", (2,), {"factor": 0.1}),
        Node("pad", (4,), {"widths": ((0, 1), (2, 0))}),
        Node("einsum", (0, 0), {"pattern": "ij,ij->i"}),
        Node("sum", (5,), {"axes": (0, 1), "keepdims": True}),
        Node("mul", (1, 7)),
    ),
    (8, 3, 6),
)


def test_canonical_text_reads_back_as_the_same_graph() -> None:
    """JSON keeps attributes of every kind, several results and several outputs."""
    again = graph_from_plain(json.loads(MIXED.canonical))
    assert again == MIXED
    assert again.canonical == MIXED.canonical
    assert hash(again) == hash(MIXED)


def test_key_is_frozen() -> None:
    """A graph's key must not change between versions, or recorded results lose their case."""
    assert Graph(((2,),), (Node("scale", (0,), {"factor": 0.5}),), (1,)).key == "2e87f75c367535d9"


def test_key_does_not_depend_on_the_order_of_attributes() -> None:
    """Attributes are a mapping; only their names and values count."""
    forth, back = ({"axes": (0,), "keepdims": False}, {"keepdims": False, "axes": (0,)})
    assert Graph(((2,),), (Node("sum", (0,), forth),), (1,)).key == Graph(((2,),), (Node("sum", (0,), back),), (1,)).key


@pytest.mark.parametrize(
    "other",
    [
        Graph(((3,),), (Node("sin", (0,)),), (1,)),
        Graph(((2,),), (Node("cos", (0,)),), (1,)),
        Graph(((2,),), (Node("sin", (0,)),), (0,)),
        Graph(((2,),), (Node("sin", (0,)),), (1, 1)),
        Graph(((2,),), (Node("sin", (0,), {"a": 1}),), (1,)),
    ],
)
def test_different_graphs_have_different_keys(other: Graph) -> None:
    """Shape, op, outputs and attributes all enter the key."""
    assert other.key != Graph(((2,),), (Node("sin", (0,)),), (1,)).key


def test_values_are_numbered_inputs_first() -> None:
    """Results follow in order, several for an op with several results."""
    assert MIXED.first_results == (2, 4, 5, 6, 7, 8)
    assert MIXED.value_count == 9
    assert next(list(numbers) for numbers, _ in MIXED.numbered_nodes()) == [2, 3]


def test_uses_are_counted_per_operand_and_output() -> None:
    """The same value twice in one node counts twice."""
    assert MIXED.use_counts == (3, 1, 1, 1, 1, 1, 1, 1, 1)


NOT_A_GRAPH: dict[str, Any] = {
    "none": None,
    "a number": 3,
    "a list": [],
    "nothing": {},
    "no nodes": {"inputs": [[2]], "outputs": [0]},
    "no outputs": {"inputs": [[2]], "nodes": [], "outputs": []},
    "inputs no list": plain(inputs={"a": 1}),
    "shape no list": plain(inputs=[3]),
    "shape as text": plain(inputs=["22"]),
    "negative size": plain(inputs=[[-1]]),
    "size true": plain(inputs=[[True]]),
    "size 2.0": plain(inputs=[[2.0]]),
    "size null": plain(inputs=[[None]]),
    "seven axes": plain(inputs=[[1] * 7]),
    "too many elements": plain(inputs=[[MEBI, 2]]),
    "huge size beside an empty axis": plain(inputs=[[0, 10**30]]),
    "node no object": {"inputs": [[2]], "nodes": ["sin"], "outputs": [0]},
    "too many nodes": {"inputs": [[2]], "nodes": [{"op": "sin", "operands": [0]}] * (MOST_NODES + 1), "outputs": [0]},
    "op no text": plain(op=3),
    "op empty": plain(op=""),
    "op with code": plain(op="sin(); import os"),
    "op with newline": plain(op="sin\n"),
    "op in capitals": plain(op="Sin"),
    "op dunder": plain(op="__import__"),
    "op long": plain(op="s" * 42),
    "op in other letters": plain(op="ѕin"),
    "operand later": plain(operands=[1]),
    "operand negative": plain(operands=[-1]),
    "operand true": plain(inputs=[[2], [2]], operands=[True], outputs=[2]),
    "operand text": plain(operands=["0"]),
    "operand 0.0": plain(operands=[0.0]),
    "operands many": plain(operands=[0] * 65),
    "output later": plain(outputs=[2]),
    "output negative": plain(outputs=[-1]),
    "outputs number": plain(outputs=1),
    "no results": plain(results=0),
    "many results": plain(results=17),
    "results true": plain(results=True),
    "results text": plain(results="1"),
    "attributes list": {"inputs": [[2]], "nodes": [{"op": "sin", "operands": [0], "attributes": []}], "outputs": [1]},
    "attribute name with code": plain(**{"factor=1)#": 1.0}),
    "attribute name with newline": plain(**{"factor\n": 1.0}),
    "attribute name dunder": plain(__class__=1.0),
    "attribute name empty": plain(**{"": 1.0}),
    "attribute null": plain(factor=None),
    "attribute object": plain(factor={"a": 1}),
    "attribute huge": plain(factor=10**9),
    "attribute 1e31": plain(factor=1e31),
    "attribute nan": plain(factor=float("nan")),
    "attribute inf": plain(factor=float("inf")),
    "attribute with quote": plain(pattern='ij"'),
    "attribute with brace": plain(pattern="{0}"),
    "attribute with newline": plain(pattern="ij\n"),
    "attribute with dots": plain([[2, 2], [2, 2]], "einsum", [0, 1], [2], pattern="...,ij->ij"),
    "attribute long": plain(pattern="i" * 65),
    "attribute deep": plain(axes=[[[[[1]]]]]),
    "attribute wide": plain(axes=[0] * 4097),
}


@pytest.mark.parametrize("data", NOT_A_GRAPH.values(), ids=NOT_A_GRAPH)
def test_malformed_data_is_refused(data: Any) -> None:
    """Only MalformedGraph, never another exception, and with a short message."""
    with pytest.raises(MalformedGraph) as refused:
        graph_from_plain(data)
    assert len(str(refused.value)) < 200


def test_nesting_without_end_is_refused() -> None:
    """Depth is bounded before recursion is."""
    deep: Any = 0
    for _ in range(100_000):
        deep = [deep]
    node = {"op": "sum", "operands": [0], "attributes": {"axes": deep}}
    with pytest.raises(MalformedGraph):
        graph_from_plain({"inputs": [[2]], "nodes": [node], "outputs": [1]})


UNFIT: dict[str, dict[str, Any]] = {
    "no such op": plain(op="system"),
    "too few operands": plain(op="add"),
    "too many operands": plain(operands=[0, 0]),
    "missing attribute": plain(op="scale"),
    "surplus attribute": plain(factor=1.0),
    "attribute of the wrong kind": plain(op="scale", factor=True),
    "attribute text for a number": plain(op="scale", factor="1"),
    "wrong number of results": plain(results=2, outputs=[1]),
    "bool operand where a float belongs": {
        "inputs": [[2]],
        "nodes": [{"op": "greater", "operands": [0, 0]}, {"op": "sin", "operands": [1]}],
        "outputs": [2],
    },
    "float operand where a bool belongs": plain(op="where", operands=[0, 0, 0]),
    "bool output": plain(op="greater", operands=[0, 0]),
    "shapes that do not broadcast": plain([[2], [3]], "add", [0, 1], [2]),
    "axis beyond the rank": plain(op="sum", axes=[1], keepdims=False),
    "axis twice": plain(op="sum", axes=[0, 0], keepdims=False),
    "axis negative": plain(op="cumsum", axis=-1),
    "maximum of nothing": plain([[0]], "max", axes=[0], keepdims=False),
    "reshape to another count": plain(op="reshape", shape=[3]),
    "permutation twice": plain([[2, 2]], "transpose", permutation=[0, 0]),
    "permutation short": plain([[2, 2]], "transpose", permutation=[0]),
    "flip twice": plain(op="flip", axes=[0, 0]),
    "broadcast to fewer axes": plain(op="broadcast_to", shape=[]),
    "pad without widths": plain(op="pad", widths=[]),
    "pad negative": plain(op="pad", widths=[[-1, 0]]),
    "split beyond the end": plain(op="split", axis=0, at=3, results=2, outputs=[1]),
    "concatenate other sizes": plain([[2, 3], [2, 4]], "concatenate", [0, 1], [2], axis=0),
    "index beyond the end": plain(op="take", indices=[2], axis=0),
    "index beyond the end of an axis beside an empty one": plain([[1, 0]], "take", indices=[1], axis=0),
    "slice leaving an axis beside an empty one": plain([[1, 0]], "slice", slices=[[0, 2, 1], [0, 0, 1]]),
    "slice leaving the array": plain(op="slice", slices=[[0, 3, 1]]),
    "slice backwards out": plain(op="slice", slices=[[0, 2, -1]]),
    "slice of a negative count": plain(op="slice", slices=[[0, -1, 1]]),
    "slices fewer than axes": plain([[2, 2]], "slice", slices=[[0, 1, 1]]),
    "more updates than indices": plain([[4], [3]], "scatter_add", [0, 1], [2], indices=[0, 1], axis=0),
    "updates that would broadcast": plain([[4, 2], [2, 1]], "scatter_add", [0, 1], [2], indices=[0, 1], axis=0),
    "matmul of vectors": plain([[4], [4]], "matmul", [0, 1], [2]),
    "matmul sizes that would broadcast": plain([[2, 1], [3, 2]], "matmul", [0, 1], [2]),
    "einsum sizes that would broadcast": plain([[2, 1], [3, 2]], "einsum", [0, 1], [2], pattern="ij,jk->ik"),
    "einsum trace": plain([[2, 2], [2, 2]], "einsum", [0, 1], [2], pattern="ii,ij->j"),
    "einsum new letter": plain([[2, 2], [2, 2]], "einsum", [0, 1], [2], pattern="ij,jk->ikz"),
    "det of an oblong": plain([[2, 3]], "det"),
    "det of nothing": plain([[0, 0]], "det"),
    "solve with other rows": plain([[2, 2], [3, 1]], "solve", [0, 1], [2]),
    "solve with another batch": plain([[3, 2, 2], [2, 1]], "solve", [0, 1], [2]),
    "kernel longer than the signal": plain([[1, 1, 2], [1, 1, 4]], "conv1d", [0, 1], [2], stride=1, padding=0),
    "kernel with other channels": plain([[1, 2, 4], [1, 1, 2]], "conv1d", [0, 1], [2], stride=1, padding=0),
    "stride 0": plain([[1, 1, 4], [1, 1, 2]], "conv1d", [0, 1], [2], stride=0, padding=0),
    "window longer than the signal": plain([[1, 1, 2]], "max_pool1d", window=5, stride=1),
    "clip ends exchanged": plain(op="clip", low=1.0, high=-1.0),
}


@pytest.mark.parametrize("data", UNFIT.values(), ids=UNFIT)
def test_what_no_framework_would_accept_is_refused(data: dict[str, Any]) -> None:
    """Well-formed data whose ops, operands or attributes do not fit each other."""
    graph = graph_from_plain(data)
    with pytest.raises(MalformedGraph) as refused:
        check(graph)
    assert "node 0" in str(refused.value) or "node 1" in str(refused.value) or "outputs" in str(refused.value)


HOSTILE: dict[str, dict[str, Any]] = {
    "broadcast_to": plain([[]], "broadcast_to", shape=[4096] * 3),
    "broadcast_to of nothing": plain([[0]], "broadcast_to", shape=[4096] * 64),
    "reshape deep": plain(op="reshape", shape=[1] * 4000),
    "reshape of nothing": plain([[0]], "reshape", shape=[4096] * 60 + [0]),
    "pad": plain([[1, 1, 1]], "pad", widths=[[4096, 4096]] * 3),
    "pad of nothing": plain([[0, 1, 1, 1]], "pad", widths=[[4096, 4096]] * 4),
    "take": plain([[4, MEBI // 4]], "take", indices=[0] * 4096, axis=0),
    "slice": plain([[1, 1, 1]], "slice", slices=[[0, 4096, 0]] * 3),
    "outer sum": plain([[MEBI, 1], [1, MEBI]], "add", [0, 1], [2]),
    "concatenate": plain([[MEBI], [MEBI]], "concatenate", [0, 1], [2], axis=0),
    "matmul": plain([[MEBI, 1], [1, MEBI]], "matmul", [0, 1], [2]),
    "matmul in batches": plain([[1024, 1, 32, 32], [1024, 32, 32]], "matmul", [0, 1], [2]),
    "einsum": plain([[1024, 1024], [1024, 1024]], "einsum", [0, 1], [2], pattern="ij,kl->ijkl"),
    "conv1d": plain([[1, 1, 8192], [64, 1, 4096]], "conv1d", [0, 1], [2], stride=1, padding=4096),
    "max_pool1d": plain([[1, 1, MEBI]], "max_pool1d", window=4096, stride=1),
    "det": plain([[1024, 1024]], "det"),
    "solve": plain([[512, 512], [512, 512]], "solve", [0, 1], [2]),
    "many axes": plain(op="sum", axes=[0] * 4096, keepdims=True),
    "long chain": {
        "inputs": [[MEBI]],
        "nodes": [{"op": "sin", "operands": [i]} for i in range(MOST_NODES)],
        "outputs": [1],
    },
    "many inputs": plain([[MEBI]] * 10_000, outputs=[0]),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_sizes_are_refused_before_they_are_allocated(data: dict[str, Any]) -> None:
    """Within a second and 300 MB, whatever the graph asks for."""
    graph = graph_from_plain(data)
    tracemalloc.start()
    began = time.perf_counter()
    try:
        with pytest.raises(MalformedGraph):
            check(graph)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - began < 1
    assert peak < 300e6


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (plain([[MEBI], [MEBI]], "add", [0, 1], [2]), (MEBI,)),
        (plain([[100_000]], "take", indices=[4096], axis=0), (1,)),
        (plain([[64, 64], [64, 64]], "matmul", [0, 1], [2]), (64, 64)),
        (plain([[0, 3], [3, 2]], "matmul", [0, 1], [2]), (0, 2)),
        (plain([[3, 1], [2, 3, 4]], "add", [0, 1], [2]), (2, 3, 4)),
    ],
)
def test_large_but_honest_graphs_are_accepted(data: dict[str, Any], shape: tuple[int, ...]) -> None:
    """The bound is on what is written, not on the product of operand sizes."""
    assert check(graph_from_plain(data))[-1] == shape
