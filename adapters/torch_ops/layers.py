"""Normalisation layers, embeddings, attention and interpolation in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table


def _nearest(x: str, size: int, is_centred: bool) -> str:
    mode = "nearest-exact" if is_centred else "nearest"
    return f"torch.nn.functional.interpolate({x}, size={size}, mode={mode!r})"


def _known(attribute: str) -> str:
    return "torch.tensor({" + attribute + "}, dtype={0}.dtype)"


_LINEAR = "torch.nn.functional.interpolate({{0}}, size={{size}}, mode={mode!r}, align_corners={{align_corners}})"

TABLE = Table(
    expressions={
        "layer_norm": "torch.nn.functional.layer_norm({0}, {1}.shape, {1}, {2}, eps={eps})",
        "rms_norm": "torch.nn.functional.rms_norm({0}, {1}.shape, {1}, eps={eps})",
        "batch_norm": "torch.nn.functional.batch_norm({0}, None, None, {1}, {2}, training=True, eps={eps})",
        "batch_norm_inference": (
            "torch.nn.functional.batch_norm({0}, "
            + _known("means")
            + ", "
            + _known("variances")
            + ", {1}, {2}, eps={eps})"
        ),
        "group_norm": "torch.nn.functional.group_norm({0}, {groups}, {1}, {2}, eps={eps})",
        "instance_norm": "torch.nn.functional.instance_norm({0}, weight={1}, bias={2}, eps={eps})",
        "embedding": "torch.nn.functional.embedding(torch.tensor({ids}), {0})",
        "embedding_bag": "torch.nn.functional.embedding_bag(torch.tensor({ids}), {0}, mode={mode})",
        "attention": "torch.nn.functional.scaled_dot_product_attention({0}, {1}, {2}, is_causal={is_causal})",
        "linear": "torch.nn.functional.linear({0}, {1}, {2})",
        "l2_normalize": "torch.nn.functional.normalize({0}, dim={axis}, eps={eps})",
        "interpolate_nearest": _nearest,
        "interpolate_linear": _LINEAR.format(mode="linear"),
        "interpolate_bilinear": _LINEAR.format(mode="bilinear"),
        "pixel_shuffle": "torch.nn.functional.pixel_shuffle({0}, {factor})",
        "pixel_unshuffle": "torch.nn.functional.pixel_unshuffle({0}, {factor})",
    },
)
