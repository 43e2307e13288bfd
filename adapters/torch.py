"""PyTorch: dynamic graphs recorded by the autograd engine, the transforms of torch.func, and torch.compile."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import torch

from autograd_conformance.adapter import LAYOUTS, Native, Program, Unsupported
from autograd_conformance.adapters.torch_derivatives import (
    Derivative,
    engine_derivative,
    example_gradients,
    nested_derivative,
    refusals,
    whole_hessian,
    whole_jacobian,
)
from autograd_conformance.adapters.torch_ops import TABLE
from autograd_conformance.adapters.torch_scripts import (
    DERIVATIVE_SCRIPT,
    RUN_BACKWARD,
    RUN_COMPILED,
    RUN_ENGINE,
    RUN_TRANSFORM,
    SCRIPT,
    derivative_source,
)
from autograd_conformance.adapters.torch_tape import TorchTape
from autograd_conformance.adapters.torch_wrappers import WRAPPERS
from autograd_conformance.adapters.translator import Table, TranslatingAdapter, array_source, literal
from autograd_conformance.graph import Graph
from autograd_conformance.wrapping import Wrapper

BACKENDS = {"compile-eager": "eager", "compile-aot": "aot_eager", "compile-inductor": "inductor"}
"""Mode to the backend that is given the traced graph."""


@dataclass(frozen=True, eq=False)
class TorchProgram(Program):
    """A program and its derivatives by word, each transformed or compiled once."""

    derivatives: dict[str, Derivative] = field(default_factory=dict)


class BackwardProgram(TorchProgram):
    """A program that only ``.backward()`` goes through, and not `torch.autograd.grad`."""


class TorchAdapter(TranslatingAdapter):
    """Leaves are tensors that require a gradient and `torch.autograd.grad` differentiates, or arguments and `torch.func.vjp`
    does.  A compiled function is differentiated by the engine, as in training; other derivatives are compiled whole.
    """

    framework = "torch"
    distributions = ("torch",)
    extra = "torch"
    modes: ClassVar[Mapping[str, str]] = {
        "eager": "dynamic graph, torch.autograd.grad",
        "func": "torch.func.vjp and jvp, nested for higher orders",
        "compile-eager": "torch.compile traces a graph and runs it as it is",
        "compile-aot": "torch.compile, forward and backward graph traced ahead of time (aot_eager)",
        "compile-inductor": "torch.compile, both graphs compiled to C++",
    }
    compiled_modes = frozenset(BACKENDS)
    costly_modes = frozenset(BACKENDS)
    table: ClassVar[Table] = TABLE
    derivative_program = DERIVATIVE_SCRIPT
    layouts: ClassVar[tuple[str, ...]] = LAYOUTS
    scenarios: ClassVar[Mapping[str, str]] = {"eager": "autograd_conformance.adapters.torch_scenarios"}

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        torch.set_num_threads(1)
        torch.set_float32_matmul_precision("highest")
        self.backend = BACKENDS.get(mode)

    def numerics(self) -> Mapping[str, str]:
        backend = {} if self.backend is None else {"compile_backend": self.backend}
        return {
            **backend,
            "device": "cpu",
            "threads": str(torch.get_num_threads()),
            "float32_matmul_precision": torch.get_float32_matmul_precision(),
        }

    def names(self) -> Mapping[str, Any]:
        return {"torch": torch}

    def wrappers(self) -> Mapping[str, Sequence[Wrapper]]:
        return WRAPPERS if self.mode == "eager" else {}

    def translate(self, graph: Graph, dtype: str) -> TorchProgram:
        plain = super().translate(graph, dtype)
        if self.wrapping is not None and "use_reentrant=True" in plain.source:
            return BackwardProgram(graph, dtype, plain.source, plain.function)
        function = plain.function if self.backend is None else torch_compile().compiled(plain.function, self.backend)
        return TorchProgram(graph, dtype, plain.source, function)

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
        plain = array.detach().clone()  # of a known zero, which is no memory, this makes some (docs/findings.md)
        return name, (plain.to(torch.float32) if name == "bfloat16" else plain).numpy()

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        with torch.no_grad():
            return program.function(*leaves)

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[tuple[Native, ...], tuple[Native | None, ...]]:
        return self._vjps(program, leaves, [cotangents])[0]

    def vjps(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Sequence[Native]]
    ) -> list[tuple[tuple[Native, ...], tuple[Native | None, ...]]]:
        if self.backend is not None:  # the backward pass of a compiled function runs once
            return super().vjps(program, leaves, cotangents)
        return self._vjps(program, leaves, cotangents)

    def _vjps(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Sequence[Native]]
    ) -> list[tuple[tuple[Native, ...], tuple[Native | None, ...]]]:
        last = len(cotangents) - 1
        if self.mode == "func":
            outputs, pull = torch.func.vjp(program.function, *leaves)
            return [(outputs, pull(tuple(one), retain_graph=n < last)) for n, one in enumerate(cotangents)]
        for leaf in leaves:
            leaf.requires_grad_(True)
        outputs = program.function(*leaves)
        connected = [position for position, y in enumerate(outputs) if y.requires_grad]
        if not connected:
            return [(outputs, (None,) * len(leaves)) for _ in cotangents]
        targets = [outputs[position] for position in connected]
        if isinstance(program, BackwardProgram):
            return [(outputs, _backward(program, leaves, one)) for one in cotangents]
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
        assert isinstance(program, TorchProgram)
        if self.mode == "eager":
            return engine_derivative(program.function, leaves, word, cotangents, tangents)
        if word not in program.derivatives:
            program.derivatives[word] = self._derivative(program, word)
        with refusals():
            return program.derivatives[word](tuple(leaves), tuple(cotangents), tuple(map(tuple, tangents)))

    def _derivative(self, program: Program, word: str) -> Derivative:
        if self.backend is None:
            return nested_derivative(program.function, word)
        return torch_compile().compiled_derivative(program.source, self.names(), word, self.backend)

    def jacobian(self, program: Program, leaves: Sequence[Native], form: str) -> Sequence[Sequence[Native | None]]:
        if self.backend is not None:
            raise Unsupported("whole Jacobians are asked of the modes that do not compile")
        with refusals():
            return whole_jacobian(program.function, leaves, form, is_transform=self.mode == "func")

    def hessian(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> Sequence[Sequence[Native | None]]:
        if self.backend is not None:
            raise Unsupported("whole Hessians are asked of the modes that do not compile")
        with refusals():
            return whole_hessian(program.function, leaves, cotangents, is_transform=self.mode == "func")

    def per_example(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[Native | None, ...]:
        if self.backend is not None:
            raise Unsupported("batches are asked of the modes that do not compile")
        with refusals():
            return example_gradients(program.function, leaves, cotangents)

    def script(self, program: Program, point: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> str:
        run = RUN_TRANSFORM if self.mode == "func" else RUN_ENGINE
        if self.backend is not None:
            run = RUN_COMPILED.format(function="graph_function", backend=self.backend) + run
        if isinstance(program, BackwardProgram):
            run = RUN_BACKWARD
        is_leaf = "" if self.mode == "func" else ".requires_grad_()"
        return SCRIPT.format(
            source=program.source,
            run=run.strip(),
            leaves=", ".join(self.array_text(array, program.dtype) + is_leaf for array in point),
            cotangents=", ".join(self.array_text(array, program.dtype) for array in cotangents),
        )

    def derivative_parts(self, word: str) -> Mapping[str, str]:
        compile_it = "" if self.backend is None else RUN_COMPILED.format(function="derivative", backend=self.backend)
        return {"derivative": derivative_source(word, self.mode).strip() + "\n" + compile_it}

    def array_text(self, array: np.ndarray, dtype: str) -> str:
        shaped = "" if array.size else f".reshape({literal(array.shape)})"
        return f"torch.tensor({array_source(array)}, dtype=torch.{dtype}){shaped}"

    def tape(self) -> TorchTape | None:
        return TorchTape(self.table) if self.mode == "eager" else None


def torch_compile() -> ModuleType:
    """The module that compiles; importing the compiler takes seconds, so that only modes which compile do so."""
    return importlib.import_module("autograd_conformance.adapters.torch_compile")


def _backward(program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]) -> tuple[Native | None, ...]:
    """What a forward pass of its own and ``.backward()`` leave in new leaves."""
    fresh = [leaf.detach().requires_grad_() for leaf in leaves]
    pairs = zip(program.function(*fresh), cotangents, strict=True)
    targets, seeds = zip(*((y, u) for y, u in pairs if y.requires_grad), strict=True)
    torch.autograd.backward(targets, seeds)
    return tuple(leaf.grad for leaf in fresh)


@functools.cache
def _name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
