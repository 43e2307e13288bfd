"""Rules of one's own, round any computation."""

from __future__ import annotations

from typing import Any

from .array import OPS, Array, TapeError
from .op import as_array
from .record import Record, Saved
from .recording import is_recording, no_grad


class Context:
    """What `Function.forward` leaves for `Function.backward`: arrays by `save_for_backward`, anything else as attributes."""

    def __init__(self, needs_grad: tuple[bool, ...]) -> None:
        self.needs_grad = needs_grad
        self.record: Record | None = None
        self._to_save: tuple[Array, ...] = ()

    def save_for_backward(self, *arrays: Array) -> None:
        """Keep arrays for the rule; a change in place before `backward` is noticed."""
        self._to_save = arrays

    @property
    def saved_arrays(self) -> tuple[Array, ...]:
        """Raises TapeError when they have been freed or changed."""
        if self.record is None:
            return self._to_save
        return tuple(self.record.saved().values())


class Function:
    """An operation with a rule of its own: subclass it, and call ``apply``.

        class Cube(Function):
            @staticmethod
            def forward(context, x):
                context.save_for_backward(x)
                return x**3

            @staticmethod
            def backward(context, cotangent):
                (x,) = context.saved_arrays
                return cotangent * 3 * x**2

    ``forward`` is not recorded, so it may do anything with the numbers.  ``backward`` returns one gradient per operand, in
    a tuple where there are several, and None for what needs none; written in ops it can be differentiated again.
    """

    @staticmethod
    def forward(context: Any, *operands: Any) -> Array:
        raise NotImplementedError

    @staticmethod
    def backward(context: Any, cotangent: Array) -> Any:
        raise NotImplementedError

    @classmethod
    def apply(cls, *operands: Any) -> Array:
        """The result of ``forward``, recorded with ``backward`` as its rule.  Raises TapeError for misfits."""
        arrays = [given for given in operands if isinstance(given, Array)]
        context = Context(tuple(isinstance(given, Array) and given.requires_grad for given in operands))
        with no_grad():
            computed = as_array(cls.forward(context, *operands))
            result = OPS["copy"](computed) if computed.requires_grad or computed in arrays else computed
        if not is_recording() or not any(context.needs_grad):
            return result

        def rule(record: Record, cotangent: Array) -> list[Array | None]:
            record.saved()
            answer = cls.backward(context, cotangent)
            gradients = list(answer) if isinstance(answer, (tuple, list)) else [answer]
            return _fitting(cls.__name__, operands, gradients, record)

        record = Record(cls.__name__, arrays, rule, result.shape)
        record.save({str(number): Saved(array, array is result) for number, array in enumerate(context._to_save)})
        context.record, context._to_save = record, ()
        result.grad_fn = record
        return result


def _fitting(name: str, operands: tuple[Any, ...], gradients: list[Array | None], record: Record) -> list[Array | None]:
    """The gradients of the operands that are arrays.  Raises TapeError where number or shape are wrong."""
    if len(gradients) != len(operands):
        raise TapeError(f"{name}.backward gave {len(gradients)} gradients for {len(operands)} operands")
    kept = [gradient for gradient, given in zip(gradients, operands, strict=True) if isinstance(given, Array)]
    for gradient, edge in zip(kept, record.edges, strict=True):
        if gradient is not None and edge.target is not None and gradient.shape != edge.shape:
            raise TapeError(f"{name}.backward gave shape {gradient.shape} for an operand of shape {edge.shape}")
    return kept
