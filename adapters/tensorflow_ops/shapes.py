"""Rearranging, joining, cutting and indexing in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table, literal


def _slice(x: str, slices: tuple[tuple[int, int, int], ...]) -> str:
    return f"{x}[{', '.join(_bounds(*bounds) for bounds in slices)}]" if slices else x


def _bounds(start: int, count: int, step: int) -> str:
    stop = start + count * step
    return f"{start}:{stop if stop >= 0 else ''}:{step}" if count else "0:0:1"


def _index(indices: tuple[int, ...]) -> str:
    return f"tf.constant({list(indices)}, dtype=tf.int32)"


TABLE = Table(
    expressions={
        "reshape": "tf.reshape({0}, {shape})",
        "transpose": "tf.transpose({0}, {permutation})",
        "broadcast_to": "tf.broadcast_to({0}, {shape})",
        "concatenate": "tf.concat(({0}, {1}), axis={axis})",
        "split": "tf.split({0}, ({at}, -1), axis={axis})",
        "pad": lambda x, widths: f"tf.pad({x}, {literal(widths)})" if widths else x,
        "flip": "tf.reverse({0}, {axes})",
        "slice": _slice,
        "take": lambda x, indices, axis: f"tf.gather({x}, {_index(indices)}, axis={axis})",
        "scatter_add": lambda x, updates, indices, axis: f"scatter_add({x}, {updates}, {_index(indices)}, {axis})",
        "sort": "tf.sort({0}, axis={axis})",
    },
    definitions={
        "scatter_add": """
def scatter_add(target, updates, indices, axis):
    order = list(range(target.shape.rank))
    order[0], order[axis] = axis, 0  # tensor_scatter_nd_add indexes leading axes only
    target, updates = tf.transpose(target, order), tf.transpose(updates, order)
    return tf.transpose(tf.tensor_scatter_nd_add(target, indices[:, None], updates), order)
""",
    },
)
