"""One known verdict: what an entry says, and what it forgives.

Random graphs never repeat an id, so an entry matches the *signature* of a reduced case: law, adapter, dtype, ops and
kind of failure.  It is exact about what it forgives: another kind of failure, a larger gap, another version or another
device is unexpected again.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from autograd_conformance.records import Result, as_float

ExpectedKind = Literal["disagree", "error", "crash", "timeout", "imprecise"]
"""The verdicts that fail a run unless they are foreseen, and the one that never does: of that an entry says why."""

_LINK = re.compile(r"https?://\S+")


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One known verdict.  Texts are globs (`*`, `?`, `[...]`), compared with case, unless said otherwise."""

    law: str
    """Globs of which one must match, with ``|`` between them: ``[fr][fr]*_matches*|hessian_matches*``."""
    adapter: str
    """Adapter name, ``torch:*``."""
    kind: ExpectedKind
    """The verdict itself, exact."""
    reason: str
    """One sentence for the reader of a report."""
    link: str
    """The issue's address, or ``unreported``."""
    signature: str | None = None
    """The reduced graph's ops joined by ``+``, of an imprecise one the whole graph's; this or ``case`` is needed.

    As in ``law`` there may be several globs: ``*batch_norm|*batch_norm+*`` is any graph that holds ``batch_norm``, and none
    that only holds ``batch_norm_inference``.
    """
    case: str | None = None
    """One exact case id."""
    point: str = "*"
    """What is special about the reduced point (``zero``, ``empty``, ``empty+zero``), or nothing."""
    dtype: str = "*"
    when: str | None = None
    """Versions of the framework that have it, PEP 440 (``>=2.10,<2.14``); absent: every version."""
    device: str = "*"
    """What the framework computes on, as the results' header has it (``cpu``)."""
    detail: str = "*"
    """What the verdict says in words: the text of an error, what was found in another layout; of a number, where it is."""
    largest_gap: float | None = None
    """The gap measured when it was written; a larger one, in the reduced case too, is another defect.  Absent: any."""
    witness: str | None = None
    """File name of the frozen case that shows it, in the corpus."""
    strict: bool = True
    """Whether a full run must show it; else what it is about is drawn by chance, and no frozen case can stand for it."""
    added: datetime.date | None = None
    """The day it was written down."""
    review: datetime.date | None = None
    """The day from which somebody should look whether it still holds; `expect lint` says so."""

    def __post_init__(self) -> None:
        """Check what types cannot say; msgspec reports a ValueError with the entry it belongs to."""
        for name in ("law", "adapter", "dtype", "device", "reason", "link", "detail", "signature", "case", "witness"):
            value = getattr(self, name)
            if value is not None and not value.strip():
                raise ValueError(f"`{name}` is empty")
        for name, globs in (("law", self.law), ("signature", self.signature or "*")):
            if not all(glob.strip() for glob in alternatives(globs)):
                raise ValueError(f"`{name}` has a glob of nothing beside `|`: {globs!r}")
        if self.signature is None and self.case is None:
            raise ValueError("`signature` (ops joined by `+`) or `case` (an exact id) is needed")
        if self.link != "unreported" and not _LINK.fullmatch(self.link):
            raise ValueError(f'`link` is an address or "unreported", not {self.link!r}')
        if self.largest_gap is not None and not self.largest_gap > 0:
            raise ValueError(f"`largest_gap` is above 0, not {self.largest_gap}")
        if self.witness is not None and (self.witness != Path(self.witness).name or "\\" in self.witness):
            raise ValueError(f"`witness` is a file name without a folder, not {self.witness!r}")
        if self.when is not None:
            try:
                SpecifierSet(self.when)
            except InvalidSpecifier as failure:
                raise ValueError(f"`when` is a PEP 440 specifier such as `>=2.10,<2.14`: {failure}") from None

    @property
    def title(self) -> str:
        """How messages call this entry."""
        subject = f"case {self.case}" if self.signature is None else self.signature
        return f"{self.law}, {self.adapter}, {subject}: {self.kind}"

    def is_about(self, law: str) -> bool:
        """Whether it speaks of this law."""
        return _matches_any(law, self.law)

    def is_of(self, signature: str) -> bool:
        """Whether it speaks of graphs of these ops."""
        return self.signature is None or _matches_any(signature, self.signature)

    def matches(self, result: Result, versions: Mapping[str, str], device: str = "") -> bool:
        """Whether this verdict is the known one.

        A law about two adapters is matched by either of them.  ``versions`` maps distributions to versions, those of
        the result's adapter at least; ``device`` is what that computed on.
        """
        return (
            result.verdict == self.kind
            and self.is_about(result.law)
            and fnmatchcase(result.dtype, self.dtype)
            and fnmatchcase(result.point, self.point)
            and fnmatchcase(_words_of(result), self.detail)
            and (self.case is None or self.case in (result.case, result.reduced))
            and self.is_of(result.signature)
            and self._allows_gap(result)
            and any(
                fnmatchcase(name, self.adapter)
                and self.applies_to(name, versions, device, is_own=name == result.adapter)
                for name in (result.adapter, result.peer)
                if name
            )
        )

    def applies_to(self, adapter: str, versions: Mapping[str, str], device: str = "", *, is_own: bool = True) -> bool:
        """Whether ``when`` holds for this adapter's framework, and ``device`` for what it computes on.

        An unknown version is outside every range, and an unknown device, that of any other adapter too, is no named one.
        """
        if self.device != "*" and not (is_own and device and fnmatchcase(device, self.device)):
            return False
        if self.when is None:
            return True
        version = framework_version(adapter, versions, is_own=is_own)
        try:
            return version is not None and SpecifierSet(self.when).contains(Version(version), prereleases=True)
        except InvalidVersion:
            return False

    def _allows_gap(self, result: Result) -> bool:
        if self.largest_gap is None:
            return True
        return result.worst is not None and as_float(result.worst.gap) <= self.largest_gap


def alternatives(globs: str) -> list[str]:
    """The globs of ``law`` or ``signature``."""
    return globs.split("|")


def _matches_any(text: str, globs: str) -> bool:
    return any(fnmatchcase(text, glob) for glob in alternatives(globs))


def unmet(law: str, laws: Collection[str]) -> list[str]:
    """Those of its globs that match none of these laws."""
    return [glob for glob in alternatives(law) if not any(fnmatchcase(one, glob) for one in laws)]


def _words_of(result: Result) -> str:
    """What a verdict says, or else where the worst number is."""
    return result.detail or (result.worst.where if result.worst is not None else "")


def age(added: datetime.date, today: datetime.date) -> str:
    """``today``, ``3 days``, ``5 months``, ``2 years``; what is younger than two months is counted in days."""
    days = (today - added).days
    if days == 0:
        return "today"
    number, unit = (days, "day") if days < 61 else (days // 30, "month") if days < 730 else (days // 365, "year")
    return f"{number} {unit}{'s' * (number != 1)}"


def framework_version(adapter: str, versions: Mapping[str, str], *, is_own: bool) -> str | None:
    """The version of ``torch`` for ``torch:eager``; ``tensorflow-cpu`` also stands for ``tensorflow``.

    A third-party adapter may be named otherwise than its distribution: then the first distribution it names counts.
    """
    framework = adapter.split(":")[0]
    if framework in versions:
        return versions[framework]
    for name, version in versions.items():
        if name.replace("_", "-").startswith(f"{framework}-"):
            return version
    return next(iter(versions.values()), None) if is_own else None
