"""Programs that need only torch and show a derivative the way a mode has it."""

from __future__ import annotations

from autograd_conformance.adapters.steps import nested_steps, written_steps
from autograd_conformance.word import FORWARD, HESSIAN, JACOBIANS, PER_EXAMPLE, VECTORIZED

SCRIPT = """\
import torch

{source}

leaves = [{leaves}]
cotangents = [{cotangents}]
{run}
print("torch", torch.__version__)
for y in outputs:
    print("output", y.tolist())
for gradient in gradients:
    print("gradient", None if gradient is None else gradient.tolist())
"""

RUN_ENGINE = """
outputs = graph_function(*leaves)
connected = [(y, u) for y, u in zip(outputs, cotangents) if y.requires_grad]
gradients = torch.autograd.grad([y for y, _ in connected], leaves, [u for _, u in connected], allow_unused=True)
"""

RUN_TRANSFORM = """
outputs, pull = torch.func.vjp(graph_function, *leaves)
gradients = pull(tuple(cotangents))
"""

RUN_COMPILED = """
{function} = torch.compile({function}, backend="{backend}", fullgraph=True, dynamic=False)
"""

RUN_BACKWARD = """
outputs = graph_function(*leaves)
connected = [(y, u) for y, u in zip(outputs, cotangents) if y.requires_grad]
torch.autograd.backward([y for y, _ in connected], [u for _, u in connected])
gradients = [leaf.grad for leaf in leaves]
"""

DERIVATIVE_SCRIPT = """\
import torch

{source}


{derivative}

leaves = ({leaves})
cotangents = ({cotangents})
tangents = [{tangents}]
results = derivative(leaves, cotangents, tangents)
print("torch", torch.__version__)
for one in results:
    print("derivative", None if one is None else one.tolist())
"""

PUSH = "return torch.func.jvp({inner}, (leaves,), ({seed},))[1]"
PULL = "return torch.func.vjp({inner}, leaves)[1]({seed})[0]"

BY_ENGINE = """
def pulled(outputs, leaves, cotangents):
    pairs = [(y, u) for y, u in zip(outputs, cotangents) if y is not None and y.requires_grad]
    if not pairs:
        return [None] * len(leaves)
    outputs, cotangents = zip(*pairs)
    return torch.autograd.grad(outputs, leaves, cotangents, create_graph=True, allow_unused=True)


def derivative(leaves, cotangents, tangents):
    leaves = [leaf.requires_grad_() for leaf in leaves]
    with torch.autograd.forward_ad.dual_level():
        current = graph_function(*{duals})
{steps}
    return current
"""
DUALS = "map(torch.autograd.forward_ad.make_dual, leaves, {0})"
TANGENT = "        current = [None if y is None else torch.autograd.forward_ad.unpack_dual(y).tangent for y in current]"

WHOLE_BY_TRANSFORM = """
def derivative(leaves, cotangents, tangents):
    rows = torch.func.{transform}(graph_function, argnums=tuple(range(len(leaves))))(*leaves)
    return [block for row in rows for block in row]
"""
WHOLE_BY_ENGINE = """
def derivative(leaves, cotangents, tangents):
    rows = torch.autograd.functional.jacobian(graph_function, leaves{options})
    return [block for row in rows for block in row]
"""
WHOLE_HESSIAN = """
def phi(cotangents, *leaves):
    return torch.stack([(u * y).sum() for u, y in zip(cotangents, graph_function(*leaves))]).sum()


def derivative(leaves, cotangents, tangents):
    rows = {hessian}
    return [block for row in rows for block in row]
"""
HESSIAN_BY_TRANSFORM = "torch.func.hessian(lambda *x: phi(cotangents, *x), argnums=tuple(range(len(leaves))))(*leaves)"
HESSIAN_BY_ENGINE = "torch.autograd.functional.hessian(lambda *x: phi(cotangents, *x), leaves)"
BATCHED = """
def derivative(leaves, cotangents, tangents):
    return torch.func.vmap(lambda x, u: torch.func.vjp(graph_function, *x)[1](u))(leaves, cotangents)
"""


def derivative_source(word: str, mode: str) -> str:
    """Of a function ``derivative`` of leaves, cotangents and tangents, the way a mode has it."""
    if word == PER_EXAMPLE:
        return BATCHED
    if word == HESSIAN:
        return WHOLE_HESSIAN.format(hessian=HESSIAN_BY_TRANSFORM if mode == "func" else HESSIAN_BY_ENGINE)
    if word in JACOBIANS and mode == "func":
        return WHOLE_BY_TRANSFORM.format(transform="jacfwd" if word == FORWARD else "jacrev")
    if word in JACOBIANS:
        options = {FORWARD: ', strategy="forward-mode", vectorize=True', VECTORIZED: ", vectorize=True"}
        return WHOLE_BY_ENGINE.format(options=options.get(word, ""))
    return engine_source(word) if mode == "eager" else nested_steps(word, PUSH, PULL)


def engine_source(word: str) -> str:
    """What `engine_derivative` does for one word, written out."""
    steps, duals = [], "leaves"
    for letter, seed in written_steps(word):
        if letter == "f":
            duals = DUALS.format(seed)
            steps.append(TANGENT)
        else:
            steps.append(f"        current = pulled(current, leaves, {seed})")
    return BY_ENGINE.format(duals=duals, steps="\n".join(steps))
