"""Order statistics, norms, spreads, running extremes and segments in JAX."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.adapters.translator import Expression, Table


def _norm(order: str) -> str:
    return f"jnp.linalg.norm({{0}}, ord={order}, axis={{axis}}, keepdims={{keepdims}})"


def _numbers(segments: tuple[int, ...]) -> str:
    return f"jnp.array({list(segments)}, dtype=jnp.int32)"


def _segments(reduce: str) -> Expression:
    def expression(x: str, segments: tuple[int, ...]) -> str:
        return f"jax.ops.{reduce}({x}, {_numbers(segments)}, num_segments={segments[-1] + 1})"

    return expression


def _segment_mean(x: str, segments: tuple[int, ...]) -> str:
    return f"segment_mean({x}, {_numbers(segments)}, {segments[-1] + 1})"


EXPRESSIONS: Mapping[str, Expression] = {
    "min": "jnp.min({0}, axis={axes}, keepdims={keepdims})",
    "std": "jnp.std({0}, axis={axes}, keepdims={keepdims})",
    "norm_l1": _norm("1"),
    "norm_l2": _norm("2"),
    "norm_inf": _norm("jnp.inf"),
    "logcumsumexp": "jax.lax.cumlogsumexp({0}, axis={axis})",
    "cummax": "jax.lax.cummax({0}, axis={axis})",
    "cummin": "jax.lax.cummin({0}, axis={axis})",
    "sort_descending": "jnp.sort({0}, axis={axis}, descending=True)",
    "top_k": "jax.lax.top_k({0}, {k})[0]",
    "segment_sum": _segments("segment_sum"),
    "segment_mean": _segment_mean,
    "segment_max": _segments("segment_max"),
    "segment_min": _segments("segment_min"),
}

DEFINITIONS: Mapping[str, str] = {
    "segment_mean": """
def segment_mean(x, numbers, count):
    sizes = jax.ops.segment_sum(jnp.ones_like(x), numbers, num_segments=count)
    return jax.ops.segment_sum(x, numbers, num_segments=count) / sizes
""",
}

ABSENT: Mapping[str, str] = {
    "segment_prod": "jax.ops.segment_prod scatters products, which have no gradient unless every segment has one element",
}

TABLE = Table(EXPRESSIONS, DEFINITIONS, composed=frozenset({"segment_mean"}), absent=ABSENT)
