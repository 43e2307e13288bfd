"""Other ways to write one case down: equal graphs, and the same numbers in other leaves.

Every rewrite is exact: signs, powers of two and moved elements round nowhere, so what rounding may do to the gradient stays
as it was measured.  A run asks about one rewrite of some cases, chosen by their content; replays and reductions about all.
"""

from __future__ import annotations

from collections.abc import Set
from itertools import zip_longest

from autograd_conformance.case import Case
from autograd_conformance.rewrites import graphs, leaves
from autograd_conformance.rewrites.rewrite import Changes, Rewrite, Rewritten, Share, one_in, rarity
from autograd_conformance.rewrites.wrapping import stopped, wrapped

REWRITES: dict[str, Rewrite] = {
    rewrite.name: rewrite
    for pair in zip_longest(graphs.REWRITES, leaves.REWRITES)
    for rewrite in pair
    if rewrite is not None
}
"""By name, in the order of their turns."""

ONE_IN: dict[Share, int] = {"one in three": 3, "one in eight": 8, "all": 1}
"""A rewritten case costs a quarter of judging it at all; where a new graph is a compilation, as much."""


def rewritten(case: Case, changes: Set[Changes], share: Share) -> tuple[Rewritten, ...]:
    """The chosen rewrites of ``case`` among those that change what is wanted.

    A case has its turn at one of all rewrites; where that does not apply the next one does.  Where a new graph is a
    compilation, the graph has: it is rewritten in one way at all its points.
    """
    turn, place = divmod(int(case.graph.key, 16) if share == "one in eight" else case.seed, len(REWRITES))
    if not changes or turn % one_in(case, share, ONE_IN):
        return ()
    every = [*REWRITES.values()]
    found = []
    for rewrite in (*every[place:], *every[:place]):
        made = rewrite.apply(case) if rewrite.changes in changes else None
        if made is not None:
            found.append(made)
            if share != "all":
                break
    return tuple(found)


__all__ = [
    "REWRITES",
    "Changes",
    "Rewrite",
    "Rewritten",
    "Share",
    "one_in",
    "rarity",
    "rewritten",
    "stopped",
    "wrapped",
]
