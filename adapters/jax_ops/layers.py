"""Normalisation layers, embeddings, attention and interpolation in JAX."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table, literal

_PER_CHANNEL = """
def per_channel(vector, x):
    return jnp.reshape(vector, (-1, *(1,) * (x.ndim - 2)))
"""

_RESIZE = """
def resize(x, size, align_corners):
    axes, shape = tuple(range(2, x.ndim)), (*x.shape[:2], *size)
    if not align_corners:
        return jax.image.resize(x, shape, "linear", antialias=False)
    scale = jnp.array([(new - 1) / (old - 1) for new, old in zip(size, x.shape[2:])], x.dtype)
    return jax.image.scale_and_translate(x, shape, axes, scale, 0.5 - 0.5 * scale, "linear", antialias=False)
"""


def _nearest(x: str, size: int, is_centred: bool) -> str:
    if is_centred:
        return f"jax.image.resize({x}, (*{x}.shape[:2], {size}), 'nearest')"
    return f"{x}[..., jnp.arange({size}) * {x}.shape[-1] // {size}]"


def _index(ids: tuple[tuple[int, ...], ...]) -> str:
    return f"jnp.array({literal(ids)})"


def _embedding_bag(table: str, ids: tuple[tuple[int, ...], ...], mode: str) -> str:
    return f"jnp.{mode}({table}[{_index(ids)}], axis=1)"


TABLE = Table(
    expressions={
        "layer_norm": "layer_norm({0}, {1}, {2}, {eps})",
        "rms_norm": "rms_norm({0}, {1}, {eps})",
        "batch_norm": "batch_norm({0}, {1}, {2}, {eps})",
        "batch_norm_inference": "batch_norm_inference({0}, {1}, {2}, {means}, {variances}, {eps})",
        "group_norm": "group_norm({0}, {1}, {2}, {groups}, {eps})",
        "instance_norm": "instance_norm({0}, {1}, {2}, {eps})",
        "embedding": lambda table, ids: f"{table}[{_index(ids)}]",
        "embedding_bag": _embedding_bag,
        "attention": (
            "jnp.swapaxes(jax.nn.dot_product_attention(jnp.swapaxes({0}, 1, 2), jnp.swapaxes({1}, 1, 2), "
            "jnp.swapaxes({2}, 1, 2), is_causal={is_causal}), 1, 2)"
        ),
        "linear": "{0} @ {1}.T + {2}",
        "l2_normalize": (
            "{0} * jax.lax.rsqrt(jnp.maximum(jnp.sum({0} * {0}, axis={axis}, keepdims=True), {eps} ** 2))"
        ),
        "interpolate_nearest": _nearest,
        "interpolate_linear": "resize({0}, ({size},), {align_corners})",
        "interpolate_bilinear": "resize({0}, {size}, {align_corners})",
        "pixel_shuffle": "pixel_shuffle({0}, {factor})",
        "pixel_unshuffle": "pixel_unshuffle({0}, {factor})",
    },
    definitions={
        "layer_norm": """
def layer_norm(x, weight, bias, eps):
    axes = tuple(range(x.ndim - weight.ndim, x.ndim))
    return jax.nn.standardize(x, axis=axes, epsilon=eps) * weight + bias
""",
        "rms_norm": """
def rms_norm(x, weight, eps):
    axes = tuple(range(x.ndim - weight.ndim, x.ndim))
    return x * jax.lax.rsqrt(jnp.mean(jnp.square(x), axis=axes, keepdims=True) + eps) * weight
""",
        "batch_norm": _PER_CHANNEL
        + """

def batch_norm(x, weight, bias, eps):
    y = jax.nn.standardize(x, axis=(0, *range(2, x.ndim)), epsilon=eps)
    return y * per_channel(weight, x) + per_channel(bias, x)
""",
        "batch_norm_inference": _PER_CHANNEL
        + """

def batch_norm_inference(x, weight, bias, means, variances, eps):
    mean, variance = (per_channel(jnp.array(known, x.dtype), x) for known in (means, variances))
    y = (x - mean) * jax.lax.rsqrt(variance + eps)
    return y * per_channel(weight, x) + per_channel(bias, x)
""",
        "group_norm": _PER_CHANNEL
        + """

def group_norm(x, weight, bias, groups, eps):
    parts = jnp.reshape(x, (x.shape[0], groups, -1))
    y = jnp.reshape(jax.nn.standardize(parts, axis=-1, epsilon=eps), x.shape)
    return y * per_channel(weight, x) + per_channel(bias, x)
""",
        "instance_norm": _PER_CHANNEL
        + """

def instance_norm(x, weight, bias, eps):
    y = jax.nn.standardize(x, axis=tuple(range(2, x.ndim)), epsilon=eps)
    return y * per_channel(weight, x) + per_channel(bias, x)
""",
        "interpolate_linear": _RESIZE,
        "interpolate_bilinear": _RESIZE,
        "pixel_shuffle": """
def pixel_shuffle(x, r):
    n, c, h, w = x.shape
    return x.reshape(n, c // r**2, r, r, h, w).transpose(0, 1, 4, 2, 5, 3).reshape(n, c // r**2, h * r, w * r)
""",
        "pixel_unshuffle": """
def pixel_unshuffle(x, r):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // r, r, w // r, r).transpose(0, 1, 3, 5, 2, 4).reshape(n, c * r**2, h // r, w // r)
""",
    },
    composed=frozenset(
        {"layer_norm", "rms_norm", "batch_norm", "batch_norm_inference", "group_norm", "instance_norm", "embedding_bag",
         "linear", "l2_normalize", "pixel_shuffle", "pixel_unshuffle"}
    ),
)  # fmt: skip
