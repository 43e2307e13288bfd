"""Products of vectors, matrices and tensors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import contract, sum_over
from autograd_conformance.ops.op import (
    Arrangement,
    Array,
    Choices,
    Interval,
    Kind,
    Op,
    Rounding,
    is_indices,
    is_real,
    outer_extent,
)

_MODERATE = Interval(-8.0, 8.0)
_TWO: tuple[Kind, ...] = ("float", "float")
_THREE: tuple[Kind, ...] = ("float", "float", "float")
_LETTERS = "abcdefgh"
_EINSUM_OF_ONE = re.compile(r"[a-z]{1,4}->[a-z]{0,4}")
_EINSUM_OF_THREE = re.compile(r"[a-z]{1,3},[a-z]{1,3},[a-z]{1,3}->[a-z]{0,3}")


def _is_vector(shape: Shape) -> bool:
    return len(shape) == 1


def _is_flat_matrix(shape: Shape) -> bool:
    return len(shape) == 2


def _require_rank(x: Array, rank: int) -> None:
    if x.ndim != rank + 1:
        raise ValueError(f"{x.ndim - 1} axes instead of {rank}")


def _contraction(pattern: str) -> Callable[[Rounding, Array, Array], Array]:
    return lambda rounding, a, b: contract(rounding, pattern, a, b)


def _inner(rounding: Rounding, a: Array, b: Array) -> Array:
    """Sum over the last axis of both; the other axes stay, those of ``a`` first."""
    if min(a.ndim, b.ndim) < 2 or max(a.ndim, b.ndim) > 4:
        raise ValueError("inner takes one to three axes")
    first, second = _LETTERS[: a.ndim - 2], _LETTERS[4 : b.ndim + 2]
    return contract(rounding, f"{first}z,{second}z->{first}{second}", a, b)


def _tensordot(rounding: Rounding, a: Array, b: Array, axes: tuple[tuple[int, ...], tuple[int, ...]]) -> Array:
    """Sum over pairs of axes; the other axes stay, those of ``a`` first."""
    if max(a.ndim, b.ndim) > 5 or len(axes[0]) != len(axes[1]) or any(len(set(side)) != len(side) for side in axes):
        raise ValueError(f"cannot sum over axes {axes}")
    first, second = list(_LETTERS[: a.ndim - 1]), list("stuv"[: b.ndim - 1])
    for left, right in zip(*axes, strict=True):
        second[right] = first[left]
    kept = [letter for letter in (*first, *second) if (letter in first) != (letter in second)]
    return contract(rounding, f"{''.join(first)},{''.join(second)}->{''.join(kept)}", a, b)


def _is_pair_of_axes(value: Attribute) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(is_indices(side) for side in value)


def _tensordot_axes(choices: Choices, shape: Shape) -> Arrangement:
    axes, partner = choices.one_of(
        (((-1 + len(shape),), (0,)), (shape[-1], 2)), (((0,), (1,)), (2, shape[0])),
        (((0, len(shape) - 1), (1, 0)), (shape[-1], shape[0])), (((), ()), (2,)),
    )  # fmt: skip
    return Arrangement((partner,), {"axes": axes})


def _einsum_of_one(rounding: Rounding, x: Array, pattern: str) -> Array:
    """Einstein summation of one array: diagonals where a letter is repeated, sums where one is left out."""
    term, result = pattern.split("->")
    sizes: dict[str, int] = {}
    for letter, size in zip(term, x.shape[1:], strict=True):
        if sizes.setdefault(letter, size) != size:
            raise ValueError(f"{pattern} does not fit shape {x.shape[1:]}")
    summed = "".join(sorted(set(sizes) - set(result)))
    kept = np.einsum(f"Z{term}->Z{result}{summed}", x)
    return sum_over(rounding, kept, tuple(range(1 + len(result), kept.ndim)))


def _is_pattern_of_one(value: Attribute) -> bool:
    if not isinstance(value, str) or not _EINSUM_OF_ONE.fullmatch(value):
        return False
    term, result = value.split("->")
    return len(set(result)) == len(result) and set(result) <= set(term)


def _pattern_of_one(choices: Choices, shape: Shape) -> Arrangement:
    patterns = ("ii->i", "ii->", "ij->ji") if shape[0] == shape[1] else ("ij->ji", "ij->i", "ij->")
    pattern = choices.one_of(*patterns)
    return Arrangement((), {"pattern": pattern if len(shape) == 2 else pattern.replace("->", "k->") + "k"})


def _einsum_of_three(rounding: Rounding, a: Array, b: Array, c: Array, pattern: str) -> Array:
    """The first two operands are contracted before the third."""
    terms, result = pattern.split("->")
    first, second, third = terms.split(",")
    between = "".join(sorted((set(first) | set(second)) & (set(third) | set(result))))
    pair = contract(rounding, f"{first},{second}->{between}", a, b)
    return contract(rounding, f"{between},{third}->{result}", rounding(pair), c)


def _is_pattern_of_three(value: Attribute) -> bool:
    if not isinstance(value, str) or not _EINSUM_OF_THREE.fullmatch(value):
        return False
    operands, result = value.split("->")
    terms = operands.split(",")
    no_repeats = all(len(set(term)) == len(term) for term in (*terms, result))
    return no_repeats and set(result) <= set("".join(terms))


def _pattern_of_three(choices: Choices, shape: Shape) -> Arrangement:
    first, last = shape[0], shape[-1]
    options = (
        (("i,ij,j->", (first, 2), (2,)), ("i,ij,ik->jk", (first, 2), (first, 3)), ("i,i,i->", shape, shape))
        if len(shape) == 1
        else (("ij,jk,kl->il", (last, 2), (2, 3)), ("ij,i,j->", (first,), (last,)), ("ij,i,j->ji", (first,), (last,)))
    )
    pattern, second, third = choices.one_of(*options)
    return Arrangement((second, third), {"pattern": pattern})


def _multi_dot(rounding: Rounding, a: Array, b: Array, c: Array) -> Array:
    return contract(rounding, "ik,kj->ij", rounding(contract(rounding, "ij,jk->ik", a, b)), c)


def _chain(choices: Choices, shape: Shape) -> Arrangement:
    between = choices.one_of(2, 3)
    return Arrangement(((shape[1], between), (between, choices.one_of(2, 1))))


def _addmm(rounding: Rounding, c: Array, a: Array, b: Array, beta: float, alpha: float) -> Array:
    """The sum beta C + alpha A B."""
    product = rounding(contract(rounding, "ik,kj->ij", a, b))
    if product.shape != c.shape:
        raise ValueError(f"a product of shape {product.shape[1:]} on a matrix of shape {c.shape[1:]}")
    return rounding(beta * c) + rounding(alpha * product)


def _addmm_partners(choices: Choices, shape: Shape) -> Arrangement:
    between = choices.one_of(2, 3)
    factors = {"beta": choices.one_of(1.0, -0.5, 2.0), "alpha": choices.one_of(1.0, 0.5, -1.5)}
    return Arrangement(((shape[0], between), (between, shape[1])), factors)


def _kron(_rounding: Rounding, a: Array, b: Array) -> Array:
    """Every element of ``a`` times all of ``b``, as blocks."""
    _require_rank(a, 2)
    _require_rank(b, 2)
    blocks = np.einsum("Zij,Zkl->Zikjl", a, b)
    return blocks.reshape(a.shape[0], a.shape[1] * b.shape[1], a.shape[2] * b.shape[2])


def _small_matrix(choices: Choices, shape: Shape) -> Arrangement:
    return Arrangement((choices.one_of((2, 2), (1, 3), (2, 1)),))


def _cross(rounding: Rounding, a: Array, b: Array) -> Array:
    """The cross product along the last axis."""
    if a.shape != b.shape or a.ndim < 2 or a.shape[-1] != 3:
        raise ValueError(f"no vectors of three elements: {a.shape[1:]} and {b.shape[1:]}")
    following, other = [1, 2, 0], [2, 0, 1]
    return rounding(a[..., following] * b[..., other]) - rounding(a[..., other] * b[..., following])


def _product(
    name: str, meaning: Callable[..., Array], arrange: Callable[[Choices, Shape], Arrangement], **more: Any
) -> Op:
    """An op of two operands of moderate size that may write down every product of two elements."""
    return Op(
        name, "products", meaning, arrange, operands=_TWO, domains=(_MODERATE, _MODERATE), extent=outer_extent, **more
    )  # fmt: skip


OPS = (
    _product("dot", _contraction("i,i->"), lambda _c, shape: Arrangement((shape,)), accepts=_is_vector, example=(3,)),
    _product("matvec", _contraction("ij,j->i"), lambda _c, shape: Arrangement((shape[1:],)), accepts=_is_flat_matrix),
    _product(
        "outer", _contraction("i,j->ij"), lambda choices, _s: Arrangement(((choices.one_of(2, 3),),)),
        accepts=_is_vector, example=(3,),
    ),
    _product(
        "inner", _inner, lambda choices, shape: Arrangement((choices.one_of((2, shape[-1]), shape[-1:]),)),
        accepts=lambda shape: 1 <= len(shape) <= 2,
    ),
    _product(
        "tensordot", _tensordot, _tensordot_axes, attributes={"axes": _is_pair_of_axes},
        accepts=lambda shape: 2 <= len(shape) <= 3,
    ),
    Op(
        "einsum_of_one", "products", _einsum_of_one, _pattern_of_one, attributes={"pattern": _is_pattern_of_one},
        accepts=lambda shape: 2 <= len(shape) <= 3, example=(3, 3),
    ),
    Op(
        "einsum_of_three", "products", _einsum_of_three, _pattern_of_three, operands=_THREE,
        attributes={"pattern": _is_pattern_of_three}, accepts=lambda shape: 1 <= len(shape) <= 2,
        domains=(Interval(-4.0, 4.0),) * 3, extent=outer_extent,
    ),
    Op(
        "multi_dot", "products", _multi_dot, _chain, operands=_THREE, accepts=_is_flat_matrix,
        domains=(Interval(-4.0, 4.0),) * 3, extent=outer_extent,
    ),
    Op(
        "addmm", "products", _addmm, _addmm_partners, operands=_THREE, attributes={"beta": is_real, "alpha": is_real},
        accepts=_is_flat_matrix, domains=(_MODERATE,) * 3, extent=outer_extent,
    ),
    _product("kron", _kron, _small_matrix, accepts=_is_flat_matrix),
    Op(
        "cross", "products", _cross, lambda _c, shape: Arrangement((shape,)), operands=_TWO,
        accepts=lambda shape: 1 <= len(shape) <= 3 and shape[-1] == 3, example=(2, 3), domains=(_MODERATE, _MODERATE),
    ),
)  # fmt: skip
