"""Adapters that go wrong as programs do: they raise, hang, crash, babble, or hand back what is no answer.

All need NumPy only.  Each is right, forward and vjp, for every graph of its few ops (`RULES`) that has no ``tanh``; one
with ``tanh`` is the culprit, and its vjp misbehaves.  `Honest` never does.  Use as ``tests.misbehaving:Hangs``.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from autograd_conformance.adapter import Adapter, Native, Program, Unsupported
from autograd_conformance.adapters.tape import TapeAdapter
from autograd_conformance.graph import Graph
from autograd_conformance.word import REVERSE
from autograd_conformance.wrapping import KINDS, STOP, Wrapper, Wrapping

CULPRIT = "tanh"
MOST_BYTES = 12 << 30
"""Where `Allocates` gives up, so that a run without any limit spares the machine."""

Rule = tuple[Callable[..., Any], Callable[..., tuple[Any, ...]]]
RULES: Mapping[str, Rule] = {
    "neg": (np.negative, lambda u, x: (-u,)),
    "sin": (np.sin, lambda u, x: (u * np.cos(x),)),
    "square": (np.square, lambda u, x: (2 * u * x,)),
    "tanh": (np.tanh, lambda u, x: (u / np.cosh(x) ** 2,)),
    "scale": (lambda x, factor: x * x.dtype.type(factor), lambda u, x, factor: (u * u.dtype.type(factor),)),
    "shift": (lambda x, offset: x + x.dtype.type(offset), lambda u, x, offset: (u,)),
    "reshape": (lambda x, shape: x.reshape(shape), lambda u, x, shape: (u.reshape(x.shape),)),
    "flip": (lambda x, axes: np.flip(x, axes), lambda u, x, axes: (np.flip(u, axes),)),
    "transpose": (
        lambda x, permutation: x.transpose(permutation),
        lambda u, x, permutation: (_moved_back(u, permutation),),
    ),
    "add": (np.add, lambda u, a, b: (u, u)),
    "sub": (np.subtract, lambda u, a, b: (u, -u)),
    "mul": (np.multiply, lambda u, a, b: (u * b, u * a)),
}
Answer = tuple[tuple[Native, ...], tuple[Native | None, ...]]


class Honest(Adapter):
    """A few ops in NumPy with their derivatives, all right."""

    framework = "small"
    distributions = ("numpy",)
    modes: ClassVar[Mapping[str, str]] = {"eager": "NumPy and the chain rule"}

    def numerics(self) -> Mapping[str, str]:
        return {"device": "cpu"}

    def lacks(self) -> Mapping[str, str]:
        return dict.fromkeys(("float16", "bfloat16"), "left out")

    def lowers(self, op: str) -> bool:
        return op in RULES

    def translate(self, graph: Graph, dtype: str) -> Program:
        for op in graph.op_names:
            if op not in RULES:
                raise Unsupported(f"no rule for op {op}")

        def function(*leaves: Native) -> tuple[Native, ...]:
            values = _values(graph, leaves)
            return tuple(values[number] for number in graph.outputs)

        return Program(graph, dtype, f"# {graph.canonical}\n", function)

    def native(self, array: np.ndarray, dtype: str) -> Native:
        return np.array(array, dtype=dtype)

    def export(self, array: Native) -> tuple[str, np.ndarray]:
        return str(array.dtype), np.array(array)

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        return program.function(*leaves)

    def vjp(self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> Answer:
        graph = program.graph
        values = _values(graph, leaves)
        sums = [np.zeros_like(value) for value in values]
        for number, cotangent in zip(graph.outputs, cotangents, strict=True):
            sums[number] = sums[number] + cotangent
        for results, node in reversed(list(graph.numbered_nodes())):
            operands = [values[number] for number in node.operands]
            gradients = RULES[node.op][1](sums[results[0]], *operands, **node.attributes)
            for number, gradient in zip(node.operands, gradients, strict=True):
                sums[number] = sums[number] + _unbroadcast(gradient, values[number].shape)
        outputs = tuple(values[number] for number in graph.outputs)
        answer = outputs, tuple(sums[: len(leaves)])
        return self.misbehave(leaves, *answer) if CULPRIT in graph.op_names else answer

    def misbehave(self, leaves: Sequence[Any], outputs: tuple[Any, ...], gradients: tuple[Any, ...]) -> Any:
        """What to do instead of answering; here, answer."""
        return outputs, gradients


def _moved_back(cotangent: Native, permutation: tuple[int, ...]) -> Native:
    return cotangent.transpose(np.argsort(permutation, kind="stable"))


def _values(graph: Graph, leaves: Sequence[Native]) -> list[Native]:
    values = list(leaves)
    for node in graph.nodes:
        values.append(np.asarray(RULES[node.op][0](*(values[number] for number in node.operands), **node.attributes)))
    return values


def _unbroadcast(gradient: Native, shape: tuple[int, ...]) -> Native:
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    return gradient.sum(axis=tuple(a for a, size in enumerate(shape) if size == 1), keepdims=True).reshape(shape)


class Raises(Honest):
    """An ordinary exception."""

    def misbehave(self, leaves, outputs, gradients):
        raise ValueError("this framework <b>is tired</b>")


class MisreadsLayout(Honest):
    """Takes the storage of a sliced cotangent as if it were contiguous."""

    layouts = ("sliced",)

    def arranged(self, array: Native, layout: str) -> Native:
        buffer = np.full((*array.shape, 2), -7.0, array.dtype)
        buffer[..., 1] = array
        return buffer[..., 1]

    def vjp(self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> Answer:
        if CULPRIT in program.graph.op_names:
            cotangents = [
                one if one.base is None else one.base.reshape(-1)[1 : one.size + 1].reshape(one.shape)
                for one in cotangents
            ]
        return super().vjp(program, leaves, cotangents)


class MisreadsExpanded(Honest):
    """Takes what comes after the one element of an expanded cotangent for the others."""

    layouts = ("expanded",)

    def arranged(self, array: Native, layout: str) -> Native:
        return np.broadcast_to(array.reshape(-1)[:1].reshape([1] * array.ndim), array.shape) if array.size else array

    def vjp(self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> Answer:
        if CULPRIT in program.graph.op_names:
            cotangents = [
                one * (np.arange(one.size).reshape(one.shape) == 0) if 0 in one.strides else one for one in cotangents
            ]
        return super().vjp(program, leaves, cotangents)


class RefusesLayout(MisreadsLayout):
    """Raises for a sliced cotangent, and for no other."""

    def vjp(self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> Answer:
        if any(one.base is not None and not one.flags.contiguous for one in cotangents):
            raise RuntimeError("view size is not compatible")
        return Honest.vjp(self, program, leaves, cotangents)


class RaisesInTranslate(Honest):
    """An exception before anything ran."""

    def translate(self, graph: Graph, dtype: str) -> Program:
        if CULPRIT in graph.op_names:
            raise RuntimeError("the compiler gave up")
        return super().translate(graph, dtype)


class Leaves(Honest):
    """SystemExit, which is no Exception."""

    def misbehave(self, leaves, outputs, gradients):
        sys.exit(0)


class ReturnsNan(Honest):
    """nan instead of gradients."""

    def misbehave(self, leaves, outputs, gradients):
        return outputs, tuple(np.full_like(gradient, np.nan) for gradient in gradients)


class ReturnsNanForward(Honest):
    """nan instead of outputs, gradients right."""

    def misbehave(self, leaves, outputs, gradients):
        return tuple(np.full_like(output, np.nan) for output in outputs), gradients


class WrongShape(Honest):
    """Gradients with one axis too many."""

    def misbehave(self, leaves, outputs, gradients):
        return outputs, tuple(gradient[None] for gradient in gradients)


class WrongDtype(Honest):
    """Gradients of another precision than the inputs."""

    def misbehave(self, leaves, outputs, gradients):
        other = {"float64": "float32", "float32": "float64"}
        return outputs, tuple(gradient.astype(other[str(gradient.dtype)]) for gradient in gradients)


class ReturnsNone(Honest):
    """No answer at all."""

    def misbehave(self, leaves, outputs, gradients):
        return None


class NoneForEveryInput(Honest):
    """The form of an answer, but every input is said to be unconnected."""

    def misbehave(self, leaves, outputs, gradients):
        return outputs, (None,) * len(gradients)


class TooFewGradients(Honest):
    """The last gradient is missing."""

    def misbehave(self, leaves, outputs, gradients):
        return outputs, gradients[:-1]


class ReturnsText(Honest):
    """Texts where arrays belong."""

    def misbehave(self, leaves, outputs, gradients):
        return outputs, tuple("<script>alert(1)</script>" for _ in gradients)


class Hangs(Honest):
    """Never comes back."""

    def misbehave(self, leaves, outputs, gradients):
        while True:
            time.sleep(3600)


class ChangesWithVersion(Honest):
    """What it does depends on what its interpreter was told: gradients halved, an op missing, or all right."""

    framework = "changing"

    def translate(self, graph: Graph, dtype: str) -> Program:
        if os.environ.get("TESTS_PLANTED") == "unsupported" and CULPRIT in graph.op_names:
            raise Unsupported(f"no rule for op {CULPRIT}")
        return super().translate(graph, dtype)

    def misbehave(self, leaves, outputs, gradients):
        halves = os.environ.get("TESTS_PLANTED") == "halved"
        return outputs, tuple(gradient / 2 for gradient in gradients) if halves else gradients


class Exits(Honest):
    """The process ends without a word."""

    def misbehave(self, leaves, outputs, gradients):
        os._exit(3)


class Segfaults(Honest):
    """The process reads address 0."""

    def misbehave(self, leaves, outputs, gradients):
        ctypes.string_at(0)


class Babbles(Honest):
    """Right numbers, with garbage on standard output and error by every way there is."""

    def misbehave(self, leaves, outputs, gradients):
        print('{"garbage": true}\n' * 1000, flush=True)
        os.write(1, b"\x00\x00\x00\x05\xff garbage\n" * 1000)
        os.write(2, b"\xfe garbage\n" * 1000)
        ctypes.CDLL(None).puts(b"garbage from C")
        return outputs, gradients


class Allocates(Honest):
    """Takes memory without end."""

    def misbehave(self, leaves, outputs, gradients):
        block = 32 << 20
        hoard = []
        while len(hoard) * block < MOST_BYTES:
            hoard.append(np.ones(block // 8))
            time.sleep(0.005)
        raise AssertionError("nobody minded the memory")


class ModifiesInput(Honest):
    """Right numbers, but the first leaf is overwritten in place."""

    def misbehave(self, leaves, outputs, gradients):
        outputs, gradients = (tuple(map(np.array, arrays)) for arrays in (outputs, gradients))
        leaves[0][...] = 2 * leaves[0] + 1
        return outputs, gradients


class SecondCallDiffers(Honest):
    """Every answer has larger gradients than the one before."""

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        self.calls = 0

    def misbehave(self, leaves, outputs, gradients):
        self.calls += 1
        return outputs, tuple(self.calls * gradient for gradient in gradients)


class CannotBeMade(Honest):
    """Raises in its constructor."""

    def __init__(self, mode: str) -> None:
        raise RuntimeError("no device found")


class AddsConstant(Honest):
    """One is added to every gradient, so that no cotangent at all has an effect."""

    def misbehave(self, leaves, outputs, gradients):
        return outputs, tuple(gradient + gradient.dtype.type(1) for gradient in gradients)


class WrongForward(Honest):
    """Outputs a little too large without differentiation, and right with it."""

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        outputs = super().forward(program, leaves)
        if CULPRIT not in program.graph.op_names:
            return outputs
        return tuple(np.asarray(output * output.dtype.type(1.001)) for output in outputs)


class WrongOutputsWithGradient(Honest):
    """Outputs a little too large where they come with a gradient, and right without."""

    def misbehave(self, leaves, outputs, gradients):
        return tuple(output * output.dtype.type(1.001) for output in outputs), gradients


class WrongOutputDtype(Honest):
    """Outputs in float64, whatever the inputs are."""

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        outputs = super().forward(program, leaves)
        is_wrong = CULPRIT in program.graph.op_names
        return tuple(output.astype(np.float64) for output in outputs) if is_wrong else outputs


class HalvesGradients(Honest):
    """Gradients half as large as they are, under a framework name of its own."""

    framework = "halving"

    def misbehave(self, leaves, outputs, gradients):
        return outputs, tuple(gradient / 2 for gradient in gradients)


class HalvesInTwo(HalvesGradients):
    """The same, with two workers for its cases."""

    slow_modes: ClassVar[frozenset[str]] = frozenset({"eager"})


class LosesDigits(Honest):
    """Values a hundred roundings too large."""

    framework = "losing"

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        return tuple(_a_little_larger(output) for output in super().forward(program, leaves))

    def misbehave(self, leaves, outputs, gradients):
        return tuple(map(_a_little_larger, outputs)), gradients


def _a_little_larger(array: np.ndarray) -> np.ndarray:
    return array * array.dtype.type(1 + 100 * np.finfo(array.dtype).eps)


class ExitsInTwo(Exits):
    """The process ends without a word, one of two."""

    slow_modes: ClassVar[frozenset[str]] = frozenset({"eager"})


class HalvesCoarseGradients(Honest):
    """Gradients half as large as they are in every dtype but float64."""

    def misbehave(self, leaves, outputs, gradients):
        factor = 1.0 if leaves[0].dtype == np.float64 else 0.5
        return outputs, tuple(gradient * gradient.dtype.type(factor) for gradient in gradients)


class ModesDiffer(Honest):
    """Right in the first mode, gradients half as large in the second."""

    modes: ClassVar[Mapping[str, str]] = {"eager": "right", "wrong": "half"}

    def misbehave(self, leaves, outputs, gradients):
        return outputs, tuple(gradient / 2 for gradient in gradients) if self.mode == "wrong" else gradients


class CotangentAltered(Honest):
    """The vjp of another cotangent than the one given; here, of the given one."""

    def alter(self, cotangent: Native) -> Native:
        return cotangent

    def vjp(self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> Answer:
        if CULPRIT in program.graph.op_names:
            cotangents = [self.alter(cotangent) for cotangent in cotangents]
        return super().vjp(program, leaves, cotangents)


class SquaresCotangent(CotangentAltered):
    """Not linear in the cotangent; right for cotangents of ones and zeros."""

    def alter(self, cotangent: Native) -> Native:
        return np.square(cotangent)


class UnitCotangentDoubled(CotangentAltered):
    """Wrong for the unit cotangents that pick one element of the outputs, right for every other one."""

    def alter(self, cotangent: Native) -> Native:
        is_unit = np.count_nonzero(cotangent) == 1 and cotangent.sum() == 1
        return 2 * cotangent if is_unit else cotangent


class WeighsElements(Honest):
    """Gradients larger the later an element stands in its leaf, and a leaf among all."""

    def misbehave(self, leaves, outputs, gradients):
        weights = [leaf + np.arange(1, g.size + 1, dtype=g.dtype) for leaf, g in enumerate(gradients)]
        return outputs, tuple(g * w.reshape(g.shape) for g, w in zip(gradients, weights, strict=True))


class CountsNodes(Honest):
    """Gradients as many times too large as the graph has nodes."""

    def vjp(self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> Answer:
        outputs, gradients = super().vjp(program, leaves, cotangents)
        factor = len(program.graph.nodes) if CULPRIT in program.graph.op_names else 1
        return outputs, tuple(gradient * gradient.dtype.type(factor) for gradient in gradients)


class HonestOrders(TapeAdapter):
    """The suite's own engine, asked for derivatives of any order, and right."""

    framework = "orders"

    def derive(self, program, leaves, word, cotangents, tangents):
        found = super().derive(program, leaves, word, cotangents, tangents)
        return self.alter(word, found, tangents) if CULPRIT in program.graph.op_names else found

    def alter(self, word, found, tangents):
        """The derivative to return instead; here, the right one."""
        return found

    def jacobian(self, program, leaves, form):
        """The reverse one in every form."""
        found = super().jacobian(program, leaves, REVERSE)
        factor = self.of_jacobians if CULPRIT in program.graph.op_names else 1
        return [[None if one is None else one * factor for one in row] for row in found]

    of_jacobians = 1

    def per_example(self, program, leaves, cotangents):
        """One after the other."""
        count = len(leaves[0].numpy())
        pulled = []
        for place in range(count):
            one, seeds = ([self.native(x.numpy()[place], str(x.dtype)) for x in some] for some in (leaves, cotangents))
            pulled.append(self.vjp(program, one, seeds)[1])
        order = self.in_order(count) if CULPRIT in program.graph.op_names else range(count)
        return tuple(
            self.native(np.stack([(np.zeros(leaf.shape[1:]) if pulled[k][n] is None else pulled[k][n].numpy())
                                  for k in order]), str(leaf.dtype))
            for n, leaf in enumerate(leaves)
        )  # fmt: skip

    def in_order(self, count):
        """The examples in the order to return them; here, the right one."""
        return range(count)


class HalvesEveryExample(HonestOrders):
    """Gradients half as large as they are, alone and in a batch."""

    def vjp(self, program, leaves, cotangents):
        outputs, gradients = super().vjp(program, leaves, cotangents)
        if CULPRIT not in program.graph.op_names:
            return outputs, gradients
        return outputs, tuple(None if one is None else one * 0.5 for one in gradients)


class ScalesJacobians(HonestOrders):
    """A whole Jacobian is twice as large as its rows."""

    of_jacobians = 2


class LosesMixedPartials(HonestOrders):
    """A whole Hessian has no second derivatives by two different leaves."""

    def hessian(self, program, leaves, cotangents):
        found = super().hessian(program, leaves, cotangents)
        if CULPRIT not in program.graph.op_names:
            return found
        return [[one if row == column else None for column, one in enumerate(each)] for row, each in enumerate(found)]


class ReversesBatches(HonestOrders):
    """The gradients of the examples come back in reverse."""

    def in_order(self, count):
        return range(count - 1, -1, -1)


class DriftsInThirdOrder(HonestOrders):
    """Three reverse steps are off by less than finite differences see, two forward ones over one are right."""

    def alter(self, word, found, tangents):
        return tuple(one * (1 + 3e-12) for one in found) if word == "rrr" else found


class HalvesDerivatives(HonestOrders):
    """Every derivative that a word names is half as large as it is; gradients are right."""

    def alter(self, word, found, tangents):
        return tuple(one * 0.5 for one in found)


class SkewsHessian(HonestOrders):
    """Products with the Hessian get something skew-symmetric on top, for leaves of more than two elements."""

    def alter(self, word, found, tangents):
        if word != "rr":
            return found
        turned = [np.roll(t.numpy(), 1) - np.roll(t.numpy(), -1) for t in tangents[0]]
        return tuple(one + skew for one, skew in zip(found, turned, strict=True))


@dataclass(frozen=True, eq=False)
class WrappedProgram(Program):
    """A part of it is wrapped, whatever that means."""


class WrapsBadly(Honest):
    """Gradients and tangents half as large where a part of the program is wrapped, stopped parts too; has no rules."""

    def wrappers(self) -> Mapping[str, Sequence[Wrapper]]:
        return {kind: (Wrapper(""),) for kind in (*KINDS, STOP) if not kind.startswith("custom")}

    def translate_wrapped(self, graph: Graph, dtype: str, wrapping: Wrapping) -> Program:
        plain = self.translate(graph, dtype)
        return WrappedProgram(plain.graph, plain.dtype, plain.source, plain.function)

    def vjp(self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> Answer:
        outputs, gradients = super().vjp(program, leaves, cotangents)
        is_wrong = CULPRIT in program.graph.op_names and isinstance(program, WrappedProgram)
        return outputs, tuple(gradient / 2 for gradient in gradients) if is_wrong else gradients

    def derive(
        self,
        program: Program,
        leaves: Sequence[Native],
        word: str,
        cotangents: Sequence[Native],
        tangents: Sequence[Sequence[Native]],
    ) -> tuple[Native | None, ...]:
        if word != "f":
            raise Unsupported("one word only")
        moved = [np.zeros_like(u) for u in cotangents]
        for array in moved:
            for place in np.ndindex(array.shape):
                units = [np.zeros_like(u) for u in cotangents]
                next(unit for unit, one in zip(units, moved, strict=True) if one is array)[place] = 1
                _, gradients = self.vjp(program, leaves, units)
                array[place] = sum((g * t).sum() for g, t in zip(gradients, tangents[0], strict=True))
        return tuple(moved)
