"""Convolutions, pooling, unfolding and padding modes in PyTorch."""

from __future__ import annotations

from autograd_conformance.adapters.translator import Table, literal

_CONVOLUTION = "torch.nn.functional.{name}({{0}}, {{1}}, stride={{stride}}, padding={{padding}}{more})"
_DILATED, _GROUPED = ", dilation={dilation}", ", groups={groups}"
_SPREAD = ", output_padding={output_padding}"
_COLUMNS = "{window}, dilation={dilation}, padding={padding}, stride={stride}"


def _pad(mode: str):  # type: ignore[no-untyped-def]
    def expression(x: str, widths: tuple[tuple[int, int], ...]) -> str:
        return f"torch.nn.functional.pad({x}, {_flat(widths)}, mode={mode!r})"

    return expression


def _flat(widths: tuple[tuple[int, int], ...]) -> str:
    """The last axis first."""
    return literal(tuple(width for pair in reversed(widths) for width in pair))


def _pad_constant(x: str, widths: tuple[tuple[int, int], ...], value: float) -> str:
    return f"torch.nn.functional.pad({x}, {_flat(widths)}, value={literal(value)})"


TABLE = Table(
    expressions={
        "conv2d": _CONVOLUTION.format(name="conv2d", more=_DILATED),
        "conv3d": _CONVOLUTION.format(name="conv3d", more=""),
        "conv1d_grouped": _CONVOLUTION.format(name="conv1d", more=_DILATED + _GROUPED),
        "conv2d_grouped": _CONVOLUTION.format(name="conv2d", more=_GROUPED),
        "conv_transpose1d": _CONVOLUTION.format(name="conv_transpose1d", more=_SPREAD),
        "conv_transpose2d": _CONVOLUTION.format(name="conv_transpose2d", more=_SPREAD),
        "avg_pool1d": "torch.nn.functional.avg_pool1d({0}, {window}, {stride})",
        "avg_pool2d": (
            "torch.nn.functional.avg_pool2d({0}, {window}, {stride}, {padding}, count_include_pad={count_include_pad})"
        ),
        "max_pool2d": "torch.nn.functional.max_pool2d({0}, {window}, {stride}, {padding})",
        "lp_pool1d": "torch.nn.functional.lp_pool1d({0}, {power}, {window}, {stride})",
        "adaptive_avg_pool1d": "torch.nn.functional.adaptive_avg_pool1d({0}, {size})",
        "unfold": "torch.nn.functional.unfold({0}, " + _COLUMNS + ")",
        "fold": "torch.nn.functional.fold({0}, {size}, " + _COLUMNS + ")",
        "pad_reflect": _pad("reflect"),
        "pad_symmetric": lambda x, widths: f"pad_symmetric({x}, {literal(widths)})",
        "pad_replicate": _pad("replicate"),
        "pad_circular": _pad("circular"),
        "pad_constant": _pad_constant,
    },
    definitions={
        "pad_symmetric": """
def pad_symmetric(x, widths):
    for axis, (before, after) in enumerate(widths, start=2):
        size = x.shape[axis]
        head, tail = x.narrow(axis, 0, before).flip(axis), x.narrow(axis, size - after, after).flip(axis)
        x = torch.cat((head, x, tail), dim=axis)
    return x
""",
    },
    composed=frozenset({"pad_symmetric"}),
)
