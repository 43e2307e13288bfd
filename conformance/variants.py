"""What laws ask about besides the gradient itself: calls in other forms, the doubled graph, the case in other forms."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Set
from dataclasses import dataclass

from autograd_conformance.case import Case, Point
from autograd_conformance.corpus import PASSING_ORDERS, STRATUM
from autograd_conformance.graph import Graph
from autograd_conformance.laws import Law
from autograd_conformance.laws.linearity import doubled
from autograd_conformance.laws.words import ASKABLE, derivations
from autograd_conformance.measurement import scaled
from autograd_conformance.reference.higher import MOST_ELEMENTS_WHOLE
from autograd_conformance.rewrites import Changes, Rewritten, Share, one_in, rarity, rewritten, stopped, wrapped
from autograd_conformance.word import HESSIAN, JACOBIANS, ORDERS, PER_EXAMPLE, is_word, order_of
from autograd_conformance.worker.questions import Derivation, Question

CORE = "core"
DOUBLED = "f + f"


@dataclass(frozen=True, eq=False)
class Variant:
    """A case with one cotangent to pull back; ``rewritten`` is None for the doubled graph, which keeps the leaves."""

    case: Case
    cotangent: Point
    rewritten: Rewritten | None = None

    @property
    def name(self) -> str:
        """How verdicts call this form."""
        return DOUBLED if self.rewritten is None else self.rewritten.name

    def question(self, mode: str, dtype: str, scale: float, derivations: tuple[Derivation, ...]) -> Question:
        """With the cotangent times ``scale``."""
        wrapping = None if self.rewritten is None else self.rewritten.wrapping
        seeds = scaled((self.cotangent,), scale)
        graph, point = self.case.graph, self.case.point
        return Question(
            mode, dtype, graph, point, seeds, False, derivations=derivations, wants_forward=False, wrapping=wrapping
        )


HIGHER, SPECIAL = "orders", "special"
"""The strata of cases that are differentiated in every way."""
ASKED_IN = {1: 1, 2: 1, 3: 3, 4: 12}
"""Derivatives of this order are asked of one such case in how many."""
GRAPHS_IN = 3
"""Of random graphs over the common ops, one in how many is such a case too."""
HIGHEST_COMPILED = 1
"""The highest order asked of a random graph where that is a compilation: the second takes three seconds of XLA, the fourth
twenty."""
FROZEN = frozenset((*ORDERS[1], *ORDERS[2], "rrr", *JACOBIANS, HESSIAN, PER_EXAMPLE))
"""Asked of frozen cases: of the third order reverse steps alone, since three forward ones take minutes in places."""
COMPILED: tuple[Share, ...] = ("one in eight", "none")
"""Shares of modes in which every form of a graph is a compilation."""
FORMS_IN = 4
"""Of one such case in how many such modes are asked about whole Jacobians, Hessians and batches; of one that is replayed
since it passes, about forward mode too."""
DIFFERENTIATED = {"float64": max(ORDERS), "float32": 2}
"""Dtype to the highest order asked in it."""
COARSELY_IN = 4
"""Of one case in how many it is that in float32: the rules are those of float64.  Of others, and where every word is a
compilation, float32 is asked the first order alone.
"""


def derivations_about(
    case: Case,
    dtype: str,
    laws: Mapping[str, Law],
    share: Share = "one in three",
    always: Set[str] = frozenset(),
) -> tuple[Derivation, ...]:
    """The derivatives to ask of a case besides vector-Jacobian products: of some cases, chosen by their content.

    Of reductions everything is asked that a law wants, of frozen cases those in `FROZEN` where that is no compilation, and
    those that are ``always`` asked.
    """
    is_differentiated = _is_differentiated(case, share)
    if dtype not in DIFFERENTIATED or not (always or is_differentiated):
        return ()
    wanted = {name for law in laws.values() for name in law.words}
    highest = DIFFERENTIATED[dtype]
    if dtype != "float64" and share != "all" and (share in COMPILED or (case.seed >> 16) % COARSELY_IN):
        highest = min(highest, 1)
    asked = [
        name
        for name, word in ASKABLE.items()
        if name in wanted
        and (word != HESSIAN or case.element_count <= MOST_ELEMENTS_WHOLE)
        and (name in always or (is_differentiated and order_of(word) <= highest and _is_asked(case, word, share)))
    ]
    return tuple(derivations(case, asked)) if asked else ()


def _is_differentiated(case: Case, share: Share) -> bool:
    """Whether anything at all is asked of the case besides vector-Jacobian products."""
    if share == "all" or case.stratum in (STRATUM, HIGHER, SPECIAL, PASSING_ORDERS):
        return True
    return case.stratum == CORE and _content(case) % GRAPHS_IN == 0


def _content(case: Case) -> int:
    return case.seed >> 12


def _is_asked(case: Case, word: str, share: Share) -> bool:
    """Of a case that is differentiated at all."""
    if share == "all":
        return True
    if case.stratum == STRATUM:
        return word in FROZEN and share not in COMPILED
    order = order_of(word)
    content = _content(case)
    if share in COMPILED and not is_word(word) and content % FORMS_IN:
        return False
    if case.stratum == PASSING_ORDERS and share in COMPILED:
        return order <= HIGHEST_COMPILED and content % FORMS_IN == 0
    if case.stratum == CORE:
        if share in COMPILED and order > HIGHEST_COMPILED:
            return False
        return (content // GRAPHS_IN) % ASKED_IN[order] == 0
    return content % ASKED_IN[order] == 0


DOUBLED_IN: Mapping[Share, int] = {"one in three": 1, "one in eight": 2, "all": 1}
"""One of how many graphs is doubled: every small one, unless that is a compilation.  A graph is doubled at all its points or
at none."""


CALLS_IN = 3
"""Of one small case in how many is asked how calls combine and repeat, and how arrays may lie; that asks for four times as
much again as the gradient itself."""


def asks_about_calls(case: Case, laws: Mapping[str, Law], share: Share) -> bool:
    """Chosen by the case's content; of frozen cases and reductions everything is asked that a law wants."""
    is_chosen = share == "all" or case.stratum == STRATUM or (case.seed >> 8) % (CALLS_IN * rarity(case)) == 0
    return is_chosen and any(law.wants_calls for law in laws.values())


FORWARD_IN: Mapping[Share, int] = {"one in three": 1, "one in eight": 4, "none": 4, "all": 1}
"""Of one graph in how many the plain forward call is asked for, besides the one with the gradient: of all small ones, unless
that is a compilation."""


def asks_forward(case: Case, share: Share) -> bool:
    return int(case.graph.key, 16) % one_in(case, share, FORWARD_IN) == 0


def variants_of(case: Case, laws: Mapping[str, Law], share: Share) -> tuple[Variant, ...]:
    """What is asked besides the case, in this order.

    A graph that uses a value twice shows already whether contributions are summed; only others are doubled.
    """
    if share == "none":
        return ()
    changes = frozenset(law.changes for law in laws.values() if law.changes is not None)
    return _variants(case, any(law.wants_doubled for law in laws.values()), changes, share)


@functools.lru_cache(maxsize=256)
def _variants(case: Case, wants_doubled: bool, changes: frozenset[Changes], share: Share) -> tuple[Variant, ...]:
    """Made once for all who ask about a case, and for all who judge what is answered."""
    found = []
    if wants_doubled and _is_doubled(case.graph, one_in(case, share, DOUBLED_IN)):
        found.append(Variant(Case(doubled(case.graph), case.point, case.stratum), case.cotangent(0)))
    others = rewritten(case, changes - {"wrapping", "constants"}, share)
    if "wrapping" in changes:
        others += wrapped(case, share)
    if "constants" in changes:
        others += stopped(case, share)
    return (*found, *(Variant(each.case, each.cotangent, each) for each in others))


def derivations_of(variant: Variant, dtype: str, laws: Mapping[str, Law], share: Share) -> tuple[Derivation, ...]:
    """The derivatives to ask of a variant: of a wrapped graph those of the plain one that laws compare with."""
    if variant.rewritten is None or variant.rewritten.wrapping is None:
        return ()
    about = {name: law for name, law in laws.items() if law.changes == "wrapping"}
    return derivations_about(variant.case, dtype, about, share)


def _is_doubled(graph: Graph, count: int) -> bool:
    return max(graph.use_counts, default=0) < 2 and int(graph.key, 16) % count == 0
