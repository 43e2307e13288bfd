"""Products of vectors, matrices and tensors, from their definitions in mpmath."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_conformance.ops.op import Array
from autograd_conformance.reference.meanings.meaning import Meaning


def summed(context: Any, pattern: str, *operands: Array) -> Array:
    """Every product of one element of each operand, added to the place its letters name."""
    terms, kept = pattern.split("->")
    letters = terms.split(",")
    named = zip("".join(letters), itertools.chain.from_iterable(x.shape for x in operands), strict=True)
    sizes = dict(named)
    result = np.full([sizes[letter] for letter in kept], context.mpf(0), dtype=object)
    for places in itertools.product(*(range(size) for size in sizes.values())):
        at = dict(zip(sizes, places, strict=True))
        product = context.mpf(1)
        for term, x in zip(letters, operands, strict=True):
            product *= x[tuple(at[letter] for letter in term)]
        result[tuple(at[letter] for letter in kept)] += product
    return result


def _contraction(pattern: str) -> Meaning:
    return lambda context, *operands: summed(context, pattern, *operands)


def _inner(context: Any, a: Array, b: Array) -> Array:
    result = np.empty((*a.shape[:-1], *b.shape[:-1]), dtype=object)
    for left in np.ndindex(a.shape[:-1]):
        for right in np.ndindex(b.shape[:-1]):
            result[(*left, *right)] = sum(a[left] * b[right], start=context.mpf(0))
    return result


def _tensordot(context: Any, a: Array, b: Array, axes: tuple[tuple[int, ...], tuple[int, ...]]) -> Array:
    """The summed axes go last in one operand and first in the other, and become one."""
    left, right = axes
    kept_left = [axis for axis in range(a.ndim) if axis not in left]
    kept_right = [axis for axis in range(b.ndim) if axis not in right]
    rows = a.transpose(*kept_left, *left).reshape([a.shape[axis] for axis in kept_left] + [_count(a, left)])
    columns = b.transpose(*kept_right, *right).reshape([b.shape[axis] for axis in kept_right] + [_count(b, right)])
    return _inner(context, rows, columns)


def _count(x: Array, axes: tuple[int, ...]) -> int:
    return int(np.prod([x.shape[axis] for axis in axes], dtype=int))


def _kron(_context: Any, a: Array, b: Array) -> Array:
    """Element i, j lies in block i // p, j // q for a second operand of shape (p, q)."""
    rows, columns = np.indices((a.shape[0] * b.shape[0], a.shape[1] * b.shape[1]))
    p, q = b.shape
    return a[rows // max(p, 1), columns // max(q, 1)] * b[rows % max(p, 1), columns % max(q, 1)]


def _cross(_context: Any, a: Array, b: Array) -> Array:
    """The last axis by the rule of Sarrus."""
    (u, v, w), (x, y, z) = np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)
    return np.stack((v * z - w * y, w * x - u * z, u * y - v * x), axis=-1)


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "dot": _contraction("i,i->"),
        "matvec": _contraction("ij,j->i"),
        "outer": _contraction("i,j->ij"),
        "inner": _inner,
        "tensordot": _tensordot,
        "einsum_of_one": lambda context, x, pattern: summed(context, pattern, x),
        "einsum_of_three": lambda context, a, b, c, pattern: summed(context, pattern, a, b, c),
        "multi_dot": _contraction("ij,jk,kl->il"),
        "addmm": lambda context, c, a, b, beta, alpha: beta * c + alpha * summed(context, "ik,kj->ij", a, b),
        "kron": _kron,
        "cross": _cross,
    }
)
