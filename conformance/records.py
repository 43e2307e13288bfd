"""What a run leaves behind: typed records, one JSON object per line of results.jsonl.

The published JSON Schema is generated from these types (`autograd-conformance schema`).  Readers ignore unknown fields;
a new major format version gets a new schema.  JSON has no nan or infinity, so a `Number` is a float or one of the texts
"nan", "inf", "-inf"; where every bit counts an exact hexadecimal float stands beside the decimal.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

FORMAT_VERSION = "1.0"

Number = float | Literal["nan", "inf", "-inf"]

VerdictName = Literal[
    "agree", "weak", "imprecise", "inconclusive", "disagree", "unsupported", "error", "crash", "timeout"
]
VERDICTS: tuple[VerdictName, ...] = (
    "agree", "weak", "imprecise", "inconclusive", "disagree", "unsupported", "error", "crash", "timeout",
)  # fmt: skip
"""From good to bad, as reports list them.  Only ``agree`` is a pass that counts as coverage."""

UNEXPECTED_VERDICTS: frozenset[str] = frozenset({"disagree", "error", "crash", "timeout"})
"""Verdicts that need an expectation; without one the run exits 1."""
FORESEEABLE_VERDICTS = UNEXPECTED_VERDICTS | {"imprecise"}
"""Verdicts an expectation can be about: lost digits need none, and say why where they have one."""


SCENARIO_LAW, SCENARIO_STRATUM = "outcome_is_documented", "scenarios"
"""What expectations call the law of every scenario; the scenario's name is their ``case``."""


class AdapterRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One adapter of the run, whether or not its framework could be imported."""

    name: str
    framework: str
    mode: str
    versions: dict[str, str] = {}
    numerics: dict[str, str] = {}
    python: str = ""
    missing: str | None = None
    """Why the adapter could not be used; None when it could."""
    laws: list[str] = []
    dtypes: list[str] = []
    """Those it is asked in."""
    cases: dict[str, int] = {}
    """Stratum to the number of cases planned."""
    scenarios: int = 0
    """Number of scenarios told by this adapter."""


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="header", tag_field="record"):
    """First line: everything needed to say what the results are about."""

    format: str = FORMAT_VERSION
    suite: str
    seed: int
    settings: dict[str, Any] = {}
    vocabulary: list[str] = []
    """Ops the search may draw."""
    laws: dict[str, str] = {}
    """Law name to its formula."""
    scenarios: dict[str, str] = {}
    """Name to claim of every scenario that is told."""
    adapters: list[AdapterRecord]
    host: dict[str, str] = {}
    corpus: str = ""
    """Content hash of the replayed corpus; empty when none was."""
    expectations: str = ""
    """Content hash of what was known beforehand; empty when nothing was."""
    started: str | None = None
    """UTC time in ISO 8601; absent from deterministic files."""


class CaseRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="case", tag_field="record"):
    """A graph with its point, named by content.  Results refer to it by ``id``."""

    id: str
    stratum: str
    graph: dict[str, Any]
    point: list[Any]
    """One nested list of numbers per graph input; every number is exact in float64."""
    cotangents: list[Any]
    """The first cotangent: one nested list per graph output."""
    shapes: list[list[int]] = []
    """The shape of every value of the graph, inputs first."""


class Gap(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The worst element of a comparison."""

    where: str
    """What was compared, for example ``d output . u / d input 0 [1, 2]``."""
    measured: Number
    measured_hex: str
    reference: Number
    reference_hex: str
    error: Number
    """The reference's own error E."""
    bound: Number
    gap: Number


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="result", tag_field="record"):
    """One verdict: one law, one adapter, one dtype, one case."""

    case: str
    stratum: str
    adapter: str
    law: str
    dtype: str
    verdict: VerdictName
    detail: str = ""
    worst: Gap | None = None
    confirmed: str = ""
    """How a disagree or an imprecise was confirmed: ``mpmath in 140 digits``, ``complex step`` or ``second ladder``."""
    peer: str = ""
    """The other adapter, for laws about two."""
    reduced: str = ""
    """Id of the reduced case, itself recorded, for a disagree."""
    signature: str = ""
    """What expectations match: ops of the reduced graph joined by ``+``; of an imprecise one, those of the whole graph."""
    point: str = ""
    """What is special about the reduced case's point, joined by ``+``: ``empty`` (a value without elements), ``zero`` (a
    value with an exact zero)."""
    expected: str = ""
    """Reason of the matching expectation; empty when the verdict was not foreseen."""


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="diagnostic", tag_field="record"):
    """What a reader of a red cell needs: the source as run and the picture of the error."""

    case: str
    adapter: str
    law: str
    dtype: str
    source: str = ""
    script: str = ""
    steps: list[list[Number]] = []
    """Pairs (step size, absolute difference between the central difference and the measured value)."""
    reference_steps: list[list[Number]] = []
    """Pairs (step size, absolute difference between the central difference and the reference)."""
    values: list[dict[str, Any]] = []
    """The worst element in every adapter and dtype asked, with the keys ``adapter``, ``dtype`` and ``value``."""
    first_diverging_node: int | None = None
    """Position in the graph's nodes of the node that fails alone."""
    calls: int | None = None
    """Candidates that were judged while the case was reduced; absent where that was not tried."""
    message: str = ""
    """The failure as printed on the terminal."""


BELOW, ABOVE = "from below", "from above"
"""Keys of what is documented where a gradient may lie anywhere between two numbers."""


class Observation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a scenario observed, beside what is documented of it."""

    name: str
    observed: Any = None
    """Plain data as the framework's program gave it; an error is ``{"raises": type, "message": ...}``."""
    documented: Any = None
    """From the framework's contract, or the suite's own numbers where it measures."""
    verdict: VerdictName
    detail: str = ""


class ScenarioResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="scenario", tag_field="record"):
    """One scenario told by one adapter.  ``unsupported`` with a detail in words is "no such concept"."""

    scenario: str
    adapter: str
    claim: str
    verdict: VerdictName
    detail: str = ""
    link: str = ""
    """The framework's documentation of the outcome."""
    observations: list[Observation] = []
    exhibits: dict[str, Any] = {}
    """What is shown and not judged: a recorded graph as ``{"nodes": ..., "edges": ...}``, data beside a fit as
    ``{"x": ..., "y": ..., "fit": ...}``.
    """
    program: str = ""
    """The statements that were run, and with imports and the observer before them the ``script`` a reader can run."""
    script: str = ""
    message: str = ""
    """The failure as printed on the terminal."""
    expected: str = ""
    """Reason of the matching expectation."""

    def as_result(self) -> Result:
        """The verdict as that of a law, which is how expectations and comparisons speak of it."""
        return Result(
            case=self.scenario,
            stratum=SCENARIO_STRATUM,
            adapter=self.adapter,
            law=SCENARIO_LAW,
            dtype="",
            verdict=self.verdict,
            detail=self.detail,
            expected=self.expected,
        )


COVERAGE_LAW, COVERAGE_STRATUM = "op_is_covered", "coverage"
"""What expectations call an op below the floor; the op's name is its ``signature``, its ``kind`` is ``disagree``."""


class CoverageRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="coverage", tag_field="record"):
    """How often one op was strongly judged in one adapter: its gradient agreed, and the bound was narrow enough."""

    op: str
    adapter: str
    strong: int
    """Cases, in whichever of float64 and float32 has fewer."""
    floor: int = 0
    """How many the profile asks for; 0 in a run that was narrowed."""
    graphs: int = 0
    """Different graphs among the strongly judged cases."""
    counts: dict[str, dict[str, int]] = {}
    """Dtype to pattern (``same``, ``broadcast``, ``scalar``, ``one``, ``empty``) to strongly judged cases."""
    others: dict[str, int] = {}
    """The verdicts on the gradient, or on whether there was an answer, that do not count."""
    reason: str = ""
    """Why fewer are in order: the adapter's own words, or those of an expectation."""

    @property
    def is_below_floor(self) -> bool:
        """Whether this is a finding: too few, and no reason stated."""
        return self.strong < self.floor and not self.reason

    @property
    def title(self) -> str:
        """How messages call it."""
        others = ", ".join(f"{count} {name}" for name, count in self.others.items()) or "no other verdict"
        return f"{self.adapter}, {self.op}: strongly judged {self.strong} of {self.floor} times ({others})"

    def because(self, reason: str) -> CoverageRecord:
        return msgspec.structs.replace(self, reason=reason)

    def as_result(self) -> Result:
        """The shortage as the verdict of a law, which is how expectations speak of it."""
        return Result(
            case=self.op,
            stratum=COVERAGE_STRATUM,
            adapter=self.adapter,
            law=COVERAGE_LAW,
            dtype="",
            verdict="disagree",
            signature=self.op,
        )


class KnownRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One expectation of the run, and what became of it."""

    file: str
    """The file it stands in: as it was given, or without a folder where it comes with the package (``is_shipped``)."""
    number: int
    """Its place among the entries of the file, from 1."""
    is_shipped: bool = False
    state: Literal["met", "stale", "unmet", "not_applicable"]
    """``met``: it foresaw verdicts.  ``stale``: it was put to the test and did not hold.  ``unmet``: nothing here showed
    it, and nothing had to.  ``not_applicable``: no adapter, version or device it speaks of ran."""
    times: dict[str, int] = {}
    """Adapter to the number of verdicts it foresaw there."""
    law: str
    adapter: str
    kind: str
    reason: str
    link: str
    signature: str | None = None
    case: str | None = None
    point: str = "*"
    dtype: str = "*"
    when: str | None = None
    device: str = "*"
    detail: str = "*"
    largest_gap: float | None = None
    witness: str | None = None
    strict: bool = True
    added: str = ""
    """The day it was written down, ISO 8601; ``review``: that from which it wants to be looked at."""
    review: str = ""


class Footer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="footer", tag_field="record"):
    """Last line; a file without it is truncated."""

    status: Literal["complete", "interrupted"]
    results: int
    verdicts: dict[str, int]
    unexpected: int
    scenarios: dict[str, int] = {}
    """Verdict to the number of scenarios told, over all adapters; counted in ``unexpected`` too."""
    stale: list[str] = []
    """Expectations that were put to the test and did not hold."""
    expectations: list[KnownRecord] = []
    """Every expectation of the run, and what became of it."""
    uncovered: list[str] = []
    """Ops below the floor for which no reason is stated."""
    seconds: dict[str, float] = {}
    """Where the time went; absent from deterministic files."""


Record = Header | CaseRecord | Result | Diagnostic | ScenarioResult | CoverageRecord | Footer


def number(value: float) -> Number:
    """A float as a strict JSON number."""
    value = float(value)
    if math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")


def as_float(value: Number) -> float:
    """The inverse of `number`."""
    return float(value)


def schema() -> dict[str, Any]:
    """JSON Schema of one line of results.jsonl."""
    generated = msgspec.json.schema(Record)
    generated["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    generated["title"] = f"autograd-conformance results, format {FORMAT_VERSION}, one line"
    return generated
