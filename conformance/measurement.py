"""What one adapter answered about one case in one dtype, read the way laws need it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from autograd_conformance.adapter import LAYOUTS
from autograd_conformance.case import Case, Point, flatten, unflatten
from autograd_conformance.graph import Shape
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.reference.interpreter import EXTENDED
from autograd_conformance.rewrites import Rewritten
from autograd_conformance.worker.questions import (
    Answered,
    Derivation,
    Derived,
    Failed,
    Measured,
    Product,
    Question,
)

FIRST, SECOND, SUM, ZERO, ROWS = range(5)
"""Positions in the list of cotangents: u, w whose elements are equal, 2u + w, 0, then the unit cotangents."""


class WrongForm(Exception):
    """The answer does not have the form that numbers could be read from; the message says what is wrong."""


def cotangents(estimate: Estimate, about_calls: bool = True) -> tuple[Point, ...]:
    """The cotangents to pull back for a case, at the positions named above; without w, 2u + w and 0 where nothing is asked
    about calls.
    """
    case = estimate.case
    rows = tuple(unit_cotangent(case, row) for row in range(estimate.row_count))
    if not about_calls:
        return (case.cotangent(0), *rows)
    first, second = case.cotangent(0), case.even_cotangent
    combined = tuple(2 * u + w for u, w in zip(first, second, strict=True))
    zero = tuple(np.zeros_like(u) for u in first)
    return (first, second, combined, zero, *rows)


def unit_cotangent(case: Case, row: int) -> Point:
    """The cotangent that picks element ``row`` of all outputs side by side."""
    unit, position = [], row
    for shape in case.output_shapes:
        array = np.zeros(shape)
        if 0 <= position < array.size:
            array.reshape(-1)[position] = 1.0
        position -= array.size
        unit.append(array)
    return tuple(unit)


def question(
    estimate: Estimate,
    mode: str,
    dtype: str,
    only_script: bool = False,
    about_calls: bool = True,
    derivations: tuple[Derivation, ...] = (),
    wants_forward: bool = True,
) -> Question:
    """What the laws ask of one adapter about one case, cotangents scaled as the dtype needs it.

    ``about_calls``: also how calls combine, repeat and depend on the layout of arrays, at twice the price.
    ``derivations``: what is asked besides vector-Jacobian products.  ``wants_forward``: a forward call without a gradient.
    """
    case = estimate.case
    seeds = scaled(cotangents(estimate, about_calls), estimate.scale(dtype))
    layouts = LAYOUTS if about_calls else ()
    form = (about_calls, only_script, layouts, derivations, wants_forward)
    return Question(mode, dtype, case.graph, case.point, seeds, *form)


def scaled(cotangents: tuple[Point, ...], scale: float) -> tuple[Point, ...]:
    """Cotangents times a power of two, which is exact."""
    return cotangents if scale == 1 else tuple(tuple(scale * array for array in one) for one in cotangents)


@dataclass(frozen=True, eq=False)
class Measurement:
    """``adapter`` is its full name.  Arrays keep the form they were returned in; ``scale`` is that of the cotangents."""

    case: Case
    adapter: str
    dtype: str
    answer: Answered
    scale: float = 1.0

    @property
    def framework(self) -> str:
        """The adapter's name without its mode; a class of one's own (``pkg.mod:Class:mode``) is its own framework."""
        return self.adapter.rpartition(":")[0]

    @cached_property
    def outputs(self) -> np.ndarray:
        """All outputs of the forward call side by side: (m,); those that came with the first gradient where it was not asked
        for.  Raises WrongForm.
        """
        if not self.answer.forward:
            return self.outputs_of_vjp
        return _side_by_side(self.answer.forward, self.case.output_shapes, "output")

    @cached_property
    def outputs_of_vjp(self) -> np.ndarray:
        """All outputs that came with the first gradient side by side: (m,).  Raises WrongForm."""
        return _side_by_side(self.answer.products[FIRST].outputs, self.case.output_shapes, "vjp, output")

    @property
    def is_about_calls(self) -> bool:
        """Whether every cotangent was pulled back, and the first one again."""
        return self.answer.second is not None

    def gradient(self, cotangent: int) -> np.ndarray:
        """The vjp of the cotangent at this position: (n,), "not connected" read as zero.  Raises WrongForm."""
        if cotangent not in self._gradients:
            place = cotangent if self.is_about_calls else max(FIRST, cotangent - ROWS + 1)
            self._gradients[cotangent] = self._flat_gradient(self.answer.products[place])
        return self._gradients[cotangent]

    def arranged_gradient(self, layout: str) -> np.ndarray:
        """The vjp that was asked for with arrays in this layout: (n,).  Raises WrongForm."""
        return self._flat_gradient(self._arranged(layout))

    def arranged_outputs(self, layout: str) -> np.ndarray:
        """All outputs that came with it side by side: (m,).  Raises WrongForm."""
        return _side_by_side(self._arranged(layout).outputs, self.case.output_shapes, f"{layout}, output")

    def _arranged(self, layout: str) -> Product:
        product = self.answer.layouts[layout]
        if isinstance(product, Failed):
            raise WrongForm(f"{product.kind}: {product.message}, where contiguous arrays are well")
        return product

    @cached_property
    def _gradients(self) -> dict[int, np.ndarray]:
        return {}

    def derived(self, name: str, is_leafy: bool) -> np.ndarray:
        """What a derivation gave, an array per leaf or one per output, all side by side.  Raises WrongForm."""
        found = self.answer.derived[name]
        assert isinstance(found, Derived)
        shapes, what = (self.case.graph.inputs, "input") if is_leafy else (self.case.output_shapes, "output")
        flat = _side_by_side(self._filled(found.arrays, shapes), shapes, f"{name} of {what}")
        return flat / EXTENDED(self.scale) if is_leafy and self.scale != 1 else flat

    def jacobian(self, name: str) -> np.ndarray:
        """A whole Jacobian: (m, n).  Raises WrongForm."""
        return self._matrix(name, self.case.output_shapes)

    def hessian(self, name: str) -> np.ndarray:
        """A whole Hessian: (n, n).  Raises WrongForm."""
        whole = self._matrix(name, self.case.graph.inputs)
        return whole / EXTENDED(self.scale) if self.scale != 1 else whole

    def _matrix(self, name: str, of: Sequence[Shape]) -> np.ndarray:
        """A block for each of these shapes and each leaf, all in one matrix.  Raises WrongForm."""
        found = self.answer.derived[name]
        assert isinstance(found, Derived)
        shapes = [(*out, *leaf) for out in of for leaf in self.case.graph.inputs]
        blocks = iter(self._filled(found.arrays, shapes))
        rows = []
        for out in of:
            row = [
                _side_by_side([next(blocks)], [(*out, *leaf)], f"{name}, block of input {number},").reshape(
                    math.prod(out), math.prod(leaf)
                )
                for number, leaf in enumerate(self.case.graph.inputs)
            ]
            rows.append(np.concatenate(row, axis=1))
        return np.concatenate(rows)

    def examples(self, name: str, count: int) -> np.ndarray:
        """The gradients of a batch of examples: (count, n).  Raises WrongForm."""
        found = self.answer.derived[name]
        assert isinstance(found, Derived)
        shapes = [(count, *leaf) for leaf in self.case.graph.inputs]
        filled = zip(self._filled(found.arrays[: len(shapes)], shapes), shapes, strict=True)
        flat = [
            _side_by_side([array], [shape], f"{name} of input {number},").reshape(count, math.prod(shape[1:]))
            for number, (array, shape) in enumerate(filled)
        ]
        return np.concatenate(flat, axis=1)

    def last_example(self, name: str) -> np.ndarray:
        """The gradient of the last of a batch of examples alone: (n,).  Raises WrongForm."""
        found = self.answer.derived[name]
        assert isinstance(found, Derived)
        return self._flat_gradient(Product((), found.arrays[len(self.case.graph.inputs) :]))

    def _filled(self, arrays: Sequence[Measured | None], shapes: Sequence[tuple[int, ...]]) -> list[Measured]:
        """With zeros for what is not connected."""
        return [
            Measured(self.dtype, np.zeros(shape)) if array is None else array
            for array, shape in zip(arrays, shapes, strict=True)
        ]

    @property
    def second_outputs(self) -> np.ndarray:
        """All outputs of the repeated call side by side, where there is one: (m,).  Raises WrongForm."""
        return _side_by_side(self._second.outputs, self.case.output_shapes, "repeated, output")

    @property
    def second_gradient(self) -> np.ndarray:
        """The vjp of the first cotangent, asked again, where it was: (n,).  Raises WrongForm."""
        return self._flat_gradient(self._second)

    @property
    def _second(self) -> Product:
        assert self.answer.second is not None
        return self.answer.second

    def _flat_gradient(self, product: Product) -> np.ndarray:
        """All gradients of one call side by side, of the cotangent before it was scaled: (n,)."""
        shapes = self.case.graph.inputs
        flat = _side_by_side(self._filled(product.gradients, shapes), shapes, "gradient of input")
        return flat if self.scale == 1 else flat / EXTENDED(self.scale)


@dataclass(frozen=True, eq=False)
class RewrittenMeasurement:
    """What was answered about a case in another form; the only cotangent stands for the case's first."""

    rewritten: Rewritten
    measurement: Measurement

    @property
    def gradient(self) -> np.ndarray:
        """The vjp with respect to the leaves of the case itself: (n,).  Raises WrongForm."""
        gradients = unflatten(self.measurement.gradient(FIRST), self.rewritten.case.graph.inputs)
        return flatten(self.rewritten.restore(gradients))


def _side_by_side(arrays: Sequence[Measured], shapes: Sequence[tuple[int, ...]], what: str) -> np.ndarray:
    for number, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        if array.values.shape != shape:
            raise WrongForm(f"{what} {number} has shape {list(array.values.shape)}, not {list(shape)}")
        if array.values.dtype.kind not in "fiub":
            raise WrongForm(f"{what} {number} holds {array.values.dtype}, not real numbers")
    return flatten([array.values for array in arrays]).astype(EXTENDED)
