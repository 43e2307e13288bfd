"""TensorFlow: the eager tape, the tape traced into a `tf.function`, and a TF1-style static graph with fed sessions."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

# Read when TensorFlow is imported: no log flood, no oneDNN kernels (they reorder sums), no GPU.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")

import tensorflow as tf

from autograd_conformance.adapter import Native, Program, Unsupported
from autograd_conformance.adapters.tensorflow_derivatives import (
    example_gradients,
    jvp,
    said_by_tensorflow,
    vjp,
    whole_hessian,
    whole_jacobian,
)
from autograd_conformance.adapters.tensorflow_ops import TABLE
from autograd_conformance.adapters.tensorflow_scripts import (
    CALL,
    CALL_SESSION,
    DECORATORS,
    DERIVATIVE_SCRIPT,
    RUN_SESSION,
    RUN_TAPE,
    SCRIPT,
    derivative_source,
)
from autograd_conformance.adapters.tensorflow_static import StaticDerivative, StaticGraph, dense, static_hessian
from autograd_conformance.adapters.tensorflow_tape import TensorFlowTape
from autograd_conformance.adapters.tensorflow_wrappers import EAGER, TRACED
from autograd_conformance.adapters.translator import Table, TranslatingAdapter, array_source, literal
from autograd_conformance.graph import Graph
from autograd_conformance.word import FORWARD, HESSIAN, PER_EXAMPLE, REVERSE, VECTORIZED, derivative_of
from autograd_conformance.wrapping import Wrapper

NESTED = (
    "ForwardAccumulators in one another trace a function of every op for every level: minutes, outside a tf.function"
)
RARELY = {"f": 6, "fr": 16, "rf": 4, "ff": 32, REVERSE: 8, VECTORIZED: 6, HESSIAN: 8, PER_EXAMPLE: 4}
"""Outside a tf.function, forward mode traces a function of every op and shape, the more the deeper it is nested; whole
Jacobians and Hessians trace one for every output.  A tf.function, which traces its own, is asked all of them.
"""


def _on_tape(function: Callable[..., tuple[Native, ...]]) -> Callable[..., Any]:
    def outputs_and_vjp(leaves: tuple[Native, ...], cotangents: tuple[Native, ...]) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(leaves)
            outputs = function(*leaves)
        gradients = tape.gradient(outputs, leaves, cotangents)
        return outputs, tuple(dense(gradient) for gradient in gradients)

    return outputs_and_vjp


@dataclass(frozen=True, eq=False)
class TensorFlowProgram(Program):
    """A program with its derivative, traced or built once when the mode does so."""

    outputs_and_vjp: Callable[..., Any]
    plain: Callable[..., Any]
    derivative: Callable[[str], Callable[..., Any]]
    """From a word to the function of leaves, cotangents and tangents."""
    derivatives: dict[str, Callable[..., Any]] = field(default_factory=dict)


class TensorFlowAdapter(TranslatingAdapter):
    """Leaves are watched tensors, or placeholders; derivatives come from `tf.GradientTape` or `tf.gradients`."""

    framework = "tensorflow"
    distributions = ("tensorflow-cpu", "tensorflow")
    extra = "tensorflow"
    modes: ClassVar[Mapping[str, str]] = {
        "eager": "tf.GradientTape op by op",
        "function": "tf.GradientTape inside one tf.function",
        "graph": "static graph: placeholders of unknown leading size, tf.gradients, a fed session",
        "xla": "tf.GradientTape inside one tf.function that XLA compiles",
    }
    costly_modes = frozenset({"xla"})
    compiled_modes = frozenset({"function", "graph", "xla"})
    table: ClassVar[Table] = TABLE
    derivative_program = DERIVATIVE_SCRIPT
    scenarios: ClassVar[Mapping[str, str]] = {
        "eager": "autograd_conformance.adapters.tensorflow_scenarios",
        "graph": "autograd_conformance.adapters.tensorflow_graph_scenarios",
    }

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.get_logger().setLevel("ERROR")  # every program is traced anew, which TensorFlow warns about

    def numerics(self) -> Mapping[str, str]:
        return {
            "device": "cpu",
            "threads": str(tf.config.threading.get_intra_op_parallelism_threads()),
            "onednn": os.environ["TF_ENABLE_ONEDNN_OPTS"],
        }

    def rarely(self) -> Mapping[str, int]:
        return RARELY if self.mode == "eager" else {}

    def names(self) -> Mapping[str, Any]:
        return {"tf": tf}

    def wrappers(self) -> Mapping[str, Sequence[Wrapper]]:
        return EAGER if self.mode == "eager" else TRACED

    def translate(self, graph: Graph, dtype: str) -> TensorFlowProgram:
        plain = super().translate(graph, dtype)
        function = plain.function
        if self.mode == "graph":
            static = StaticGraph(function, graph.inputs, dtype)
            return TensorFlowProgram(
                graph, dtype, plain.source, static.forward, static.outputs_and_vjp,
                function,
                lambda word: StaticDerivative(function, graph.inputs, dtype, word),
            )  # fmt: skip
        return TensorFlowProgram(
            graph, dtype, plain.source, self._traced(function), self._traced(_on_tape(function)),
            function,
            lambda word: self._traced(derivative_of(function, word, jvp, vjp)),
        )  # fmt: skip

    def _traced(self, function: Callable[..., Any]) -> Any:
        """AutoGraph would double the time of a trace, and the source is straight-line code."""
        if self.mode == "eager":
            return function
        return tf.function(function, autograph=False, jit_compile=self.mode == "xla" or None)

    @property
    def _context(self) -> contextlib.AbstractContextManager[None]:
        """What is refused: what XLA has no kernel for; that an op has no first derivative is an error."""
        return said_by_tensorflow() if self.mode == "xla" else contextlib.nullcontext()

    def native(self, array: np.ndarray, dtype: str) -> Native:
        values = np.array(array, dtype=tf.as_dtype(dtype).as_numpy_dtype)
        return values if self.mode == "graph" else tf.constant(values)

    def export(self, array: Native) -> tuple[str, np.ndarray]:
        values = np.asarray(array.numpy() if isinstance(array, tf.Tensor) else array)  # asarray refuses a 0-d bfloat16
        return values.dtype.name, np.array(values, dtype=np.float32 if values.dtype.name == "bfloat16" else None)

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        with self._context:
            return program.function(*leaves)

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[tuple[Native, ...], tuple[Native | None, ...]]:
        assert isinstance(program, TensorFlowProgram)
        with self._context:
            outputs, gradients = program.outputs_and_vjp(tuple(leaves), tuple(cotangents))
        return outputs, gradients

    def vjps(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Sequence[Native]]
    ) -> list[tuple[tuple[Native, ...], tuple[Native | None, ...]]]:
        if self.mode != "eager":
            return super().vjps(program, leaves, cotangents)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(leaves)
            outputs = program.function(*leaves)
        pulled = [tape.gradient(outputs, leaves, list(one)) for one in cotangents]
        return [(outputs, tuple(map(dense, gradients))) for gradients in pulled]

    def derive(
        self,
        program: Program,
        leaves: Sequence[Native],
        word: str,
        cotangents: Sequence[Native],
        tangents: Sequence[Sequence[Native]],
    ) -> tuple[Native | None, ...]:
        assert isinstance(program, TensorFlowProgram)
        if self.mode == "eager" and len(word) > 2 and word.count("f") > 1:
            raise Unsupported(NESTED)
        with said_by_tensorflow():
            if word not in program.derivatives:
                program.derivatives[word] = program.derivative(word)
            return program.derivatives[word](tuple(leaves), tuple(cotangents), tuple(map(tuple, tangents)))

    def jacobian(self, program: Program, leaves: Sequence[Native], form: str) -> Sequence[Sequence[Native | None]]:
        if self.mode == "graph":
            raise Unsupported("graphs of TensorFlow 1 have no Jacobian; tf.hessians alone is whole")
        if form == FORWARD:
            raise Unsupported(
                "tf.autodiff.ForwardAccumulator pushes one tangent forward; there is no whole Jacobian by it"
            )
        assert isinstance(program, TensorFlowProgram)
        whole = whole_jacobian(program.plain, is_vectorized=form == VECTORIZED)
        with said_by_tensorflow():
            rows = self._traced(whole)(tuple(leaves))
        return [[dense(one) for one in row] for row in rows]

    def hessian(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> Sequence[Sequence[Native | None]]:
        assert isinstance(program, TensorFlowProgram)
        with said_by_tensorflow():
            if self.mode == "graph":
                return static_hessian(program.plain, leaves, cotangents)
            rows = self._traced(whole_hessian(program.plain))(tuple(leaves), tuple(cotangents))
        return [[dense(one) for one in row] for row in rows]

    def per_example(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[Native | None, ...]:
        if self.mode == "graph":
            raise Unsupported("graphs of TensorFlow 1 have no vectorized map")
        assert isinstance(program, TensorFlowProgram)
        with said_by_tensorflow():
            return self._traced(example_gradients(program.plain))(tuple(leaves), tuple(cotangents))

    def script(self, program: Program, point: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> str:
        run = RUN_SESSION if self.mode == "graph" else RUN_TAPE
        decorator = DECORATORS.get(self.mode, "")
        return SCRIPT.format(
            source=program.source,
            run="\n" + decorator + run.strip() + "\n",
            leaves=self.arrays_text(point, program.dtype),
            cotangents=self.arrays_text(cotangents, program.dtype),
        )

    def derivative_parts(self, word: str) -> Mapping[str, str]:
        return {
            "derivative": derivative_source(word, self.mode) + "\n",
            "run": (CALL_SESSION if self.mode == "graph" else CALL).strip(),
        }

    def tape(self) -> TensorFlowTape | None:
        return TensorFlowTape(self.table) if self.mode == "eager" else None

    def array_text(self, array: np.ndarray, dtype: str) -> str:
        kind = "tf.constant({0}, dtype=tf.{1}, shape={2})"
        if self.mode == "graph":
            kind = "np.array({0}, dtype=tf.{1}.as_numpy_dtype).reshape({2})"
        return kind.format(array_source(array), dtype, literal(array.shape))
