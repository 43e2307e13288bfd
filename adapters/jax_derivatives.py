"""Derivatives in JAX by its transforms, and what it says of those it does not have."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from autograd_conformance.adapter import Asked, Derivative, Native, Unsupported
from autograd_conformance.word import derivative_of

NO_RULE = re.compile(
    r"[Dd]ifferentiation rule (\(.*\) )?for '.*' not implemented"
    r"|can't apply forward-mode \w+ \(jvp\) to a custom_vjp function"
)
"""How JAX says that a primitive has no rule for what it is asked."""


class Together:
    """Several words as one function of leaves, cotangents and each word's tangents: what they share is compiled once.

    A word that cannot be traced is left out, and ``failures`` says why once the function was called.  What is asked of one
    word with several tangents is several calls.
    """

    def __init__(self, function: Callable[..., Any], words: Iterable[str]) -> None:
        self._derivatives = {word: derivative_of(function, word, jvp, vjp) for word in words}
        self._compiled = jax.jit(self._traced)
        self.failures: dict[str, Exception] = {}

    def __call__(self, leaves: Any, cotangents: Any, asked: Sequence[Asked]) -> list[Derivative]:
        given: dict[str, list[Any]] = {word: [] for word in self._derivatives}
        for word, tangents in asked:
            given[word].append(tuple(map(tuple, tangents)))
        calls = max(map(len, given.values()))
        found = [
            self._compiled(leaves, cotangents, {word: each[min(call, len(each) - 1)] for word, each in given.items()})
            for call in range(calls)
        ]
        place = dict.fromkeys(given, -1)
        answers: list[Derivative] = []
        for word, _ in asked:
            place[word] += 1
            answers.append(self.failures[word] if word in self.failures else found[place[word]][word])
        return answers

    def _traced(self, leaves: Any, cotangents: Any, tangents: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for word, derivative in self._derivatives.items():
            try:
                with said_by_jax():
                    found[word] = derivative(leaves, cotangents, tangents[word])
            except Exception as failure:  # noqa: BLE001 - the other words can still be told
                self.failures[word] = failure
        return found


@contextlib.contextmanager
def said_by_jax() -> Iterator[None]:
    """What JAX says it has no rule for is unsupported, in its own words."""
    try:
        yield
    except (NotImplementedError, TypeError) as failure:
        text = str(failure)
        if NO_RULE.search(text):
            raise Unsupported(" ".join(text.split())) from None
        raise


def jvp(function: Callable[..., Any], leaves: Any, tangents: Any) -> Any:
    return jax.jvp(function, (leaves,), (tangents,))[1]


def vjp(function: Callable[..., Any], leaves: Any, cotangents: Any) -> Any:
    return jax.vjp(function, leaves)[1](cotangents)[0]


def whole_hessian(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jax.hessian` of <u, f>: a function of leaves and cotangents."""

    def whole(leaves: Any, cotangents: Any) -> Any:
        def phi(*given: Native) -> Native:
            return sum(jnp.sum(u * y) for u, y in zip(cotangents, function(*given), strict=True))

        return jax.hessian(phi, argnums=tuple(range(len(leaves))))(*leaves)

    return whole
