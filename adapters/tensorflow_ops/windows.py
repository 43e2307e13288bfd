"""Convolutions, pooling, unfolding and padding modes in TensorFlow.

On a CPU convolutions and pooling have channels last, no derivative in groups, and none with a dilation in float64.
"""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table, literal


def _pad(mode: str):  # type: ignore[no-untyped-def]
    def expression(x: str, widths: tuple[tuple[int, int], ...]) -> str:
        return f"tf.pad({x}, {literal(((0, 0), (0, 0), *widths))}, {mode!r})"

    return expression


_LAYOUT = """
def last(x):
    return tf.transpose(x, (0, *range(2, x.shape.rank), 1))  # channels last: all a CPU has


def first(x):
    return tf.transpose(x, (0, x.shape.rank - 1, *range(1, x.shape.rank - 1)))


def taps_first(w):
    return tf.transpose(w, (*range(2, w.shape.rank), 1, 0))


def around(x, padding, **value):
    return tf.pad(last(x), ((0, 0), *((p, p) for p in padding), (0, 0)), **value)
"""

_CONV = (
    _LAYOUT
    + """

def conv(x, w, stride, padding, dilation):
    x, w = around(x, padding), taps_first(w)
    if max(dilation) == 1:
        return first(tf.nn.convolution(x, w, stride, "VALID"))
    y = tf.nn.convolution(x, w, 1, "VALID", dilations=dilation)  # which refuses strides, hence every n-th
    return first(y[(slice(None), *(slice(None, None, step) for step in stride))])
"""
)

_GROUPED = (
    _CONV
    + """

def grouped(x, w, stride, padding, dilation, groups):
    parts = zip(tf.split(x, groups, axis=1), tf.split(w, groups, axis=0))
    return tf.concat([conv(part, kernel, stride, padding, dilation) for part, kernel in parts], axis=1)
"""
)

TABLE = Table(
    expressions={
        "conv2d": "conv({0}, {1}, {stride}, {padding}, {dilation})",
        "conv3d": "conv3d({0}, {1}, {stride}, {padding})",
        "conv1d_grouped": "grouped({0}, {1}, ({stride},), ({padding},), ({dilation},), {groups})",
        "conv2d_grouped": "grouped2d({0}, {1}, {stride}, {padding}, {groups})",
        "conv_transpose1d": "conv_transpose1d({0}, {1}, {stride}, {padding}, {output_padding})",
        "conv_transpose2d": "conv_transpose2d({0}, {1}, {stride}, {padding}, {output_padding})",
        "avg_pool1d": "avg_pool1d({0}, {window}, {stride})",
        "avg_pool2d": "avg_pool2d({0}, {window}, {stride}, {padding}, {count_include_pad})",
        "max_pool2d": "max_pool2d({0}, {window}, {stride}, {padding})",
        "lp_pool1d": "lp_pool1d({0}, {power}, {window}, {stride})",
        "adaptive_avg_pool1d": "adaptive_avg_pool1d({0}, {size})",
        "unfold": "unfold({0}, {window}, {stride}, {padding}, {dilation})",
        "fold": "fold({0}, {size}, {window}, {stride}, {padding}, {dilation})",
        "pad_reflect": _pad("REFLECT"),
        "pad_symmetric": _pad("SYMMETRIC"),
        "pad_replicate": "pad_replicate({0}, {widths})",
        "pad_circular": "pad_circular({0}, {widths})",
        "pad_constant": "tf.pad({0}, {widths}, constant_values={value})",
    },
    definitions={
        "conv2d": _CONV,
        "conv3d": _LAYOUT
        + """

def conv3d(x, w, stride, padding):
    return first(tf.nn.conv3d(around(x, padding), taps_first(w), (1, *stride, 1), "VALID"))
""",
        "conv1d_grouped": _GROUPED,
        "conv2d_grouped": _GROUPED
        + """

def grouped2d(x, w, stride, padding, groups):
    if groups != x.shape[1]:
        return grouped(x, w, stride, padding, (1, 1), groups)
    w = tf.reshape(w, (groups, -1, tf.shape(w)[2], tf.shape(w)[3]))
    w = tf.transpose(w, (2, 3, 0, 1))  # taps, a channel, what it turns into
    return first(tf.nn.depthwise_conv2d(around(x, padding), w, (1, *stride, 1), "VALID"))
""",
        "conv_transpose1d": _LAYOUT
        + """

def conv_transpose1d(x, w, stride, padding, output_padding):
    size = (tf.shape(x)[2] - 1) * stride + tf.shape(w)[2] + output_padding
    shape = (tf.shape(x)[0], size, tf.shape(w)[1])
    y = tf.nn.conv1d_transpose(last(x), taps_first(w), shape, stride, "VALID")
    return first(y[:, padding : size - padding])
""",
        "conv_transpose2d": _LAYOUT
        + """

def conv_transpose2d(x, w, stride, padding, output_padding):
    axes = zip((2, 3), stride, output_padding)
    high, wide = ((tf.shape(x)[axis] - 1) * step + tf.shape(w)[axis] + more for axis, step, more in axes)
    shape = (tf.shape(x)[0], high, wide, tf.shape(w)[1])
    y = tf.nn.conv2d_transpose(last(x), taps_first(w), shape, stride, "VALID")
    return first(y[:, padding[0] : high - padding[0], padding[1] : wide - padding[1]])
""",
        "avg_pool1d": _LAYOUT
        + """

def avg_pool1d(x, window, stride):
    return first(tf.nn.avg_pool1d(last(x), window, stride, "VALID"))
""",
        "avg_pool2d": _LAYOUT
        + """

def avg_pool2d(x, window, stride, padding, count_include_pad):
    y = tf.nn.avg_pool2d(around(x, padding), window, stride, "VALID")
    if not count_include_pad:
        y = y / tf.nn.avg_pool2d(around(tf.ones_like(x), padding), window, stride, "VALID")
    return first(y)
""",
        "max_pool2d": _LAYOUT
        + """

def max_pool2d(x, window, stride, padding):
    return first(tf.nn.max_pool2d(around(x, padding, constant_values=x.dtype.min), window, stride, "VALID"))
""",
        "lp_pool1d": _LAYOUT
        + """

def lp_pool1d(x, power, window, stride):
    return first(tf.nn.avg_pool1d(last(x) ** power, window, stride, "VALID") * window) ** (1 / power)
""",
        "adaptive_avg_pool1d": """
def adaptive_avg_pool1d(x, size):
    length = tf.shape(x)[-1]
    bins = [slice(i * length // size, -(-(i + 1) * length // size)) for i in range(size)]
    return tf.stack([tf.reduce_mean(x[..., part], axis=-1) for part in bins], axis=-1)
""",
        "unfold": _LAYOUT
        + """

def unfold(x, window, stride, padding, dilation):
    sizes, steps, rates = (1, *window, 1), (1, *stride, 1), (1, *dilation, 1)
    y = first(tf.image.extract_patches(around(x, padding), sizes, steps, rates, "VALID"))
    taps, channels, positions = window[0] * window[1], tf.shape(x)[1], tf.shape(y)[2] * tf.shape(y)[3]
    y = tf.transpose(tf.reshape(y, (-1, taps, channels, positions)), (0, 2, 1, 3))  # channels are the outer axis
    return tf.reshape(y, (-1, channels * taps, positions))
""",
        "fold": """
def fold(x, size, window, stride, padding, dilation):
    rows, columns = (n + 2 * p for n, p in zip(size, padding))
    high, wide = ((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip((rows, columns), window, stride, dilation))
    down = [[tap * dilation[0] + at * stride[0] for at in range(high)] for tap in range(window[0])]
    across = [[tap * dilation[1] + at * stride[1] for at in range(wide)] for tap in range(window[1])]
    places = [row * columns + column for i in down for j in across for row in i for column in j]
    channels = tf.shape(x)[1] // (window[0] * window[1])
    terms = tf.transpose(tf.reshape(x, (-1, channels, len(places))), (2, 0, 1))
    canvas = tf.transpose(tf.math.unsorted_segment_sum(terms, places, rows * columns), (1, 2, 0))
    canvas = tf.reshape(canvas, (-1, channels, rows, columns))
    return canvas[:, :, padding[0] : rows - padding[0], padding[1] : columns - padding[1]]
""",
        "pad_replicate": """
def pad_replicate(x, widths):
    for axis, (before, after) in enumerate(widths, start=2):
        size = tf.shape(x)[axis]
        x = tf.gather(x, tf.clip_by_value(tf.range(-before, size + after), 0, size - 1), axis=axis)
    return x
""",
        "pad_circular": """
def pad_circular(x, widths):
    for axis, (before, after) in enumerate(widths, start=2):
        size = tf.shape(x)[axis]
        x = tf.gather(x, tf.math.floormod(tf.range(-before, size + after), size), axis=axis)
    return x
""",
    },
    composed=frozenset({"conv1d_grouped", "lp_pool1d", "adaptive_avg_pool1d", "fold", "pad_replicate", "pad_circular"}),
)
