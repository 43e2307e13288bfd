"""The classic mistakes of home-made engines, each made in a copy of ours.

``mistaken_engine("addition multiplies")`` is a namespace with the public names of the sound engine, and that one mistake;
``tests.miniatures.engine_mistakes:AdditionMultiplies`` is the adapter with that engine, whose scenarios are told by it
too.  Mistakes in `NUMERIC` change derivatives or their form, which laws see.  Those in `SEMANTIC` leave every single
gradient right, which scenarios see.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import itertools
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograd_conformance.adapters import tape_engine, tape_scenarios
from autograd_conformance.adapters.tape import TapeAdapter
from autograd_conformance.adapters.tape_tape import TapeTape
from autograd_conformance.worker.tell import MODULES

Mistake = Callable[[Any], None]
"""Makes the mistake in an engine's modules; its docstring says what goes wrong."""

NUMERIC: dict[str, Mistake] = {}
SEMANTIC: dict[str, Mistake] = {}
_serials = itertools.count()


def engine_copy() -> ModuleType:
    """The engine's folder as a package of its own, sharing nothing with the sound one."""
    return _copy(tape_engine)


def _copy(package: ModuleType) -> ModuleType:
    folder = Path(str(package.__file__)).parent
    name = f"{__name__.replace('.', '_')}_{next(_serials)}"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mistaken_engine(name: str) -> Any:
    """A new engine with one mistake, by its name in `NUMERIC` or `SEMANTIC`.  Raises KeyError for others."""
    mistake = {**NUMERIC, **SEMANTIC}[name]
    engine = engine_copy()
    mistake(engine)
    return engine


@functools.cache
def __getattr__(name: str) -> type[TapeAdapter]:
    for mistake in (*NUMERIC, *SEMANTIC):
        if name == class_name(mistake):
            return type(name, (MistakenAdapter,), {"__module__": __name__, **_members(mistaken_engine(mistake))})
    raise AttributeError(f"no engine mistake {name}")


class MistakenAdapter(TapeAdapter):
    """The adapter of an engine copy: laws ask the copy, and scenarios are told by it."""

    def tape(self) -> TapeTape:
        statements = type("MistakenTape", (TapeTape,), {"imports": f"import {self.engine.__name__} as tp"})
        return statements(self.table)


def _members(engine: Any) -> dict[str, Any]:
    programs = _copy(tape_scenarios)
    for name in MODULES.values():
        importlib.import_module(f"{programs.__name__}.{name}").tp = engine  # type: ignore[attr-defined]
    return {"engine": engine, "scenarios": {"eager": programs.__name__}}


def class_name(mistake: str) -> str:
    return "".join(word.capitalize() for word in mistake.split())


def _in(book: dict[str, Mistake], name: str) -> Callable[[Mistake], Mistake]:
    def keep(mistake: Mistake) -> Mistake:
        book[name] = mistake
        return mistake

    return keep


def _module(engine: Any, name: str) -> Any:
    return sys.modules[f"{engine.__name__}.{name}"]


# Mistakes in rules and meanings.


@_in(NUMERIC, "addition multiplies")
def _addition_multiplies(engine: Any) -> None:
    """Adds by multiplying; the rule is that of a sum."""
    engine.add.forward = np.multiply


@_in(NUMERIC, "slice gradient has slice shape")
def _slice_gradient_has_slice_shape(engine: Any) -> None:
    """The gradient of x[key] is allocated like x[key], not like x."""
    _module(engine, "movement")._slice.pulls = (_module(engine, "op").Pull(lambda g, key: g),)


@_in(NUMERIC, "broadcast not summed")
def _broadcast_not_summed(engine: Any) -> None:
    """An operand that was broadcast gets the gradient of its broadcast form."""
    _module(engine, "op").fitted = lambda gradient, shape: gradient


@_in(NUMERIC, "keepdims lost")
def _keepdims_lost(engine: Any) -> None:
    """The rule of sum forgets which axes were summed, and spreads its cotangent along the last ones."""

    def pull(g: Any, shape: Any, axes: Any, keepdims: bool) -> Any:
        return engine.broadcast_to(g, shape)

    _module(engine, "reductions")._sum.pulls = (_module(engine, "op").Pull(pull, "a.shape"),)


@_in(NUMERIC, "matmul without batch")
def _matmul_without_batch(engine: Any) -> None:
    """The rule of matmul transposes all axes, as is right for two."""
    _module(engine, "products")._turned = engine.transpose


@_in(NUMERIC, "integer buffers")
def _integer_buffers(engine: Any) -> None:
    """Gradients are kept in integers, as zeros_like gives them for an array of integers."""
    engine.copy.forward = lambda a: a.astype(np.int64)


# Mistakes in the walk.


def _recursive_walk(engine: Any, passes_total: bool) -> Callable[..., dict[Any, Any]]:
    """Every path is walked by itself, and hands on the cotangent that came along it, or all that has come so far."""

    def pull_back(
        roots: Sequence[tuple[Any, Any]], retain_graph: bool, targets: Collection[Any] | None = None
    ) -> dict[Any, Any]:
        totals: dict[Any, Any] = {}

        def visit(target: Any, cotangent: Any) -> None:
            totals[target] = totals[target] + cotangent if target in totals else cotangent
            if isinstance(target, engine.Record):
                handed_on = totals[target] if passes_total else cotangent
                for edge, passed in zip(target.edges, target.rule(target, handed_on), strict=True):
                    if edge.target is not None and passed is not None:
                        visit(edge.target, passed)

        for output, cotangent in roots:
            visit(output.grad_fn or output, cotangent)
        return totals

    return pull_back


@_in(NUMERIC, "accumulated gradient passed on")
def _accumulated_gradient_passed_on(engine: Any) -> None:
    """A value used twice hands on what has arrived so far, each time something arrives: the first part counts twice."""
    _module(engine, "engine").pull_back = _recursive_walk(engine, passes_total=True)


@_in(SEMANTIC, "exponential on diamonds")
def _exponential_on_diamonds(engine: Any) -> None:
    """A value used twice is walked from twice: right, and twice the time for each diamond in a chain."""
    _module(engine, "engine").pull_back = _recursive_walk(engine, passes_total=False)


# Mistakes in what is kept between calls.


@_in(SEMANTIC, "buffer shared by leaves")
def _buffer_shared_by_leaves(engine: Any) -> None:
    """The first gradient of a leaf is kept as it came, which may be another leaf's gradient too."""

    def deposit(array: Any, gradient: Any) -> None:
        if array.grad is None:
            array.grad = gradient
        else:
            array.grad.add_(gradient)

    _module(engine, "engine").deposit = deposit


@_in(SEMANTIC, "zeroing rebinds")
def _zeroing_rebinds(engine: Any) -> None:
    """Zeroing gives the name of the gradient to zeros, and leaves the gradient."""

    def zero_grad(self: Any) -> None:
        gradient = self.grad
        gradient = engine.array(np.zeros(self.shape))  # noqa: F841 - the mistake

    engine.Array.zero_grad = zero_grad


@_in(SEMANTIC, "step loses the leaf")
def _step_loses_the_leaf(engine: Any) -> None:
    """The step w = w - rate * gradient makes a result, recorded on top of all steps before; the leaf stays where it was."""

    def step(self: Any, allow_unused: bool = False) -> None:
        self.parameters = [parameter - self.rate * parameter.grad for parameter in self.parameters]
        for parameter in self.parameters:
            parameter.retain_grad()

    engine.SGD.step = step


@_in(SEMANTIC, "export shares lists")
def _export_shares_lists(engine: Any) -> None:
    """The lists of nodes and edges are default arguments: each export appends to the one before."""
    sound = engine.export

    def export(outputs: Any, nodes: list[Any] = [], edges: list[Any] = []) -> dict[str, list[Any]]:  # noqa: B006
        graph = sound(outputs)
        nodes += graph["nodes"]
        edges += graph["edges"]
        return {"nodes": nodes, "edges": edges}

    engine.export = _module(engine, "export").export = export


@_in(SEMANTIC, "bias never connected")
def _bias_never_connected(engine: Any) -> None:
    """A layer takes a bias and forgets it, and training passes over a parameter that has no gradient."""
    sound = engine.Optimizer.step

    def step(self: Any, allow_unused: bool = True) -> None:
        sound(self, allow_unused)

    engine.linear = _module(engine, "products").linear = lambda x, weight, bias: engine.matmul(x, weight)
    engine.Optimizer.step = step
