"""Order statistics, norms, spreads, running extremes and segments in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_conformance.adapters.translator import Expression, Table


def _segments(reduce: str) -> Expression:
    def expression(x: str, segments: tuple[int, ...]) -> str:
        lengths = [segments.count(segment) for segment in range(segments[-1] + 1)]
        return f"torch.segment_reduce({x}, {reduce!r}, lengths=torch.tensor({lengths}), axis=0)"

    return expression


def _norm(order: str) -> str:
    return f"torch.linalg.vector_norm({{0}}, ord={order}, dim={{axis}}, keepdim={{keepdims}})"


EXPRESSIONS: Mapping[str, Expression] = {
    "min": "torch.amin({0}, dim={axes}, keepdim={keepdims})",
    "std": "torch.std({0}, dim={axes}, correction=0, keepdim={keepdims})",
    "norm_l1": _norm("1"),
    "norm_l2": _norm("2"),
    "norm_inf": _norm("float('inf')"),
    "logcumsumexp": "torch.logcumsumexp({0}, dim={axis})",
    "cummax": "torch.cummax({0}, dim={axis}).values",
    "cummin": "torch.cummin({0}, dim={axis}).values",
    "sort_descending": "torch.sort({0}, dim={axis}, descending=True).values",
    "top_k": "torch.topk({0}, {k}).values",
    "segment_sum": _segments("sum"),
    "segment_mean": _segments("mean"),
    "segment_prod": _segments("prod"),
    "segment_max": _segments("max"),
    "segment_min": _segments("min"),
}

TABLE = Table(EXPRESSIONS)
