"""How the losses of all elements become one number, and what all losses ask of their operands and attributes."""

from __future__ import annotations

from autograd_conformance.graph import Attribute, Shape
from autograd_conformance.ops.arithmetic import sum_over
from autograd_conformance.ops.op import Array, Rounding, is_real

REDUCTIONS = ("mean", "sum", "none")


def is_reduction(value: Attribute) -> bool:
    return value in REDUCTIONS


def is_positive(value: Attribute) -> bool:
    return is_real(value) and value > 0  # type: ignore[operator]


def is_filled(shape: Shape) -> bool:
    return 0 not in shape


def are_rows(shape: Shape) -> bool:
    """Rows of at least two classes."""
    return len(shape) == 2 and shape[0] > 0 and shape[1] > 1


def reduced(rounding: Rounding, losses: Array, reduction: str) -> Array:
    """The loss of every element, their sum, or their mean over all elements or over the first axis."""
    if reduction == "none":
        return losses
    total = sum_over(rounding, rounding(losses), tuple(range(1, losses.ndim)))
    if reduction == "sum":
        return total
    count = losses.shape[1] if reduction == "batchmean" else losses[0].size
    mean: Array = rounding(total) / losses.dtype.type(count)
    return mean


def require_alike(*arrays: Array) -> None:
    """Raises ValueError unless all have one shape."""
    if len({array.shape for array in arrays}) != 1:
        shapes = [array.shape[1:] for array in arrays]
        raise ValueError(f"operands of shapes {shapes} are not compared element by element")
