"""Derivatives of any word of forward and reverse steps in PyTorch: by the autograd engine, or by nested transforms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.autograd import forward_ad

from autograd_conformance.adapter import Native, Unsupported
from autograd_conformance.word import FORWARD, VECTORIZED, derivative_of, steps_of

Derivative = Callable[[tuple[Any, ...], tuple[Any, ...], tuple[tuple[Any, ...], ...]], tuple[Any, ...]]
"""Takes leaves, cotangents and tangents; returns what `Adapter.derive` does."""

_UNIMPLEMENTED = re.compile(
    r"derivative for .* is not implemented|does not support it|not currently support"
    r"|Batching rule not implemented|vmap: It looks like|Double backward is unsupported"
)
_SENTENCE = re.compile(r"\.(\s|$)|\n")


@contextmanager
def refusals(*kinds: type[Exception]) -> Iterator[None]:
    """What torch itself says it has not implemented is a refusal, in the first sentence of its own words.

    ``kinds`` are further exceptions that say so.
    """
    try:
        yield
    except Exception as failure:
        message = str(failure).strip()
        is_refusal = isinstance(failure, (NotImplementedError, *kinds))
        if not is_refusal and not (isinstance(failure, RuntimeError) and _UNIMPLEMENTED.search(message)):
            raise
        raise Unsupported(_SENTENCE.split(message)[0] or type(failure).__name__) from failure


def engine_derivative(
    function: Callable[..., tuple[Native, ...]],
    leaves: Sequence[Native],
    word: str,
    cotangents: Sequence[Native],
    tangents: Sequence[Sequence[Native]],
) -> tuple[Native | None, ...]:
    """One graph for all steps: reverse ones are `torch.autograd.grad` of what there is so far, the forward one is in the
    dual numbers that the leaves are from the start.
    """
    if word.count("f") > 1:
        raise Unsupported("torch.autograd.forward_ad has one level: forward over forward is torch.func's")
    with forward_ad.dual_level(), refusals():
        plain = [leaf.detach().requires_grad_() for leaf in leaves]
        steps = [(letter, cotangents if place is None else tangents[place]) for letter, place in steps_of(word)]
        forward = next((seed for letter, seed in steps if letter == "f"), None)
        pairs = [forward_ad.make_dual(*pair) for pair in zip(plain, forward, strict=True)] if forward else plain
        current: list[Native | None] = list(function(*pairs))
        for letter, seed in steps:
            if letter == "f":
                current = [None if y is None else forward_ad.unpack_dual(y).tangent for y in current]
                continue
            connected = [(y, u) for y, u in zip(current, seed, strict=True) if y is not None and y.requires_grad]
            if not connected:
                return (None,) * len(leaves)
            targets, weights = [y for y, _ in connected], [u for _, u in connected]
            current = list(torch.autograd.grad(targets, plain, weights, create_graph=True, allow_unused=True))
        return tuple(current)


def nested_derivative(function: Callable[..., tuple[Native, ...]], word: str) -> Derivative:
    """The transforms of `torch.func`, one around the other."""
    return derivative_of(function, word, jvp, vjp)


def whole_jacobian(
    function: Callable[..., tuple[Native, ...]], leaves: Sequence[Native], form: str, *, is_transform: bool
) -> Sequence[Sequence[Native]]:
    """By `torch.autograd.functional.jacobian`, or by `torch.func.jacrev` and `jacfwd`."""
    plain = tuple(leaf.detach() for leaf in leaves)
    if is_transform:
        if form == VECTORIZED:
            raise Unsupported("torch.func.jacrev pulls all rows back at once: it is the reverse Jacobian")
        transform = torch.func.jacfwd if form == FORWARD else torch.func.jacrev
        return transform(function, argnums=tuple(range(len(leaves))))(*plain)
    if form == FORWARD:
        return torch.autograd.functional.jacobian(function, plain, strategy="forward-mode", vectorize=True)
    return torch.autograd.functional.jacobian(function, plain, vectorize=form == VECTORIZED)


def whole_hessian(
    function: Callable[..., tuple[Native, ...]],
    leaves: Sequence[Native],
    cotangents: Sequence[Native],
    *,
    is_transform: bool,
) -> Sequence[Sequence[Native]]:
    """By `torch.autograd.functional.hessian`, or by `torch.func.hessian`."""

    def phi(*given: Native) -> Native:
        return torch.stack([(u * y).sum() for u, y in zip(cotangents, function(*given), strict=True)]).sum()

    plain = tuple(leaf.detach() for leaf in leaves)
    if is_transform:
        return torch.func.hessian(phi, argnums=tuple(range(len(leaves))))(*plain)
    return torch.autograd.functional.hessian(phi, plain)


def example_gradients(
    function: Callable[..., tuple[Native, ...]], leaves: Sequence[Native], cotangents: Sequence[Native]
) -> tuple[Native, ...]:
    """`torch.func.vmap` of `torch.func.vjp`."""
    batched = torch.func.vmap(lambda x, u: torch.func.vjp(function, *x)[1](u))
    return batched(tuple(leaf.detach() for leaf in leaves), tuple(cotangents))


def jvp(function: Callable[..., Any], leaves: Any, tangents: Any) -> Any:
    return torch.func.jvp(function, (leaves,), (tangents,))[1]


def vjp(function: Callable[..., Any], leaves: Any, cotangents: Any) -> Any:
    return torch.func.vjp(function, leaves)[1](cotangents)[0]
