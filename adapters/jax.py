"""JAX: pure functions, transformed by `jax.vjp`, compiled by XLA or run op by op."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")  # sums in one order, whatever the machine

import jax
import jax.numpy as jnp

from autograd_conformance.adapter import Native, Program
from autograd_conformance.adapters.jax_ops import TABLE
from autograd_conformance.adapters.jax_tape import JaxTape
from autograd_conformance.adapters.jax_wrappers import WRAPPERS
from autograd_conformance.adapters.translator import Table, TranslatingAdapter, array_source, literal
from autograd_conformance.graph import Graph
from autograd_conformance.word import composed
from autograd_conformance.wrapping import Wrapper

SCRIPT = """\
import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_default_matmul_precision", "highest")
import jax.numpy as jnp


{source}

{decorator}def outputs_and_vjp(leaves, cotangents):
    outputs, pull = jax.vjp(graph_function, *leaves)
    return outputs, pull(cotangents)


leaves = ({leaves})
cotangents = ({cotangents})
outputs, gradients = outputs_and_vjp(leaves, cotangents)
print("jax", jax.__version__)
for y in outputs:
    print("output", y.tolist())
for gradient in gradients:
    print("gradient", gradient.tolist())
"""


@dataclass(frozen=True, eq=False)
class JaxProgram(Program):
    """A program with its `jax.vjp`, both compiled once when the mode compiles."""

    outputs_and_vjp: Callable[..., Any]
    plain: Callable[..., Any]
    """The function as translated, to be transformed."""
    derivatives: dict[str, Callable[..., Any]] = field(default_factory=dict)
    """By word, compiled once when the mode compiles."""


class JaxAdapter(TranslatingAdapter):
    """Leaves are arguments; the vector-Jacobian product is `jax.vjp`, inside `jax.jit` in that mode."""

    framework = "jax"
    distributions = ("jax", "jaxlib")
    extra = "jax"
    modes: ClassVar[Mapping[str, str]] = {
        "jit": "function and jax.vjp traced once and compiled by XLA",
        "eager": "jax.vjp op by op",
    }
    compiled_modes = frozenset({"jit", "eager"})
    """Eagerly too: every op is compiled anew for every shape and dtype, about as long a wait for a new graph."""
    scenarios: ClassVar[Mapping[str, str]] = {"eager": "autograd_conformance.adapters.jax_scenarios"}
    table: ClassVar[Table] = TABLE

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_default_matmul_precision", "highest")

    def numerics(self) -> Mapping[str, str]:
        return {
            "device": jax.default_backend(),
            "enable_x64": str(jax.config.jax_enable_x64),
            "default_matmul_precision": str(jax.config.jax_default_matmul_precision),
            "xla_flags": os.environ.get("XLA_FLAGS", ""),
        }

    def names(self) -> Mapping[str, Any]:
        return {"jax": jax, "jnp": jnp}

    def wrappers(self) -> Mapping[str, Sequence[Wrapper]]:
        return WRAPPERS

    def translate(self, graph: Graph, dtype: str) -> JaxProgram:
        plain = super().translate(graph, dtype)
        function = plain.function

        def outputs_and_vjp(leaves: tuple[Native, ...], cotangents: tuple[Native, ...]) -> Any:
            outputs, pull = jax.vjp(function, *leaves)
            return outputs, pull(cotangents)

        if self.mode == "jit":
            return JaxProgram(graph, dtype, plain.source, jax.jit(function), jax.jit(outputs_and_vjp), function)
        return JaxProgram(graph, dtype, plain.source, function, outputs_and_vjp, function)

    def native(self, array: np.ndarray, dtype: str) -> Native:
        return _put(np.array(array, dtype=jnp.dtype(dtype)))

    def export(self, array: Native) -> tuple[str, np.ndarray]:
        name = _name_of(array.dtype)
        return name, np.asarray(array, dtype=np.float32 if name == "bfloat16" else None)

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        return program.function(*leaves)

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[tuple[Native, ...], tuple[Native | None, ...]]:
        assert isinstance(program, JaxProgram)
        outputs, gradients = program.outputs_and_vjp(tuple(leaves), tuple(cotangents))
        return outputs, gradients

    def vjps(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Sequence[Native]]
    ) -> list[tuple[tuple[Native, ...], tuple[Native | None, ...]]]:
        if self.mode == "jit":
            return super().vjps(program, leaves, cotangents)
        outputs, pull = jax.vjp(program.function, *leaves)
        return [(outputs, pull(tuple(one))) for one in cotangents]

    def derive(
        self,
        program: Program,
        leaves: Sequence[Native],
        word: str,
        cotangents: Sequence[Native],
        tangents: Sequence[Sequence[Native]],
    ) -> tuple[Native | None, ...]:
        assert isinstance(program, JaxProgram)
        if word not in program.derivatives:
            program.derivatives[word] = self._derivative(program.plain, word)
        return program.derivatives[word](tuple(leaves), tuple(cotangents), tuple(map(tuple, tangents)))

    def _derivative(self, function: Callable[..., Any], word: str) -> Callable[..., Any]:
        def derivative(leaves: Any, cotangents: Any, tangents: Any) -> Any:
            return composed(lambda given: function(*given), leaves, word, cotangents, tangents, _jvp, _vjp)

        return jax.jit(derivative) if self.mode == "jit" else derivative

    def tape(self) -> JaxTape:
        return JaxTape(self.table)

    def script(self, program: Program, point: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> str:
        return SCRIPT.format(
            source=program.source,
            decorator="\n@jax.jit\n" if self.mode == "jit" else "\n",
            leaves="".join(f"{_array(array, program.dtype)}, " for array in point).strip(),
            cotangents="".join(f"{_array(array, program.dtype)}, " for array in cotangents).strip(),
        )


def _jvp(function: Callable[..., Any], leaves: Any, tangents: Any) -> Any:
    return jax.jvp(function, (leaves,), (tangents,))[1]


def _vjp(function: Callable[..., Any], leaves: Any, cotangents: Any) -> Any:
    return jax.vjp(function, leaves)[1](cotangents)[0]


_put = jax.jit(lambda array: array)
"""On the device, bit for bit: nothing is computed.  A call of a compiled function costs a sixth of `jax.device_put`."""


@functools.cache
def _name_of(dtype: Any) -> str:
    """NumPy builds the name of a dtype anew each time it is asked."""
    return str(dtype)


def _array(array: np.ndarray, dtype: str) -> str:
    shaped = "" if array.size else f".reshape({literal(array.shape)})"
    return f"jnp.array({array_source(array)}, dtype=jnp.{dtype}){shaped}"
