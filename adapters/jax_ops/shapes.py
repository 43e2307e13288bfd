"""Rearranging, joining, cutting and indexing in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table, literal


def _slice(x: str, slices: tuple[tuple[int, int, int], ...]) -> str:
    return f"{x}[{', '.join(_bounds(*bounds) for bounds in slices)}]" if slices else x


def _bounds(start: int, count: int, step: int) -> str:
    stop = start + count * step
    return f"{start}:{stop if stop >= 0 else ''}:{step}" if count else "0:0:1"


def _index(indices: tuple[int, ...]) -> str:
    return f"jnp.array({list(indices)}, dtype=jnp.int32)"


def _scatter_add(x: str, updates: str, indices: tuple[int, ...], axis: int) -> str:
    return f"{x}.at[{':, ' * axis}{_index(indices)}].add({updates})"


TABLE = Table(
    expressions={
        "reshape": "jnp.reshape({0}, {shape})",
        "transpose": "jnp.transpose({0}, {permutation})",
        "broadcast_to": "jnp.broadcast_to({0}, {shape})",
        "concatenate": "jnp.concatenate(({0}, {1}), axis={axis})",
        "split": "jnp.split({0}, ({at},), axis={axis})",
        "pad": lambda x, widths: f"jnp.pad({x}, {literal(widths)})" if widths else x,
        "flip": "jnp.flip({0}, {axes})",
        "slice": _slice,
        "take": lambda x, indices, axis: f"jnp.take({x}, {_index(indices)}, axis={axis})",
        "scatter_add": _scatter_add,
        "sort": "jnp.sort({0}, axis={axis})",
    },
)
