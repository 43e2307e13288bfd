"""Results files made up for the tests of the report: realistic, deterministic, and without any framework."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from autograd_conformance.graph import Graph, Node
from autograd_conformance.records import (
    UNEXPECTED_VERDICTS,
    AdapterRecord,
    CaseRecord,
    Diagnostic,
    Footer,
    Gap,
    Header,
    KnownRecord,
    Observation,
    Result,
    ScenarioResult,
    VerdictName,
)
from autograd_conformance.results import ResultsFile

LAWS = (
    "forward_matches_numpy", "vjp_matches_finite_differences", "jacobian_matches_finite_differences",
    "gradient_has_primal_shape_and_dtype", "vjp_of_zero_is_zero", "vjp_is_linear", "fan_out_accumulates",
    "second_call_is_equal", "inputs_are_unmodified", "modes_agree", "frameworks_agree",
)  # fmt: skip
DTYPES = ("float64", "float32")
UNARY = ("sin", "exp", "tanh", "relu", "softplus", "square", "cumsum", "cumprod", "flip", "sort", "logistic", "det")
BINARY = ("add", "multiply", "maximum", "subtract")
VERSIONS = {
    "torch": {"torch": "2.13.0", "numpy": "2.3.5"},
    "jax": {"jax": "0.10.0", "jaxlib": "0.10.0", "numpy": "2.3.5"},
    "tensorflow": {"tensorflow": "2.21.0", "numpy": "2.3.5"},
}
EXPECTED = "cumprod: the gradient is wrong where the array holds a zero (reported upstream, 2026-03)"


def adapter(name: str, missing: str | None = None, cases: int = 40) -> AdapterRecord:
    framework, mode = name.split(":")
    return AdapterRecord(
        name=name,
        framework=framework,
        mode=mode,
        versions={} if missing else VERSIONS.get(framework, {}),
        numerics={} if missing else {"x64": "on", "tf32": "off", "matmul precision": "highest"},
        python="" if missing else "3.12.8",
        missing=missing,
        laws=list(LAWS),
        cases={"core": cases // 2, "vocabulary": cases // 4, "single": cases // 4},
    )


def case(seed: int, stratum: str = "core", most_nodes: int = 12) -> CaseRecord:
    """A random graph of elementwise ops, a broadcast pair, a reduction and now and then two outputs."""
    draw = random.Random(seed)
    shape = draw.choice([(3, 4), (2, 3), (4,), (1,), (), (0, 3)])
    inputs = [shape, shape if draw.random() < 0.5 else (1,) * len(shape)]
    nodes: list[Node] = []
    shapes: list[tuple[int, ...]] = [tuple(size) for size in inputs]
    for _ in range(1 if stratum == "single" else draw.randint(3, most_nodes)):
        recent = len(shapes) - 1 - min(int(draw.expovariate(0.6)), len(shapes) - 1)
        if draw.random() < 0.4 and stratum != "single":
            other = draw.randrange(len(shapes))
            nodes.append(Node(draw.choice(BINARY), (recent, other)))
            shapes.append(max(shapes[recent], shapes[other], key=lambda size: (len(size), sum(size))))
        else:
            op = draw.choice(UNARY[:-1])
            attributes: dict[str, Any] = {"axis": 0} if op in ("cumsum", "cumprod", "flip", "sort") else {}
            nodes.append(Node(op, (recent,), attributes))
            shapes.append(shapes[recent])
    nodes.append(
        Node("sum", (len(shapes) - 1,), {"axes": (0,), "keepdims": False} if shape else {"axes": (), "keepdims": False})
    )
    shapes.append(shape[1:])
    outputs = (len(shapes) - 1, len(shapes) - 2) if draw.random() < 0.2 else (len(shapes) - 1,)
    graph = Graph(tuple(tuple(size) for size in inputs), tuple(nodes), outputs)
    identity = hashlib.sha256(f"{seed} {graph.canonical}".encode()).hexdigest()[:16]
    return CaseRecord(
        id=identity,
        stratum=stratum,
        graph=graph.to_plain(),
        point=[_numbers(draw, size) for size in inputs],
        cotangents=[_numbers(draw, shapes[output]) for output in outputs],
        shapes=[list(size) for size in shapes],
    )


def cumprod_case() -> CaseRecord:
    """What a reducer leaves of a wrong cumulative product."""
    nodes = (
        Node("cumprod", (0,), {"axis": 0}),
        Node("multiply", (2, 1)),
        Node("sum", (3,), {"axes": (0,), "keepdims": False}),
    )
    graph = Graph(((3,), (3,)), nodes, (4,))
    return CaseRecord(
        id=graph.key, stratum="core", graph=graph.to_plain(), cotangents=[1.0],
        point=[[1.0, 0.0, 2.0], [0.5, -1.25, 3.0]], shapes=[[3], [3], [3], [3], []],
    )  # fmt: skip


def _numbers(draw: random.Random, shape: tuple[int, ...]) -> Any:
    if not shape:
        return draw.randint(-64, 64) / 32
    return [_numbers(draw, shape[1:]) for _ in range(shape[0])]


def gap(bounds: float, reference: float = 0.5129138) -> Gap:
    """A worst element that is ``bounds`` bounds away from the reference."""
    bound = 2.1e-13
    measured = reference + bounds * bound
    return Gap(
        where="d output 0 . u / d input 0 [1, 2]",
        measured=measured,
        measured_hex=measured.hex(),
        reference=reference,
        reference_hex=reference.hex(),
        error=1.3e-14,
        bound=bound,
        gap=bounds * bound,
    )


def result(
    record: CaseRecord, adapter_name: str, law: str, dtype: str, verdict: VerdictName = "agree", **more: Any
) -> Result:
    more.setdefault("worst", gap(0.2) if verdict == "agree" else None)
    return Result(
        case=record.id, stratum=record.stratum, adapter=adapter_name, law=law, dtype=dtype, verdict=verdict, **more
    )


def diagnostic(record: CaseRecord, adapter_name: str, law: str, dtype: str = "float64") -> Diagnostic:
    """A wrong value: its error stays level where the reference's falls."""
    steps = [2.0**-power for power in range(3, 16)]
    wrong = 4.0e-4
    return Diagnostic(
        case=record.id,
        adapter=adapter_name,
        law=law,
        dtype=dtype,
        source="def graph_function(v0, v1):\n    v2 = torch.cumprod(v0, 0)\n    v3 = v2 * v1\n"
        "    return (torch.sum(v3, (0,)),)\n",
        script="import torch\n\nv0 = torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64, requires_grad=True)\n"
        "v2 = torch.cumprod(v0, 0)\n(gradient,) = torch.autograd.grad(v2.sum(), v0)\nprint(gradient)\n",
        steps=[[step, wrong + 0.3 * step**2] for step in steps],
        reference_steps=[[step, 0.3 * step**2 + 1e-16 / step] for step in steps],
        values=[
            {"adapter": adapter_name, "dtype": "float64", "value": 0.5133138},
            {"adapter": "jax:jit", "dtype": "float64", "value": 0.5129138},
            {"adapter": "tensorflow:eager", "dtype": "float64", "value": "nan"},
            {"adapter": adapter_name, "dtype": "float32", "value": 0.5133139},
        ],
        first_diverging_node=min(2, len(record.graph["nodes"]) - 1),
        message=f"{law}: disagree for {adapter_name} 2.13.0 on cumprod, {dtype}\n"
        "  vjp 0.5133   reference 0.5129 +- 2.1e-13   gap 4.0e-04 = 1.9e9 bounds\n"
        f"  replay: autograd-conformance replay {record.id} -a {adapter_name}",
    )


@dataclass
class Sample:
    """Collects records and makes a results file of them."""

    adapters: list[AdapterRecord]
    seed: int = 20260301
    path: str = "results.jsonl"
    cases: dict[str, CaseRecord] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    scenarios: list[ScenarioResult] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    known: list[KnownRecord] = field(default_factory=list)
    settings: dict[str, Any] = field(
        default_factory=lambda: {"examples": 40, "profile": "default", "dtypes": list(DTYPES)}
    )

    def add(self, record: CaseRecord, *results: Result) -> None:
        self.cases[record.id] = record
        self.results += results

    def judge(self, *results: Result) -> None:
        """Put these verdicts in the place of those about the same."""
        keys = {(one.case, one.adapter, one.law, one.dtype) for one in results}
        self.results = [one for one in self.results if (one.case, one.adapter, one.law, one.dtype) not in keys]
        self.results += results

    def file(self, status: str = "complete") -> ResultsFile:
        """The results file; status is ``complete``, ``interrupted`` or ``truncated``."""
        header = Header(
            suite="0.1.0", seed=self.seed, settings=self.settings, adapters=self.adapters,
            host={"system": "Linux", "machine": "x86_64", "cores": "2"}, started="2026-03-01T09:30:00Z",
            scenarios={one.scenario: one.claim for one in self.scenarios},
        )  # fmt: skip
        footer = Footer(
            status="complete" if status == "complete" else "interrupted",
            results=len(self.results),
            verdicts=dict(Counter(one.verdict for one in self.results)),
            unexpected=sum(
                one.verdict in UNEXPECTED_VERDICTS and not one.expected for one in [*self.results, *self.scenarios]
            ),
            scenarios=dict(Counter(one.verdict for one in self.scenarios)),
            stale=self.stale,
            expectations=self.known,
            seconds={"generation": 1.8, "reference": 21.4, "worker torch:eager": 9.2, "laws": 12.9, "reducer": 3.1},
        )
        return ResultsFile(
            self.path,
            header,
            self.cases,
            self.results,
            self.diagnostics,
            footer=None if status == "truncated" else footer,
            scenarios=self.scenarios,
        )


def known(number: int, state: str = "met", **more: Any) -> KnownRecord:
    """An entry of an expectations file, and what became of it."""
    fields = {
        "law": "*", "adapter": "tensorflow:*", "kind": "disagree", "signature": "cumprod", "reason": EXPECTED,
        "link": "https://example.org/issues/1", "witness": "cumprod-with-zero.json", "file": "tensorflow.toml",
    }  # fmt: skip
    return KnownRecord(**{**fields, "number": number, "state": state, **more})


def strata_cases(count: int, seed: int = 0) -> list[CaseRecord]:
    names = ("core", "core", "vocabulary", "single")
    return [case(seed + number, names[number % 4]) for number in range(count)]


def ordinary_verdict(draw: random.Random, law: str, dtype: str) -> VerdictName:
    """Mostly agree; the rest as rare as in a real run, and more of it in float32."""
    scale = 2.0 if dtype == "float32" else 0.5
    chance = draw.random() / scale
    if law == "jacobian_matches_finite_differences" and draw.random() < 0.15:
        return "unsupported"
    if chance < 0.006:
        return "inconclusive"
    if chance < 0.008:
        return "imprecise"
    return "weak" if chance < 0.02 else "agree"


def sample(names: tuple[str, ...], count: int = 40, **more: Any) -> Sample:
    """A run in which nothing is bad."""
    made = Sample([adapter(name, cases=count) for name in names], **more)
    draw = random.Random(made.seed)
    for record in strata_cases(count):
        made.add(record)
        for name in names:
            for law in LAWS:
                for dtype in DTYPES:
                    verdict = ordinary_verdict(draw, law, dtype)
                    peer = "jax:jit" if law == "frameworks_agree" and name != "jax:jit" else ""
                    made.results.append(
                        result(
                            record,
                            name,
                            law,
                            dtype,
                            verdict,
                            worst=gap(draw.random() if verdict == "agree" else 2.2),
                            peer=peer,
                        )
                    )
    return made


def torch_file() -> ResultsFile:
    """One disagree with a diagnostic, reduced; errors of one kind; JAX and TensorFlow missing."""
    made = sample(
        ("torch:eager",), path="results/torch.jsonl", stale=["torch.toml entry 3: pool with padding (torch>=2.4)"]
    )
    made.adapters += [adapter("jax:jit", "No module named 'jax'; pip install autograd-conformance[jax]")]
    made.adapters += [
        adapter("tensorflow:eager", "No module named 'tensorflow'; pip install autograd-conformance[tensorflow]")
    ]
    law, records = "vjp_matches_finite_differences", list(made.cases.values())
    small, big = cumprod_case(), records[0]
    found = {"reduced": small.id, "signature": "cumprod", "confirmed": "complex step", "worst": gap(1.9e9)}
    made.add(small)
    detail = "gap 4.0e-04 = 1.9e9 bounds"
    made.judge(*(result(big, "torch:eager", law, dtype, "disagree", detail=detail, **found) for dtype in DTYPES))
    made.diagnostics += [diagnostic(big, "torch:eager", law), diagnostic(small, "torch:eager", law)]
    for record in records[4:7]:
        made.judge(
            result(record, "torch:eager", "modes_agree", "float32", "error", signature="flip+sort",
                   detail="RuntimeError: flip(): expected a non-empty dims list")
        )  # fmt: skip
    return made.file()


def jax_file() -> ResultsFile:
    made = sample(("jax:jit", "jax:eager"), path="results/jax.jsonl")
    made.adapters.append(adapter("torch:eager", "No module named 'torch'; pip install autograd-conformance[torch]"))
    return made.file()


def tensorflow_file(status: str = "complete") -> ResultsFile:
    """A known defect in many cases, and a timeout that nobody expected."""
    made = sample(("tensorflow:eager", "tensorflow:function"), path="results/tensorflow.jsonl")
    records = list(made.cases.values())
    for number, record in enumerate(records[10:22]):
        more = {"signature": "cumprod", "expected": EXPECTED, "worst": gap(4e7), "confirmed": "second ladder"}
        made.judge(
            result(record, "tensorflow:eager", "vjp_matches_finite_differences", DTYPES[number % 2], "disagree", **more)
        )
    made.diagnostics.append(diagnostic(records[10], "tensorflow:eager", "vjp_matches_finite_differences"))
    made.judge(
        result(
            records[30],
            "tensorflow:function",
            "vjp_is_linear",
            "float64",
            "timeout",
            signature="sort",
            detail="no answer within 30 s",
        )
    )
    return made.file(status)


def missing_tensorflow_file() -> ResultsFile:
    reason = "No module named 'tensorflow'; pip install autograd-conformance[tensorflow]"
    return Sample([adapter("tensorflow:eager", reason)], path="results/tensorflow.jsonl").file()


def clean_files() -> list[ResultsFile]:
    """Two frameworks and nothing unexpected."""
    return [sample(("torch:eager",), path="torch.jsonl").file(), jax_file()]


def full_files() -> list[ResultsFile]:
    """Everything at once: a disagree, errors, a timeout, known defects, a stale expectation."""
    return [torch_file(), jax_file(), tensorflow_file()]


def large_file(results: int = 50_000) -> ResultsFile:
    """As many results as a nightly run leaves, with details of their own."""
    names = ("torch:eager", "jax:jit", "jax:eager", "tensorflow:eager", "tensorflow:function", "tensorflow:graph")
    made = Sample([adapter(name, cases=400) for name in names])
    draw = random.Random(7)
    number = 0
    while len(made.results) < results:
        record = case(number, most_nodes=14)
        made.cases[record.id] = record
        number += 1
        for name in names:
            for law in LAWS:
                for dtype in DTYPES:
                    verdict = ordinary_verdict(draw, law, dtype)
                    detail = (
                        ""
                        if verdict == "agree"
                        else f"gap {draw.random():.3e} = {draw.random():.2f} bounds on value {number}"
                    )
                    made.results.append(
                        result(record, name, law, dtype, verdict, detail=detail, worst=gap(draw.random()))
                    )
    del made.results[results:]
    for number, record in enumerate(list(made.cases.values())[:120]):
        law = "vjp_matches_finite_differences"
        made.results[number] = result(
            record, "torch:eager", law, "float64", "disagree", signature=f"sort+{number % 30}", worst=gap(5e6)
        )
        made.diagnostics.append(diagnostic(record, "torch:eager", law))
    return made.file()


LEAF_CLAIM = "The result of ops on leaves is no leaf; what requires no gradient is a leaf by convention"
OBSERVER = "class Observer:\n    pass\n\n\nobserve = Observer()\n"
"""Stands for the part that all scripts share."""


def told(
    scenario: str,
    adapter_name: str,
    observations: list[Observation],
    verdict: VerdictName = "agree",
    claim: str = "A claim",
    **more: Any,
) -> ScenarioResult:
    program = f"x = leaf_of_{adapter_name.split(':')[0]}(3.0)\nobserve('gradient', x)\n"
    more.setdefault("link", f"https://docs.example/{adapter_name.split(':')[0]}/{scenario}.html")
    if verdict != "unsupported":
        more.setdefault("program", program)
        more.setdefault("script", f"import framework\n\n\n{OBSERVER}\n{program}")
    return ScenarioResult(
        scenario=scenario, adapter=adapter_name, claim=claim, verdict=verdict, observations=observations, **more
    )


def losses(steps: int = 300, wrong_by: float = 0.0) -> list[float]:
    return [512.0 / (1 + step) ** 2 * (1 + wrong_by * (step % 7) / 7) for step in range(steps)]


def refusal(kind: str, message: str) -> dict[str, Any]:
    return {"raises": kind, "kinds": ["Exception"], "message": message}


def scenarios_file() -> ResultsFile:
    """Three frameworks tell four scenarios: one differs, one is not as documented, curves, an exported graph."""
    names = ("torch:eager", "jax:eager", "tensorflow:eager")
    made = Sample([adapter(name, cases=0) for name in names], path="scenarios.jsonl")
    constant, kept = "gradient of d = c*c at a constant c = 5", "gradient after walk 3"
    refused = refusal("RuntimeError", "element 0 of tensors does not require grad")
    no_leaf = "no such concept: functional: arrays belong to no graph"
    claim = {"claim": LEAF_CLAIM}
    made.scenarios += [
        told("A1", names[0], [
            Observation(name="is_leaf of a, b, c, d", observed=[True, False, True, True],
                        documented=[True, False, True, True], verdict="agree"),
            Observation(name=constant, observed=refused, documented={"raises": "RuntimeError"}, verdict="agree"),
        ], **claim),
        told("A1", names[1], [
            Observation(name="is_leaf of a, b, c, d", verdict="unsupported", detail=no_leaf),
            Observation(name=constant, observed=0.0, documented=0.0, verdict="agree"),
        ], **claim),
        told("A1", names[2], [], "unsupported", detail="no such concept: variables are watched", **claim),
        told("C2", names[0], [
            Observation(name=kept, observed=17.5, documented=18.0, verdict="disagree"),
        ], "disagree", claim="A graph kept twice is walked three times", message="scenario C2: disagree",
             detail=f"{kept}: documented 18.0, observed 17.5"),
        told("C2", names[1], [
            Observation(name=kept, observed=18.0, documented=19.0, verdict="disagree"),
        ], "disagree", claim="A graph kept twice is walked three times", expected="the page is out of date, reported"),
    ]  # fmt: skip
    for number, name in enumerate(names):
        curve = Observation(
            name="losses", observed=losses(wrong_by=number * 1e-15), documented=losses(), verdict="agree"
        )
        shown = {"data and fit": data_and_fit(wrong_by=number * 1e-15)}
        made.scenarios.append(told("I1", name, [curve], claim="One trajectory", exhibits=shown))
    made.scenarios += [
        told(
            "J1",
            name,
            [Observation(name="every edge joins two nodes", observed=True, documented=True, verdict="agree")],
            claim="The recorded graph can be read",
            exhibits={"the recorded graph": graph},
        )
        for name, graph in ((names[0], recorded_graph()), (names[2], recorded_operations()))
    ]
    return made.file()


def data_and_fit(points: int = 21, wrong_by: float = 0.0) -> dict[str, Any]:
    x = [number / 10 - 1 for number in range(points)]
    return {
        "x": x,
        "y": [3 * one * one + 2 + (0.1 if place % 2 else -0.1) for place, one in enumerate(x)],
        "fit": [(3 * one * one + 2) * (1 + wrong_by) for one in x],
    }


def recorded_graph() -> dict[str, Any]:
    """As the tape engine has it."""
    return {
        "nodes": [
            {"id": 0, "op": "leaf", "kind": "leaf", "name": "x", "shape": []},
            {"id": 1, "op": "leaf", "kind": "leaf", "name": "y", "shape": [2, 3]},
            {"id": 2, "op": "mul", "kind": "result", "shape": [2, 3]},
        ],
        "edges": [[0, 2], [1, 2]],
    }


def recorded_operations() -> dict[str, Any]:
    """As TensorFlow has it: names for ids, no kinds, and a long name."""
    return {
        "nodes": [
            {"id": "x", "op": "Placeholder"},
            {"id": "mul", "op": "Mul"},
            {"id": "end", "op": "framework::autograd::Identity"},
        ],
        "edges": [["x", "mul"], ["x", "mul"], ["mul", "end"]],
    }
