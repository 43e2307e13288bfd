"""TensorFlow: the eager tape, the tape traced into a `tf.function`, and a TF1-style static graph with fed sessions."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

# Read when TensorFlow is imported: no log flood, no oneDNN kernels (they reorder sums), no GPU.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")

import tensorflow as tf

from autograd_conformance.adapter import Native, Program, Unsupported
from autograd_conformance.adapters.tensorflow_ops import TABLE
from autograd_conformance.adapters.tensorflow_tape import TensorFlowTape
from autograd_conformance.adapters.tensorflow_wrappers import EAGER, TRACED
from autograd_conformance.adapters.translator import Table, TranslatingAdapter, array_source, literal
from autograd_conformance.graph import Graph, Shape
from autograd_conformance.word import composed, tangent_count
from autograd_conformance.wrapping import Wrapper

SCRIPT = """\
import os

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")
import numpy as np
import tensorflow as tf


{source}

{run}

leaves = ({leaves})
cotangents = ({cotangents})
outputs, gradients = outputs_and_vjp(leaves, cotangents)
print("tensorflow", tf.__version__)
for y in outputs:
    print("output", np.asarray(y).tolist())
for gradient in gradients:
    print("gradient", None if gradient is None else np.asarray(gradient).tolist())
"""

RUN_TAPE = """
def outputs_and_vjp(leaves, cotangents):
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        outputs = graph_function(*leaves)
    gradients = tape.gradient(outputs, leaves, cotangents)
    return outputs, [None if g is None else tf.convert_to_tensor(g) for g in gradients]
"""

RUN_SESSION = """
def placeholder(array):
    return tf.compat.v1.placeholder(array.dtype, (None, *array.shape[1:]) if array.shape else ())


def outputs_and_vjp(leaves, cotangents):
    with tf.Graph().as_default() as graph:
        fed, seeds = [placeholder(x) for x in leaves], [placeholder(u) for u in cotangents]
        outputs = graph_function(*fed)
        gradients = tf.gradients(outputs, fed, seeds)
    with tf.compat.v1.Session(graph=graph) as session:
        fetches = [list(outputs), [g for g in gradients if g is not None]]
        outputs, connected = session.run(fetches, dict(zip(fed + seeds, leaves + cotangents)))
    connected = iter(connected)
    return outputs, [None if g is None else tf.convert_to_tensor(next(connected)) for g in gradients]
"""


_Derivative = tuple[list[Any], list[Any]]
"""Placeholders for the cotangents, and the gradients they lead to."""


class StaticGraph:
    """A `tf.Graph` with placeholders of unknown leading size, and the session that runs it while the program lives.

    The gradients are built before the session runs anything: those of a loop add outputs to its forward op, which a
    session does not see once it has run the op.  Why they cannot be built is raised when they are asked for.
    """

    def __init__(self, function: Callable[..., tuple[Native, ...]], shapes: Sequence[Shape], dtype: str) -> None:
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.leaves = [_placeholder(shape, dtype) for shape in shapes]
            self.outputs = function(*self.leaves)
            try:
                self._derivative: _Derivative | Exception = self._derive()
            except Exception as failure:  # noqa: BLE001 - the graph can still be run forwards
                self._derivative = failure
        self.session = _session(self.graph)
        weakref.finalize(self, self.session.close)

    def _derive(self) -> _Derivative:
        cotangents = [_placeholder(y.shape, y.dtype) for y in self.outputs]
        gradients = tf.gradients(self.outputs, self.leaves, cotangents)
        return cotangents, [_dense(gradient) for gradient in gradients]

    def forward(self, *leaves: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(self.session.run(list(self.outputs), dict(zip(self.leaves, leaves, strict=True))))

    def outputs_and_vjp(self, leaves: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> Any:
        if isinstance(self._derivative, Exception):
            raise self._derivative
        seeds, gradients = self._derivative
        connected = [gradient for gradient in gradients if gradient is not None]
        fed = dict(zip((*self.leaves, *seeds), (*leaves, *cotangents), strict=True))
        outputs, values = self.session.run([list(self.outputs), connected], fed)
        following = iter(values)
        return tuple(outputs), tuple(None if gradient is None else next(following) for gradient in gradients)


def _session(graph: Any) -> Any:
    threads = tf.compat.v1.ConfigProto(inter_op_parallelism_threads=1, intra_op_parallelism_threads=1)
    return tf.compat.v1.Session(graph=graph, config=threads)


class StaticDerivative:
    """A graph of its own for one word of reverse steps: none may be added once a session has run loops."""

    def __init__(
        self, function: Callable[..., tuple[Native, ...]], shapes: Sequence[Shape], dtype: str, word: str
    ) -> None:
        self.graph = tf.Graph()
        with self.graph.as_default():
            self._leaves = tuple(_placeholder(shape, dtype) for shape in shapes)
            self._tangents = tuple(
                tuple(_placeholder(shape, dtype) for shape in shapes) for _ in range(tangent_count(word))
            )
            outputs = function(*self._leaves)
            self._cotangents = tuple(_placeholder(y.shape, y.dtype) for y in outputs)
            self._results = composed(
                lambda _: outputs, self._leaves, word, self._cotangents, self._tangents, _static_jvp, _static_vjp
            )
        self.session = _session(self.graph)
        weakref.finalize(self, self.session.close)

    def __call__(self, leaves: Any, cotangents: Any, tangents: Any) -> Any:
        places = (*self._leaves, *self._cotangents, *(place for one in self._tangents for place in one))
        arrays = (*leaves, *cotangents, *(array for one in tangents for array in one))
        return tuple(self.session.run(list(self._results), dict(zip(places, arrays, strict=True))))


def _static_vjp(function: Callable[..., Any], leaves: Any, cotangents: Any) -> Any:
    gradients = tf.gradients(list(function(leaves)), list(leaves), list(cotangents), unconnected_gradients="zero")
    return tuple(map(_dense, gradients))


def _static_jvp(function: Callable[..., Any], leaves: Any, tangents: Any) -> Any:
    raise Unsupported("graphs of TensorFlow 1 have no forward mode: tf.gradients alone differentiates them")


def _jvp(function: Callable[..., Any], leaves: Any, tangents: Any) -> Any:
    with tf.autodiff.ForwardAccumulator(leaves, tangents) as accumulator:
        results = function(leaves)
    return tuple(
        _dense(accumulator.jvp(result, unconnected_gradients=tf.UnconnectedGradients.ZERO)) for result in results
    )


def _vjp(function: Callable[..., Any], leaves: Any, cotangents: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        results = function(leaves)
    gradients = tape.gradient(results, leaves, cotangents, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return tuple(map(_dense, gradients))


def _derivative(function: Callable[..., tuple[Native, ...]], word: str) -> Callable[..., Any]:
    def derivative(leaves: Any, cotangents: Any, tangents: Any) -> Any:
        return composed(lambda given: function(*given), leaves, word, cotangents, tangents, _jvp, _vjp)

    return derivative


def _placeholder(shape: Any, dtype: Any) -> Any:
    sizes = tuple(shape)
    return tf.compat.v1.placeholder(dtype, (None, *sizes[1:]) if sizes else ())


def _dense(gradient: Any) -> Any:
    return None if gradient is None else tf.convert_to_tensor(gradient)


def _on_tape(function: Callable[..., tuple[Native, ...]]) -> Callable[..., Any]:
    def outputs_and_vjp(leaves: tuple[Native, ...], cotangents: tuple[Native, ...]) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(leaves)
            outputs = function(*leaves)
        gradients = tape.gradient(outputs, leaves, cotangents)
        return outputs, tuple(_dense(gradient) for gradient in gradients)

    return outputs_and_vjp


@dataclass(frozen=True, eq=False)
class TensorFlowProgram(Program):
    """A program with its derivative, traced or built once when the mode does so."""

    outputs_and_vjp: Callable[..., Any]
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
    }
    compiled_modes = frozenset({"function", "graph"})
    table: ClassVar[Table] = TABLE
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
                lambda word: StaticDerivative(function, graph.inputs, dtype, word),
            )  # fmt: skip
        # AutoGraph would double the time of a trace, and the source is straight-line code.
        wrap = tf.function(autograph=False) if self.mode == "function" else lambda traced: traced
        return TensorFlowProgram(
            graph, dtype, plain.source, wrap(function), wrap(_on_tape(function)),
            lambda word: wrap(_derivative(function, word)),
        )  # fmt: skip

    def native(self, array: np.ndarray, dtype: str) -> Native:
        values = np.array(array, dtype=tf.as_dtype(dtype).as_numpy_dtype)
        return values if self.mode == "graph" else tf.constant(values)

    def export(self, array: Native) -> tuple[str, np.ndarray]:
        values = np.asarray(array.numpy() if isinstance(array, tf.Tensor) else array)  # asarray refuses a 0-d bfloat16
        return values.dtype.name, np.array(values, dtype=np.float32 if values.dtype.name == "bfloat16" else None)

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        return program.function(*leaves)

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[tuple[Native, ...], tuple[Native | None, ...]]:
        assert isinstance(program, TensorFlowProgram)
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
        return [(outputs, tuple(map(_dense, gradients))) for gradients in pulled]

    def derive(
        self,
        program: Program,
        leaves: Sequence[Native],
        word: str,
        cotangents: Sequence[Native],
        tangents: Sequence[Sequence[Native]],
    ) -> tuple[Native | None, ...]:
        assert isinstance(program, TensorFlowProgram)
        if word not in program.derivatives:
            program.derivatives[word] = program.derivative(word)
        return program.derivatives[word](tuple(leaves), tuple(cotangents), tuple(map(tuple, tangents)))

    def script(self, program: Program, point: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> str:
        run = RUN_SESSION if self.mode == "graph" else RUN_TAPE
        decorator = "@tf.function(autograph=False)\n" if self.mode == "function" else ""
        return SCRIPT.format(
            source=program.source,
            run="\n" + decorator + run.strip() + "\n",
            leaves=self._arrays(point, program.dtype),
            cotangents=self._arrays(cotangents, program.dtype),
        )

    def tape(self) -> TensorFlowTape | None:
        return TensorFlowTape(self.table) if self.mode == "eager" else None

    def _arrays(self, arrays: Sequence[np.ndarray], dtype: str) -> str:
        kind = "tf.constant({0}, dtype=tf.{1}, shape={2}), "
        if self.mode == "graph":
            kind = "np.array({0}, dtype=tf.{1}.as_numpy_dtype).reshape({2}), "
        return "".join(kind.format(array_source(array), dtype, literal(array.shape)) for array in arrays).strip()
