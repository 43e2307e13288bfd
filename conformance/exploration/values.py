"""Arrays of the model: a float, or a tuple of floats; small whole numbers, so that every answer is exact."""

from __future__ import annotations

from collections.abc import Callable

Value = float | tuple[float, ...]
Shape = int | None
"""The length, or None for a scalar."""

LARGEST = 2.0**44
"""Beyond this a sum might be rounded in some order of its terms; such programs are not told."""


class TooLarge(Exception):
    """A number is too large to be exact for certain."""


def shape_of(value: Value) -> Shape:
    return len(value) if isinstance(value, tuple) else None


def value_from_plain(plain: object) -> Value:
    """A number or a flat list of numbers.  Raises TypeError for anything else."""
    if isinstance(plain, (list, tuple)):
        return tuple(float(item) for item in plain)
    if isinstance(plain, (int, float)):
        return float(plain)
    raise TypeError(f"not a number or a flat list: {plain!r}")


def value_to_plain(value: Value) -> float | list[float]:
    return list(value) if isinstance(value, tuple) else value


def elementwise(function: Callable[..., float], *values: Value) -> Value:
    """Broadcast scalars and single elements, and apply.  Raises ValueError where lengths differ, and TooLarge."""
    lengths = [len(value) for value in values if isinstance(value, tuple)]
    if not lengths:
        return exact(function(*values))
    length = next((each for each in lengths if each != 1), 1)
    columns = zip(*(_stretched(value, length) for value in values), strict=True)
    return tuple(exact(function(*column)) for column in columns)


def _stretched(value: Value, length: int) -> tuple[float, ...]:
    if not isinstance(value, tuple):
        return (value,) * length
    return value * length if len(value) == 1 else value


def total(value: Value) -> float:
    return exact(sum(value)) if isinstance(value, tuple) else value


def summed_to(value: Value, shape: Shape) -> Value:
    """Undo a broadcast."""
    if shape_of(value) == shape:
        return value
    return (total(value),) if shape == 1 else total(value)


def spread_to(value: Value, shape: Shape) -> Value:
    """Broadcast a scalar or a single element."""
    if shape is None:
        return total(value)
    return _stretched(value, shape)


def full_of(number: float, shape: Shape) -> Value:
    return number if shape is None else (number,) * shape


def exact(number: float) -> float:
    if abs(number) > LARGEST:
        raise TooLarge(f"{number:g}")
    return number + 0.0  # -0.0 is 0.0: no answer tells them apart
