"""From a graph to the source of a plain function.

Each framework supplies a table from op name to an expression, either a format string over operands and attributes
(``"torch.sum({0}, dim={axes}, keepdim={keepdims})"``) or a function that builds one.  What is compiled is what a repro
script prints, so there is no interpreter between a verdict and the framework.
"""

from __future__ import annotations

import itertools
import linecache
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_conformance.adapter import Unsupported
from autograd_conformance.graph import Attribute, Graph, MalformedGraph, Node

Expression = str | Callable[..., str]
"""A format string, or a function of operand names and keyword attributes that returns an expression."""

_TEXT = re.compile(r"[a-zA-Z0-9_,>\- ]*")
_serial = itertools.count()


def literal(value: Attribute) -> str:
    """Python source for a plain attribute; refuses anything that is not plain data."""
    if isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, str) and _TEXT.fullmatch(value):
        return repr(value)
    if isinstance(value, tuple):
        return "(" + "".join(literal(item) + ", " for item in value).strip() + ")"
    raise MalformedGraph(f"not plain attribute data: {value!r}")


def expression(table: Mapping[str, Expression], node: Node, operands: Sequence[str]) -> str:
    """The expression for one node.  Raises Unsupported when the table has no entry."""
    try:
        entry = table[node.op]
    except KeyError:
        raise Unsupported(f"no expression for op {node.op}") from None
    if callable(entry):
        return entry(*operands, **node.attributes)
    return entry.format(*operands, **{name: literal(value) for name, value in node.attributes.items()})


NodeWriter = Callable[[str, Node, Sequence[str]], str]
"""Takes the expression of a node, the node and its operand names; returns the expression to write instead."""


def source_of(
    graph: Graph,
    table: Mapping[str, Expression],
    name: str = "graph_function",
    write_node: NodeWriter | None = None,
    write_preamble: Callable[[Graph], Sequence[str]] | None = None,
    operand_names: Callable[[Graph], Callable[[int, int, int], str]] | None = None,
) -> str:
    """Source of a function from the graph's inputs to the tuple of its outputs.

    ``write_node`` may wrap a node's expression (a deliberately faulty rule, a checkpoint); ``operand_names`` may give
    each use of a value a name of its own; ``write_preamble`` returns statements put before the first node.
    """
    naming = operand_names(graph) if operand_names else (lambda value, _node, _slot: f"v{value}")
    arguments = ", ".join(f"v{number}" for number in range(len(graph.inputs)))
    lines = [f"def {name}({arguments}):"]
    lines += [f"    {statement}" for statement in (write_preamble(graph) if write_preamble else ())]
    for position, (results, node) in enumerate(graph.numbered_nodes()):
        operands = [naming(value, position, slot) for slot, value in enumerate(node.operands)]
        text = expression(table, node, operands)
        if write_node:
            text = write_node(text, node, operands)
        targets = ", ".join(f"v{number}" for number in results)
        lines.append(f"    {targets} = {text}")
    outputs = "".join(f"v{number}, " for number in graph.outputs).strip()
    lines.append(f"    return ({outputs})")
    return "\n".join(lines) + "\n"


def compile_source(source: str, names: Mapping[str, Any], name: str = "graph_function") -> Callable[..., Any]:
    """Compile generated source so that tracebacks and AutoGraph can read it back."""
    filename = f"<conformance graph {next(_serial)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"__name__": f"conformance_graph_{next(_serial)}", **names}
    exec(compile(source, filename, "exec"), scope)  # noqa: S102 - the source is built from checked op names and literals
    return scope[name]


def array_source(array: np.ndarray) -> str:
    """A nested list that evaluates to exactly these float64 values."""
    if not np.all(np.isfinite(array)):
        return repr(array.tolist()).replace("nan", "float('nan')").replace("inf", "float('inf')")
    return repr(array.tolist())
