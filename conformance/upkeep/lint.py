"""What is wrong with expectations although they can be read: names that match nothing, ranges that hold nothing, doubles."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from autograd_conformance.case import Case
from autograd_conformance.expectation import Entry
from autograd_conformance.known import Expectation, alternatives, unmet
from autograd_conformance.records import COVERAGE_LAW, SCENARIO_LAW
from autograd_conformance.upkeep import ranges
from autograd_conformance.upkeep.covering import covers, is_glob
from autograd_conformance.writing import point_class, signature_of

LARGE = 1e3
"""A gap that forgives a value of the usual size altogether, and its neighbours."""
WITH_A_GAP = ("disagree", "imprecise")
"""The kinds that say how far a number is from where it should be."""


@dataclass(frozen=True)
class Finding:
    """One thing about one entry, with what to do; a warning fails nothing."""

    entry: Entry
    text: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.entry.place}: {'warning: ' if self.is_warning else ''}{self.text}"


@dataclass(frozen=True, eq=False)
class Known:
    """The names that entries can speak of."""

    laws: Collection[str]
    ops: Collection[str]
    scenarios: Collection[str]
    adapters: Collection[str]
    """Names with their modes, of the frameworks that can be imported."""
    missing: Collection[str] = ()
    """Frameworks whose modes are not known here."""
    witnesses: Mapping[str, Case] = field(default_factory=dict)
    today: datetime.date = datetime.date.min


@dataclass(frozen=True, eq=False)
class Look:
    """One entry, and what it is held against."""

    known: Known
    entry: Entry
    earlier: Sequence[Entry]

    @property
    def about(self) -> Expectation:
        return self.entry.expectation

    @cached_property
    def witness(self) -> Case | None:
        return self.known.witnesses.get(self.about.witness or "")


Check = Callable[[Look], Iterator[str]]


def lint(entries: Sequence[Entry], known: Known) -> list[Finding]:
    """Every finding, in the order of the entries."""
    found: list[Finding] = []
    for position, entry in enumerate(entries):
        look = Look(known, entry, entries[:position])
        found += [Finding(entry, text) for check in PROBLEMS for text in check(look)]
        found += [Finding(entry, text, is_warning=True) for check in WARNINGS for text in check(look)]
    return found


def _law(look: Look) -> Iterator[str]:
    for glob in unmet(look.about.law, look.known.laws):
        yield f"no law is called {glob!r}; `autograd-conformance list laws` names them"


def _ops(look: Look) -> Iterator[str]:
    """A plain name is an op; a part with wildcards is some part of one, or spans several."""
    for signature in alternatives(look.about.signature or "*"):
        parts = signature.split("+")
        for part in parts:
            if not is_glob(part) and part not in look.known.ops:
                yield f"no op is called {part!r}; `autograd-conformance list ops` names them"
            elif is_glob(part) and not any(fnmatchcase(op, f"*{part}*") for op in look.known.ops):
                yield f"{part!r} is part of no op; `autograd-conformance list ops` names them"
        if not is_glob(signature) and parts != sorted(parts):
            yield f"ops stand in the order of the alphabet: write {'+'.join(sorted(parts))!r}, or it matches nothing"


def _subject(look: Look) -> Iterator[str]:
    """What the two laws that are about no graph want to be told."""
    about = look.about
    if about.law == SCENARIO_LAW and about.case not in look.known.scenarios:
        yield "`case` names a scenario under this law; `autograd-conformance list scenarios` names them"
    if about.law == SCENARIO_LAW and about.signature not in (None, "*"):
        yield "a scenario has no ops: leave out `signature`"
    if about.law == COVERAGE_LAW and about.kind != "disagree":
        yield f"an op below the floor is a `disagree`, not {about.kind!r}: change `kind`"
    if about.law == COVERAGE_LAW and about.case is not None and about.case not in look.known.ops:
        yield "`case` is the op under this law; `autograd-conformance list ops` names them"


def _adapter(look: Look) -> Iterator[str]:
    glob = look.about.adapter
    framework, _, rest = glob.partition(":")
    is_by_path = "." in framework or rest[:1].isupper()
    is_unknown = any(fnmatchcase(missing, framework) for missing in look.known.missing)
    if not is_by_path and not is_unknown and not any(fnmatchcase(name, glob) for name in look.known.adapters):
        yield f"no adapter is called {glob!r}; `autograd-conformance list adapters` names them"


def _when(look: Look) -> Iterator[str]:
    if look.about.when is not None and ranges.is_empty(look.about.when):
        yield f"no version is in the range {look.about.when!r}: correct `when`"


def _gap(look: Look) -> Iterator[str]:
    about = look.about
    if about.largest_gap is None:
        return
    if about.kind not in WITH_A_GAP or about.law in (SCENARIO_LAW, COVERAGE_LAW):
        yield "no gap is measured here, so that it matches nothing: leave out `largest_gap`"
    elif math.isinf(about.largest_gap):
        yield "every gap is smaller: leave out `largest_gap`, or write down the one that was measured"


def _witness(look: Look) -> Iterator[str]:
    about, case = look.about, look.witness
    if about.witness is None:
        return
    if case is None:
        freeze = "`autograd-conformance replay ID -a ADAPTER --save FILE` makes a case file"
        yield f"{about.witness} is not in the corpus; {freeze}"
        return
    ops = signature_of(case).split("+")
    shown = ops if about.law == COVERAGE_LAW else ["+".join(ops)]
    if not any(map(about.is_of, shown)):
        yield f"{about.witness} has the signature {'+'.join(ops)}, which the entry does not match: name another case"
    if about.law != COVERAGE_LAW and not fnmatchcase(point_class(case), about.point):
        yield f"{about.witness} has the point {point_class(case)!r}, which the entry does not match: name another case"
    if about.case not in (None, case.id) and about.law not in (SCENARIO_LAW, COVERAGE_LAW):
        yield f"{about.witness} is the case {case.id}, not {about.case}: name one and the same"


def _doubles(look: Look) -> Iterator[str]:
    """The reason of the first one that matches is shown, so that this one is never read."""
    for other in look.earlier:
        if covers(other.expectation, look.about):
            is_same = covers(look.about, other.expectation)
            how = "says the same" if is_same else "is wider and comes first, so that this reason is never shown"
            yield f"{other.place} {how}: remove one{'' if is_same else ', or put this one before it'}"
            return


def _days(look: Look) -> Iterator[str]:
    about = look.about
    if about.added is not None and about.review is not None and about.review <= about.added:
        yield f"`review` {about.review} is not after `added` {about.added}: correct one"


def _review(look: Look) -> Iterator[str]:
    if look.about.review is not None and look.about.review <= look.known.today:
        yield f"was to be looked at by {look.about.review}: see whether it still holds, and put `review` off or leave it out"


def _future(look: Look) -> Iterator[str]:
    if look.about.added is not None and look.about.added > look.known.today:
        yield f"`added` {look.about.added} is still to come: correct it"


def _wide(look: Look) -> Iterator[str]:
    about = look.about
    if about.signature == "*" and about.case is None and about.kind == "disagree" and about.detail == "*":
        yield "forgives a wrong number of any op: name the op in `signature`, or the place in `detail`"
    if about.largest_gap is not None and LARGE < about.largest_gap < math.inf:
        yield f"forgives a gap of {about.largest_gap:g}: write down what was measured"


def _chance(look: Look) -> Iterator[str]:
    about = look.about
    if about.strict and about.witness is None and about.law != SCENARIO_LAW:
        yield "a full run must draw it, and no frozen case stands for it: name a `witness`, or write `strict = false`"


PROBLEMS: tuple[Check, ...] = (_law, _ops, _subject, _adapter, _when, _gap, _witness, _doubles, _days)
WARNINGS: tuple[Check, ...] = (_review, _future, _wide, _chance)
