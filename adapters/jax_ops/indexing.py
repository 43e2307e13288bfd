"""Picking, placing and repeating elements by number or by mask in JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_conformance.adapters.translator import Expression, Table, literal

Places = tuple[tuple[int, int], ...]


def _array(items: Sequence[Any]) -> str:
    return f"jnp.array({np.array(items).tolist()})"


def _gather_along_axis(x: str, indices: tuple[Any, ...], axis: int) -> str:
    return f"jnp.take_along_axis({x}, {_array(indices)}, axis={axis})"


def _scatter(method: str) -> Expression:
    """Indices along one axis, and on the others each place's own."""

    def expression(x: str, updates: str, indices: tuple[Any, ...], axis: int) -> str:
        grids: list[Any] = list(np.indices(np.shape(indices)))
        grids[axis] = np.array(indices)
        return f"{x}.at[{', '.join(map(_array, grids))}].{method}({updates})"

    return expression


def _index_copy(x: str, updates: str, indices: tuple[int, ...], axis: int) -> str:
    return f"{x}.at[{':, ' * axis}{_array(indices)}].set({updates})"


def _slice_update(x: str, updates: str, axis: int, start: int, count: int, step: int) -> str:
    end = start + max((count - 1) * step + 1, 0)
    return f"{x}.at[{':, ' * axis}{start}:{end}:{step}].set({updates})"


def _masked_select(x: str, mask: tuple[Any, ...]) -> str:
    return f"jnp.extract({_array(mask)}, {x}, size={int(np.sum(mask))})"


def _rows_and_columns(places: Places) -> str:
    return ", ".join(map(_array, zip(*places, strict=True)))


def _scatter_nd(x: str, places: Places, shape: tuple[int, ...]) -> str:
    return f"jnp.zeros({literal(shape)}, dtype={x}.dtype).at[{_rows_and_columns(places)}].add({x})"


def _repeat_interleave(x: str, repeats: tuple[int, ...], axis: int) -> str:
    return f"jnp.repeat({x}, {_array(repeats)}, axis={axis}, total_repeat_length={sum(repeats)})"


TABLE = Table(
    expressions={
        "gather_along_axis": _gather_along_axis,
        "scatter_along_axis": _scatter("add"),
        "scatter_max": _scatter("max"),
        "scatter_min": _scatter("min"),
        "index_copy": _index_copy,
        "slice_update": _slice_update,
        "masked_fill": lambda x, mask, value: f"jnp.where({_array(mask)}, {literal(value)}, {x})",
        "masked_select": _masked_select,
        "gather_nd": lambda x, places: f"{x}[{_rows_and_columns(places)}]",
        "scatter_nd": _scatter_nd,
        "select": lambda x, axis, index: f"{x}[{':, ' * axis}{index}]",
        "unstack": "jnp.unstack({0}, axis={axis})",
        "repeat_interleave": _repeat_interleave,
    },
    absent={"scatter_mul": "products scattered to one place have no gradient, only those to distinct places have"},
)
