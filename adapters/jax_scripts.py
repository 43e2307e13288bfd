"""Programs that need only JAX and show a derivative."""

from __future__ import annotations

from autograd_conformance.adapters.steps import nested_steps
from autograd_conformance.word import FORWARD, HESSIAN, JACOBIANS, PER_EXAMPLE

IMPORTS = """\
import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_default_matmul_precision", "highest")
import jax.numpy as jnp
"""

SCRIPT = (
    IMPORTS
    + """

{source}

{decorator}def outputs_and_vjp(leaves, cotangents):
    outputs, pull = jax.vjp({function}, *leaves)
    return outputs, pull(cotangents)


leaves = ({leaves})
cotangents = ({cotangents})
{context}outputs, gradients = outputs_and_vjp(leaves, cotangents)
print("jax", jax.__version__)
for y in outputs:
    print("output", y.tolist())
for gradient in gradients:
    print("gradient", gradient.tolist())
"""
)

DERIVATIVE_SCRIPT = (
    IMPORTS
    + """

{source}


{derivative}

leaves = ({leaves})
cotangents = ({cotangents})
tangents = [{tangents}]
{context}results = {call}
print("jax", jax.__version__)
for one in jax.tree.leaves(results):
    print("derivative", one.tolist())
"""
)

PUSH = "return jax.jvp({inner}, (leaves,), ({seed},))[1]"
PULL = "return jax.vjp({inner}, leaves)[1]({seed})[0]"
WHOLE = """
def derivative(leaves, cotangents, tangents):
    return {transform}(graph_function, argnums=tuple(range(len(leaves))))(*leaves)
"""
WHOLE_HESSIAN = """
def derivative(leaves, cotangents, tangents):
    def phi(*x):
        return sum(jnp.sum(u * y) for u, y in zip(cotangents, graph_function(*x)))

    return jax.hessian(phi, argnums=tuple(range(len(leaves))))(*leaves)
"""
BATCHED = """
def derivative(leaves, cotangents, tangents):
    return jax.vmap(lambda x, u: jax.vjp(graph_function, *x)[1](u))(leaves, cotangents)
"""


def derivative_source(word: str) -> str:
    """Of a function ``derivative`` of leaves, cotangents and tangents."""
    if word in JACOBIANS:
        return WHOLE.format(transform="jax.jacfwd" if word == FORWARD else "jax.jacrev")
    if word == HESSIAN:
        return WHOLE_HESSIAN
    return BATCHED if word == PER_EXAMPLE else nested_steps(word, PUSH, PULL)
