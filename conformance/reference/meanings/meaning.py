"""What a definition in mpmath is, and how one of numbers becomes one of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array

Meaning = Callable[..., Any]
"""``meaning(context, *operands, **attributes)``: unbatched object arrays of mpf (bool arrays for conditions), and as many
results as the op has."""


def each(of_elements: Callable[..., Any], *arrays: Array) -> Array:
    """``of_elements`` on every element of ``arrays`` broadcast together."""
    return np.asarray(np.frompyfunc(of_elements, len(arrays), 1)(*arrays), dtype=object)


def function(name: str) -> Meaning:
    """A function of mpmath on every element."""
    return lambda context, x: np.frompyfunc(getattr(context, name), 1, 1)(x)


def formula(count: int, of_elements: Callable[..., Any]) -> Meaning:
    """``of_elements(context, *elements, **attributes)`` on every element of ``count`` operands broadcast together."""

    def meaning(context: Any, *operands: Array, **attributes: Any) -> Array:
        return np.frompyfunc(lambda *elements: of_elements(context, *elements, **attributes), count, 1)(*operands)

    return meaning
