"""Workflow commands that GitHub shows as annotations of a job: the worst first, and no more than it shows.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from autograd_conformance.comparison import Comparison, Transition
from autograd_conformance.comparison_views import again as again_after_upgrade
from autograd_conformance.comparison_views import answer, subject
from autograd_conformance.digest import Cause, Digest, bounds
from autograd_conformance.digest_views import again, headline
from autograd_conformance.markdown import printable
from autograd_conformance.records import SCENARIO_LAW, UNEXPECTED_VERDICTS
from autograd_conformance.transition import alike

Level = Literal["error", "warning", "notice"]
LEVELS: tuple[Level, ...] = ("error", "warning", "notice")
MOST = 10
"""GitHub shows that many of each level for a step."""
_MOST_TITLE, _MOST_MESSAGE = 160, 2_000


@dataclass(frozen=True)
class Annotation:
    level: Level
    title: str
    message: str

    def __str__(self) -> str:
        """The workflow command, one line whatever the texts are."""
        title = _clipped(" ".join(self.title.split()), _MOST_TITLE)
        return f"::{self.level} title={_property(title)}::{_data(_clipped(self.message.strip(), _MOST_MESSAGE))}"


def workflow_commands(annotations: Iterable[Annotation]) -> str:
    """At most ten of each level, in their order; the last of a longer list says how many have no room."""
    given = list(annotations)
    lines = []
    for level in LEVELS:
        own = [each for each in given if each.level == level]
        if len(own) > MOST:
            left = f"{len(own) - MOST + 1:,} more {level}s"
            own = [*own[: MOST - 1], Annotation(level, left, f"{left} than GitHub shows; the summary has them.")]
        lines += [f"{each}\n" for each in own]
    return "".join(lines)


def of_digest(digest: Digest) -> Iterator[Annotation]:
    """Of one results file: what fails it as errors, lost digits as warnings, what is known as one notice."""
    if digest.shortfalls or not digest.judged:
        yield Annotation("error", "The results are incomplete", "\n".join(digest.shortfalls) or headline(digest))
    messages = {(each.case, each.adapter, each.law, each.dtype): each.message for each in digest.file.diagnostics}
    told = {(each.scenario, each.adapter): each.message for each in digest.file.scenarios}
    for cause in digest.causes(*UNEXPECTED_VERDICTS):
        one = cause.example
        text = told.get((one.case, one.adapter), "") if cause.law == SCENARIO_LAW else ""
        text = text or messages.get((cause.case, one.adapter, one.law, one.dtype), "")
        yield Annotation("error", _title(cause), text or _message(cause))
    for name, items in (("Stale expectation", digest.stale), ("Op below the floor", digest.uncovered)):
        for item in items:
            yield Annotation("error", name, item)
    for cause in digest.causes("imprecise"):
        yield Annotation("warning", _title(cause), _message(cause))
    if digest.judged:
        yield Annotation("notice", "autograd conformance", headline(digest))


def _title(cause: Cause) -> str:
    if cause.law == SCENARIO_LAW:
        return f"scenario {cause.about}: {cause.verdict} for {cause.adapter}"
    about = cause.example.signature or cause.about or cause.case
    return f"{cause.law}: {cause.verdict} for {cause.adapter} on {about}"


def _message(cause: Cause) -> str:
    gap = bounds(cause.example)
    times = f"{len(cause.results):,} verdicts" if len(cause.results) > 1 else "1 verdict"
    parts = [times, f"the gap is {gap:.2g} bounds" if gap else "", cause.example.detail]
    return f"{', '.join(filter(None, parts))}\nagain: autograd-conformance {again(cause)}"


def of_comparison(comparison: Comparison) -> Iterator[Annotation]:
    """Of a comparison: what gates as errors; what was foreseen and conventions that changed as warnings."""
    for reason in comparison.incomplete:
        yield Annotation("error", "The comparison is incomplete", reason)
    if not comparison.compared:
        yield Annotation("error", "Nothing could be compared", "\n".join(comparison.differences) or answer(comparison))
    for kind in sorted(alike(comparison.gating), key=_severity, reverse=True):
        yield _changed("error", kind)
    for kind in alike(each for each in comparison.in_state("regressed", "worse") if each.foreseen):
        yield _changed("warning", kind)
    for kind in alike(comparison.in_state("convention_changed")):
        yield _changed("warning", kind)
    yield Annotation("notice", "autograd conformance, compared", answer(comparison))


def _changed(level: Level, kind: Sequence[Transition]) -> Annotation:
    worst = kind[0]
    gap = bounds(worst.new) if worst.new is not None else 0.0
    parts = [
        worst.reason,
        f"the gap is {gap:.2g} bounds" if gap and worst.state != "convention_changed" else "",
        f"{len(kind):,} verdicts, the worst of them here" if len(kind) > 1 else "",
    ]
    foreseen = f"\nforeseen: {worst.foreseen}" if worst.foreseen else ""
    text = f"{', '.join(filter(None, parts))}{foreseen}\n{again_after_upgrade(worst)}"
    return Annotation(level, f"{worst.state.replace('_', ' ')}: {subject(worst)}", text)


def _severity(kind: Sequence[Transition]) -> tuple[bool, float]:
    worst = kind[0]
    return worst.state == "regressed", bounds(worst.new) if worst.new is not None else 0.0


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _data(text: str) -> str:
    """A message: lines are kept, in the way GitHub unescapes them."""
    lines = "\n".join(map(printable, text.splitlines()))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
