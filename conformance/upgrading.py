"""The same cases through two versions of a framework, at once: one parent that draws, estimates and judges, two workers.

Each version writes a results file of its own, such as `run` does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autograd_conformance.campaign import Campaign
from autograd_conformance.case import Case
from autograd_conformance.estimates import Estimates
from autograd_conformance.expectation import Expectations
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.preparation import Prepared, header, open_output, prepare
from autograd_conformance.results import ResultsWriter
from autograd_conformance.settings import Settings

SECONDS_TO_STOP = 20


class NothingInCommon(Exception):
    """The two versions have no mode in common; the message says which they have."""


@dataclass(eq=False)
class Side:
    """One version: its workers, its campaign and the file it writes."""

    prepared: Prepared
    campaign: Campaign
    writer: ResultsWriter
    thread: threading.Thread = field(init=False)


@dataclass(eq=False)
class Twins:
    """Two campaigns over the same cases."""

    base: Side
    new: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.base, self.new

    @property
    def is_over(self) -> bool:
        return all(side.campaign.is_over for side in self.sides)

    def start(self) -> None:
        for side in self.sides:
            side.thread = side.campaign.start()

    def wait(self, seconds: float) -> bool:
        """Until there is news; True when both are over."""
        waiting = next((side.campaign for side in self.sides if not side.campaign.is_over), None)
        return waiting is None or (waiting.wait(seconds) and self.is_over)

    def finish(self, is_deterministic: bool = False) -> None:
        """Stop what still runs, write the footers, end the workers.  Raises what broke a campaign."""
        for side in self.sides:
            if not side.campaign.is_over:
                side.campaign.stop()
                side.prepared.close()
        for side in self.sides:
            side.thread.join(SECONDS_TO_STOP)
            side.writer.write(side.campaign.footer(is_deterministic))
        for side in self.sides:
            if side.campaign.failure is not None:
                raise side.campaign.failure


@contextmanager
def twins(
    names: Sequence[str],
    settings: tuple[Settings, Settings],
    outputs: tuple[Path, Path],
    frozen: list[Case],
    expectations: tuple[Expectations, Expectations],
    is_deterministic: bool = False,
) -> Iterator[Twins]:
    """Adapters of these names in two versions, in the modes that both have; workers end with the context.

    ``settings`` differ by the interpreter alone.

    Raises what `prepare` raises, and NothingInCommon.
    """
    estimates = Estimates(users=2)
    both: list[Prepared] = []
    writers: list[ResultsWriter] = []
    try:
        both.extend(prepare(names, one, frozen) for one in settings)
        base, new = both
        align(base, new)
        writers.extend(ResultsWriter(os.fdopen(open_output(str(output)), "wb")) for output in outputs)
        campaigns = [
            Campaign(
                one, mine.adapters, mine.workers, frozen, known, writer.write, 1,
                estimates=estimates, companions=other.adapters,
            )
            for one, mine, other, known, writer in zip(settings, both, (new, base), expectations, writers, strict=True)
        ]  # fmt: skip
        for one, mine, known, writer in zip(settings, both, expectations, writers, strict=True):
            writer.write(header(mine, one, frozen, known, is_deterministic))
        yield Twins(*(Side(*parts) for parts in zip(both, campaigns, writers, strict=True)))
    finally:
        for mine in both:
            mine.close()
        for writer in writers:
            writer.__exit__(None, None, None)


def align(base: Prepared, new: Prepared) -> None:
    """Leave each version the modes that both have, with as many cases of each stratum as the other takes.

    Raises NothingInCommon.
    """
    ours, theirs = ({adapter.name: adapter for adapter in each.adapters} for each in (base, new))
    common = [name for name in ours if name in theirs]
    if not common:
        missing = [each.missing for each in (*base.missing, *new.missing) if each.missing]
        modes = f"no mode in common: {', '.join(ours)} in one, {', '.join(theirs)} in the other"
        raise NothingInCommon(missing[0] if missing else modes)
    for prepared, mine in ((base, ours), (new, theirs)):
        prepared.adapters[:] = [mine[name] for name in common]
    for name in common:
        pair = ours[name], theirs[name]
        least = {stratum: min(_cases(each, stratum) for each in pair) for stratum in {*pair[0].budget, *pair[1].budget}}
        for each in pair:
            each.budget.clear()
            each.budget.update(least)


def _cases(adapter: PlannedAdapter, stratum: str) -> int:
    return adapter.budget.get(stratum, 0)
