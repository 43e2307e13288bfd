"""Normalisation layers, embeddings, attention and interpolation in TensorFlow."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table

_NORMALISED = """
def normalised(x, axes, shape, weight, bias, eps):
    mean, variance = tf.nn.moments(x, axes, keepdims=True)
    weight, bias = (tf.reshape(vector, shape) for vector in (weight, bias))
    return tf.nn.batch_normalization(x, mean, variance, bias, weight, eps)


def per_channel(x):
    return (-1, *(1,) * (x.shape.rank - 2))
"""

TABLE = Table(
    expressions={
        "layer_norm": "layer_norm({0}, {1}, {2}, {eps})",
        "rms_norm": "rms_norm({0}, {1}, {eps})",
        "batch_norm": "batch_norm({0}, {1}, {2}, {eps})",
        "batch_norm_inference": "batch_norm_inference({0}, {1}, {2}, {means}, {variances}, {eps})",
        "group_norm": "group_norm({0}, {1}, {2}, {groups}, {eps})",
        "instance_norm": "instance_norm({0}, {1}, {2}, {eps})",
        "embedding": "tf.nn.embedding_lookup({0}, {ids})",
        "embedding_bag": lambda table, ids, mode: f"tf.reduce_{mode}(tf.nn.embedding_lookup({table}, {ids}), axis=1)",
        "attention": "attention({0}, {1}, {2}, {is_causal})",
        "linear": "tf.linalg.matvec({1}, {0}) + {2}",
        "l2_normalize": "tf.math.l2_normalize({0}, axis={axis}, epsilon={eps} ** 2)",
        "interpolate_nearest": "nearest({0}, {size}, {is_centred})",
        "pixel_shuffle": "pixel_shuffle({0}, {factor})",
        "pixel_unshuffle": "pixel_unshuffle({0}, {factor})",
    },
    definitions={
        "layer_norm": _NORMALISED
        + """

def layer_norm(x, weight, bias, eps):
    axes = tuple(range(x.shape.rank - weight.shape.rank, x.shape.rank))
    return normalised(x, axes, tf.shape(weight), weight, bias, eps)
""",
        "rms_norm": """
def rms_norm(x, weight, eps):
    axes = tuple(range(x.shape.rank - weight.shape.rank, x.shape.rank))
    return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), axes, keepdims=True) + eps) * weight
""",
        "batch_norm": _NORMALISED
        + """

def batch_norm(x, weight, bias, eps):
    return normalised(x, (0, *range(2, x.shape.rank)), per_channel(x), weight, bias, eps)
""",
        "batch_norm_inference": """
def batch_norm_inference(x, weight, bias, means, variances, eps):
    shape = (-1, *(1,) * (x.shape.rank - 2))
    known = (tf.constant(means, x.dtype), tf.constant(variances, x.dtype), bias, weight)
    return tf.nn.batch_normalization(x, *(tf.reshape(vector, shape) for vector in known), eps)
""",
        "group_norm": _NORMALISED
        + """

def group_norm(x, weight, bias, groups, eps):
    axes, shape = tuple(range(1, x.shape.rank)), per_channel(x)
    parts = zip(tf.split(x, groups, axis=1), tf.split(weight, groups), tf.split(bias, groups))
    return tf.concat([normalised(part, axes, shape, w, b, eps) for part, w, b in parts], axis=1)
""",
        "instance_norm": _NORMALISED
        + """

def instance_norm(x, weight, bias, eps):
    return normalised(x, tuple(range(2, x.shape.rank)), per_channel(x), weight, bias, eps)
""",
        "attention": """
def attention(q, k, v, is_causal):
    logits = tf.matmul(q, k, transpose_b=True) / tf.cast(tf.shape(q)[-1], q.dtype) ** 0.5
    if is_causal:
        seen = tf.linalg.band_part(tf.ones(tf.shape(logits)[-2:], tf.bool), -1, 0)
        logits = tf.where(seen, logits, logits.dtype.min)
    return tf.matmul(tf.nn.softmax(logits), v)
""",
        "interpolate_nearest": """
def nearest(x, size, is_centred):
    rows = tf.transpose(x, (0, 2, 1))[:, None]  # an image of one row, channels last
    resized = tf.raw_ops.ResizeNearestNeighbor(images=rows, size=(1, size), half_pixel_centers=is_centred)
    return tf.transpose(resized[:, 0], (0, 2, 1))
""",
        "pixel_shuffle": """
def pixel_shuffle(x, r):
    _, c, h, w = tf.unstack(tf.shape(x))
    y = tf.transpose(tf.reshape(x, (-1, c // r**2, r**2, h, w)), (0, 3, 4, 2, 1))  # of a place, channels are the inner axis
    return tf.transpose(tf.nn.depth_to_space(tf.reshape(y, (-1, h, w, c)), r), (0, 3, 1, 2)) if r > 1 else x
""",
        "pixel_unshuffle": """
def pixel_unshuffle(x, r):
    _, c, h, w = tf.unstack(tf.shape(x))
    if r == 1:
        return x
    y = tf.nn.space_to_depth(tf.transpose(x, (0, 2, 3, 1)), r)
    y = tf.transpose(tf.reshape(y, (-1, h // r, w // r, r**2, c)), (0, 4, 3, 1, 2))
    return tf.reshape(y, (-1, c * r**2, h // r, w // r))
""",
    },
    composed=frozenset(
        {"layer_norm", "rms_norm", "batch_norm", "batch_norm_inference", "group_norm", "instance_norm", "embedding_bag",
         "attention", "linear"}
    ),
    absent={
        "interpolate_linear": "tf.image.resize answers in float32 whatever it is given",
        "interpolate_bilinear": "tf.image.resize answers in float32 whatever it is given",
    },
)  # fmt: skip
