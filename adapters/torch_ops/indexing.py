"""Picking, placing and repeating elements by number or by mask in PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_conformance.adapters.translator import Expression, Table, literal

Places = tuple[tuple[int, int], ...]


def _tensor(items: Sequence[Any]) -> str:
    return f"torch.tensor({np.array(items).tolist()})"


def _along(call: str) -> Expression:
    def expression(*operands: str, indices: tuple[Any, ...], axis: int) -> str:
        return call.format(operands[0], axis, _tensor(indices), *operands[1:])

    return expression


def _scatter_reduce(reduce: str) -> Expression:
    return _along(f"torch.scatter_reduce({{0}}, {{1}}, {{2}}, {{3}}, {reduce!r}, include_self=True)")


def _slice_update(x: str, updates: str, axis: int, start: int, count: int, step: int) -> str:
    end = start + max((count - 1) * step + 1, 0)
    return f"torch.slice_scatter({x}, {updates}, {axis}, {start}, {end}, {step})"


def _rows_and_columns(places: Places) -> str:
    return ", ".join(map(_tensor, zip(*places, strict=True)))


def _scatter_nd(x: str, places: Places, shape: tuple[int, ...]) -> str:
    zeros = f"torch.zeros({literal(shape)}, dtype={x}.dtype)"
    return f"torch.index_put({zeros}, ({_rows_and_columns(places)}), {x}, accumulate=True)"


TABLE = Table(
    expressions={
        "gather_along_axis": _along("torch.gather({0}, {1}, {2})"),
        "scatter_along_axis": _along("torch.scatter_add({0}, {1}, {2}, {3})"),
        "scatter_mul": _scatter_reduce("prod"),
        "scatter_max": _scatter_reduce("amax"),
        "scatter_min": _scatter_reduce("amin"),
        "index_copy": _along("torch.index_copy({0}, {1}, {2}, {3})"),
        "slice_update": _slice_update,
        "masked_fill": lambda x, mask, value: f"torch.masked_fill({x}, {_tensor(mask)}, {literal(value)})",
        "masked_select": lambda x, mask: f"torch.masked_select({x}, {_tensor(mask)})",
        "gather_nd": lambda x, places: f"{x}[{_rows_and_columns(places)}]",
        "scatter_nd": _scatter_nd,
        "select": "torch.select({0}, {axis}, {index})",
        "unstack": "torch.unbind({0}, {axis})",
        "repeat_interleave": lambda x, repeats, axis: f"torch.repeat_interleave({x}, {_tensor(repeats)}, dim={axis})",
    },
)
