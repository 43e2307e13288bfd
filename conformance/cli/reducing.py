"""What `replay` says of smaller cases that fail in the same way, and where it puts them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.investigation import Investigated, Investigator
from autograd_conformance.judge import Judged
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.writing import failure_text


def print_reduced(investigator: Investigator, adapter: PlannedAdapter, judged: Judged, version: str) -> Case:
    """Reduce every failure of one adapter, print each smaller case once; the first of them is returned."""
    found: dict[str, Case] = {}
    for (dtype, law), smaller in investigator.investigate(adapter, judged).items():
        case = smaller.reduced or judged.case
        if case.id in found:
            continue
        found[case.id] = case
        again = judged if smaller.reduced_judged is None else smaller.reduced_judged
        text = failure_text(law, adapter.name, version, dtype, again.verdicts[dtype, law], judged.case, smaller.reduced)
        click.echo("\n".join(f"  {line}" for line in [_headline(smaller, case), *text.splitlines()[:-1]]))
    return next(iter(found.values()))


def _headline(smaller: Investigated, case: Case) -> str:
    tried = f"{smaller.calls} candidate{'s' if smaller.calls != 1 else ''} tried"
    what = "as small as it was" if smaller.reduced is None else f"reduced to case {case.id}"
    end = "no simpler neighbour fails" if smaller.is_minimal else "then stopped; it may become smaller"
    return f"{what}: {tried}, {end}"


def save_case(cases: Sequence[Case], path: Path) -> None:
    """Write the first case; says so where there is none or the file cannot be written."""
    if not cases:
        click.echo(f"nothing failed, so {path} is not written", err=True)
        return
    try:
        corpus.write(cases[0], path)
    except OSError as failure:
        raise click.UsageError(f"cannot write {path}: {failure.strerror}") from None
    click.echo(f"case {cases[0].id} is written to {path}")
