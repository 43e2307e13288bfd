"""How an op is defined: its meaning in NumPy, and for each operand the rule that pulls a cotangent back to it.

    mul = Op("mul", np.multiply, Pull(lambda g, b: g * b, "b"), Pull(lambda g, a: g * a, "a"), broadcasts=True)

A rule gets the cotangent ``g``, then what it names: operands ``a``, ``b``, ``c``, the result ``y``, or an operand's shape
as ``a.shape``; then the op's attributes.  Only what a rule names is saved, and only for operands that require a gradient.
Rules are written in ops, so that they can be differentiated in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .array import OPS, Array, Storage
from .record import Record, Saved
from .recording import is_recording

_LETTERS = "abc"


class Pull:
    """The rule of one operand, and the words for what it needs."""

    __slots__ = ("function", "words")

    def __init__(self, function: Callable[..., Array], words: str = "") -> None:
        self.function = function
        self.words = tuple(words.split())


class Op:
    """A differentiable operation; call it with arrays, NumPy arrays or numbers.

    ``broadcasts`` says that operands are brought to one dtype and may be repeated to one shape.  Every gradient comes back
    in its operand's shape and dtype.
    An op without rules is never recorded: its results are constants.
    """

    def __init__(self, name: str, forward: Callable[..., Any], *pulls: Pull, broadcasts: bool = False) -> None:
        self.name = name
        self.forward = forward
        self.pulls = pulls
        self.broadcasts = broadcasts
        OPS[name] = self

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __call__(self, *operands: Any, **attributes: Any) -> Array:
        arrays = _arrays(operands)
        if self.broadcasts:
            arrays = _of_one_dtype(arrays)
        with np.errstate(all="ignore"):  # inf and nan are values like any other
            data = np.asarray(self.forward(*(array.data for array in arrays), **attributes))
        result = Array(Storage(data if data.flags.owndata and data.flags.writeable else data.copy()))
        if self.pulls and is_recording() and any(array.requires_grad for array in arrays):
            self._record(arrays, result, attributes)
        return result

    def _record(self, operands: Sequence[Array], result: Array, attributes: dict[str, Any]) -> None:
        def rule(record: Record, cotangent: Array) -> list[Array | None]:
            return self.pull_back(record, cotangent, attributes)

        record = Record(self.name, operands, rule, result.shape)
        named = dict(zip(_LETTERS, operands, strict=False))
        pulls = [pull for pull, operand in zip(self.pulls, operands, strict=True) if operand.requires_grad]
        words = {word for pull in pulls for word in pull.words if not word.endswith(".shape")}
        record.save({word: Saved(result, True) if word == "y" else Saved(named[word]) for word in words})
        result.grad_fn = record

    def pull_back(self, record: Record, cotangent: Array, attributes: dict[str, Any]) -> list[Array | None]:
        """One gradient per operand, None for constants."""
        known: dict[str, Any] = dict(record.saved())
        known |= {f"{letter}.shape": edge.shape for letter, edge in zip(_LETTERS, record.edges, strict=False)}
        gradients: list[Array | None] = []
        for pull, edge in zip(self.pulls, record.edges, strict=True):
            if edge.target is None:
                gradients.append(None)
                continue
            pulled = pull.function(cotangent, *(known[word] for word in pull.words), **attributes)
            pulled = fitted(pulled, edge.shape) if self.broadcasts else pulled
            gradients.append(pulled if pulled.dtype == edge.dtype else OPS["cast"](pulled, dtype=edge.dtype))
        return gradients


def fitted(gradient: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of a broadcast operand: the sum over the axes along which it was repeated."""
    return gradient if gradient.shape == shape else OPS["sum_to"](gradient, shape=shape)


def as_array(given: Any) -> Array:
    """An array as it is; anything else as a constant."""
    return _arrays([given])[0]


def widened(data: np.ndarray) -> np.ndarray:
    """Half precision as single: what is made of many steps is rounded once, at the end."""
    return data.astype(np.float32) if data.dtype == np.float16 else data


def _arrays(operands: Sequence[Any]) -> list[Array]:
    """Operands as arrays; a Python number takes the floating-point dtype of its companions."""
    kinds = [given.dtype for given in operands if hasattr(given, "dtype") and given.dtype.kind == "f"]
    dtype = np.result_type(*kinds) if kinds else None
    return [given if isinstance(given, Array) else _constant(given, dtype) for given in operands]


def _constant(given: Any, dtype: Any) -> Array:
    if isinstance(given, (np.ndarray, np.generic)):
        return Array(Storage(np.array(given)))
    if isinstance(given, (list, tuple)) and any(isinstance(item, Array) for item in given):
        raise TypeError("a list of arrays is not an array; stack() or concatenate() them, which keeps their gradients")
    plain = np.asarray(given)
    return Array(Storage(plain if plain.dtype == bool else plain.astype(dtype or np.float64)))


def _of_one_dtype(arrays: list[Array]) -> list[Array]:
    """Numbers in the widest floating-point dtype among them; truth values stay what they are."""
    kinds = {array.dtype for array in arrays if array.dtype.kind == "f"}
    if not kinds:
        return arrays
    common = np.result_type(*kinds)
    return [
        array if array.dtype.kind == "b" or array.dtype == common else OPS["cast"](array, dtype=common)
        for array in arrays
    ]
