"""Convolutions, pooling, unfolding and padding modes in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table, literal

_Numbers = tuple[int, ...]


def _convolution(
    x: str, kernel: str, stride: _Numbers, padding: _Numbers, dilation: _Numbers = (), groups: int = 1
) -> str:
    more = f", rhs_dilation={literal(dilation)}" if dilation else ""
    more += f", feature_group_count={groups}" if groups != 1 else ""
    return f"jax.lax.conv_general_dilated({x}, {kernel}, {literal(stride)}, {_both_ends(padding)}{more})"


def _convolution1d(x: str, kernel: str, stride: int, padding: int, dilation: int, groups: int) -> str:
    return _convolution(x, kernel, (stride,), (padding,), (dilation,), groups)


def _both_ends(padding: _Numbers) -> str:
    return literal(tuple((width, width) for width in padding))


def _pool(name: str, x: str, window: _Numbers, stride: _Numbers, padding: _Numbers) -> str:
    full = (literal((1, 1, *window)), literal((1, 1, *stride)), _both_ends((0, 0, *padding)))
    start = {"max": "-jnp.inf", "add": "0.0"}[name]
    return f"jax.lax.reduce_window({x}, {start}, jax.lax.{name}, {', '.join(full)})"


def _avg_pool(x: str, window: _Numbers, stride: _Numbers, padding: _Numbers, count_include_pad: bool = True) -> str:
    total = _pool("add", x, window, stride, padding)
    if not count_include_pad:
        return f"{total} / {_pool('add', f'jnp.ones_like({x})', window, stride, padding)}"
    count = 1
    for width in window:
        count *= width
    return f"{total} / {count}"


def _lp_pool1d(x: str, power: int, window: int, stride: int) -> str:
    return f"({_pool('add', f'{x} ** {power}', (window,), (stride,), (0,))}) ** (1 / {power})"


def _pad(mode: str):  # type: ignore[no-untyped-def]
    def expression(x: str, widths: tuple[tuple[int, int], ...]) -> str:
        return f"jnp.pad({x}, {literal(((0, 0), (0, 0), *widths))}, mode={mode!r})"

    return expression


def _columns(x: str, window: _Numbers, stride: _Numbers, padding: _Numbers, dilation: _Numbers) -> str:
    return f"unfold({x}, {literal(window)}, {literal(stride)}, {_both_ends(padding)}, {literal(dilation)})"


_CONV_TRANSPOSE = """
def conv_transpose(x, w, stride, padding, output_padding, axes):
    ends = [(k - 1 - p, k - 1 - p + more) for k, p, more in zip(w.shape[2:], padding, output_padding)]
    numbers = ("NC" + axes, "OI" + axes, "NC" + axes)
    return jax.lax.conv_transpose(x, w, stride, ends, dimension_numbers=numbers, transpose_kernel=True)
"""

TABLE = Table(
    expressions={
        "conv2d": _convolution,
        "conv3d": _convolution,
        "conv1d_grouped": _convolution1d,
        "conv2d_grouped": _convolution,
        "conv_transpose1d": "conv_transpose({0}, {1}, ({stride},), ({padding},), ({output_padding},), 'H')",
        "conv_transpose2d": "conv_transpose({0}, {1}, {stride}, {padding}, {output_padding}, 'HW')",
        "avg_pool1d": lambda x, window, stride: _avg_pool(x, (window,), (stride,), (0,)),
        "avg_pool2d": _avg_pool,
        "max_pool2d": lambda x, window, stride, padding: _pool("max", x, window, stride, padding),
        "lp_pool1d": _lp_pool1d,
        "adaptive_avg_pool1d": "adaptive_avg_pool1d({0}, {size})",
        "unfold": _columns,
        "fold": "fold({0}, {size}, {window}, {stride}, {padding}, {dilation})",
        "pad_reflect": _pad("reflect"),
        "pad_symmetric": _pad("symmetric"),
        "pad_replicate": _pad("edge"),
        "pad_circular": _pad("wrap"),
        "pad_constant": "jnp.pad({0}, {widths}, constant_values={value})",
    },
    definitions={
        "conv_transpose1d": _CONV_TRANSPOSE,
        "conv_transpose2d": _CONV_TRANSPOSE,
        "adaptive_avg_pool1d": """
def adaptive_avg_pool1d(x, size):
    length = x.shape[-1]
    bins = [slice(i * length // size, -(-(i + 1) * length // size)) for i in range(size)]
    return jnp.stack([jnp.mean(x[..., part], axis=-1) for part in bins], axis=-1)
""",
        "unfold": """
def unfold(x, window, stride, padding, dilation):
    patches = jax.lax.conv_general_dilated_patches(x, window, stride, padding, rhs_dilation=dilation)
    return patches.reshape(*patches.shape[:2], -1)
""",
        "fold": """
def fold(x, size, window, stride, padding, dilation):
    rows, columns = (n + 2 * p for n, p in zip(size, padding))
    high, wide = ((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip((rows, columns), window, stride, dilation))
    x = x.reshape(x.shape[0], -1, *window, high, wide)
    at = lambda tap, count, axis: tap * dilation[axis] + jnp.arange(count) * stride[axis]
    down = at(jnp.arange(window[0])[:, None, None, None], high, 0).reshape(window[0], 1, high, 1)
    across = at(jnp.arange(window[1])[:, None, None, None], wide, 1).reshape(1, window[1], 1, wide)
    canvas = jnp.zeros((*x.shape[:2], rows, columns), x.dtype).at[:, :, down, across].add(x)
    return canvas[:, :, padding[0] : rows - padding[0], padding[1] : columns - padding[1]]
""",
    },
    composed=frozenset({"avg_pool1d", "avg_pool2d", "lp_pool1d", "adaptive_avg_pool1d", "fold"}),
)
