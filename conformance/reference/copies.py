"""Which of many perturbed copies of a graph's value have to be computed: those that move an input it depends on.

A ladder moves one element at a time, so that a value has the first copy's elements in all copies that move other inputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograd_conformance.ops.op import Array

Sources = frozenset[int]
"""The inputs a value depends on, where that is used; without any the value is there in all copies."""

ALL: Sources = frozenset()

FEWEST = 16
"""With fewer copies choosing among them takes longer than computing all."""


class Copies:
    """The copies to compute of every value, the first among them; all copies unless ``is_thrifty``."""

    def __init__(self, inputs: Sequence[Array], is_thrifty: bool) -> None:
        count = inputs[0].shape[0] if inputs else 1
        self.count = count
        self.inputs = list(inputs)
        self.sources = [ALL] * len(inputs)
        self._places: dict[tuple[Sources, Sources], Array] = {}
        if is_thrifty and count >= FEWEST:
            self._is_moved = [(array != array[:1]).any(axis=tuple(range(1, array.ndim))) for array in inputs]
            for each in self._is_moved:
                each[0] = True
            self.inputs = [array[each] for array, each in zip(inputs, self._is_moved, strict=True)]
            self.sources = [frozenset([number]) for number in range(len(inputs))]

    def brought(self, array: Array, held: Sources, wanted: Sources = ALL) -> Array:
        """The copies of ``array`` that belong to ``wanted``; those it does not hold are as its first."""
        return array if held == wanted else array[self._found(held, wanted)]

    def where_all(self, flags: Array, held: Sources) -> Array:
        """The copies of which all flags are set: (count,)."""
        return self.brought(np.logical_and.reduce(flags.reshape(flags.shape[0], -1), axis=1), held)

    def _found(self, held: Sources, wanted: Sources) -> Array:
        """Where each copy that belongs to ``wanted`` lies among those that belong to ``held``."""
        if (held, wanted) not in self._places:
            is_held = self._belong(held)
            place = np.where(is_held, np.cumsum(is_held) - 1, 0)
            self._places[held, wanted] = place[self._belong(wanted)] if wanted else place
        return self._places[held, wanted]

    def _belong(self, sources: Sources) -> Array:
        return np.logical_or.reduce([self._is_moved[number] for number in sources])
