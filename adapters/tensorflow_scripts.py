"""Programs that need only TensorFlow and show a derivative the way a mode has it."""

from __future__ import annotations

from autograd_conformance.adapters.steps import nested_steps
from autograd_conformance.word import HESSIAN, JACOBIANS, PER_EXAMPLE, VECTORIZED

IMPORTS = """\
import os

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")
import numpy as np
import tensorflow as tf
"""

SCRIPT = (
    IMPORTS
    + """

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
)

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

DERIVATIVE_SCRIPT = (
    IMPORTS
    + """

{source}


{derivative}

leaves = ({leaves})
cotangents = ({cotangents})
tangents = [{tangents}]
{run}
print("tensorflow", tf.__version__)
for one in results:
    print("derivative", None if one is None else np.asarray(one).tolist())
"""
)

PUSH = """
with tf.autodiff.ForwardAccumulator(leaves, {seed}) as accumulator:
    results = ({inner})(leaves)
zero = tf.UnconnectedGradients.ZERO
return tuple(tf.convert_to_tensor(accumulator.jvp(y, unconnected_gradients=zero)) for y in results)
"""
PULL = """
with tf.GradientTape() as tape:
    tape.watch(leaves)
    results = ({inner})(leaves)
gradients = tape.gradient(results, leaves, {seed}, unconnected_gradients=tf.UnconnectedGradients.ZERO)
return tuple(map(tf.convert_to_tensor, gradients))
"""
STATIC_PULL = """
results = ({inner})(leaves)
gradients = tf.gradients(list(results), list(leaves), list({seed}), unconnected_gradients="zero")
return tuple(map(tf.convert_to_tensor, gradients))
"""
WHOLE = """
def derivative(leaves, cotangents, tangents):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(leaves)
        outputs = graph_function(*leaves)
    return [block for y in outputs for block in tape.jacobian(y, leaves, experimental_use_pfor={is_vectorized})]
"""
WHOLE_HESSIAN = """
def derivative(leaves, cotangents, tangents):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(leaves)
        with tf.GradientTape() as inner:
            inner.watch(leaves)
            outputs = graph_function(*leaves)
        gradients = inner.gradient(outputs, leaves, cotangents, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        gradients = list(map(tf.convert_to_tensor, gradients))
    return [block for gradient in gradients for block in tape.jacobian(gradient, leaves)]
"""
STATIC_HESSIAN = """
def derivative(leaves, cotangents, tangents):
    outputs = graph_function(*leaves)
    return tf.hessians(tf.add_n([tf.reduce_sum(u * y) for u, y in zip(cotangents, outputs)]), list(leaves))
"""
BATCHED = """
def pulled(one):
    leaves, cotangents = one
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        outputs = graph_function(*leaves)
    gradients = tape.gradient(outputs, leaves, cotangents, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return tuple(map(tf.convert_to_tensor, gradients))


def derivative(leaves, cotangents, tangents):
    return tf.vectorized_map(pulled, (leaves, cotangents), fallback_to_while_loop=False)
"""
CALL = "results = derivative(leaves, cotangents, tangents)"
CALL_SESSION = """
with tf.Graph().as_default() as graph:
    fed = [tuple(tf.compat.v1.placeholder(x.dtype, x.shape) for x in one) for one in (leaves, cotangents, *tangents)]
    fetches = derivative(fed[0], fed[1], fed[2:])
with tf.compat.v1.Session(graph=graph) as session:
    given = zip((place for one in fed for place in one), (x for one in (leaves, cotangents, *tangents) for x in one))
    results = session.run(list(fetches), dict(given))
"""

DECORATORS = {
    "function": "@tf.function(autograph=False)\n",
    "xla": "@tf.function(autograph=False, jit_compile=True)\n",
}


def derivative_source(word: str, mode: str) -> str:
    """Of a function ``derivative`` of leaves, cotangents and tangents, the way a mode has it."""
    if word in JACOBIANS:
        source = WHOLE.format(is_vectorized=word == VECTORIZED)
    elif word == HESSIAN:
        source = STATIC_HESSIAN if mode == "graph" else WHOLE_HESSIAN
    elif word == PER_EXAMPLE:
        source = BATCHED
    else:
        source = nested_steps(word, PUSH, STATIC_PULL if mode == "graph" else PULL)
    before, name, body = source.strip().rpartition("def derivative(")
    return before + DECORATORS.get(mode, "") + name + body
