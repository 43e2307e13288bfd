"""From what happened to what is recorded and printed."""

from __future__ import annotations

import numpy as np

from autograd_conformance.case import Case, plain_array
from autograd_conformance.laws import LAWS
from autograd_conformance.records import CaseRecord, Result
from autograd_conformance.reference.interpreter import evaluate
from autograd_conformance.verdict import Compared, Verdict


def case_record(case: Case, stratum: str | None = None) -> CaseRecord:
    return CaseRecord(
        id=case.id,
        stratum=stratum or case.stratum,
        graph=case.graph.to_plain(),
        point=[plain_array(array) for array in case.point],
        cotangents=[plain_array(array) for array in case.cotangent(0)],
        shapes=[list(shape) for shape in case.shapes],
    )


def result_record(
    case: Case,
    stratum: str,
    adapter: str,
    law: str,
    dtype: str,
    verdict: Verdict,
    peer: str = "",
    reduced: Case | None = None,
    signature: str = "",
    point: str = "",
) -> Result:
    return Result(
        case=case.id,
        stratum=stratum,
        adapter=adapter,
        law=law,
        dtype=dtype,
        verdict=verdict.name,
        detail=verdict.detail,
        worst=verdict.worst.record() if verdict.worst is not None else None,
        confirmed=verdict.confirmed,
        peer=peer,
        reduced=reduced.id if reduced is not None else "",
        signature=signature,
        point=point,
    )


def signature_of(case: Case) -> str:
    """The ops of a (reduced) graph, sorted, joined by ``+``."""
    return "+".join(sorted(node.op for node in case.graph.nodes))


def point_class(case: Case) -> str:
    """What is special about a case's point: a value without elements, a value with an exact zero."""
    known = evaluate(case.graph, [array[None] for array in case.point], keep_values=True).values
    numbers = [value for value in known if value.dtype != bool]
    classes = {
        "empty": any(value.size == 0 for value in numbers),
        "zero": any(bool(np.any(value == 0)) for value in numbers),
    }
    return "+".join(name for name, applies in classes.items() if applies)


def failure_text(
    law: str, adapter: str, version: str, dtype: str, verdict: Verdict, case: Case, reduced: Case | None, peer: str = ""
) -> str:
    """A failure as printed: the claim, the subject, the numbers and the next step."""
    shown = reduced or case
    subject = f"{adapter} {version}".strip()
    against = f" against {peer}" if peer else ""
    lines = [f"{law}: {verdict.name} for {subject}{against} on {_ops(shown)}, {dtype}"]
    if verdict.worst is not None:
        lines.append(
            f"  {_numbers(law, verdict.worst)}{f'  (confirmed: {verdict.confirmed})' if verdict.confirmed else ''}"
        )
    if verdict.detail:
        lines.append(f"  {verdict.detail}")
    lines += [f"  {line}" for line in graph_text(shown)]
    if reduced is not None and reduced.id != case.id:
        count = len(case.graph.nodes)
        lines.append(f"  reduced from case {case.id}, {count} node{'s' if count > 1 else ''}")
    lines.append(f"  replay: autograd-conformance replay {shown.id} -a {adapter}")
    return "\n".join(lines)


def graph_text(case: Case, most: int = 14) -> list[str]:
    """The graph, one node a line, with the point of small inputs."""
    lines = []
    for number, array in enumerate(case.point):
        numbers = str(array.tolist())
        lines.append(f"v{number} = {numbers if len(numbers) <= 70 else f'input of shape {list(array.shape)}'}")
    for results, node in case.graph.numbered_nodes():
        names = ", ".join(f"v{number}" for number in results)
        arguments = [f"v{number}" for number in node.operands]
        arguments += [f"{name}={value}" for name, value in node.attributes.items()]
        lines.append(f"{names} = {node.op}({', '.join(arguments)})")
    if len(lines) > most:
        lines = [*lines[:most], f"... {len(lines) - most} more"]
    outputs = ", ".join(f"v{number}" for number in case.graph.outputs)
    return [*lines, f"outputs {outputs}"]


def _ops(case: Case) -> str:
    names = list(dict.fromkeys(node.op for node in case.graph.nodes))
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more ops" if len(names) > 4 else "")


def _numbers(law: str, worst: Compared) -> str:
    what = "value" if law == "forward_matches_numpy" else "derivative" if law in LAWS and LAWS[law].words else "vjp"
    ratio = f"{worst.ratio:.2g} bounds" if worst.ratio < 1e15 else "beyond any bound"
    measured, reference = f"{worst.measured:.10g}", f"{worst.reference:.10g}"
    if measured == reference:  # the gap is in later digits
        measured, reference = repr(worst.measured), repr(worst.reference)
    return (
        f"{what} {measured}   reference {reference} +- {worst.error:.1e}   "
        f"gap {worst.gap:.1e} = {ratio}   at {worst.where}"
    )
