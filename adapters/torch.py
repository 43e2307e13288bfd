"""PyTorch, eager: dynamic graphs recorded by the autograd engine."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from autograd_conformance.adapter import LAYOUTS, Native, Program, Unsupported
from autograd_conformance.adapters.torch_ops import TABLE
from autograd_conformance.adapters.torch_tape import TorchTape
from autograd_conformance.adapters.torch_wrappers import WRAPPERS
from autograd_conformance.adapters.translator import Table, TranslatingAdapter, array_source, literal
from autograd_conformance.graph import Graph
from autograd_conformance.wrapping import Wrapper

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


class BackwardProgram(Program):
    """A program that only ``.backward()`` goes through, and not `torch.autograd.grad`."""


class TorchAdapter(TranslatingAdapter):
    """Leaves are tensors that require a gradient; the vector-Jacobian product is `torch.autograd.grad`."""

    framework = "torch"
    distributions = ("torch",)
    extra = "torch"
    modes: ClassVar[Mapping[str, str]] = {"eager": "dynamic graph, torch.autograd.grad"}
    table: ClassVar[Table] = TABLE
    layouts: ClassVar[tuple[str, ...]] = LAYOUTS
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

    def wrappers(self) -> Mapping[str, Sequence[Wrapper]]:
        return WRAPPERS

    def translate(self, graph: Graph, dtype: str) -> Program:
        program = super().translate(graph, dtype)
        if self.wrapping is None or "use_reentrant=True" not in program.source:
            return program
        return BackwardProgram(graph, dtype, program.source, program.function)

    def native(self, array: np.ndarray, dtype: str) -> Native:
        return torch.from_numpy(np.array(array, dtype=np.float64)).to(getattr(torch, dtype))

    def arranged(self, array: Native, layout: str) -> Native:
        plain = array.detach()
        if layout == "expanded":
            first = plain.flatten()[0].clone() if plain.numel() else plain.new_zeros(())
            return first.expand(plain.shape)
        if layout == "transposed":
            axes = tuple(reversed(range(plain.dim())))
            return plain.permute(axes).contiguous().permute(axes)
        buffer = torch.full((*plain.shape, 2), -7.0, dtype=plain.dtype)
        view = buffer[..., 1]
        view.copy_(plain)
        return view

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
        if isinstance(program, BackwardProgram):
            return [(outputs, _backward(program, leaves, one)) for one in cotangents]
        last = len(cotangents) - 1
        return [
            (outputs, torch.autograd.grad(targets, leaves, [one[position] for position in connected], number < last,
                                          allow_unused=True))
            for number, one in enumerate(cotangents)
        ]  # fmt: skip

    def derive(
        self,
        program: Program,
        leaves: Sequence[Native],
        word: str,
        cotangents: Sequence[Native],
        tangents: Sequence[Sequence[Native]],
    ) -> tuple[Native | None, ...]:
        if word.count("f") > 1:
            raise Unsupported("torch.autograd.forward_ad has one level: forward over forward is torch.func's")
        with torch.autograd.forward_ad.dual_level():
            return _derived(program, leaves, word, cotangents, tangents)

    def script(self, program: Program, point: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> str:
        return SCRIPT.format(
            source=program.source,
            leaves=", ".join(_tensor(array, program.dtype, ".requires_grad_()") for array in point),
            cotangents=", ".join(_tensor(array, program.dtype, "") for array in cotangents),
        )

    def tape(self) -> TorchTape:
        return TorchTape(self.table)


def _backward(program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> tuple[Native | None, ...]:
    """What a forward pass of its own and ``.backward()`` leave in new leaves."""
    fresh = [leaf.detach().requires_grad_() for leaf in leaves]
    pairs = zip(program.function(*fresh), cotangents, strict=True)
    targets, seeds = zip(*((y, u) for y, u in pairs if y.requires_grad), strict=True)
    torch.autograd.backward(targets, seeds)
    return tuple(leaf.grad for leaf in fresh)


def _derived(
    program: Program,
    leaves: Sequence[Native],
    word: str,
    cotangents: Sequence[Native],
    tangents: Sequence[Sequence[Native]],
) -> tuple[Native | None, ...]:
    """One graph for all steps: reverse ones are `torch.autograd.grad` of what there is so far, the forward one is in the
    dual numbers that the leaves are from the start.
    """
    plain = [leaf.detach().requires_grad_() for leaf in leaves]
    seeds = [cotangents, *tangents] if word.endswith("r") else [*tangents[:1], cotangents, *tangents[1:]]
    forward = next((seed for letter, seed in zip(reversed(word), seeds, strict=False) if letter == "f"), None)
    pairs = (
        [torch.autograd.forward_ad.make_dual(*pair) for pair in zip(plain, forward, strict=True)] if forward else plain
    )
    current: list[Native | None] = list(program.function(*pairs))
    for letter, seed in zip(reversed(word), seeds, strict=False):
        if letter == "f":
            current = [None if y is None else torch.autograd.forward_ad.unpack_dual(y).tangent for y in current]
            continue
        connected = [(y, u) for y, u in zip(current, seed, strict=True) if y is not None and y.requires_grad]
        if not connected:
            return (None,) * len(leaves)
        targets, weights = [y for y, _ in connected], [u for _, u in connected]
        current = list(torch.autograd.grad(targets, plain, weights, create_graph=True, allow_unused=True))
    return tuple(current)


@functools.cache
def _name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _tensor(array: np.ndarray, dtype: str, more: str) -> str:
    shaped = "" if array.size else f".reshape({literal(array.shape)})"
    return f"torch.tensor({array_source(array)}, dtype=torch.{dtype}){shaped}{more}"
