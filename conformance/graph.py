"""A computation as data.

A graph is an ordered list of nodes over numbered values: first the inputs, then the results of every node, in order.
Nothing here knows what an op means; the vocabulary does (`autograd_conformance.ops`).  The module needs only the
standard library, because it also runs inside workers under other interpreters and old environments.
"""

from __future__ import annotations

import hashlib
import json
import re
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Shape = tuple[int, ...]
Attribute = bool | int | float | str | tuple["Attribute", ...]

MOST_NODES = 2_000
MOST_ELEMENTS = 1 << 20
_OP_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_ATTRIBUTE_NAME = re.compile(r"[a-z][a-z_]{0,30}")
_ATTRIBUTE_TEXT = re.compile(r"[a-zA-Z0-9_,>\- ]{0,64}")
_MOST_INTEGER = 1 << 20
_MOST_DEPTH = 4


class MalformedGraph(ValueError):
    """The data does not describe a graph; the message says which part."""


@dataclass(frozen=True, slots=True)
class Node:
    """One application of an op.

    ``operands`` are value numbers, all smaller than the numbers of the node's own ``results`` values.
    ``attributes`` are plain data: booleans, integers, floats, short texts and tuples of them.
    """

    op: str
    operands: tuple[int, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    results: int = 1

    def __hash__(self) -> int:
        return hash((self.op, self.operands, tuple(sorted(self.attributes.items())), self.results))


@dataclass(frozen=True)
class Graph:
    """Inputs (their shapes), nodes in order of evaluation, and the value numbers of the outputs."""

    inputs: tuple[Shape, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]

    @cached_property
    def first_results(self) -> tuple[int, ...]:
        """The number of each node's first result value."""
        numbers, following = [], len(self.inputs)
        for node in self.nodes:
            numbers.append(following)
            following += node.results
        return tuple(numbers)

    @cached_property
    def value_count(self) -> int:
        return len(self.inputs) + sum(node.results for node in self.nodes)

    def numbered_nodes(self) -> Iterator[tuple[range, Node]]:
        """Each node with the numbers of its result values."""
        for first, node in zip(self.first_results, self.nodes, strict=True):
            yield range(first, first + node.results), node

    @cached_property
    def use_counts(self) -> tuple[int, ...]:
        """How often each value is consumed, by nodes and as an output."""
        counts = [0] * self.value_count
        for node in self.nodes:
            for operand in node.operands:
                counts[operand] += 1
        for output in self.outputs:
            counts[output] += 1
        return tuple(counts)

    @cached_property
    def op_names(self) -> tuple[str, ...]:
        return tuple(sorted({node.op for node in self.nodes}))

    def to_plain(self) -> dict[str, Any]:
        """JSON-ready form, the caller's own; the inverse of `graph_from_plain`."""
        nodes = []
        for node in self.nodes:
            plain: dict[str, Any] = {"op": node.op, "operands": list(node.operands)}
            if node.attributes:
                plain["attributes"] = {name: _plain(value) for name, value in sorted(node.attributes.items())}
            if node.results != 1:
                plain["results"] = node.results
            nodes.append(plain)
        return {"inputs": [list(shape) for shape in self.inputs], "nodes": nodes, "outputs": list(self.outputs)}

    @cached_property
    def shared_plain(self) -> dict[str, Any]:
        """The same, made once for all who only read it."""
        return self.to_plain()

    @cached_property
    def canonical(self) -> str:
        """The one JSON text of this graph."""
        return json.dumps(self.shared_plain, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @cached_property
    def key(self) -> str:
        """Content hash of the graph alone (a case id also covers the point)."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()[:16]


def graph_from_plain(plain: object) -> Graph:
    """Read a graph from untrusted JSON data.

    Raises MalformedGraph; never evaluates anything.  Op names and attributes are only checked for form here; whether
    an op exists and accepts them is `autograd_conformance.ops.check`.
    """
    body = _mapping(plain, "a graph")
    inputs = tuple(shape_from_plain(shape) for shape in _sequence(body.get("inputs"), "inputs"))
    plain_nodes = _sequence(body.get("nodes"), "nodes")
    if len(plain_nodes) > MOST_NODES:
        raise MalformedGraph(f"{len(plain_nodes)} nodes; a graph has at most {MOST_NODES}")
    available, nodes = len(inputs), []
    for position, plain_node in enumerate(plain_nodes):
        try:
            node = _node(plain_node, available)
        except MalformedGraph as failure:
            raise MalformedGraph(f"node {position}: {failure}") from None
        nodes.append(node)
        available += node.results
    outputs = _value_numbers(body.get("outputs"), "outputs", available)
    if not outputs:
        raise MalformedGraph("a graph has at least one output")
    return Graph(inputs, tuple(nodes), outputs)


def shape_from_plain(plain: object) -> Shape:
    """A shape: up to six sizes of at least 0, with at most MOST_ELEMENTS elements."""
    sizes = _sequence(plain, "a shape")
    if len(sizes) > 6 or not all(type(size) is int and 0 <= size <= MOST_ELEMENTS for size in sizes):
        raise MalformedGraph(f"not a shape: {_short(plain)}")
    elements = 1
    for size in sizes:
        elements *= size
    if elements > MOST_ELEMENTS:
        raise MalformedGraph(f"shape {_short(plain)} has more than {MOST_ELEMENTS} elements")
    return tuple(sizes)


def _node(plain: object, available: int) -> Node:
    body = _mapping(plain, "a node")
    op = body.get("op")
    if not isinstance(op, str) or not _OP_NAME.fullmatch(op):
        raise MalformedGraph(f"not an op name: {_short(op)}")
    results = body.get("results", 1)
    if type(results) is not int or not 1 <= results <= 16:
        raise MalformedGraph(f"results must be 1 to 16, not {_short(results)}")
    attributes = {}
    for name, value in _mapping(body.get("attributes", {}), "attributes").items():
        if not isinstance(name, str) or not _ATTRIBUTE_NAME.fullmatch(name):
            raise MalformedGraph(f"not an attribute name: {_short(name)}")
        attributes[name] = _attribute(value, name, _MOST_DEPTH)
    return Node(op, _value_numbers(body.get("operands"), "operands", available), attributes, results)


def _attribute(plain: object, where: str, depth: int) -> Attribute:
    if isinstance(plain, bool):
        return plain
    if isinstance(plain, int) and abs(plain) <= _MOST_INTEGER:
        return plain
    if isinstance(plain, float) and abs(plain) <= 1e30:
        return plain
    if isinstance(plain, str) and _ATTRIBUTE_TEXT.fullmatch(plain):
        return plain
    if isinstance(plain, (list, tuple)) and depth and len(plain) <= 4096:
        return tuple(_attribute(item, where, depth - 1) for item in plain)
    raise MalformedGraph(f"{where}: not plain attribute data: {_short(plain)}")


def _value_numbers(plain: object, where: str, available: int) -> tuple[int, ...]:
    numbers = _sequence(plain, where)
    for number in numbers if len(numbers) <= 64 else (None,):
        if type(number) is not int or not 0 <= number < available:
            raise MalformedGraph(f"{where}: value numbers must be below {available}: {_short(plain)}")
    return tuple(numbers)


def _mapping(plain: object, what: str) -> Mapping[Any, Any]:
    if not isinstance(plain, (dict, Mapping)):
        raise MalformedGraph(f"{what} must be an object, not {_short(plain)}")
    return plain


def _sequence(plain: object, what: str) -> Sequence[Any]:
    if not isinstance(plain, (list, tuple)):
        raise MalformedGraph(f"{what} must be a list, not {_short(plain)}")
    return plain


def _plain(value: Attribute) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _short(value: object) -> str:
    text = reprlib.repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
