"""Words: derivatives of any order as compositions of forward and reverse steps, the outermost step first.

``f`` differentiates along a tangent, ``r`` pulls a cotangent back: ``fr`` is forward over reverse.  The first reverse step
from the inside takes the cotangent u of the outputs; every other step takes the next tangent, as the direction it moves
along or as the cotangent of the vector it pulls back.  With phi = <u, f> a word with a reverse step gives the leaf-shaped
vector D^n phi[a, b, ..., .], and one without it the output-shaped D^n f[a, b, ...].

The module needs nothing: it also runs inside workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

JVP = "f"
ORDERS: dict[int, tuple[str, ...]] = {
    1: (JVP,),
    2: ("rr", "fr", "rf", "ff"),
    3: ("rrr", "ffr", "fff"),
    4: ("rrrr",),
}
"""The words that are asked about, by order; that of one reverse step is the vector-Jacobian product itself."""
WORDS = tuple(word for words in ORDERS.values() for word in words)

REVERSE, FORWARD, VECTORIZED = "reverse Jacobian", "forward Jacobian", "vectorized Jacobian"
JACOBIANS = (REVERSE, FORWARD, VECTORIZED)
"""The whole Jacobian as the framework offers it: row by row, column by column, and all rows at once."""
HESSIAN = "whole Hessian"
"""The second derivatives of <u, f> by all leaves at once, as the framework offers them."""
PER_EXAMPLE = "per-example gradients"
"""The vector-Jacobian product of every example of a batch, vectorized."""

Arrays = tuple[Any, ...]
Function = Callable[[Arrays], Arrays]
Step = Callable[[Function, Arrays, Arrays], Arrays]
"""Takes a function, the leaves and a tangent or cotangent; returns the tangents of the function's results, or one
gradient per leaf.  What is not connected must come back as zeros: the next step differentiates it."""


def is_word(text: str) -> bool:
    return bool(text) and set(text) <= set("fr")


def order_of(word: str) -> int:
    """Of the derivative; Jacobians and batches are of the first."""
    if is_word(word):
        return len(word)
    return 2 if word == HESSIAN else 1


def has_reverse(word: str) -> bool:
    """Whether the result is shaped like the leaves, and not like the outputs."""
    return "r" in word


def tangent_count(word: str) -> int:
    """How many tangents the steps take besides the cotangent of the outputs."""
    return len(word) - has_reverse(word)


def steps_of(word: str) -> Iterator[tuple[str, int | None]]:
    """Each step from the inside with the number of the tangent it takes, None for the cotangent of the outputs."""
    used, is_leafy = 0, False
    for letter in reversed(word):
        if letter == "r" and not is_leafy:
            is_leafy = True
            yield letter, None
        else:
            yield letter, used
            used += 1


def composed(
    function: Function, leaves: Arrays, word: str, cotangents: Arrays, tangents: Sequence[Arrays], jvp: Step, vjp: Step
) -> Arrays:
    """The derivative a word names, for frameworks whose transforms nest."""
    for letter, place in steps_of(word):
        seed = cotangents if place is None else tangents[place]
        function = _stepped(jvp if letter == "f" else vjp, function, seed)
    return function(leaves)


def derivative_of(function: Callable[..., Arrays], word: str, jvp: Step, vjp: Step) -> Callable[..., Arrays]:
    """The derivative a word names as a function of leaves, cotangents and tangents; ``function`` takes the leaves apart."""

    def derivative(leaves: Arrays, cotangents: Arrays, tangents: Sequence[Arrays]) -> Arrays:
        return composed(lambda given: function(*given), leaves, word, cotangents, tangents, jvp, vjp)

    return derivative


def _stepped(step: Step, inner: Function, seed: Arrays) -> Function:
    return lambda leaves: step(inner, leaves, seed)
