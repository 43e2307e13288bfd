"""From a graph to the source of a plain function.

Each framework supplies a table from op name to an expression, either a format string over operands and attributes
(``"torch.sum({0}, dim={axes}, keepdim={keepdims})"``) or a function that builds one.  What is compiled is what a repro
script prints, so there is no interpreter between a verdict and the framework.
"""

from __future__ import annotations

import copy
import functools
import itertools
import linecache
import re
import weakref
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from autograd_conformance.adapter import Adapter, Program, Unsupported
from autograd_conformance.graph import Attribute, Graph, MalformedGraph, Node
from autograd_conformance.tape import Step, Tape
from autograd_conformance.wrapping import RULES, Wrapping, boundary

Expression = str | Callable[..., str]
"""A format string, or a function of operand names and keyword attributes that returns an expression."""

_TEXT = re.compile(r"[a-zA-Z0-9_,>\- ]*")
_DOTTED = re.compile(r"(?<![.\w])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
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


@dataclass(frozen=True)
class Table:
    """How one framework says the ops of a family.

    ``definitions`` are functions that expressions call, by op, where the framework's own wants another layout or is made of
    several.  ``composed`` are ops that the framework has no name for, written as a combination of others.  ``absent`` are
    ops it cannot do, with the reason, and ``wide_only`` those it does not have in 16 bits.
    """

    expressions: Mapping[str, Expression]
    definitions: Mapping[str, str] = field(default_factory=dict)
    composed: frozenset[str] = frozenset()
    absent: Mapping[str, str] = field(default_factory=dict)
    wide_only: frozenset[str] = frozenset()


def merged(*tables: Table) -> Table:
    """All families of one framework in one table."""
    return Table(
        {op: how for table in tables for op, how in table.expressions.items()},
        {op: source for table in tables for op, source in table.definitions.items()},
        frozenset(op for table in tables for op in table.composed),
        {op: reason for table in tables for op, reason in table.absent.items()},
        frozenset(op for table in tables for op in table.wide_only),
    )


NodeWriter = Callable[[Node, Sequence[str]], str]
"""Takes a node and its operand names; returns the expression to write."""
OperandNaming = Callable[[int, int, int], str]
"""Takes a value number, the position of the node that uses it and the operand slot; returns the name to write."""


def source_of(
    graph: Graph,
    write_node: NodeWriter,
    *,
    definitions: Sequence[str] = (),
    statements: Sequence[str] = (),
    operand_name: OperandNaming = lambda value, _position, _slot: f"v{value}",
    name: str = "graph_function",
) -> str:
    """Source of a function from the graph's inputs to the tuple of its outputs.

    ``definitions`` are put before the function and ``statements`` before its first node; ``operand_name`` may give each
    use of a value a name of its own.
    """
    lines = list(statements)
    for position, (results, node) in enumerate(graph.numbered_nodes()):
        operands = [operand_name(value, position, slot) for slot, value in enumerate(node.operands)]
        lines.append(_assignment(results, write_node(node, operands)))
    return _module(definitions, _function(name, range(len(graph.inputs)), lines, graph.outputs))


def wrapped_source(
    graph: Graph, wrapping: Wrapping, definition: str, write_node: NodeWriter, definitions: Sequence[str] = ()
) -> str:
    """Source of the same function with a run of nodes in a function of its own that is ``wrapped``."""
    lines = [
        _assignment(results, write_node(node, [f"v{value}" for value in node.operands]))
        for results, node in graph.numbered_nodes()
    ]
    start, stop = wrapping.start, wrapping.stop
    operands, results = boundary(graph, start, stop)
    part = _function("part", operands, lines[start:stop], results)
    factor = f", {wrapping.factor}" if wrapping.kind in RULES else ""
    call = f"{_tuple(results)} = wrapped_part({', '.join(f'v{number}' for number in operands)})"
    lines[start:stop] = [call]
    whole = _function("graph_function", range(len(graph.inputs)), lines, graph.outputs)
    return _module((*definitions, definition), part, f"wrapped_part = wrapped(part{factor})", whole)


def _assignment(results: Sequence[int], written: str) -> str:
    return f"{', '.join(f'v{number}' for number in results)} = {written}"


def _function(name: str, arguments: Sequence[int], lines: Sequence[str], outputs: Sequence[int]) -> str:
    head = f"def {name}({', '.join(f'v{number}' for number in arguments)}):"
    return "\n".join([head, *(f"    {line}" for line in lines), f"    return {_tuple(outputs)}"])


def _tuple(numbers: Sequence[int]) -> str:
    return f"({''.join(f'v{number}, ' for number in numbers).strip()})"


def _module(definitions: Sequence[str], *parts: str) -> str:
    return "\n\n\n".join((*(text.strip() for text in definitions), *parts)) + "\n"


def compile_source(source: str, names: Mapping[str, Any], name: str = "graph_function") -> Callable[..., Any]:
    """Compile generated source so that tracebacks and AutoGraph can read it back."""
    filename = f"<conformance graph {next(_serial)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"__name__": f"conformance_graph_{next(_serial)}", **names}
    exec(compile(source, filename, "exec"), scope)  # noqa: S102 - the source is built from checked op names and literals
    weakref.finalize(scope[name], linecache.cache.pop, filename, None)
    return scope[name]


def missing_name(source: str, names: Mapping[str, Any]) -> str:
    """The first name in generated source that this version of the framework does not have (``jax.nn.new_one``), or nothing.

    Only what stands in modules can be told without running it.
    """
    for found in _DOTTED.finditer(source):
        first, *rest = found.group().split(".")
        if isinstance(names.get(first), ModuleType) and (missing := _missing_in(names[first], tuple(rest))):
            return f"{first}.{missing}"
    return ""


@functools.cache
def _missing_in(module: ModuleType, path: tuple[str, ...]) -> str:
    first, *rest = path
    if not hasattr(module, first):
        return first
    inner = getattr(module, first)
    missing = _missing_in(inner, tuple(rest)) if rest and isinstance(inner, ModuleType) else ""
    return missing and f"{first}.{missing}"


def array_source(array: np.ndarray) -> str:
    """A nested list that evaluates to exactly these float64 values."""
    if not np.all(np.isfinite(array)):
        return repr(array.tolist()).replace("nan", "float('nan')").replace("inf", "float('inf')")
    return repr(array.tolist())


class TranslatingTape(Tape):
    """A tape whose ops are the adapter's expressions; the definitions they call stand before the story."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def write(self, steps: Sequence[Step]) -> str:
        return "\n\n\n".join([*self.definitions_of(steps), self.story(steps)])

    def story(self, steps: Sequence[Step]) -> str:
        """The steps as source, one after the other unless overridden.  Raises NoSuchConcept."""
        return super().write(steps)

    def definitions_of(self, steps: Sequence[Step]) -> list[str]:
        """What the applied ops call, each definition once."""
        ops = [step.options["op"] for step in steps if step.verb == "apply"]
        return list(dict.fromkeys(self.table.definitions[op].strip() for op in ops if op in self.table.definitions))

    def expression_of(self, step: Step) -> str:
        """The right-hand side of an ``apply`` step."""
        attributes = {name: _tuples(value) for name, value in step.options["attributes"].items()}
        return expression(self.table.expressions, Node(step.options["op"], (), attributes), step.operands)


def _tuples(value: Any) -> Attribute:
    """Attributes as they were before they crossed as JSON, which has no tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, (list, tuple)) else value


class TranslatingAdapter(Adapter):
    """An adapter that is a table: one expression per op, and the names the expressions use.

    ``write_source`` is the seam for whoever wants another program for the same graph, such as one with a faulty rule.
    """

    table: ClassVar[Table]
    wrapping: Wrapping | None = None
    """What stands round a part of the programs it writes."""
    derivative_program: ClassVar[str] = ""
    """The format of `derivative_script`; empty where there is none."""

    @abstractmethod
    def names(self) -> Mapping[str, Any]:
        """The global names of the generated source."""

    def lowers(self, op: str) -> bool:
        how, definition = self.table.expressions.get(op, ""), self.table.definitions.get(op, "")
        return bool(how) and not missing_name(definition if callable(how) else f"{definition}\n{how}", self.names())

    def composes(self, op: str) -> bool:
        return op in self.table.composed

    def absences(self) -> Mapping[str, str]:
        return self.table.absent

    def translate(self, graph: Graph, dtype: str) -> Program:
        for op in graph.op_names:
            if op in self.table.absent:
                raise Unsupported(f"{self.framework} has no {op}: {self.table.absent[op]}")
        if dtype in ("float16", "bfloat16") and (missing := self.table.wide_only & set(graph.op_names)):
            raise Unsupported(f"{self.framework} has no {min(missing)} in {dtype}")
        source, names = self.write_source(graph), self.names()
        if absent := missing_name(source, names):
            raise Unsupported(f"this version of {self.framework} has no {absent}")
        return Program(graph, dtype, source, compile_source(source, names))

    def translate_wrapped(self, graph: Graph, dtype: str, wrapping: Wrapping) -> Program:
        writer = copy.copy(self)
        writer.wrapping = wrapping
        return writer.translate(graph, dtype)

    def derivative_script(
        self,
        program: Program,
        point: Sequence[np.ndarray],
        cotangents: Sequence[np.ndarray],
        word: str,
        tangents: Sequence[Sequence[np.ndarray]],
    ) -> str:
        if not self.derivative_program:
            return super().derivative_script(program, point, cotangents, word, tangents)
        return self.derivative_program.format(
            source=program.source,
            leaves=self.arrays_text(point, program.dtype),
            cotangents=self.arrays_text(cotangents, program.dtype),
            tangents=", ".join(f"({self.arrays_text(one, program.dtype)})" for one in tangents),
            **self.derivative_parts(word),
        )

    def derivative_parts(self, word: str) -> Mapping[str, str]:
        """What `derivative_program` has places for besides ``source``, ``leaves``, ``cotangents`` and ``tangents``."""
        raise NotImplementedError

    def array_text(self, array: np.ndarray, dtype: str) -> str:
        """The source of an array of the framework that is no leaf of its engine."""
        raise NotImplementedError

    def arrays_text(self, arrays: Sequence[np.ndarray], dtype: str) -> str:
        """The inside of a tuple."""
        return "".join(f"{self.array_text(array, dtype)}, " for array in arrays).strip()

    def write_source(self, graph: Graph) -> str:
        if self.wrapping is not None:
            definition = self.wrappers()[self.wrapping.kind][self.wrapping.form].definition
            return wrapped_source(graph, self.wrapping, definition, self.write_node, self.definitions_of(graph))
        return source_of(graph, self.write_node, definitions=self.definitions_of(graph))

    def write_node(self, node: Node, operands: Sequence[str]) -> str:
        return expression(self.table.expressions, node, operands)

    def definitions_of(self, graph: Graph) -> list[str]:
        return [self.table.definitions[op] for op in graph.op_names if op in self.table.definitions]
