"""Derivatives in TensorFlow by tapes and accumulators, and what it says of those it does not have."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from autograd_conformance.adapter import Native, Unsupported
from autograd_conformance.adapters.tensorflow_static import dense

Function = Callable[..., tuple[Native, ...]]

NO_GRADIENT = re.compile(r"gradient registry has no entry for: .*|No gradient defined for operation.*")
NO_FORM = re.compile(r".*not (?:been |yet )*implemented.*")
NO_KERNEL = re.compile(
    r"(Detected unsupported operations when trying to compile graph).*? on (XLA_\w+: \w+)"
    r"|XLA compilation requires a fixed tensor list size|Input \d+ to node `.*` with op \w+ must be a compile-time constant"
)
NO_CONVERTER = re.compile(r"No pfor vectorization defined for .*|Encountered an exception while vectorizing .*")
"""How TensorFlow says that an op has no derivative, that it has none of this form, that XLA has no kernel for it, and that
it cannot be vectorized."""


def jvp(function: Callable[..., Any], leaves: Any, tangents: Any) -> Any:
    with tf.autodiff.ForwardAccumulator(leaves, tangents) as accumulator:
        results = function(leaves)
    return tuple(
        dense(accumulator.jvp(result, unconnected_gradients=tf.UnconnectedGradients.ZERO)) for result in results
    )


def vjp(function: Callable[..., Any], leaves: Any, cotangents: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        results = function(leaves)
    gradients = tape.gradient(results, leaves, cotangents, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return tuple(map(dense, gradients))


@contextlib.contextmanager
def said_by_tensorflow() -> Iterator[None]:
    """What TensorFlow says it does not have is unsupported, in its own words."""
    kinds = {
        LookupError: NO_GRADIENT,
        NotImplementedError: NO_FORM,
        tf.errors.InvalidArgumentError: NO_KERNEL,
        ValueError: NO_CONVERTER,
    }
    try:
        yield
    except Exception as failure:
        is_retold = (
            type(failure).__name__ == "StagingError"
        )  # of AutoGraph: it quotes another one whose class it cannot make
        for kind, words in kinds.items():
            if (is_retold or isinstance(failure, kind)) and (found := words.search(str(failure))):
                raise Unsupported(" on ".join(filter(None, found.groups())) or found[0]) from None
        raise


def whole_jacobian(function: Function, *, is_vectorized: bool) -> Callable[..., Any]:
    """By `tf.GradientTape.jacobian`, an output at a time: a function of the leaves."""

    def whole(leaves: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(leaves)
            outputs = function(*leaves)
        return tuple(tape.jacobian(output, leaves, experimental_use_pfor=is_vectorized) for output in outputs)

    return whole


def whole_hessian(function: Function) -> Callable[..., Any]:
    """By `tf.GradientTape.jacobian` of the gradient: a function of leaves and cotangents."""

    def whole(leaves: Any, cotangents: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(leaves)
            gradients = vjp(lambda given: function(*given), leaves, cotangents)
        return tuple(tape.jacobian(gradient, leaves) for gradient in gradients)

    return whole


def example_gradients(function: Function) -> Callable[..., Any]:
    """By `tf.vectorized_map`: a function of a batch of leaves and cotangents."""

    def pulled(one: Any) -> Any:
        return vjp(lambda given: function(*given), *one)

    def batched(leaves: Any, cotangents: Any) -> Any:
        return tf.vectorized_map(pulled, (leaves, cotangents), fallback_to_while_loop=False)

    return batched
