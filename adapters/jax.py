"""JAX: pure functions, transformed by `jax.vjp`, compiled by XLA or run op by op."""

from __future__ import annotations

import contextlib
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

from autograd_conformance.adapter import Asked, Derivative, Native, Program, Unsupported
from autograd_conformance.adapters.jax_derivatives import Together, jvp, said_by_jax, vjp, whole_hessian
from autograd_conformance.adapters.jax_ops import TABLE
from autograd_conformance.adapters.jax_scripts import DERIVATIVE_SCRIPT, SCRIPT, derivative_source
from autograd_conformance.adapters.jax_tape import JaxTape
from autograd_conformance.adapters.jax_wrappers import WRAPPERS
from autograd_conformance.adapters.translator import Table, TranslatingAdapter, array_source, literal
from autograd_conformance.graph import Graph
from autograd_conformance.word import FORWARD, HESSIAN, PER_EXAMPLE, VECTORIZED, WORDS, derivative_of
from autograd_conformance.wrapping import Wrapper

EAGERLY_IN = 12
"""Op by op, every op of a derivative is compiled for itself: about five times what one program for all words costs."""


@dataclass(frozen=True, eq=False)
class JaxProgram(Program):
    """A program with its `jax.vjp`, both compiled once when the mode compiles."""

    outputs_and_vjp: Callable[..., Any]
    plain: Callable[..., Any]
    """The function as translated, to be transformed."""
    derivatives: dict[str, Callable[..., Any]] = field(default_factory=dict)
    """By word, words asked together or form of Jacobian; compiled once when the mode compiles."""


class JaxAdapter(TranslatingAdapter):
    """Leaves are arguments; the vector-Jacobian product is `jax.vjp`, inside `jax.jit` in that mode."""

    framework = "jax"
    distributions = ("jax", "jaxlib")
    extra = "jax"
    modes: ClassVar[Mapping[str, str]] = {
        "jit": "function and jax.vjp traced once and compiled by XLA",
        "eager": "jax.vjp op by op",
        "checkpoint": "jit, of the function under jax.checkpoint: everything is computed again for the reverse pass",
        "disable_jit": "eager, under jax.disable_jit: what JAX itself compiles is run op by op too",
    }
    costly_modes = frozenset({"checkpoint", "disable_jit"})
    compiled_modes = frozenset(modes)
    """Eagerly too: every op is compiled anew for every shape and dtype, about as long a wait for a new graph."""
    slow_modes = frozenset({"eager"})
    """Forward and backward are compiled as dozens of programs, not as two."""
    scenarios: ClassVar[Mapping[str, str]] = {"eager": "autograd_conformance.adapters.jax_scenarios"}
    table: ClassVar[Table] = TABLE
    derivative_program = DERIVATIVE_SCRIPT

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

    def rarely(self) -> Mapping[str, int]:
        return dict.fromkeys((*WORDS, HESSIAN), EAGERLY_IN) if self.mode in ("eager", "disable_jit") else {}

    def names(self) -> Mapping[str, Any]:
        return {"jax": jax, "jnp": jnp}

    def wrappers(self) -> Mapping[str, Sequence[Wrapper]]:
        return WRAPPERS

    def translate(self, graph: Graph, dtype: str) -> JaxProgram:
        plain = super().translate(graph, dtype)
        function = jax.checkpoint(plain.function) if self.mode == "checkpoint" else plain.function

        def outputs_and_vjp(leaves: tuple[Native, ...], cotangents: tuple[Native, ...]) -> Any:
            outputs, pull = jax.vjp(function, *leaves)
            return outputs, pull(cotangents)

        if self._is_jitted:
            return JaxProgram(graph, dtype, plain.source, jax.jit(function), jax.jit(outputs_and_vjp), function)
        return JaxProgram(graph, dtype, plain.source, function, outputs_and_vjp, function)

    @property
    def _is_jitted(self) -> bool:
        return self.mode in ("jit", "checkpoint")

    @property
    def _context(self) -> contextlib.AbstractContextManager[Any]:
        return jax.disable_jit() if self.mode == "disable_jit" else contextlib.nullcontext()

    def native(self, array: np.ndarray, dtype: str) -> Native:
        return jax.device_put(np.array(array, dtype=jnp.dtype(dtype)))

    def export(self, array: Native) -> tuple[str, np.ndarray]:
        name = _name_of(array.dtype)
        return name, np.asarray(array, dtype=np.float32 if name == "bfloat16" else None)

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        with self._context:
            return program.function(*leaves)

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[tuple[Native, ...], tuple[Native | None, ...]]:
        assert isinstance(program, JaxProgram)
        with self._context:
            outputs, gradients = program.outputs_and_vjp(tuple(leaves), tuple(cotangents))
        return outputs, gradients

    def vjps(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Sequence[Native]]
    ) -> list[tuple[tuple[Native, ...], tuple[Native | None, ...]]]:
        if self._is_jitted:
            return super().vjps(program, leaves, cotangents)
        with self._context:
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
        derivative = self._once(program, word, lambda: derivative_of(program.plain, word, jvp, vjp))
        with self._context, said_by_jax():
            return derivative(tuple(leaves), tuple(cotangents), tuple(map(tuple, tangents)))

    def derivatives(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native], asked: Sequence[Asked]
    ) -> list[Derivative]:
        """Compiled together; one by one where that fails, which shows whose failure it is."""
        assert isinstance(program, JaxProgram)
        if not self._is_jitted or len(asked) == 1:
            return super().derivatives(program, leaves, cotangents, asked)
        words = dict.fromkeys(word for word, _ in asked)
        name = " ".join(words)
        if name not in program.derivatives:
            program.derivatives[name] = Together(program.plain, words)
        try:
            return program.derivatives[name](tuple(leaves), tuple(cotangents), asked)
        except Exception:  # noqa: BLE001 - XLA's, about one of them
            return super().derivatives(program, leaves, cotangents, asked)

    def jacobian(self, program: Program, leaves: Sequence[Native], form: str) -> Sequence[Sequence[Native | None]]:
        if form == VECTORIZED:
            raise Unsupported("jax.jacrev pulls all rows back at once: it is the reverse Jacobian")
        assert isinstance(program, JaxProgram)
        transform = jax.jacfwd if form == FORWARD else jax.jacrev
        whole = self._once(program, form, lambda: transform(program.plain, argnums=tuple(range(len(leaves)))))
        with self._context:
            return whole(*leaves)

    def hessian(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> Sequence[Sequence[Native | None]]:
        assert isinstance(program, JaxProgram)
        whole = self._once(program, HESSIAN, lambda: whole_hessian(program.plain))
        with self._context, said_by_jax():
            return whole(tuple(leaves), tuple(cotangents))

    def per_example(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[Native | None, ...]:
        assert isinstance(program, JaxProgram)
        function = program.plain
        batched = self._once(program, PER_EXAMPLE, lambda: jax.vmap(lambda x, u: jax.vjp(function, *x)[1](u)))
        with self._context:
            return batched(tuple(leaves), tuple(cotangents))

    def _once(self, program: JaxProgram, name: str, make: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
        """The derivative a program has by this name, made and compiled when first asked for."""
        if name not in program.derivatives:
            made = make()
            program.derivatives[name] = jax.jit(made) if self._is_jitted else made
        return program.derivatives[name]

    def tape(self) -> JaxTape:
        return JaxTape(self.table)

    def script(self, program: Program, point: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> str:
        return SCRIPT.format(
            source=program.source,
            decorator="\n@jax.jit\n" if self._is_jitted else "\n",
            function="jax.checkpoint(graph_function)" if self.mode == "checkpoint" else "graph_function",
            context=self._context_text,
            leaves=self.arrays_text(point, program.dtype),
            cotangents=self.arrays_text(cotangents, program.dtype),
        )

    def derivative_parts(self, word: str) -> Mapping[str, str]:
        return {
            "derivative": derivative_source(word).strip() + "\n",
            "context": self._context_text,
            "call": f"{'jax.jit(derivative)' if self._is_jitted else 'derivative'}(leaves, cotangents, tangents)",
        }

    @property
    def _context_text(self) -> str:
        return "with jax.disable_jit():\n    " if self.mode == "disable_jit" else ""

    def array_text(self, array: np.ndarray, dtype: str) -> str:
        shaped = "" if array.size else f".reshape({literal(array.shape)})"
        return f"jnp.array({array_source(array)}, dtype=jnp.{dtype}){shaped}"


@functools.cache
def _name_of(dtype: Any) -> str:
    """NumPy builds the name of a dtype anew each time it is asked."""
    return str(dtype)
