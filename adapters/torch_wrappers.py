"""PyTorch's transforms of a part of a program - both kinds of checkpoint, custom functions in both styles - the control flow
of the language, views, and writing in place.
"""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.word import WORDS
from autograd_conformance.wrapping import STOP, Wrapper

CHECKPOINT = """
import torch.utils.checkpoint


def wrapped(function):
    def checkpointed(*operands):
        return torch.utils.checkpoint.checkpoint(function, *operands, use_reentrant={})

    return checkpointed
"""

FUNCTION = """
def wrapped(function, factor):
    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(context, *operands):
            context.save_for_backward(*operands)
            return function(*operands)

        @staticmethod
        def backward(context, *cotangents):
            with torch.enable_grad():
                operands = [x.view_as(x) if x.requires_grad else x.requires_grad_() for x in context.saved_tensors]
                pairs = [(y, u) for y, u in zip(function(*operands), cotangents) if y.requires_grad]
                if not pairs:
                    return (None,) * len(operands)
                targets, weights = zip(*pairs)
                gradients = torch.autograd.grad(targets, operands, weights, create_graph=True, allow_unused=True)
            return tuple(None if g is None else factor * g for g in gradients)

    return Rule.apply
"""

FUNCTION_WITH_CONTEXT = """
def wrapped(function, factor):
    class Rule(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(*operands):
            return tuple(y.clone() for y in function(*operands))  # a view would need a jvp that returns views

        @staticmethod
        def setup_context(context, operands, results):
            context.save_for_backward(*operands)
            context.save_for_forward(*operands)
            context.zeros = [torch.zeros(y.shape, dtype=y.dtype) for y in results]

        @staticmethod
        def backward(context, *cotangents):
            pull = torch.func.vjp(function, *context.saved_tensors)[1]
            return tuple(factor * g for g in pull(cotangents))

        @staticmethod
        def jvp(context, *tangents):  # forward mode does not nest; a pull is linear, and its pull is the push
            pull = torch.func.vjp(function, *context.saved_tensors)[1]
            push = torch.func.vjp(lambda *cotangents: pull(cotangents), *context.zeros)[1]
            known = zip(context.saved_tensors, tangents)
            return tuple(factor * t for t in push(tuple(torch.zeros_like(x) if t is None else t for x, t in known)))

    return Rule.apply
"""

BRANCH = """
def wrapped(function):
    def chosen(*operands):
        if sum((x * x).sum() for x in operands) >= 0:
            return function(*operands)
        return tuple(3 * y for y in function(*operands))

    return chosen
"""

LOOP = """
def wrapped(function):
    def looped(*operands):
        trip, sums = torch.tensor(0), None
        while trip < 2:
            halves = [y / 2 for y in function(*operands)]
            sums = halves if sums is None else [s + y for s, y in zip(sums, halves)]
            trip += 1
        return tuple(sums)

    return looped
"""

SCAN = """
def wrapped(function):
    def scanned(*operands):
        carry = operands, None
        for share in torch.tensor([0.5, 0.5]).unbind():
            operands, sums = carry
            shares = [share.to(y.dtype) * y for y in function(*operands)]
            carry = operands, shares if sums is None else [s + y for s, y in zip(sums, shares)]
        return tuple(carry[1])

    return scanned
"""

EXPANDED = """
def view(x):
    return torch.stack((3 * x, x)).unsqueeze(-1).expand(2, *x.shape, 2)[1, ..., 0]
"""

NARROWED = """
def view(x):
    return torch.cat((3 * x.reshape(-1), x.reshape(-1))).narrow(0, x.numel(), x.numel()).view(x.shape)
"""

WRITTEN_INTO_A_SLICE = """
def view(x):
    buffer = torch.zeros(2, *x.shape, dtype=x.dtype)
    buffer[1] = 3 * x
    buffer[1].copy_(x)
    return buffer[1]
"""

WRITTEN_THROUGH_A_VIEW = """
def view(x):
    x = x.clone()
    x.mul_(0.5)
    x[...].mul_(2)
    return x
"""

BETWEEN = """


def wrapped(function):
    return lambda *operands: tuple(view(y) for y in function(*map(view, operands)))
"""

STOPPED = """
def wrapped(function):
    return lambda *operands: tuple(y.detach() for y in function(*operands))
"""

REENTRANT = "torch.utils.checkpoint with use_reentrant=True supports .backward() alone, and no second one through it"
NO_JVP = "this torch.autograd.Function has no jvp"
TRANSPOSED = (
    "the jvp of this torch.autograd.Function is a second pull, whose reverse would be a third derivative of its ops"
)

WRAPPERS: Mapping[str, tuple[Wrapper, ...]] = {
    "checkpoint": (
        Wrapper(CHECKPOINT.format(False)),
        Wrapper(CHECKPOINT.format(True), dict.fromkeys(WORDS, REENTRANT)),
    ),
    "custom vjp": (Wrapper(FUNCTION, {word: NO_JVP for word in WORDS if "f" in word}),),
    "custom jvp": (Wrapper(FUNCTION_WITH_CONTEXT, {word: TRANSPOSED for word in WORDS if word.endswith("rf")}),),
    "branch": (Wrapper(BRANCH),),
    "loop": (Wrapper(LOOP),),
    "scan": (Wrapper(SCAN),),
    "views": (Wrapper(EXPANDED + BETWEEN), Wrapper(NARROWED + BETWEEN)),
    "in place": (Wrapper(WRITTEN_INTO_A_SLICE + BETWEEN), Wrapper(WRITTEN_THROUGH_A_VIEW + BETWEEN)),
    STOP: (Wrapper(STOPPED),),
}
