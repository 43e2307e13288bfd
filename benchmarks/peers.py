"""Gradient checkers of the frameworks themselves, each with its own default numbers, on our cases and mutants.

A peer is asked ``check(case, mutant, dtype)`` and says whether it accepts.  `CannotAsk` means that the case cannot be put
to it; any other exception is one the peer, or the function it was given, raised on its own account.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import warnings
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from contextlib import redirect_stdout
from typing import Any, ClassVar

# As the adapter sets them, which is imported after TensorFlow here.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")

with contextlib.suppress(ImportError):
    importlib.import_module("triton")  # torch does so late, and after TensorFlow has loaded its LLVM that crashes

import autograd
import autograd.numpy as anp
import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import tensorflow as tf
import torch
from autograd.extend import defvjp, primitive
from autograd.test_util import check_grads as autograd_check_grads
from mutants import Mutant, function_of
from torch.autograd.gradcheck import GradcheckError

from autograd_conformance.adapters.jax import JaxAdapter
from autograd_conformance.adapters.tensorflow import TensorFlowAdapter
from autograd_conformance.adapters.torch import TorchAdapter
from autograd_conformance.adapters.translator import Expression, TranslatingAdapter, expression, literal
from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op


class CannotAsk(Exception):
    """The case has an op that the peer's framework has not; the message names it."""


class Peer(ABC):
    """A checker.  ``numbers`` are its defaults, for the table's legend."""

    name: ClassVar[str]
    numbers: ClassVar[str]
    dtypes: ClassVar[tuple[str, ...]] = ("float64",)
    distribution: ClassVar[str]

    @abstractmethod
    def has(self, op: str) -> bool:
        """Whether graphs with this op can be put to it."""

    def refuse(self, graph: Graph) -> None:
        """Raises CannotAsk where the graph has an op that it has not."""
        for op in graph.op_names:
            if not self.has(op):
                raise CannotAsk(op)

    @abstractmethod
    def check(self, case: Case, mutant: Mutant | None, dtype: str) -> bool:
        """Whether the peer accepts the gradient.  Raises CannotAsk."""


def common_ops(peers: Collection[Peer]) -> list[Op]:
    """Those that every one of the peers has."""
    return [op for op in VOCABULARY.values() if all(peer.has(op.name) for peer in peers)]


class _Translated(Peer):
    """A peer of a framework that has an adapter."""

    def __init__(self, adapter: TranslatingAdapter) -> None:
        self.adapter = adapter

    def has(self, op: str) -> bool:
        return self.adapter.lowers(op)

    def function(self, case: Case, mutant: Mutant | None) -> Callable[..., Any]:
        graph, adapter = case.graph, self.adapter
        self.refuse(graph)
        definitions = adapter.definitions_of(graph)
        return function_of(mutant, graph, adapter.framework, adapter.write_node, definitions, adapter.names())

    def leaves(self, case: Case, dtype: str) -> list[Any]:
        return [self.adapter.native(array, dtype) for array in case.point]


class Gradcheck(_Translated):
    """Every element of the Jacobian."""

    name = "torch gradcheck"
    numbers = "eps=1e-6, atol=1e-5, rtol=1e-3"
    distribution = "torch"
    fast: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__(TorchAdapter("eager"))

    def check(self, case: Case, mutant: Mutant | None, dtype: str) -> bool:
        return self.accepts(self.function(case, mutant), self.leaves(case, dtype))

    def accepts(self, function: Callable[..., Any], leaves: list[Any]) -> bool:
        leaves = [leaf.requires_grad_() for leaf in leaves]
        try:
            return bool(torch.autograd.gradcheck(function, leaves, fast_mode=self.fast))
        except GradcheckError as refusal:
            if "mismatch" not in str(refusal):
                raise
            return False


class FastGradcheck(Gradcheck):
    """One random projection of the Jacobian."""

    name = "torch gradcheck, fast_mode=True"
    fast = True


class JaxCheckGrads(_Translated):
    """One direction and one cotangent, both random."""

    name = "JAX check_grads, plain"
    numbers = "order=1, modes=['rev'], eps=1e-4, atol=rtol=1e-5 (float32: 2e-3)"
    dtypes = ("float64", "float32")
    distribution = "jax"

    def __init__(self, adapter: TranslatingAdapter | None = None) -> None:
        super().__init__(adapter or JaxAdapter("eager"))

    def check(self, case: Case, mutant: Mutant | None, dtype: str) -> bool:
        function = self.function(case, mutant)  # check_grads calls it with NumPy arrays too
        return self.accepts(lambda *leaves: function(*map(jnp.asarray, leaves)), self.leaves(case, dtype))

    def accepts(self, function: Callable[..., Any], leaves: list[Any]) -> bool:
        try:
            jax.test_util.check_grads(function, leaves, order=1, modes=["rev"])
        except AssertionError as refusal:
            if "VJP" not in str(refusal):
                raise
            return False
        return True


class _Sized(_Translated):
    """Keeps compiled functions that take the size of the fault as an argument: one compilation for all sizes."""

    most_compiled = 4

    def __init__(self, adapter: TranslatingAdapter) -> None:
        super().__init__(adapter)
        self._compiled: OrderedDict[tuple[Any, ...], Callable[..., Any]] = OrderedDict()

    def sized(self, case: Case, mutant: Mutant | None, dtype: str, jit: Callable[..., Any]) -> Callable[..., Any]:
        key = case.id, None if mutant is None else (mutant.node, mutant.result, mutant.pattern)
        if key not in self._compiled:
            function = self.function(case, mutant)

            def with_amount(amount: Any, *leaves: Any) -> Any:
                function.__globals__["amount"] = amount
                return function(*leaves)

            self._compiled[key] = jit(with_amount)
            if len(self._compiled) > self.most_compiled:
                self._compiled.popitem(last=False)
        compiled = self._compiled[key]
        amount = self.adapter.native(np.array(0.0 if mutant is None else mutant.amount), dtype)
        return lambda *leaves: compiled(amount, *leaves)


class JitCheckGrads(_Sized, JaxCheckGrads):
    """The same check of the jitted function."""

    name = "JAX check_grads, jitted"

    def __init__(self) -> None:
        super().__init__(JaxAdapter("eager"))

    def check(self, case: Case, mutant: Mutant | None, dtype: str) -> bool:
        return self.accepts(self.sized(case, mutant, dtype, jax.jit), self.leaves(case, dtype))


class ComputeGradient(_Sized):
    """Both Jacobians of all outputs side by side; TensorFlow leaves the comparison to the caller."""

    name = "TensorFlow compute_gradient"
    numbers = "delta=1/1024, largest error < 1e-3"
    distribution = "tensorflow"
    most_error: ClassVar[float] = 1e-3

    def __init__(self) -> None:
        super().__init__(TensorFlowAdapter("eager"))

    def check(self, case: Case, mutant: Mutant | None, dtype: str) -> bool:
        return self.accepts(self.sized(case, mutant, dtype, self.traced), self.leaves(case, dtype))

    def accepts(self, function: Callable[..., Any], leaves: list[Any]) -> bool:
        theoretical, numerical = tf.test.compute_gradient(function, leaves)
        errors = [np.max(np.abs(t - n), initial=0.0) for t, n in zip(theoretical, numerical, strict=True)]
        return bool(max(errors) < self.most_error)

    @staticmethod
    def flat(function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with all its outputs side by side: a check takes one output."""
        return lambda *leaves: tf.concat([tf.reshape(output, [-1]) for output in function(*leaves)], axis=0)

    @staticmethod
    def traced(function: Callable[..., Any]) -> Callable[..., Any]:
        """Traced for speed alone: a check calls the function a hundred times."""
        return tf.function(ComputeGradient.flat(function), autograph=False)


class AutogradCheckGrads(Peer):
    """Random directions and cotangents, at order 2 also of the vector-Jacobian product."""

    name = "HIPS autograd check_grads"
    numbers = "modes=['rev'], order=2, eps=1e-6, absolute or relative 1e-6"
    distribution = "autograd"
    order: ClassVar[int] = 2

    def has(self, op: str) -> bool:
        return op in AUTOGRAD

    def check(self, case: Case, mutant: Mutant | None, dtype: str) -> bool:
        return self.accepts(self.function(case, mutant), self.leaves(case, dtype), case.seed)

    def function(self, case: Case, mutant: Mutant | None) -> Callable[..., Any]:
        self.refuse(case.graph)
        definitions = [AUTOGRAD_DEFINITIONS[op] for op in case.graph.op_names if op in AUTOGRAD_DEFINITIONS]
        names = {"np": anp, "primitive": primitive, "defvjp": defvjp}
        function = function_of(mutant, case.graph, "autograd", _write_autograd, definitions, names)

        def flat(*leaves: Any) -> Any:
            return anp.concatenate([anp.reshape(output, (-1,)) for output in function(*leaves)])

        return flat

    def leaves(self, case: Case, dtype: str) -> list[Any]:
        return [np.array(array, dtype=dtype) for array in case.point]

    def accepts(self, function: Callable[..., Any], leaves: list[Any], seed: int = 0) -> bool:
        np.random.seed(seed % 2**32)
        try:
            autograd_check_grads(function, tuple(range(len(leaves))), modes=["rev"], order=self.order)(*leaves)
        except AssertionError as refusal:
            if not str(refusal).startswith("Derivative (VJP) check"):
                raise
            return False
        return True


class FirstOrderAutograd(AutogradCheckGrads):
    """Without the second order."""

    name = "HIPS autograd check_grads, order=1"
    numbers = "modes=['rev'], order=1, eps=1e-6, absolute or relative 1e-6"
    order = 1


def _write_autograd(node: Node, operands: Any) -> str:
    return expression(AUTOGRAD, node, operands)


def _reduction(name: str) -> str:
    return f"np.{name}({{0}}, axis={{axes}}, keepdims={{keepdims}})"


def _index(indices: tuple[int, ...]) -> str:
    return f"np.array({list(indices)}, dtype=int)"


def _bounds(start: int, count: int, step: int) -> str:
    stop = start + count * step
    return f"{start}:{stop if stop >= 0 else ''}:{step}" if count else "0:0:1"


AUTOGRAD: Mapping[str, Expression] = {
    "neg": "-{0}",
    "reciprocal": "np.reciprocal({0})",
    "square": "np.square({0})",
    "sqrt": "np.sqrt({0})",
    "exp": "np.exp({0})",
    "expm1": "np.expm1({0})",
    "log": "np.log({0})",
    "log1p": "np.log1p({0})",
    "sin": "np.sin({0})",
    "cos": "np.cos({0})",
    "tan": "np.tan({0})",
    "sinh": "np.sinh({0})",
    "cosh": "np.cosh({0})",
    "tanh": "np.tanh({0})",
    "arcsin": "np.arcsin({0})",
    "arccos": "np.arccos({0})",
    "arctan": "np.arctan({0})",
    "arcsinh": "np.arcsinh({0})",
    "arccosh": "np.arccosh({0})",
    "arctanh": "np.arctanh({0})",
    "sigmoid": "1.0 / (1.0 + np.exp(-{0}))",
    "softplus": "np.logaddexp(0.0, {0})",
    "scale": "{0} * {factor}",
    "shift": "{0} + {offset}",
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "power": "{0} ** {1}",
    "maximum": "np.maximum({0}, {1})",
    "minimum": "np.minimum({0}, {1})",
    "relu": "np.maximum({0}, 0.0)",
    "abs": "np.abs({0})",
    "clip": "np.clip({0}, {low}, {high})",
    "greater": "{0} > {1}",
    "where": "np.where({0}, {1}, {2})",
    "sum": _reduction("sum"),
    "mean": _reduction("mean"),
    "prod": _reduction("prod"),
    "max": _reduction("max"),
    "var": _reduction("var"),
    "logsumexp": "np.log(np.sum(np.exp({0}), axis={axes}, keepdims={keepdims}))",
    "softmax": "softmax({0}, {axis})",
    "log_softmax": "log_softmax({0}, {axis})",
    "reshape": "np.reshape({0}, {shape})",
    "transpose": "np.transpose({0}, {permutation})",
    "broadcast_to": "{0} * np.ones({shape})",
    "concatenate": "np.concatenate(({0}, {1}), axis={axis})",
    "split": lambda x, axis, at: f"np.split({x}, [{at}], axis={axis})",
    "pad": lambda x, widths: f"np.pad({x}, {literal(widths)}, 'constant')" if widths else x,
    "flip": lambda x, axes: f"{x}[{', '.join('::-1' if a in axes else ':' for a in range(max(axes) + 1))}]",
    "slice": lambda x, slices: f"{x}[{', '.join(_bounds(*bounds) for bounds in slices)}]" if slices else x,
    "take": lambda x, indices, axis: f"{x}[{':, ' * axis}{_index(indices)}]",
    "scatter_add": lambda x, updates, indices, axis: f"scatter_add({x}, {updates}, {_index(indices)}, {axis})",
    "matmul": "np.matmul({0}, {1})",
    "einsum": "np.einsum({pattern}, {0}, {1})",
    "det": "np.linalg.det({0})",
    "solve": "np.linalg.solve({0}, {1})",
    "cumsum": "np.cumsum({0}, axis={axis})",
    "cumprod": "cumprod({0}, {axis})",
    "sort": "sort({0}, {axis})",
    "conv1d": "conv1d({0}, {1}, {stride}, {padding})",
    "max_pool1d": "np.max(windows({0}, {window}, {stride}), axis=-1)",
}
"""Our ops in the words of `autograd.numpy`; what it has not is composed of what it has."""

_WINDOWS = """
def windows(x, window, stride):
    positions = (x.shape[-1] - window) // stride + 1
    return x[..., (np.arange(positions) * stride)[:, None] + np.arange(window)]
"""

AUTOGRAD_DEFINITIONS = {
    "softmax": """
def softmax(x, axis):
    powers = np.exp(x)
    return powers / np.sum(powers, axis=axis, keepdims=True)
""",
    "log_softmax": """
def log_softmax(x, axis):
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))
""",
    "scatter_add": """
def scatter_add(target, updates, indices, axis):
    spread = np.array(indices[None, :] == np.arange(target.shape[axis])[:, None], dtype=float)
    return target + np.moveaxis(np.tensordot(spread, updates, axes=((1,), (axis,))), 0, axis)
""",
    "cumprod": """
def cumprod(x, axis):
    before = (slice(None),) * axis
    products = [x[(*before, slice(0, 1))]] if x.shape[axis] else [x]
    for position in range(1, x.shape[axis]):
        products.append(products[-1] * x[(*before, slice(position, position + 1))])
    return np.concatenate(products, axis=axis)
""",
    "sort": """
def sort(x, axis):
    order = np.argsort(x, axis=axis)
    places = [np.arange(size).reshape([-1 if a == b else 1 for b in range(x.ndim)]) for a, size in enumerate(x.shape)]
    places[axis] = order
    return x[tuple(places)]
""",
    "conv1d": _WINDOWS
    + """

def conv1d(x, w, stride, padding):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding)), 'constant')
    return np.einsum('nclk,ock->nol', windows(padded, w.shape[-1], stride), w)
""",
    "max_pool1d": _WINDOWS,
}

PEERS: dict[str, type[Peer]] = {
    peer.name: peer
    for peer in (
        Gradcheck,
        FastGradcheck,
        JitCheckGrads,
        JaxCheckGrads,
        ComputeGradient,
        AutogradCheckGrads,
        FirstOrderAutograd,
    )
}


def missing_ops() -> list[str]:
    """Ops of the vocabulary that HIPS autograd is not asked about."""
    return sorted(set(VOCABULARY) - set(AUTOGRAD))


def asked(peer: Peer, case: Case, mutant: Mutant | None, dtype: str) -> str:
    """``accepts``, ``rejects``, ``cannot: <op>`` or ``error: <what it said>``."""
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return "accepts" if peer.check(case, mutant, dtype) else "rejects"
    except CannotAsk as op:
        return f"cannot: {op}"
    except Exception as failure:  # noqa: BLE001 - foreign code; what happened is counted and shown
        first = (str(failure).strip().splitlines() or [""])[0]
        return f"error: {type(failure).__name__}: {first[:120]}"


assert autograd  # imported so that its version is the one reported
