"""Further cases of one op, until it was strongly judged often enough or a limit is reached."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from autograd_conformance.case import Case
from autograd_conformance.coverage import Ledger, foreseen, is_strong
from autograd_conformance.expectation import Expectations
from autograd_conformance.judge import ANSWERS
from autograd_conformance.ops.op import Op
from autograd_conformance.plan import FLOOR, POINTS, PlannedAdapter, PlannedCase, Singles, with_stratum
from autograd_conformance.recorder import Done
from autograd_conformance.records import CoverageRecord
from autograd_conformance.settings import Settings

MOST_GRAPHS = 4
"""Further graphs of one op; one whose cases are all weak by then is so for a reason that more of them do not remove."""
WORTH_ASKING_AGAIN = ("agree", "error")
"""After a refusal, a crash or a silence an op gets no further cases."""

Hear = Callable[[PlannedAdapter, list[Case]], Iterator[Done]]
"""Asks an adapter about cases and judges what it answers."""


def further_cases(
    singles: Singles, op: Op, first: int, is_short: Callable[[], bool], was_strong: Callable[[Case], bool]
) -> Iterator[list[tuple[int, Case]]]:
    """Batches of numbered cases to judge one after the other: a graph, then the same at other points if that was strong.

    ``first`` is the number of graphs of the op that were planned.  The numbers do not depend on what came out.
    """
    for graph in range(first, first + MOST_GRAPHS):
        case = with_stratum(singles.case(op, graph, 0), FLOOR)
        if not is_short():
            return
        yield [(graph * POINTS, case)]
        if is_short() and was_strong(case):
            yield [
                (graph * POINTS + point, with_stratum(singles.case(op, graph, point), FLOOR))
                for point in range(1, POINTS)
            ]


@dataclass(eq=False)
class Floor:
    """What is judged beyond the plan.  The ledger stands still meanwhile, so that an op gets the same cases whatever lanes
    fill others at the same time.
    """

    settings: Settings
    singles: Singles
    ledger: Ledger
    expectations: Expectations
    _further: dict[tuple[str, int], dict[str, Done]] = field(default_factory=lambda: defaultdict(dict))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fill(self, adapter: PlannedAdapter, hear: Hear) -> None:
        """Judge further cases of every op that was strongly judged too few times, of those that this part has."""
        for share, op in enumerate(self.settings.chosen_ops() if adapter.floor(self.settings) else ()):
            if op.name in adapter.description.lowers and adapter.part_for(share).part == adapter.part:
                self._fill_op(adapter, op, hear)

    def _fill_op(self, adapter: PlannedAdapter, op: Op, hear: Hear) -> None:
        """Nothing is added where too few are foreseen: more of the same would fail, and each failure be reduced."""
        if self.coverage(adapter, op).reason:
            return
        strong: set[str] = set()
        counted = self.ledger.empty()
        further = further_cases(
            self.singles,
            op,
            self.settings.single_cases(adapter.is_compiled),
            lambda: self.ledger.strong(adapter.name, op.name, counted) < adapter.floor(self.settings),
            lambda case: case.id in strong,
        )
        for batch in further:
            for (number, case), done in zip(batch, hear(adapter, [case for _, case in batch]), strict=True):
                verdicts = done.judged.verdicts
                strong |= {case.id for (_, law), each in verdicts.items() if is_strong(law, each)}
                counted.add(adapter.name, case, verdicts)
                with self._lock:
                    self._further[op.name, number][adapter.name] = done
                if any(law == ANSWERS and each.name not in WORTH_ASKING_AGAIN for (_, law), each in verdicts.items()):
                    return

    def taken(self) -> Iterator[tuple[PlannedCase, dict[str, Done]]]:
        """All further cases with what adapters made of them, in order; from now on they count."""
        with self._lock:
            further, self._further = sorted(self._further.items()), defaultdict(dict)
        for (_, number), done in further:
            case = next(iter(done.values())).judged.case
            for name, each in done.items():
                self.ledger.add(name, case, each.judged.verdicts)
            yield PlannedCase(case, FLOOR, number), done

    def coverage(self, adapter: PlannedAdapter, op: Op) -> CoverageRecord:
        record = self.ledger.record(adapter.description, adapter.name, op.name, adapter.floor(self.settings))
        return foreseen(record, self.expectations, adapter.description.versions, adapter.description.device)
