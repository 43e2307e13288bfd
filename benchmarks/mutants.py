"""Mutants of a case: the cotangent that arrives at one node's result is altered, and nothing else.

The fault is planted as an identity with a faulty rule, wrapped round the node's expression in the generated source, in the
words of each framework.  Every checker is given the very same function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_conformance.adapters.translator import NodeWriter, TranslatingAdapter, compile_source, source_of
from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.reference.interpreter import evaluate

KINDS = ("rule", "element", "domain", "sign", "zero")
SLIGHT_KINDS = ("rule", "element", "domain")
"""Kinds that have a size d; the others are as large as they are."""


@dataclass(frozen=True)
class Mutant:
    """The cotangent u of one result of one node becomes ``u * (1 + amount * pattern(x))``, x being that result.

    ``kind``: *rule* alters every element, *element* one of them, *domain* those whose value lies above the middle of all;
    *sign* and *zero* alter every element by -2 and -1.  ``pattern`` is the source of an expression in x.
    """

    node: int
    result: int
    kind: str
    amount: float
    pattern: str

    def scaled(self, d: float) -> Mutant:
        """The same fault in another size; sign and zero have only one."""
        return replace(self, amount=d) if self.kind in SLIGHT_KINDS else self


def mutant_of(case: Case, kind: str) -> Mutant:
    """The mutant of a kind for a case, of size d = 1; every kind strikes the same node.

    Raises ValueError when no node's result influences an output.
    """
    candidates = influential_results(case.graph)
    sized = [(node, result) for node, result in candidates if _size(case, node, result)]
    if not sized:
        raise ValueError("no node's result influences an output")
    generator = np.random.Generator(np.random.PCG64([case.seed, 4001]))
    node, result = sized[int(generator.integers(len(sized)))]
    value = _value(case, node, result)
    pattern = "1.0"
    if kind == "element":
        chosen = np.zeros(value.size)
        chosen[int(generator.integers(value.size))] = 1.0
        pattern = f"constant({chosen.reshape(value.shape).tolist()}, x)"
    elif kind == "domain":
        pattern = f"above({_middle(value)!r}, x)"
    return Mutant(node, result, kind, {"sign": -2.0, "zero": -1.0}.get(kind, 1.0), pattern)


def influential_results(graph: Graph) -> list[tuple[int, int]]:
    """(node, which of its results) for every float result that an output depends on through float operands."""
    alive = set(graph.outputs)
    found = []
    for position, (results, node) in reversed(list(enumerate(graph.numbered_nodes()))):
        op = VOCABULARY[node.op]
        mine = [which for which, number in enumerate(results) if number in alive]
        if op.result != "float" or not mine:
            continue
        found += [(position, which) for which in reversed(mine)]
        alive |= {number for number, kind in zip(node.operands, op.operands, strict=True) if kind == "float"}
    return found[::-1]


def _size(case: Case, node: int, result: int) -> int:
    return int(np.prod(case.shapes[case.graph.first_results[node] + result], dtype=np.int64))


def _value(case: Case, node: int, result: int) -> np.ndarray:
    evaluated = evaluate(case.graph, [array[None] for array in case.point], keep_values=True)
    return np.asarray(evaluated.values[case.graph.first_results[node] + result][0], dtype=np.float64)


def _middle(value: np.ndarray) -> float:
    """A number between the lower and the upper half of the elements; below all where they are one or equal."""
    distinct = np.unique(value)
    if len(distinct) == 1:
        return float(distinct[0]) - 1.0
    upper = len(distinct) // 2
    return float((distinct[upper - 1] + distinct[upper]) / 2)


WORDS: Mapping[str, str] = {
    "torch": """
def constant(values, x):
    return torch.tensor(values, dtype=x.dtype)


def above(threshold, x):
    return (x > threshold).to(x.dtype)


class Planted(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x.clone()

    @staticmethod
    def backward(context, u):
        return u * (1.0 + amount * pattern(*context.saved_tensors))


planted = Planted.apply
""",
    "jax": """
def constant(values, x):
    return jnp.array(values, dtype=x.dtype)


def above(threshold, x):
    return jnp.asarray(x > threshold, dtype=x.dtype)


@jax.custom_vjp
def identity(x, amount):
    return x


def pull(saved, u):
    x, amount = saved
    return u * (1.0 + amount * pattern(x)), jnp.zeros_like(amount)


identity.defvjp(lambda x, amount: (x, (x, amount)), pull)


def planted(x):
    return identity(x, jnp.asarray(amount, dtype=x.dtype))
""",
    "tensorflow": """
def constant(values, x):
    return tf.constant(values, dtype=x.dtype)


def above(threshold, x):
    return tf.cast(x > tf.constant(threshold, dtype=x.dtype), x.dtype)


@tf.custom_gradient
def planted(x):
    return tf.identity(x), lambda u: tf.convert_to_tensor(u) * (1.0 + tf.cast(amount, x.dtype) * pattern(x))
""",
    "autograd": """
def constant(values, x):
    return np.array(values)


def above(threshold, x):
    return np.asarray(x > threshold, dtype=float)


planted = primitive(lambda x: 1.0 * x)
defvjp(planted, lambda y, x: lambda u: u * (1.0 + amount * pattern(x)))
""",
}
"""The fault in each framework's words; ``amount`` and ``pattern`` are global names of the source."""


def source_with(
    mutant: Mutant | None, graph: Graph, framework: str, write: NodeWriter, definitions: Sequence[str]
) -> str:
    """Source of the graph's function, with the fault where there is one."""
    if mutant is None:
        return source_of(graph, write, definitions=definitions)
    struck = graph.nodes[mutant.node]

    def write_node(node: Node, operands: Sequence[str]) -> str:
        if node is not struck:
            return write(node, operands)
        expression = write(node, operands)
        if node.results == 1:
            return f"planted({expression})"
        return f"[planted(x) if number == {mutant.result} else x for number, x in enumerate({expression})]"

    pattern = f"def pattern(x):\n    return {mutant.pattern}"
    fault = [f"amount = {mutant.amount!r}", pattern, WORDS[framework]]
    return source_of(graph, write_node, definitions=[*fault, *definitions])


def function_of(
    mutant: Mutant | None,
    graph: Graph,
    framework: str,
    write: NodeWriter,
    definitions: Sequence[str],
    names: Mapping[str, Any],
) -> Callable[..., Any]:
    """The compiled function; its global name ``amount`` may be exchanged."""
    return compile_source(source_with(mutant, graph, framework, write, definitions), names)


def mutated(adapter: type[TranslatingAdapter], mutant: Mutant | None) -> type[TranslatingAdapter]:
    """A real adapter whose programs carry the fault: the suite judges it like any other."""

    def write_source(self: TranslatingAdapter, graph: Graph) -> str:
        return source_with(mutant, graph, self.framework, self.write_node, self.definitions_of(graph))

    return type(f"Mutated{adapter.__name__}", (adapter,), {"write_source": write_source, "__module__": __name__})
