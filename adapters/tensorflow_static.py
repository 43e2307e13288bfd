"""TensorFlow's static graphs: placeholders of unknown leading size, `tf.gradients`, and a session that is fed."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from autograd_conformance.adapter import Native, Unsupported
from autograd_conformance.graph import Shape
from autograd_conformance.word import composed, tangent_count

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
        return cotangents, [dense(gradient) for gradient in gradients]

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
    return tuple(map(dense, gradients))


def _static_jvp(function: Callable[..., Any], leaves: Any, tangents: Any) -> Any:
    raise Unsupported("graphs of TensorFlow 1 have no forward mode: tf.gradients alone differentiates them")


def static_hessian(
    function: Callable[..., tuple[Native, ...]], leaves: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]
) -> list[list[np.ndarray]]:
    """By `tf.hessians`, in a graph of its own.  Raises Unsupported where there are several leaves."""
    if len(leaves) != 1:
        raise Unsupported("tf.hessians has the second derivatives of each input by itself, and none by two of them")
    graph = tf.Graph()
    with graph.as_default():
        places = [tf.compat.v1.placeholder(each.dtype, each.shape) for each in (*leaves, *cotangents)]
        outputs = function(*places[:1])
        phi = tf.add_n([tf.reduce_sum(u * y) for u, y in zip(places[1:], outputs, strict=True)])
        whole = tf.hessians(phi, places[:1])
    with _session(graph) as session:
        return [session.run(whole, dict(zip(places, (*leaves, *cotangents), strict=True)))]


def _placeholder(shape: Any, dtype: Any) -> Any:
    sizes = tuple(shape)
    return tf.compat.v1.placeholder(dtype, (None, *sizes[1:]) if sizes else ())


def dense(gradient: Any) -> Any:
    return None if gradient is None else tf.convert_to_tensor(gradient)
