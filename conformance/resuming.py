"""Going on with a run that was killed or interrupted: what its file holds of the plan, and where that leaves off.

Cases are written in the order of the plan, so what is whole is a beginning of it.  What stands behind the first case that
some adapter was not heard on is cut off and judged again; so is the last case in the file, of which nothing says that it
is whole.  What a run knows besides its file (what covers which op, what was counted, what was reduced to what) is rebuilt
from the records, so that the file comes out as if nothing had happened, times apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from autograd_conformance.case import case_from_plain
from autograd_conformance.comparison_sides import differences
from autograd_conformance.generation.reducer import Reduction
from autograd_conformance.investigation import Minimum
from autograd_conformance.judge import ANSWERS
from autograd_conformance.plan import PlannedAdapter, PlannedCase
from autograd_conformance.records import (
    SCENARIO_STRATUM,
    UNEXPECTED_VERDICTS,
    CaseRecord,
    Diagnostic,
    Header,
    Record,
    Result,
)
from autograd_conformance.results import ResultsFile, UnreadableResults, header_of, numbered_records


class CannotResume(ValueError):
    """The file is not one of this run; the message says how they differ and what to do."""


@dataclass(eq=False)
class Block:
    """Everything written about one planned case."""

    position: int
    results: list[Result] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def heard(self) -> set[str]:
        """The adapters whose answer is recorded."""
        return {result.adapter for result in self.results if result.law == ANSWERS}


@dataclass(eq=False)
class Earlier:
    """The records of a run that ended too early, with the place in the file where each begins."""

    path: str
    header: Header
    records: list[tuple[int, Record]]
    end_of_header: int
    news: str = ""
    """What the user should know of going on."""

    def blocks(self, plan: Sequence[PlannedCase], takers: Callable[[PlannedCase], Sequence[PlannedAdapter]]) -> Taken:
        """The whole cases at the beginning of the plan."""
        ahead = (position for position, planned in enumerate(plan) if takers(planned))
        whole, size = list[Block](), self.end_of_header
        for block, end in self._blocks(plan, ahead):
            if block.heard != {adapter.name for adapter in takers(plan[block.position])}:
                break
            whole.append(block)
            size = end
        cases = {one.id: one for start, one in self.records if isinstance(one, CaseRecord) and start < size}
        return Taken(whole, cases, size)

    def _blocks(self, plan: Sequence[PlannedCase], ahead: Iterator[int]) -> Iterator[tuple[Block, int]]:
        """Blocks in the file, as long as they are those of the plan in its order, each with where what follows it begins.

        One that nothing follows is left out.
        """
        block: Block | None = None
        cases_from: int | None = None
        for start, record in self.records:
            end = start if cases_from is None else cases_from
            match record:
                case CaseRecord():
                    cases_from = end
                    continue
                case Result() if record.stratum != SCENARIO_STRATUM:
                    if block is None or not _is_about(record, plan[block.position]):
                        if block is not None:
                            yield block, end
                        position = next(ahead, None)
                        if position is None or not _is_about(record, plan[position]):
                            return
                        block = Block(position)
                    block.results.append(record)
                case Diagnostic() if block is not None:
                    block.diagnostics.append(record)
                case _:
                    if block is not None:
                        yield block, end
                    return
            cases_from = None


@dataclass(eq=False)
class Taken:
    """What a run need not do again: whole cases, every case that is recorded so far, and the size of the file with them."""

    blocks: list[Block]
    cases: dict[str, CaseRecord]
    size: int

    def minima(self, block: Block, adapter: PlannedAdapter) -> list[Minimum]:
        """What the failures of one adapter on a case were reduced to."""
        nodes = {(each.law, each.dtype): each.first_diverging_node for each in block.diagnostics
                 if each.adapter == adapter.name and block.results[0].case == each.case}  # fmt: skip
        found: dict[str, Minimum] = {}
        for result in block.results:
            if result.adapter != adapter.name or result.peer or result.verdict not in UNEXPECTED_VERDICTS:
                continue
            if result.reduced and result.reduced != result.case and result.reduced not in found:
                record = self.cases[result.reduced]
                case = case_from_plain(record.graph, record.point, record.stratum)
                found[result.reduced] = Minimum(Reduction(case, nodes.get((result.law, result.dtype)), 0, False))
        return list(found.values())


def _is_about(result: Result, planned: PlannedCase) -> bool:
    return (result.case, result.stratum) == (planned.case.id, planned.stratum)


def earlier(path: str, header: Header) -> Earlier | None:
    """The run to go on with; None where the file is not there or holds no whole line.

    Raises CannotResume where it is of another run, UnreadableResults where it is no results file.
    """
    if path == "-":
        raise CannotResume("--resume goes on with a file: name it with -o FILE")
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as failure:
        raise UnreadableResults(f"cannot read {path}: {failure.strerror}") from None
    if b"\n" not in raw:
        return None
    records = numbered_records(raw, path)
    first = header_of(next(records)[1], path)
    if _lasting(first) != _lasting(header):
        how = list(differences(ResultsFile(path, first), ResultsFile(path, header)))
        raise CannotResume(
            f"{path} was begun by another run ({'; '.join(how[:4]) or 'other adapters, ops or laws'}): give the options "
            "it was begun with, or leave out --resume to start anew"
        )
    news = ""
    if first.expectations != header.expectations:
        news = (
            f"expectations are not those that {path} was begun with: what it holds keeps what was known then; leave out "
            "--resume to judge it all by those of now"
        )
    return Earlier(path, first, list(records), raw.index(b"\n") + 1, news)


def _lasting(header: Header) -> Header:
    """Without the time, and without what was known: a search of many nights outlives an entry written in between."""
    return msgspec.structs.replace(header, started=None, expectations="")
