"""What is known of the verdicts on a correct rule that need attention: whether a shipped expectation foresees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd_conformance.corpus import plain_case
from autograd_conformance.discovery import parse_adapter
from autograd_conformance.expectation import Expectations, load, shipped
from autograd_conformance.investigation import Investigator
from autograd_conformance.judge import Judged
from autograd_conformance.laws import Law
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.records import Result
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.worker.process import Worker
from autograd_conformance.writing import point_class, result_record

Alarm = dict[str, Any]
Line = dict[str, Any]
"""What was found out about one graph, as a line of a file."""


def investigation_of(adapter: str, laws: Mapping[str, Law]) -> tuple[Worker, PlannedAdapter, Investigator]:
    """A worker of the adapter, to be closed, and what reduces failures by these laws and knows shipped expectations."""
    spec = parse_adapter(adapter)
    worker = Worker(spec.target, None, timeout=120, start_timeout=300)
    investigator = Investigator(laws, estimate, lambda _, questions: worker.ask(questions), load(shipped()))
    return worker, PlannedAdapter(spec, worker.describe(spec.mode, VOCABULARY), {}), investigator


def alarms_of(subject: PlannedAdapter, judged: Judged, investigator: Investigator) -> list[Alarm]:
    """Every such verdict, reduced as in a run, with what is known of it; the smallest case where nothing is."""
    alarms, case = [], judged.case
    for (dtype, law), why in investigator.investigate(subject, judged).items():
        verdict, smallest = judged.verdicts[dtype, law], why.reduced or case
        record = result_record(
            case, "core", subject.name, law, dtype, verdict, "", why.reduced, why.signature, point_class(smallest)
        )
        known = investigator.expectations.match(why.as_known(record), subject.description.versions)
        alarm = {"dtype": dtype, "law": law, "verdict": verdict.name, "detail": verdict.detail}
        alarm |= {"known": known.reason if known else "", "graph": smallest.graph.canonical}
        alarms.append(alarm if known else {**alarm, "frozen": plain_case(smallest)})
    return alarms


def loses_known_digits(line: Line, dtype: str, known: Expectations) -> bool:
    """Whether a graph is imprecise in this dtype, and an entry says why of every law by which it is."""
    framework, ops = line["adapter"].partition(":")[0], "+".join(sorted(line["ops"]))
    versions = {framework: line["version"]}
    about: Any = {"case": line["case"], "stratum": "", "adapter": line["adapter"], "dtype": dtype, "signature": ops}
    lost = [law for law, said in line["verdicts"][dtype].items() if said == "imprecise"]
    results = [Result(law=law, verdict="imprecise", **about) for law in lost]
    return bool(results) and all(known.match(one, versions) is not None for one in results)
