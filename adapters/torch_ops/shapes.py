"""Rearranging, joining, cutting and indexing in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table, literal


def _slice(x: str, slices: tuple[tuple[int, int, int], ...]) -> str:
    parts, flipped = [], []
    for axis, (start, count, step) in enumerate(slices):
        if step > 0:
            parts.append(f"{start}:{start + count * step}:{step}")
        else:
            last = start + step * (count - 1)
            parts.append(f"{last}:{start + 1}:{-step}" if count else "0:0:1")
            flipped.append(axis)
    sliced = f"{x}[{', '.join(parts)}]" if parts else x
    return f"torch.flip({sliced}, {literal(tuple(flipped))})" if flipped else sliced


def _pad(x: str, widths: tuple[tuple[int, int], ...]) -> str:
    flat = tuple(width for pair in reversed(widths) for width in pair)
    return f"torch.nn.functional.pad({x}, {literal(flat)})" if flat else x


def _index(indices: tuple[int, ...]) -> str:
    return f"torch.tensor({list(indices)}, dtype=torch.int64)"


TABLE = Table(
    expressions={
        "reshape": "torch.reshape({0}, {shape})",
        "transpose": "torch.permute({0}, {permutation})",
        "broadcast_to": "torch.broadcast_to({0}, {shape})",
        "concatenate": "torch.cat(({0}, {1}), dim={axis})",
        "split": lambda x, axis, at: f"torch.tensor_split({x}, ({at},), dim={axis})",
        "pad": _pad,
        "flip": "torch.flip({0}, {axes})",
        "slice": _slice,
        "take": lambda x, indices, axis: f"torch.index_select({x}, {axis}, {_index(indices)})",
        "scatter_add": lambda x, updates, indices, axis: f"torch.index_add({x}, {axis}, {_index(indices)}, {updates})",
        "sort": "torch.sort({0}, dim={axis}).values",
    },
)
