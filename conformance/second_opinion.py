"""What is heard before a gap is called a disagree or lost digits: the other dtype, and the reference in another way."""

from __future__ import annotations

import numpy as np

from autograd_conformance.case import flatten
from autograd_conformance.laws import Law
from autograd_conformance.measurement import ROWS, unit_cotangent
from autograd_conformance.precision import OTHER_DTYPE, UNIT_ROUNDOFF
from autograd_conformance.reference.confirmation import confirm, confirm_output
from autograd_conformance.reference.estimate import Estimate, Opinion
from autograd_conformance.verdict import ALIKE, DISAGREE_BEYOND, Compared, Finding, Verdict


def loses_digits(here: Compared, there: Finding | None) -> bool:
    """Whether the gap, measured in roundoff, is alike in the other dtype; a wrong rule's gap does not shrink.

    Where no digit is left in the finer dtype either, as when memory is read that nobody has written to, none was lost.
    """
    if not isinstance(there, Compared) or not np.isfinite(here.gap) or not np.isfinite(there.gap):
        return False
    if min(here, there, key=lambda each: each.gap).is_useless:
        return False
    lost, lost_there = here.lost_digits, there.lost_digits
    return lost <= ALIKE * max(lost_there, 1.0) and lost_there <= ALIKE * max(lost, 1.0)


def is_wrong(dtype: str, finer: Finding | None) -> bool:
    """Whether a gap that is too small to claim anything by itself in ``dtype`` is known from the finer one.

    A correct framework agrees there, so this makes no false alarm where there is none; a wrong rule is wrong in both.  What
    is off in the finer dtype by no more than the rounding of this one, as when it is computed in this one there, shows
    nothing of it.
    """
    if not isinstance(finer, Compared) or finer.ratio <= DISAGREE_BEYOND:
        return False
    return finer.lost_digits > UNIT_ROUNDOFF[dtype] / UNIT_ROUNDOFF[OTHER_DTYPE[dtype]]


def confirmed(law: Law, estimate: Estimate, finding: Compared) -> Verdict:
    """A disagree if a second opinion sides with the reference and against what was measured, else inconclusive."""
    value, error, how = _opinion(law, estimate, finding.position)
    if law.wants_doubled:
        value, error = 2 * value, 2 * error
    if not np.isfinite(value):
        return Verdict("inconclusive", f"no second opinion ({how}): there is no finite number here", finding)
    if abs(value - finding.reference) > finding.bound + error:
        detail = f"the second opinion ({how}) is {value!r}, which does not confirm the reference"
        return Verdict("inconclusive", detail, finding)
    if abs(value - finding.measured) <= error:
        detail = f"the second opinion ({how}) is within {error:.3g} at best, which leaves both possible"
        return Verdict("inconclusive", detail, finding)
    return Verdict("disagree", "", finding, how)


def imprecise(law: Law, estimate: Estimate, finding: Compared, dtype: str) -> Verdict:
    """An imprecise if a second opinion sides with the reference and against what was measured, else inconclusive."""
    detail = f"the gap shrinks with the roundoff, as in {OTHER_DTYPE[dtype]}"
    if law.confirms == "nothing":
        return Verdict("imprecise", detail, finding)
    heard = confirmed(law, estimate, finding)
    return heard if heard.name == "inconclusive" else Verdict("imprecise", detail, finding, heard.confirmed)


def _opinion(law: Law, estimate: Estimate, position: tuple[int, int]) -> Opinion:
    """Reached once for all laws, dtypes and adapters that doubt the same number."""
    order = law.order if law.words else 0
    about = (law.confirms, order, position)
    if about not in estimate.opinions:
        estimate.opinions[about] = _reached(law, estimate, position)
    return estimate.opinions[about]


def _reached(law: Law, estimate: Estimate, position: tuple[int, int]) -> Opinion:
    which, direction = position
    if law.confirms == "value":
        return confirm_output(estimate.case, direction)
    if law.words:
        return estimate.differentials.confirm(law.order, which, direction)
    functional = estimate.cotangents[which] if which < ROWS else flatten(unit_cotangent(estimate.case, which - ROWS))
    return confirm(estimate.case, functional, estimate.directions[direction])
