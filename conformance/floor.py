"""Further cases of one op, until it was strongly judged often enough or a limit is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autograd_conformance.case import Case
from autograd_conformance.ops.op import Op
from autograd_conformance.plan import FLOOR, POINTS, Singles, with_stratum

MOST_GRAPHS = 4
"""Further graphs of one op; one whose cases are all weak by then is so for a reason that more of them do not remove."""


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
