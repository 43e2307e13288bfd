"""`torch.compile` around a function and around the derivatives of it, and the proof that it was compiled."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # a worker starts no processes of its own
if "CONFORMANCE_KEPT" in os.environ:  # the worker's own temporary folder goes when it ends
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(os.environ["CONFORMANCE_KEPT"]) / "torchinductor"))

import torch
from torch._dynamo.exc import Unsupported as CannotTrace
from torch._dynamo.exc import UserError
from torch._dynamo.utils import counters

from autograd_conformance.adapters.torch_derivatives import jvp, refusals, vjp
from autograd_conformance.adapters.translator import compile_source
from autograd_conformance.word import composed

DERIVATIVE = """\
{source}

def derivative(leaves, cotangents, tangents):
    return composed(lambda given: graph_function(*given), leaves, {word!r}, cotangents, tangents, jvp, vjp)
"""
"""A function of its own for each word: the compiler counts what it compiled of one, and looks globals up beside it."""


class NotCompiled(RuntimeError):
    """A function ran without having been compiled."""


def compiled(function: Callable[..., Any], backend: str) -> Callable[..., Any]:
    """The function as one compiled graph.  What runs raises NotCompiled unless the first call compiled a graph; later
    ones either find it, compile another, or raise.
    """
    run = torch.compile(function, backend=backend, fullgraph=True, dynamic=False)
    is_proven = False

    def proven(*arguments: Any) -> Any:
        nonlocal is_proven
        before = counters["stats"]["unique_graphs"]
        with refusals(CannotTrace, UserError):
            results = run(*arguments)
        if not is_proven and counters["stats"]["unique_graphs"] == before:
            raise NotCompiled(f"torch.compile(backend={backend!r}) compiled nothing")
        is_proven = True
        return results

    return proven


def compiled_derivative(source: str, names: Mapping[str, Any], word: str, backend: str) -> Callable[..., Any]:
    """The derivative a word names, with its transforms inside the compiled function."""
    scope: dict[str, Any] = {**names, "composed": composed, "jvp": jvp, "vjp": vjp}
    return compiled(compile_source(DERIVATIVE.format(source=source, word=word), scope, "derivative"), backend)
