"""The value: numbers in a storage, and what the tape knows about them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from .recording import is_recording

if TYPE_CHECKING:
    from .record import Record

OPS: dict[str, Callable[..., Array]] = {}
"""Every differentiable op by name; the files with rules fill it, the operators below look them up."""

_numbers = itertools.count()


class TapeError(RuntimeError):
    """Something was asked of the tape that it cannot or must not do; the message says what to do instead."""


class Storage:
    """Numbers, and how often they were changed in place; an array and what is detached from it share one."""

    __slots__ = ("data", "number", "version")

    def __init__(self, data: np.ndarray) -> None:
        self.data = data
        self.version = 0
        self.number = next(_numbers)


class Array:
    """An n-dimensional value.

    It is a leaf unless an operation recorded it (then ``grad_fn`` is the record).  ``grad`` is what `backward` has added
    up here: filled for leaves that require a gradient, and for results after `retain_grad`.
    """

    __slots__ = ("__weakref__", "_is_watched", "grad", "grad_fn", "name", "storage")
    __array_ufunc__ = None  # a NumPy array on the left leaves the operator to this class

    def __init__(self, storage: Storage, grad_fn: Record | None = None, name: str = "") -> None:
        self.storage = storage
        self.grad_fn = grad_fn
        self.grad: Array | None = None
        self.name = name
        self._is_watched = False

    @property
    def data(self) -> np.ndarray:
        """The numbers themselves.  A change made here is not seen by the version counter."""
        return self.storage.data

    @property
    def shape(self) -> tuple[int, ...]:
        return self.storage.data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.storage.data.dtype

    @property
    def ndim(self) -> int:
        return self.storage.data.ndim

    @property
    def size(self) -> int:
        return self.storage.data.size

    @property
    def version(self) -> int:
        """How often the numbers were changed in place."""
        return self.storage.version

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it; by convention also everything that requires no gradient."""
        return self.grad_fn is None

    @property
    def requires_grad(self) -> bool:
        return self._is_watched or self.grad_fn is not None

    def requires_grad_(self, is_required: bool = True) -> Array:
        """Switch the wish for a gradient on or off.  Raises TapeError for integers, and for results of operations."""
        if self.grad_fn is not None and not is_required:
            raise TapeError("a result follows its operands; detach() gives one that requires no gradient")
        if is_required and self.dtype.kind != "f":
            raise TapeError(f"only floating-point arrays can require a gradient, not {self.dtype}")
        self._is_watched = is_required and self.grad_fn is None
        return self

    def retain_grad(self) -> None:
        """Let `backward` fill ``grad`` of this result too.  Raises TapeError where no gradient is required."""
        if not self.requires_grad:
            raise TapeError("an array that requires no gradient has none to retain")
        if self.grad_fn is not None:
            self.grad_fn.retain(self)

    def detach(self) -> Array:
        """The same storage, cut from the tape: it requires no gradient, and a change in place is a change of both."""
        return Array(self.storage)

    def zero_grad(self) -> None:
        """Forget the gradient: None, not zeros, so that "nothing arrived" stays visible."""
        self.grad = None

    def backward(self, cotangent: Any = None, retain_graph: bool | None = None, create_graph: bool = False) -> None:
        """Add the vector-Jacobian product into the ``grad`` of every leaf; see `tape_engine.backward`."""
        from .engine import backward

        backward(self, cotangent, retain_graph, create_graph)

    # Values that leave the tape.

    def numpy(self) -> np.ndarray:
        """A copy of the numbers."""
        return self.storage.data.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.storage.data.astype(dtype if dtype is not None else self.dtype)

    def item(self) -> Any:
        return self.storage.data.item()

    def tolist(self) -> Any:
        return self.storage.data.tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(self.storage.data)

    def __len__(self) -> int:
        return len(self.storage.data)

    def __repr__(self) -> str:
        numbers = np.array2string(self.storage.data, separator=", ", prefix="array(", threshold=20)
        more = f", grad_fn={self.grad_fn!r}" if self.grad_fn else ", requires_grad=True" if self.requires_grad else ""
        return f"array({numbers}, dtype={self.dtype}{more})"

    # Operators.

    def __add__(self, other: Any) -> Array:
        return OPS["add"](self, other)

    def __radd__(self, other: Any) -> Array:
        return OPS["add"](other, self)

    def __sub__(self, other: Any) -> Array:
        return OPS["sub"](self, other)

    def __rsub__(self, other: Any) -> Array:
        return OPS["sub"](other, self)

    def __mul__(self, other: Any) -> Array:
        return OPS["mul"](self, other)

    def __rmul__(self, other: Any) -> Array:
        return OPS["mul"](other, self)

    def __truediv__(self, other: Any) -> Array:
        return OPS["div"](self, other)

    def __rtruediv__(self, other: Any) -> Array:
        return OPS["div"](other, self)

    def __pow__(self, other: Any) -> Array:
        return OPS["power"](self, other)

    def __rpow__(self, other: Any) -> Array:
        return OPS["power"](other, self)

    def __matmul__(self, other: Any) -> Array:
        return OPS["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Array:
        return OPS["matmul"](other, self)

    def __neg__(self) -> Array:
        return OPS["neg"](self)

    def __abs__(self) -> Array:
        return OPS["abs"](self)

    def __gt__(self, other: Any) -> Array:
        return OPS["greater"](self, other)

    def __lt__(self, other: Any) -> Array:
        return OPS["greater"](other, self)

    def __getitem__(self, key: Any) -> Array:
        return OPS["slice"](self, key=key)

    def __iter__(self) -> Iterator[Array]:
        return (self[number] for number in range(len(self)))

    @property
    def T(self) -> Array:  # noqa: N802 - its name everywhere
        return self.transpose()

    def sum(self, axis: Any = None, keepdims: bool = False) -> Array:
        return OPS["sum"](self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Array:
        return OPS["mean"](self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Array:
        return OPS["max"](self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Array:
        return OPS["reshape"](self, shape=shape[0] if len(shape) == 1 else shape)

    def transpose(self, *permutation: SupportsIndex) -> Array:
        return OPS["transpose"](self, permutation=permutation or None)

    def astype(self, dtype: Any) -> Array:
        return OPS["cast"](self, dtype=dtype)

    # Changes in place.

    def add_(self, other: Any) -> Array:
        return self._become(OPS["add"], other)

    def sub_(self, other: Any) -> Array:
        return self._become(OPS["sub"], other)

    def mul_(self, other: Any) -> Array:
        return self._become(OPS["mul"], other)

    def __iadd__(self, other: Any) -> Array:
        return self.add_(other)

    def __isub__(self, other: Any) -> Array:
        return self.sub_(other)

    def __imul__(self, other: Any) -> Array:
        return self.mul_(other)

    def copy_(self, other: Any) -> Array:
        """Take over the values of ``other``, broadcast to this shape."""
        return self._become(OPS["set_item"], other, key=...)

    def zero_(self) -> Array:
        return self.copy_(0.0)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._become(OPS["set_item"], value, key=key)

    def _become(self, op: Callable[..., Array], other: Any, **attributes: Any) -> Array:
        """Put the result of ``op`` into this storage, and its record in the place of this one's.

        Raises TapeError for a leaf that requires a gradient while recording: its old value would be lost to the tape.
        """
        if is_recording() and self.is_leaf and self.requires_grad:
            raise TapeError("a leaf that requires a gradient cannot be changed in place; update it within no_grad()")
        result = op(self, other, **attributes)
        if result.shape != self.shape:
            raise TapeError(f"an array of shape {self.shape} cannot become one of shape {result.shape} in place")
        self.storage.data[...] = result.data
        self.storage.version += 1
        if result.grad_fn is not None:
            self.grad_fn = result.grad_fn
        return self


def array(values: Any, requires_grad: bool = False, dtype: Any = None, name: str = "") -> Array:
    """A leaf with a copy of the values: numbers, nested lists, a NumPy array or another array's values.

    ``dtype`` is that of the values, or float64 where they are Python numbers.
    """
    if dtype is None and not hasattr(values, "dtype") and np.asarray(values).dtype.kind in "iu":
        dtype = np.float64
    made = Array(Storage(np.array(values, dtype=dtype)), name=name)
    return made.requires_grad_() if requires_grad else made
