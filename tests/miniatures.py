"""Deliberately faulty adapters: each has one known fault in its derivatives, and is right everywhere else.

A miniature writes another program for the same graph: the faulty rule is a custom rule round one expression, in the
generated source itself.  So it works wherever the real adapter does - eager, traced, compiled, static - and a repro
script shows the fault.  A fault is described once, in words every framework defines: ``where``, ``roll``, ``iota``,
``size``, ``stop_gradient`` and ``with_vjp(function, alter)``, where ``alter(pull, operands, cotangent)`` returns the
operands' gradients and ``pull(cotangent)`` is the right answer.

``tests.miniatures:SignFlippedTorch`` (fault and framework: Torch, Jax, TensorFlow) is an adapter like any other; no
framework is imported before its name is asked for.  ``miniature(SignFlipped, "Jax", ops=("sin",))`` moves a fault.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Sequence
from typing import ClassVar

from autograd_conformance.adapters.translator import TranslatingAdapter, literal, source_of
from autograd_conformance.graph import Graph, Node

ADAPTERS = {"Torch": "torch:TorchAdapter", "Jax": "jax:JaxAdapter", "TensorFlow": "tensorflow:TensorFlowAdapter"}

WORDS = {
    "Torch": """
def where(condition, x, y):
    return torch.where(condition, x, y)


def roll(x, axis):
    return torch.roll(x, 1, axis)


def size(x, axis):
    return x.shape[axis]


def iota(x, axis):
    return torch.arange(x.shape[axis]).reshape([-1 if a == axis else 1 for a in range(x.ndim)])


def stop_gradient(x):
    return x.detach()


def with_vjp(function, alter):
    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(context, *operands):
            context.save_for_backward(*operands)
            return function(*operands)

        @staticmethod
        def backward(context, cotangent):
            def pull(cotangent):
                with torch.enable_grad():
                    operands = [x.detach().requires_grad_() for x in context.saved_tensors]
                    return torch.autograd.grad(function(*operands), operands, cotangent)

            return tuple(alter(pull, context.saved_tensors, cotangent))

    return Rule.apply
""",
    "Jax": """
def where(condition, x, y):
    return jnp.where(condition, x, y)


def roll(x, axis):
    return jnp.roll(x, 1, axis)


def size(x, axis):
    return x.shape[axis]


def iota(x, axis):
    return jnp.arange(x.shape[axis]).reshape([-1 if a == axis else 1 for a in range(x.ndim)])


def stop_gradient(x):
    return jax.lax.stop_gradient(x)


def with_vjp(function, alter):
    rule = jax.custom_vjp(function)

    def forward(*operands):
        return function(*operands), operands

    def backward(operands, cotangent):
        return tuple(alter(jax.vjp(function, *operands)[1], operands, cotangent))

    rule.defvjp(forward, backward)
    return rule
""",
    "TensorFlow": """
def where(condition, x, y):
    return tf.where(condition, x, y)


def roll(x, axis):
    return tf.roll(x, 1, axis)


def size(x, axis):
    return tf.shape(x)[axis]


def iota(x, axis):
    return tf.reshape(tf.range(tf.shape(x)[axis]), [-1 if a == axis else 1 for a in range(len(x.shape))])


def stop_gradient(x):
    return tf.stop_gradient(x)


def with_vjp(function, alter):
    @tf.custom_gradient
    def rule(*operands):
        def pull(cotangent):
            with tf.GradientTape() as tape:
                tape.watch(operands)
                result = function(*operands)
            return [tf.convert_to_tensor(g) for g in tape.gradient(result, operands, cotangent)]

        return function(*operands), lambda cotangent: alter(pull, operands, cotangent)

    return rule
""",
}


class Fault(TranslatingAdapter):
    """Mixed in before a real adapter.  Graphs without one of ``ops`` are translated as ever."""

    words: ClassVar[str]
    ops: ClassVar[tuple[str, ...]]

    def write_source(self, graph: Graph) -> str:
        faulty = not set(self.ops).isdisjoint(graph.op_names)
        return self.write_faulty_source(graph) if faulty else super().write_source(graph)

    def write_faulty_source(self, graph: Graph) -> str:
        raise NotImplementedError

    def definitions_with_words(self, graph: Graph) -> list[str]:
        return [self.words, *self.definitions_of(graph)]


class FaultyRule(Fault):
    """A fault in the rule of ops that take floats and have one result.

    ``alter`` is the source of the rule; the attributes of the op are its keyword arguments.
    """

    alter: ClassVar[str]

    def write_faulty_source(self, graph: Graph) -> str:
        faulty = [node for node in graph.nodes if node.op in self.ops]

        def write_node(node: Node, operands: Sequence[str]) -> str:
            if node not in faulty:
                return self.write_node(node, operands)
            return f"faulty_{node.op}_{faulty.index(node)}({', '.join(operands)})"

        rules = [self._rule(node, f"{node.op}_{number}") for number, node in enumerate(faulty)]
        return source_of(graph, write_node, definitions=[*self.definitions_with_words(graph), self.alter, *rules])

    def _rule(self, node: Node, name: str) -> str:
        operands = [f"x{slot}" for slot in range(len(node.operands))]
        attributes = "".join(f", {attribute}={literal(value)}" for attribute, value in node.attributes.items())
        return (
            f"def plain_{name}({', '.join(operands)}):\n"
            f"    return {self.write_node(node, operands)}\n\n\n"
            f"def alter_{name}(pull, operands, cotangent):\n"
            f"    return alter(pull, operands, cotangent{attributes})\n\n\n"
            f"faulty_{name} = with_vjp(plain_{name}, alter_{name})\n"
        )


class CotangentScaled(FaultyRule):
    """The incoming cotangent of one op is a millionth too large."""

    ops = ("mul",)
    alter = """
def alter(pull, operands, cotangent, **attributes):
    return pull(cotangent * (1 + 1e-6))
"""


class SignFlipped(FaultyRule):
    """The gradient of one op has the wrong sign."""

    ops = ("tanh",)
    alter = """
def alter(pull, operands, cotangent, **attributes):
    return [-gradient for gradient in pull(cotangent)]
"""


class NoBroadcastSum(FaultyRule):
    """An operand that was broadcast gets the first entry along the broadcast axes instead of their sum."""

    ops = ("add", "sub", "mul", "div", "maximum", "minimum", "power")
    alter = """
def first_along_broadcast_axes(cotangent, operand):
    missing = len(cotangent.shape) - len(operand.shape)
    for axis in range(len(cotangent.shape)):
        kept = 1 if axis < missing else size(operand, axis - missing)
        cotangent = where(iota(cotangent, axis) < kept, cotangent, 0 * cotangent)
    return cotangent


def alter(pull, operands, cotangent):
    return [pull(first_along_broadcast_axes(cotangent, x))[slot] for slot, x in enumerate(operands)]
"""


class RepeatedIndicesOverwritten(FaultyRule):
    """An element taken more than once gets the cotangent of its last copy only."""

    ops = ("take",)
    alter = """
def alter(pull, operands, cotangent, indices, axis):
    for position, index in enumerate(indices):
        if index in indices[position + 1 :]:
            is_here = abs(iota(cotangent, axis) - position) < 1  # in a static graph == compares tensor objects
            cotangent = where(is_here, 0 * cotangent, cotangent)
    return pull(cotangent)
"""


class SliceShifted(FaultyRule):
    """The gradient of a slice lies one position too far along the axis that keeps most elements."""

    ops = ("slice",)
    alter = """
def alter(pull, operands, cotangent, slices):
    if not slices:
        return pull(cotangent)
    longest = max(range(len(slices)), key=lambda axis: slices[axis][1])
    return [roll(gradient, longest) for gradient in pull(cotangent)]
"""


class NegativeWrong(FaultyRule):
    """The gradient of one op is a tenth too large where its operand is negative, and right elsewhere."""

    ops = ("square",)
    alter = """
def alter(pull, operands, cotangent, **attributes):
    return [where(x < 0, 1.1 * gradient, gradient) for x, gradient in zip(operands, pull(cotangent))]
"""


class FanOutOverwritten(Fault):
    """A value used more than once gets the cotangent of its last use only; being an output comes after all nodes."""

    ops = ()

    def write_source(self, graph: Graph) -> str:
        last: dict[int, tuple[int, int] | None] = {}
        uses: list[int] = []
        for position, node in enumerate(graph.nodes):
            for slot, value in enumerate(node.operands):
                if node.op != "greater":  # it has no cotangent to give
                    uses.append(value)
                    last[value] = (position, slot)
        last |= dict.fromkeys(graph.outputs)
        if not any(uses.count(value) > (last[value] is not None) for value in uses):
            return super().write_source(graph)

        def operand_name(value: int, position: int, slot: int) -> str:
            is_kept = last.get(value, (position, slot)) == (position, slot)
            return f"v{value}" if is_kept else f"stop_gradient(v{value})"

        definitions = self.definitions_with_words(graph)
        return source_of(graph, self.write_node, definitions=definitions, operand_name=operand_name)


class NoneForConnected(Fault):
    """The first input that one op depends on is not connected to anything: None, or zeros in JAX, which has no None."""

    ops = ("mul",)

    def write_faulty_source(self, graph: Graph) -> str:
        first_inputs = {number: number for number in range(len(graph.inputs))}
        lost = len(graph.inputs)
        for results, node in graph.numbered_nodes():
            first = min(first_inputs[value] for value in node.operands)
            first_inputs |= dict.fromkeys(results, first)
            if node.op in self.ops:
                lost = min(lost, first)
        statement = f"v{lost} = stop_gradient(v{lost})"
        definitions = self.definitions_with_words(graph)
        return source_of(graph, self.write_node, definitions=definitions, statements=[statement])


FAULTS: dict[str, type[Fault]] = {
    fault.__name__: fault
    for fault in (
        CotangentScaled,
        SignFlipped,
        NoBroadcastSum,
        RepeatedIndicesOverwritten,
        FanOutOverwritten,
        SliceShifted,
        NegativeWrong,
        NoneForConnected,
    )
}


def miniature(fault: type[Fault], framework: str, ops: tuple[str, ...] | None = None) -> type[TranslatingAdapter]:
    """The faulty adapter of a framework (Torch, Jax, TensorFlow); ``ops`` moves the fault to other ops.

    Raises ModuleNotFoundError where the framework is not installed.
    """
    module, _, name = ADAPTERS[framework].partition(":")
    adapter = getattr(importlib.import_module(f"autograd_conformance.adapters.{module}"), name)
    members = {"words": WORDS[framework], "ops": fault.ops if ops is None else ops, "__module__": __name__}
    return type(f"{fault.__name__}{framework}", (fault, adapter), {**members, "__doc__": fault.__doc__})


@functools.cache
def __getattr__(name: str) -> type[TranslatingAdapter]:
    for framework in ADAPTERS:
        if (fault := FAULTS.get(name.removesuffix(framework))) and name.endswith(framework):
            return miniature(fault, framework)
    raise AttributeError(f"no miniature {name}")
