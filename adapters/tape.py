"""The suite's own engine, in NumPy: judged like any framework, and held to the same laws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from autograd_conformance.adapter import Native, Program, Unsupported
from autograd_conformance.adapters import tape_engine
from autograd_conformance.adapters.tape_tape import TapeTape
from autograd_conformance.adapters.translator import Expression, Table, TranslatingAdapter, array_source, literal
from autograd_conformance.graph import Graph
from autograd_conformance.word import FORWARD, JVP, VECTORIZED, Arrays, Function, composed


def _slice(x: str, slices: tuple[tuple[int, int, int], ...]) -> str:
    return f"{x}[{', '.join(_bounds(*bounds) for bounds in slices)}]" if slices else x


def _bounds(start: int, count: int, step: int) -> str:
    stop = start + count * step
    return f"{start}:{stop if stop >= 0 else ''}:{step}" if count else "0:0:1"


_BY_NAME = (
    "neg reciprocal square sqrt exp expm1 log log1p sin cos tanh arctan arcsin arccos arctanh sigmoid softplus "
    "add sub mul div power maximum minimum relu abs greater where matmul det solve"
)
_REDUCTIONS = "sum mean prod max logsumexp var"
_ALONG_AXIS = "softmax log_softmax cumsum cumprod sort"

EXPRESSIONS: Mapping[str, Expression] = {
    **{op: lambda *operands, op=op: f"tp.{op}({', '.join(operands)})" for op in _BY_NAME.split()},
    **{op: f"tp.{op}({{0}}, {{axes}}, {{keepdims}})" for op in _REDUCTIONS.split()},
    **{op: f"tp.{op}({{0}}, {{axis}})" for op in _ALONG_AXIS.split()},
    "scale": "{0} * {factor}",
    "shift": "{0} + {offset}",
    "clip": "tp.clip({0}, low={low}, high={high})",
    "reshape": "tp.reshape({0}, {shape})",
    "transpose": "tp.transpose({0}, {permutation})",
    "broadcast_to": "tp.broadcast_to({0}, {shape})",
    "concatenate": "tp.concatenate(({0}, {1}), {axis})",
    "split": "tp.split({0}, {at}, {axis})",
    "pad": "tp.pad({0}, {widths})",
    "flip": "tp.flip({0}, {axes})",
    "slice": _slice,
    "take": "tp.take({0}, {indices}, {axis})",
    "scatter_add": "tp.scatter_add({0}, {1}, {indices}, {axis})",
    "einsum": "tp.einsum({pattern}, {0}, {1})",
    "conv1d": "tp.conv1d({0}, {1}, {stride}, {padding})",
    "max_pool1d": "tp.max_pool1d({0}, {window}, {stride})",
}

SCRIPT = """\
import numpy as np

import autograd_conformance.adapters.tape_engine as tp


{source}

leaves = [{leaves}]
cotangents = [{cotangents}]
outputs = graph_function(*leaves)
connected = [(y, u) for y, u in zip(outputs, cotangents) if y.requires_grad]
gradients = tp.gradient([y for y, _ in connected], leaves, [u for _, u in connected], allow_unused=True)
print("tape, NumPy", np.__version__)
for y in outputs:
    print("output", y.tolist())
for gradient in gradients:
    print("gradient", None if gradient is None else gradient.tolist())
"""


class TapeAdapter(TranslatingAdapter):
    """Leaves are arrays that require a gradient; the vector-Jacobian product is the engine's `gradient`."""

    framework = "tape"
    distributions = ("autograd-conformance", "numpy")
    modes: ClassVar[Mapping[str, str]] = {"eager": "recorded operations, tape_engine.gradient"}
    scenarios: ClassVar[Mapping[str, str]] = {"eager": "autograd_conformance.adapters.tape_scenarios"}
    table: ClassVar[Table] = Table(EXPRESSIONS)
    engine: ClassVar[Any] = tape_engine
    """The engine's namespace; whoever has another engine with the same names puts it here."""

    def numerics(self) -> Mapping[str, str]:
        return {"device": "cpu", "float16": "sums, products of matrices and linear algebra in float32, rounded once"}

    def lacks(self) -> Mapping[str, str]:
        return {"bfloat16": "NumPy has no bfloat16"}

    def translate(self, graph: Graph, dtype: str) -> Program:
        if dtype in self.lacks():
            raise Unsupported(self.lacks()[dtype])
        return super().translate(graph, dtype)

    def names(self) -> Mapping[str, Any]:
        return {"tp": self.engine}

    def native(self, array: np.ndarray, dtype: str) -> Native:
        if dtype in self.lacks():
            raise Unsupported(self.lacks()[dtype])
        return self.engine.array(array, dtype=dtype)

    def export(self, array: Native) -> tuple[str, np.ndarray]:
        return str(array.dtype), array.numpy()

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        with self.engine.no_grad():
            return program.function(*leaves)

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[tuple[Native, ...], tuple[Native | None, ...]]:
        return self.vjps(program, leaves, [cotangents])[0]

    def vjps(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Sequence[Native]]
    ) -> list[tuple[tuple[Native, ...], tuple[Native | None, ...]]]:
        for leaf in leaves:
            leaf.requires_grad_()
        outputs = program.function(*leaves)
        connected = [position for position, y in enumerate(outputs) if y.requires_grad]
        if not connected:
            return [(outputs, (None,) * len(leaves)) for _ in cotangents]
        targets = [outputs[position] for position in connected]
        return [
            (outputs, self.engine.gradient(targets, leaves, [one[position] for position in connected],
                                           retain_graph=number < len(cotangents) - 1, allow_unused=True))
            for number, one in enumerate(cotangents)
        ]  # fmt: skip

    def derive(
        self,
        program: Program,
        leaves: Sequence[Native],
        word: str,
        cotangents: Sequence[Native],
        tangents: Sequence[Sequence[Native]],
    ) -> tuple[Native | None, ...]:
        for leaf in leaves:
            leaf.requires_grad_()
        seeds = tuple(tuple(one) for one in tangents)

        def function(given: Arrays) -> Arrays:
            return program.function(*given)

        return composed(function, tuple(leaves), word, tuple(cotangents), seeds, self._jvp, self._vjp)

    def jacobian(self, program: Program, leaves: Sequence[Native], form: str) -> Sequence[Sequence[Native | None]]:
        if form == VECTORIZED:
            raise Unsupported("the tape engine walks back one cotangent at a time")
        outputs = self.forward(program, leaves)
        by = self._by_columns if form == FORWARD else self._by_rows
        return by(program, leaves, outputs)

    def hessian(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> Sequence[Sequence[Native | None]]:
        """Reverse over reverse, unit by unit: by symmetry the gradient along a unit is its row."""
        found = []
        for place, leaf in enumerate(leaves):
            rows = [self.derive(program, leaves, "rr", cotangents, [moves]) for moves in self._moves(leaves, place)]
            found.append([self._stacked([row[n] for row in rows], leaf, other) for n, other in enumerate(leaves)])
        return found

    def _by_rows(self, program: Program, leaves: Sequence[Native], outputs: Sequence[Native]) -> list[list[Native]]:
        """Every unit cotangent pulled back."""
        found: list[list[Native]] = []
        for place, output in enumerate(outputs):
            pulled = self.vjps(program, leaves, self._moves(outputs, place))
            rows = [self._filled(gradients, tuple(leaves)) for _, gradients in pulled]
            found.append([self._stacked([row[n] for row in rows], output, leaf) for n, leaf in enumerate(leaves)])
        return found

    def _by_columns(self, program: Program, leaves: Sequence[Native], outputs: Sequence[Native]) -> list[list[Native]]:
        """Every unit tangent pushed forward."""
        found: list[list[Native]] = [[] for _ in outputs]
        for place, leaf in enumerate(leaves):
            columns = [self.derive(program, leaves, JVP, outputs, [moves]) for moves in self._moves(leaves, place)]
            for n, output in enumerate(outputs):
                turned = self._stacked([column[n] for column in columns], leaf, output).numpy()
                axes = (*range(len(leaf.shape), turned.ndim), *range(len(leaf.shape)))
                found[n].append(self.engine.array(turned.transpose(axes), dtype=str(output.dtype)))
        return found

    def _moves(self, like: Sequence[Native], place: int) -> list[list[Native]]:
        """Every unit vector of one of these arrays, with zeros for the others."""
        shape, dtype = like[place].shape, str(like[place].dtype)
        units = [self.engine.array(one.reshape(shape), dtype=dtype) for one in np.eye(int(np.prod(shape)))]
        return [
            [unit if k == place else self._zeros(each.shape, each.dtype) for k, each in enumerate(like)]
            for unit in units
        ]

    def _zeros(self, shape: tuple[int, ...], dtype: Any) -> Native:
        return self.engine.array(np.zeros(shape), dtype=str(dtype))

    def _stacked(self, arrays: Sequence[Native], first: Native, last: Native) -> Native:
        """One array of both shapes from an array of the last one for every element of the first."""
        shape = (*first.shape, *last.shape)
        whole = np.array([each.numpy() for each in arrays]).reshape(shape)
        return self.engine.array(whole, dtype=str(last.dtype))

    def per_example(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[Native | None, ...]:
        raise Unsupported("the tape engine has no vectorized map")

    def _jvp(self, function: Function, leaves: Arrays, tangents: Arrays) -> Arrays:
        outputs = function(leaves)
        return self._filled(self.engine.jvp(outputs, leaves, tangents, create_graph=True), outputs)

    def _vjp(self, function: Function, leaves: Arrays, cotangents: Arrays) -> Arrays:
        roots = [(y, u) for y, u in zip(function(leaves), cotangents, strict=True) if y.requires_grad]
        targets, seeds = [y for y, _ in roots], [u for _, u in roots]
        found = self.engine.gradient(targets, leaves, seeds, create_graph=True, allow_unused=True)
        return self._filled(found, leaves)

    def _filled(self, found: Arrays, like: Arrays) -> Arrays:
        """Zeros for what is not connected: the next step differentiates them."""
        zeros = (self._zeros(each.shape, each.dtype) for each in like)
        return tuple(zero if one is None else one for one, zero in zip(found, zeros, strict=True))

    def script(self, program: Program, point: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> str:
        return SCRIPT.format(
            source=program.source,
            leaves=", ".join(_array(array, program.dtype, ", requires_grad=True") for array in point),
            cotangents=", ".join(_array(array, program.dtype, "") for array in cotangents),
        )

    def tape(self) -> TapeTape:
        return TapeTape(self.table)


def _array(array: np.ndarray, dtype: str, more: str) -> str:
    values = array_source(array) if array.size else f"np.zeros({literal(array.shape)})"
    return f'tp.array({values}{more}, dtype="{dtype}")'
