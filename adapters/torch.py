"""PyTorch, eager: dynamic graphs recorded by the autograd engine."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from autograd_conformance.adapter import Native, Program
from autograd_conformance.adapters.torch_tape import TorchTape
from autograd_conformance.adapters.translator import Expression, TranslatingAdapter, array_source, literal


def _prod(x: str, axes: tuple[int, ...], keepdims: bool) -> str:
    for axis in sorted(axes, reverse=True):
        x = f"torch.prod({x}, dim={axis}, keepdim={keepdims})"
    return x


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


EXPRESSIONS: Mapping[str, Expression] = {
    "neg": "-{0}",
    "reciprocal": "torch.reciprocal({0})",
    "square": "torch.square({0})",
    "sqrt": "torch.sqrt({0})",
    "exp": "torch.exp({0})",
    "expm1": "torch.expm1({0})",
    "log": "torch.log({0})",
    "log1p": "torch.log1p({0})",
    "sin": "torch.sin({0})",
    "cos": "torch.cos({0})",
    "tanh": "torch.tanh({0})",
    "arctan": "torch.atan({0})",
    "arcsin": "torch.asin({0})",
    "arccos": "torch.acos({0})",
    "arctanh": "torch.atanh({0})",
    "sigmoid": "torch.sigmoid({0})",
    "softplus": "torch.nn.functional.softplus({0})",
    "scale": "{0} * {factor}",
    "shift": "{0} + {offset}",
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "power": "torch.pow({0}, {1})",
    "maximum": "torch.maximum({0}, {1})",
    "minimum": "torch.minimum({0}, {1})",
    "relu": "torch.relu({0})",
    "abs": "torch.abs({0})",
    "clip": "torch.clamp({0}, {low}, {high})",
    "greater": "{0} > {1}",
    "where": "torch.where({0}, {1}, {2})",
    "sum": "torch.sum({0}, dim={axes}, keepdim={keepdims})",
    "mean": "torch.mean({0}, dim={axes}, keepdim={keepdims})",
    "prod": _prod,
    "max": "torch.amax({0}, dim={axes}, keepdim={keepdims})",
    "logsumexp": "torch.logsumexp({0}, dim={axes}, keepdim={keepdims})",
    "var": "torch.var({0}, dim={axes}, correction=0, keepdim={keepdims})",
    "softmax": "torch.softmax({0}, dim={axis})",
    "log_softmax": "torch.log_softmax({0}, dim={axis})",
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
    "matmul": "torch.matmul({0}, {1})",
    "einsum": "torch.einsum({pattern}, {0}, {1})",
    "det": "torch.linalg.det({0})",
    "solve": "torch.linalg.solve({0}, {1})",
    "cumsum": "torch.cumsum({0}, dim={axis})",
    "cumprod": "torch.cumprod({0}, dim={axis})",
    "sort": "torch.sort({0}, dim={axis}).values",
    "conv1d": "torch.nn.functional.conv1d({0}, {1}, stride={stride}, padding={padding})",
    "max_pool1d": "torch.nn.functional.max_pool1d({0}, {window}, {stride})",
}

SCRIPT = """\
import torch

{source}
leaves = [{leaves}]
cotangents = [{cotangents}]
outputs = graph_function(*leaves)
connected = [(y, u) for y, u in zip(outputs, cotangents) if y.requires_grad]
gradients = torch.autograd.grad([y for y, _ in connected], leaves, [u for _, u in connected], allow_unused=True)
print("torch", torch.__version__)
for y in outputs:
    print("output", y.tolist())
for gradient in gradients:
    print("gradient", None if gradient is None else gradient.tolist())
"""


class TorchAdapter(TranslatingAdapter):
    """Leaves are tensors that require a gradient; the vector-Jacobian product is `torch.autograd.grad`."""

    framework = "torch"
    distributions = ("torch",)
    extra = "torch"
    modes: ClassVar[Mapping[str, str]] = {"eager": "dynamic graph, torch.autograd.grad"}
    expressions: ClassVar[Mapping[str, Expression]] = EXPRESSIONS
    wide_only = frozenset({"det", "solve"})
    scenarios: ClassVar[Mapping[str, str]] = {"eager": "autograd_conformance.adapters.torch_scenarios"}

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        torch.set_num_threads(1)
        torch.set_float32_matmul_precision("highest")

    def numerics(self) -> Mapping[str, str]:
        return {
            "device": "cpu",
            "threads": str(torch.get_num_threads()),
            "float32_matmul_precision": torch.get_float32_matmul_precision(),
        }

    def names(self) -> Mapping[str, Any]:
        return {"torch": torch}

    def native(self, array: np.ndarray, dtype: str) -> Native:
        return torch.from_numpy(np.array(array, dtype=np.float64)).to(getattr(torch, dtype))

    def export(self, array: Native) -> tuple[str, np.ndarray]:
        name = _name_of(array.dtype)
        wide = array.detach().to(torch.float32) if name == "bfloat16" else array.detach()
        return name, wide.numpy()

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        with torch.no_grad():
            return program.function(*leaves)

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[tuple[Native, ...], tuple[Native | None, ...]]:
        return self.vjps(program, leaves, [cotangents])[0]

    def vjps(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Sequence[Native]]
    ) -> list[tuple[tuple[Native, ...], tuple[Native | None, ...]]]:
        for leaf in leaves:
            leaf.requires_grad_(True)
        outputs = program.function(*leaves)
        connected = [position for position, y in enumerate(outputs) if y.requires_grad]
        if not connected:
            return [(outputs, (None,) * len(leaves)) for _ in cotangents]
        targets = [outputs[position] for position in connected]
        last = len(cotangents) - 1
        return [
            (outputs, torch.autograd.grad(targets, leaves, [one[position] for position in connected], number < last,
                                          allow_unused=True))
            for number, one in enumerate(cotangents)
        ]  # fmt: skip

    def script(self, program: Program, point: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> str:
        return SCRIPT.format(
            source=program.source,
            leaves=", ".join(_tensor(array, program.dtype, ".requires_grad_()") for array in point),
            cotangents=", ".join(_tensor(array, program.dtype, "") for array in cotangents),
        )

    def tape(self) -> TorchTape:
        return TorchTape(self.expressions)


@functools.cache
def _name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _tensor(array: np.ndarray, dtype: str, more: str) -> str:
    shaped = "" if array.size else f".reshape({literal(array.shape)})"
    return f"torch.tensor({array_source(array)}, dtype=torch.{dtype}){shaped}{more}"
