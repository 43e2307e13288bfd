"""From numbers to a word.

A law finds something: a comparison of numbers with bounds, a violation that needs no bound, or that it cannot say.  The
bound is E + C u (s_g + |r|): the reference's own error, and C units of the roundoff the framework's dtype must suffer at
this point, as measured; s_g is never below what the rounding of the result alone makes of it, which needs no measurement.
There is no other tolerance anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from autograd_conformance.precision import UNDERFLOW, UNIT_ROUNDOFF
from autograd_conformance.records import Gap, VerdictName, number

CALIBRATION = 2.0
"""C.  Calibrated once on graphs kept apart, then frozen (docs/method.md)."""

OWN_ROUNDING = 2.0
"""Least s_g / |r|.  s_g is twice a root mean square over a few replicates of noise of unit size, and the result itself is
always rounded: by luck alone could it seem to move less."""

DISAGREE_BEYOND = 3.0
"""Gaps beyond this many bounds can be a disagree; between one and this many they are inconclusive."""

WEAK_BEYOND = 0.3
"""A bound above this share of the value would let a wrong rule pass: weak, never coverage."""

ALIKE = 32.0
"""How far gap / u may differ between two dtypes for a gap to count as lost digits."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_MOST_SAID = 300


@dataclass(frozen=True)
class Beside:
    """The largest value and the largest bound of the row of a matrix, or of all elements, that a worst one stands in."""

    largest: float
    bound: float

    @property
    def weakness(self) -> float:
        """The bound beside the value."""
        return self.bound / self.largest if self.largest else (float("inf") if self.bound else 0.0)


@dataclass(frozen=True, eq=False)
class Compared:
    """The worst element of a comparison: the one with the largest gap in bounds."""

    where: str
    measured: float
    reference: float
    error: float
    bound: float
    gap: float
    beside: Beside
    """Of the row of a matrix that ``where`` lies in."""
    position: tuple[int, int] = (0, 0)
    """Cotangent and direction (or output element): where a second opinion has to look."""
    beyond: tuple[int, ...] = ()
    """Of a comparison of derivatives: every direction in which something lies beyond its bound."""

    @property
    def is_weak(self) -> bool:
        return self.beside.weakness > WEAK_BEYOND

    @property
    def is_nearly_weak(self) -> bool:
        """Whether a bound seen at a glance could turn out to be weak."""
        return self.beside.weakness > WEAK_BEYOND / ALIKE

    @property
    def is_useless(self) -> bool:
        """Whether the gap is so large that no digit of the largest value is meant."""
        return not self.gap <= WEAK_BEYOND * self.beside.largest

    @property
    def ratio(self) -> float:
        """The gap in bounds; nan measured against a number is infinitely far."""
        if np.isnan(self.gap):
            return float("inf")
        return self.gap / self.bound if self.bound else (float("inf") if self.gap else 0.0)

    @property
    def lost_digits(self) -> float:
        """The gap per unit of what rounding may do here; alike in two dtypes when digits are lost, not when a rule is
        wrong.
        """
        return self.gap / max(self.bound - self.error, 5e-324)

    def record(self) -> Gap:
        return Gap(
            where=self.where,
            measured=number(self.measured),
            measured_hex=float(self.measured).hex(),
            reference=number(self.reference),
            reference_hex=float(self.reference).hex(),
            error=number(self.error),
            bound=number(self.bound),
            gap=number(self.gap),
        )


@dataclass(frozen=True)
class Holds:
    """A property without numbers holds."""


@dataclass(frozen=True)
class Violated:
    """A property that must hold exactly does not; ``detail`` says how."""

    detail: str


@dataclass(frozen=True)
class Undecided:
    """The law applies but cannot say here; ``reason`` is shown."""

    reason: str


@dataclass(frozen=True, eq=False)
class Rounded:
    """What a framework does not promise to the bit differs by no more than its rounding: ``worst`` is within its bound."""

    detail: str
    worst: Compared


@dataclass(frozen=True)
class Unanswered:
    """The framework did not answer the part of the question that a law is about; ``verdict`` is the word for it."""

    verdict: VerdictName
    detail: str


Finding = Compared | Holds | Violated | Undecided | Rounded | Unanswered
"""None instead of a finding means that the law does not apply to the case."""


def severity(finding: Finding) -> float:
    """By which the worst of several findings is the one that counts."""
    if isinstance(finding, Unanswered) and finding.verdict == "unsupported":
        return -1.0
    return finding.ratio if isinstance(finding, Compared) else float("inf")


@dataclass(frozen=True, eq=False)
class Verdict:
    """A word with what supports it."""

    name: VerdictName
    detail: str = ""
    worst: Compared | None = None
    confirmed: str = ""


def bounds(error: np.ndarray, noise: np.ndarray, reference: np.ndarray, dtype: str, sides: float = 1.0) -> np.ndarray:
    """E + C u (s_g + |r|) for each element, with a floor where numbers underflow; s_g is the noise, or a result's own.

    ``sides`` is 2 where two measured values are compared with each other.  Rows of a matrix have floors of their own.
    """
    roundoff = sides * CALIBRATION * UNIT_ROUNDOFF[dtype]
    return np.asarray(error + roundoff * moved_by_rounding(noise, reference) + UNDERFLOW[dtype], dtype=np.float64)


def moved_by_rounding(noise: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """What a unit of roundoff may do to each element: s_g + |r| and its part of the largest."""
    magnitude = np.abs(reference)
    largest = magnitude.max(axis=-1, keepdims=True, initial=0.0)
    return np.asarray(np.maximum(noise, OWN_ROUNDING * magnitude) + magnitude + FLOOR * largest)


FLOOR = 2.0**-6
"""Share of the largest element that is added to every element's scale: exact cancellations leave rounding behind that
multiplicative noise cannot see."""


def compare(
    measured: np.ndarray, reference: np.ndarray, bound: np.ndarray
) -> tuple[tuple[int, ...], float, Beside, tuple[int, ...]] | None:
    """The index of the worst element, its gap, what stands in its row, and every position on the last axis where a gap lies
    beyond its bound.

    None where there is nothing to compare.
    """
    if measured.size == 0:
        return None
    with np.errstate(all="ignore"):
        gap = np.abs(measured - reference).astype(np.float64)
        if not np.isfinite(gap.sum()):
            same = (measured == reference) | (np.isnan(measured) & np.isnan(reference))
            gap = np.where(same, 0.0, np.where(np.isnan(gap), np.inf, gap))
        ratio = np.divide(gap, bound, out=np.zeros_like(gap), where=gap != 0) if gap.any() else gap
    first = int(ratio.argmax())
    worst = tuple(map(int, np.unravel_index(first, ratio.shape)))
    places = np.nonzero((ratio > 1).reshape(-1, ratio.shape[-1]).any(axis=0))[0] if ratio.flat[first] > 1 else ()
    row = worst[:-1]
    beside = Beside(float(np.abs(reference[row]).max()), float(bound[row].max()))
    return worst, float(gap[worst]), beside, tuple(map(int, places))


def first_line(message: str) -> str:
    """What is quoted of an exception: its first line, without addresses of memory, which no two processes share."""
    lines = message.strip().splitlines()
    return _ADDRESS.sub("0x...", lines[0])[:_MOST_SAID] if lines else ""
