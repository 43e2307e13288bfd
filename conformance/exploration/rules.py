"""The model's ops: what each computes, and how it pulls a cotangent back to each operand.

Rules are written in ops, so that a recorded walk builds a graph like any other.  Only ops whose values and derivatives
are whole numbers for whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_conformance.exploration.arrays import Array, Node, Saved, Source, Storage, Unclear
from autograd_conformance.exploration.semantics import Unspecified
from autograd_conformance.exploration.values import (
    Value,
    elementwise,
    shape_of,
    spread_to,
    summed_to,
    total,
)

Apply = Callable[..., Array]
"""Op name, operands, attributes as keywords: the result, recorded or not as the walk is."""


@dataclass(frozen=True)
class Pull:
    """One operand's rule: ``function(apply, cotangent, operands, node)`` may use the operands in ``needs``."""

    function: Callable[[Apply, Array, Mapping[int, Array], Node], Array]
    needs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Op:
    """``value`` takes numbers and attributes.

    ``keeps_constant`` says that its rule needs something that is no operand, such as the factor of a scaling.
    ``may_save`` names operands, and -1 the result, that a rule may or may not keep: when one of them has been changed, the
    outcome of a walk is not documented.
    """

    value: Callable[..., Value]
    pulls: tuple[Pull, ...]
    keeps_constant: bool = False
    may_save: tuple[int, ...] = ()
    is_differentiable_once: bool = False


def apply(name: str, *operands: Array, recording: bool, **attributes: Any) -> Array:
    """The result as a new array.  Raises TooLarge, Unspecified at a kink, ValueError where shapes do not fit."""
    op = OPS[name]
    storage = Storage(op.value(*(operand.value for operand in operands), **attributes))
    sources = tuple(operand.source for operand in operands)
    source: Source = None
    if recording and any(sources):
        certain = any(each is not None and not isinstance(each, Unclear) for each in sources)
        source = _node(name, op, operands, attributes, storage) if certain else Unclear()
    return Array(storage, source)


def _node(name: str, op: Op, operands: Sequence[Array], attributes: Mapping[str, Any], storage: Storage) -> Node:
    needed = {
        position
        for pull, operand in zip(op.pulls, operands, strict=True)
        for position in pull.needs
        if operand.source is not None
    }
    return Node(
        op=name,
        attributes=attributes,
        sources=tuple(operand.source for operand in operands),
        shapes=tuple(operand.shape for operand in operands),
        saved={position: Saved(operand, operand.storage.version) for position, operand in enumerate(operands)},
        result=Saved(Array(storage), storage.version),
        saves_something=bool(needed) or op.keeps_constant,
    )


def _mask_of(value: Value, other: Value) -> tuple[bool, ...] | bool:
    """Where the one is the larger.  Raises Unspecified where they are equal."""
    compared = elementwise(lambda one, two: 0.0 if one == two else 1.0 if one > two else -1.0, value, other)
    numbers = compared if isinstance(compared, tuple) else (compared,)
    if 0.0 in numbers:
        raise Unspecified("the derivative at a kink is a convention")
    return tuple(number > 0 for number in numbers) if isinstance(compared, tuple) else compared > 0


def _masked(value: Value, mask: tuple[bool, ...] | bool) -> Value:
    return elementwise(lambda one, two: one * two, value, _ones_where(mask))


def _ones_where(mask: tuple[bool, ...] | bool) -> Value:
    return tuple(map(float, mask)) if isinstance(mask, tuple) else float(mask)


def _maximum(one: Value, other: Value) -> Value:
    _mask_of(one, other)
    return elementwise(max, one, other)


def _relu(value: Value) -> Value:
    _mask_of(value, 0.0)
    return elementwise(lambda one: max(one, 0.0), value)


def _twice_product(one: Value, other: Value) -> Value:
    return elementwise(lambda a, b: 2 * a * b, one, other)


def _pull_twice_product(apply: Apply, g: Array, operands: Mapping[int, Array], node: Node) -> Array:
    """The second derivative of a square, 2: a constant of mathematics, perhaps a result for the framework."""
    pulled = apply("twice_product", g, operands[0])
    return pulled if pulled.source is not None else Array(pulled.storage, Unclear())


def _pull_maximum(position: int) -> Pull:
    def pull(apply: Apply, g: Array, operands: Mapping[int, Array], node: Node) -> Array:
        mine, other = operands[position].value, operands[1 - position].value
        return apply("mask", g, mask=_mask_of(mine, other))

    return Pull(pull, (0, 1))


OPS: Mapping[str, Op] = {
    "add": Op(
        lambda a, b: elementwise(lambda x, y: x + y, a, b),
        (Pull(lambda apply, g, _, node: g), Pull(lambda apply, g, _, node: g)),
    ),
    "sub": Op(
        lambda a, b: elementwise(lambda x, y: x - y, a, b),
        (Pull(lambda apply, g, _, node: g), Pull(lambda apply, g, _, node: apply("neg", g))),
    ),
    "mul": Op(
        lambda a, b: elementwise(lambda x, y: x * y, a, b),
        (
            Pull(lambda apply, g, operands, node: apply("mul", g, operands[1]), (1,)),
            Pull(lambda apply, g, operands, node: apply("mul", g, operands[0]), (0,)),
        ),
    ),
    "neg": Op(lambda a: elementwise(lambda x: -x, a), (Pull(lambda apply, g, _, node: apply("neg", g)),)),
    "square": Op(
        lambda a: elementwise(lambda x: x * x, a),
        (Pull(lambda apply, g, operands, node: apply("twice_product", g, operands[0]), (0,)),),
    ),
    "scale": Op(
        lambda a, factor: elementwise(lambda x: x * factor, a),
        (Pull(lambda apply, g, _, node: apply("scale", g, **node.attributes)),),
        keeps_constant=True,
    ),
    "shift": Op(
        lambda a, offset: elementwise(lambda x: x + offset, a),
        (Pull(lambda apply, g, _, node: g),),
    ),
    "sum": Op(
        lambda a, axes, keepdims: (total(a),) if keepdims else total(a),
        (Pull(lambda apply, g, _, node: apply("spread", g, shape=node.shapes[0])),),
    ),
    "maximum": Op(_maximum, (_pull_maximum(0), _pull_maximum(1))),
    "relu": Op(
        _relu,
        (Pull(lambda apply, g, operands, node: apply("mask", g, mask=_mask_of(operands[0].value, 0.0))),),
        keeps_constant=True,
        may_save=(0, -1),
        is_differentiable_once=True,
    ),
    # What only rules use.
    "mask": Op(
        _masked,
        (Pull(lambda apply, g, _, node: apply("mask", g, **node.attributes)),),
        keeps_constant=True,
    ),
    "spread": Op(
        lambda a, shape: spread_to(a, shape),
        (Pull(lambda apply, g, _, node: apply("summed", g, shape=node.shapes[0])),),
    ),
    "summed": Op(
        lambda a, shape: summed_to(a, shape),
        (Pull(lambda apply, g, _, node: apply("spread", g, shape=node.shapes[0])),),
    ),
    "twice_product": Op(
        _twice_product,
        (
            Pull(lambda apply, g, operands, node: apply("twice_product", g, operands[1]), (1,)),
            Pull(_pull_twice_product, (0,)),
        ),
        may_save=(1,),
    ),
}
STORY_OPS = ("add", "sub", "mul", "neg", "square", "scale", "shift", "sum", "maximum", "relu")
"""Those of the vocabulary."""


def pulled(apply: Apply, node: Node, position: int, g: Array) -> Array:
    """The cotangent of one operand, in the operand's shape."""
    pull = OPS[node.op].pulls[position]
    gradient = pull.function(apply, g, {number: saved.array for number, saved in node.saved.items()}, node)
    if shape_of(gradient.value) != node.shapes[position]:
        return apply("summed", gradient, shape=node.shapes[position])
    return gradient
