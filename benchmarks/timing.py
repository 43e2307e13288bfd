"""What benchmarks of speed have in common: who is timed beside whom, on which graphs, and how once.

Neither side draws the graph, and a peer's function and leaves are ready before its check is timed.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
import peers

from autograd_conformance.adapter import Adapter
from autograd_conformance.case import Case
from autograd_conformance.generation.strategies import independent_cases
from autograd_conformance.graph import Graph
from autograd_conformance.judge import judge_case, questions_about
from autograd_conformance.laws import LAWS, Law
from autograd_conformance.measurement import question
from autograd_conformance.ops.op import Op
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.rewrites import Share
from autograd_conformance.worker.questions import question_to_plain
from autograd_conformance.worker.serve import Server

MOST_ELEMENTS = 48
"""Of the inputs of graphs that every checker can afford; of those that the generator draws five in six have no more."""
ANY = 10**9
UNCOUNTED = 3
"""The first graphs are judged by both sides and not counted."""
CALLS = 5
"""Of value and gradient; the median is taken."""
LAWS_OF_ONE = {name: law for name, law in LAWS.items() if law.judge_peers is None}
GRADCHECKS = {
    name: LAWS[name]
    for name in (
        "vjp_matches_finite_differences",
        "jacobian_matches_finite_differences",
        "gradient_has_primal_shape_and_dtype",
        "second_call_is_equal",
    )
}
"""The laws that gradcheck has too, so that both sides do the same work; other peers have fewer of them."""
Check = Callable[[], bool]


@dataclass(frozen=True)
class Subject:
    """An adapter in one mode, and the dtypes it is judged in."""

    framework: str
    mode: str
    adapter: type[Adapter]
    dtypes: tuple[str, ...] = ("float64",)

    @property
    def name(self) -> str:
        return f"{self.framework}:{self.mode}"

    @property
    def compiles(self) -> bool:
        return self.mode in self.adapter.compiled_modes

    @property
    def share(self) -> Share:
        """Of rewrites, as a run asks for them."""
        return "one in eight" if self.compiles else "one in three"

    def server(self) -> Server:
        """The worker's own server, its adapter made and no graph translated."""
        server = Server(self.adapter)
        server.adapter(self.mode)
        return server


def subject(framework: str, mode: str, name: str, *dtypes: str) -> Subject:
    module = importlib.import_module(f"autograd_conformance.adapters.{framework}")
    return Subject(framework, mode, getattr(module, name), dtypes or ("float64",))


TORCH = subject("torch", "eager", "TorchAdapter")
TORCH_DEFAULT = subject("torch", "eager", "TorchAdapter", "float64", "float32")
TENSORFLOW = subject("tensorflow", "eager", "TensorFlowAdapter")
JAX_JIT = subject("jax", "jit", "JaxAdapter")


@dataclass(frozen=True)
class Rival:
    """A peer's row.  ``ready`` makes its check of a case; ``most`` is the ratio aimed at."""

    subject: Subject
    name: str
    ready: Callable[[Case], Check]
    is_warm: bool = False
    """Whether the check compiles or traces, and so runs once before it is timed."""
    most: float | None = None
    ops: tuple[Op, ...] | None = None
    """The only ones that are drawn, where the peer has few of them."""
    laws: Mapping[str, Law] = field(default_factory=lambda: LAWS_OF_ONE)
    """What the suite judges by."""
    most_elements: int = MOST_ELEMENTS

    @property
    def called(self) -> str:
        """The peer, and what graphs."""
        return self.name if self.most_elements == MOST_ELEMENTS else f"{self.name}; graphs of any size"

    @property
    def judged_by(self) -> str:
        return "all" if self.laws is LAWS_OF_ONE else "gradcheck's"

    @property
    def title(self) -> str:
        return f"{self.subject.name}, {self.judged_by} laws, beside {self.called}"


def ready(peer: Callable[[], Any], wrap: Callable[[Any], Any] = lambda function: function) -> Callable[[Case], Check]:
    """What makes the peer's check of a case, its function wrapped."""

    def made(case: Case) -> Check:
        asked = peer()
        function, leaves = wrap(asked.function(case, None)), asked.leaves(case, "float64")
        return lambda: asked.accepts(function, leaves)

    return made


ready_check_grads = ready(peers.JaxCheckGrads, jax.jit)


def ready_autograd(peer: type[peers.AutogradCheckGrads]) -> Callable[[Case], Check]:
    """The same of a peer that draws its directions."""

    def made(case: Case) -> Check:
        asked = peer()
        function, leaves = asked.function(case, None), asked.leaves(case, "float64")
        return lambda: asked.accepts(function, leaves, case.seed)

    return made


@dataclass(frozen=True)
class Judging:
    """Seconds of judging one graph once, by part, and the verdicts."""

    estimate: float
    ask: float
    judge: float
    words: tuple[str, ...]

    @property
    def seconds(self) -> float:
        return self.estimate + self.ask + self.judge


def until(cases: Iterable[Case], deadline: float) -> Iterator[Case]:
    """Cases until the time is over: one check of TensorFlow, or compiling for JAX, takes seconds."""
    for case in cases:
        if time.monotonic() > deadline:
            return
        yield case


def suitable_cases(seed: int, ops: Sequence[Op] | None = None, most: int = MOST_ELEMENTS) -> Iterator[Case]:
    """Graphs with at most so many input elements; those at points without a derivative too."""
    for case in independent_cases(ops, seed):
        sizes = [array.size for array in case.point] + [int(np.prod(shape)) for shape in case.output_shapes]
        if all(sizes) and case.element_count <= most:
            yield case


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without warnings or anything printed; neither side is timed in setting this up."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def fresh(case: Case) -> Case:
    """The same case with nothing computed yet but its id and what that is of, which a run's generator computes to draw no
    case twice.
    """
    graph = Graph(case.graph.inputs, case.graph.nodes, case.graph.outputs)
    again = Case(graph, case.point, case.stratum)
    vars(again)["id"], vars(graph)["shared_plain"] = case.id, case.graph.shared_plain
    return again


def judge_once(one: Subject, case: Case, server: Server, laws: Mapping[str, Law] = LAWS_OF_ONE) -> Judging:
    """Judge the case from nothing, in parts.  What judging has computed or asked late counts as its own."""
    with quietly():
        started = time.perf_counter()
        estimated = estimate(case)
        at_estimate = time.perf_counter()
        asked = questions_about(estimated, one.mode, one.dtypes, laws, one.share)
        answers: list[Any] = [server.answer(question_to_plain(each)) for each in asked]
        at_answers = time.perf_counter()

        def other(dtype: str, _words: frozenset[str]) -> Any:
            return server.answer(question_to_plain(question(estimated, one.mode, dtype)))

        judged = judge_case(estimated, one.name, one.dtypes, laws, answers, other, one.share)
        ended = time.perf_counter()
    words = tuple(sorted({verdict.name for verdict in judged.verdicts.values()}))
    return Judging(at_estimate - started, at_answers - at_estimate, ended - at_answers, words)


def check_once(check: Check) -> tuple[float, str]:
    """Seconds a peer takes, and whether it accepts."""
    with quietly():
        started = time.perf_counter()
        try:
            said = "accepts" if check() else "rejects"
        except Exception as failure:  # noqa: BLE001 - foreign code; graphs it fails on are counted and left out
            said = f"error: {type(failure).__name__}"
        return time.perf_counter() - started, said


def value_and_gradient(one: Subject, case: Case) -> float | None:
    """Seconds of one forward and backward pass of the adapter, translated, compiled and brought to NumPy; None where it
    raises.  Its calls also fill the caches of kernels that eager frameworks keep, for both sides.
    """
    server = one.server()
    adapter = server.adapter(one.mode)
    dtype = one.dtypes[0]
    taken = []
    with quietly():
        try:
            program = adapter.translate(case.graph, dtype)
            leaves = tuple(adapter.native(array, dtype) for array in case.point)
            seeds = tuple(adapter.native(array, dtype) for array in case.cotangent(0))
            for _ in range(1 + CALLS):
                started = time.perf_counter()
                outputs, gradients = adapter.vjp(program, leaves, seeds)
                for array in (*outputs, *gradients):
                    if array is not None:
                        adapter.export(array)
                taken.append(time.perf_counter() - started)
        except Exception:  # noqa: BLE001 - foreign code; graphs it fails on are counted and left out
            return None
    return float(np.median(taken[1:]))


def quartiles(values: Any, unit: float = 1e-3, digits: int = 1) -> str:
    low, middle, high = (f"{value / unit:.{digits}f}" for value in np.quantile(values, (0.25, 0.5, 0.75)))
    return f"{middle} ({low}-{high})"
