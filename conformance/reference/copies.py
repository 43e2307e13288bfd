"""Which of many perturbed copies of a graph's value have to be computed: those that move an input it depends on.

A ladder moves one element at a time, so that a value has the first copy's elements in all copies that move other inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograd_conformance.ops.op import Array

Sources = frozenset[int]
"""The inputs a value depends on, where that is used; without any the value is there in all copies."""

ALL: Sources = frozenset()

FEWEST = 16
"""With fewer copies choosing among them takes longer than computing all."""


@dataclass(frozen=True, eq=False)
class Moved:
    """Inputs of which only those copies are there that may differ from the first, which is there always.

    ``flags``: (K,) per input, which of all copies those are.
    """

    inputs: Sequence[Array]
    flags: Sequence[Array]


def chosen(inputs: Sequence[Array] | Moved) -> Sequence[Array] | Moved:
    """Of copies that are all there, those that differ, where that is worth it."""
    if isinstance(inputs, Moved) or not inputs or len(inputs[0]) < FEWEST:
        return inputs
    flags = [(array != array[:1]).any(axis=tuple(range(1, array.ndim))) for array in inputs]
    for each in flags:
        each[0] = True
    return Moved([array[each] for array, each in zip(inputs, flags, strict=True)], flags)


class Copies:
    """The copies to compute of every value, the first among them; all copies where all are given."""

    def __init__(self, inputs: Sequence[Array] | Moved) -> None:
        self._places: dict[tuple[Sources, Sources], Array | slice] = {}
        if isinstance(inputs, Moved):
            self.inputs = list(inputs.inputs)
            are_all = all(each.all() for each in inputs.flags)
            self.sources = [ALL if are_all else frozenset([number]) for number in range(len(self.inputs))]
            self.count = len(inputs.flags[0])
            self._is_moved = inputs.flags
        else:
            self.inputs = list(inputs)
            self.sources = [ALL] * len(self.inputs)
            self.count = len(inputs[0]) if inputs else 1

    def brought(self, array: Array, held: Sources, wanted: Sources = ALL) -> Array:
        """The copies of ``array`` that belong to ``wanted``; those it does not hold are as its first."""
        return array if held == wanted else array[self._found(held, wanted)]

    def where_all(self, flags: Array, held: Sources) -> Array:
        """The copies of which all flags are set: (count,)."""
        return self.brought(np.logical_and.reduce(flags.reshape(flags.shape[0], -1), axis=1), held)

    def _found(self, held: Sources, wanted: Sources) -> Array | slice:
        """Where each copy that belongs to ``wanted`` lies among those that belong to ``held``."""
        if (held, wanted) not in self._places:
            is_held = self._belong(held)
            place: Array | slice = slice(None)
            if not is_held.all():
                place = np.where(is_held, np.cumsum(is_held) - 1, 0)
                place = place[self._belong(wanted)] if wanted else place
            self._places[held, wanted] = place
        return self._places[held, wanted]

    def _belong(self, sources: Sources) -> Array:
        return np.logical_or.reduce([self._is_moved[number] for number in sources])
