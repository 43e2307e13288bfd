"""The one sentence with the answer, worded so that it never claims more than was judged."""

from __future__ import annotations

from dataclasses import dataclass

from autograd_conformance.reports.merged import Merged
from autograd_conformance.reports.tally import Tally, is_known, is_unexpected, is_unexpected_pass, tally
from autograd_conformance.reports.wording import clipped, counted, joined, percent


@dataclass(frozen=True)
class Answer:
    """``kind`` is ``bad``, ``known``, ``unsure``, ``ok`` or ``empty``; ``caveats`` are sentences that limit it."""

    kind: str
    glyph: str
    sentence: str
    caveats: tuple[str, ...]


def answer(merged: Merged) -> Answer:
    total = tally(merged.results)
    caveats = tuple(_caveats(merged))
    if not total.judged:
        return Answer("empty", "–", _nothing(merged, total), caveats)
    sentence = f"{_subject(merged, total)}: {'; '.join(_findings(merged, total))}."
    if total.unexpected:
        return Answer("bad", "✗", sentence, caveats)
    if caveats or not total.counts["agree"] or merged.stale or any(map(is_unexpected_pass, merged.results)):
        return Answer("unsure", "!", sentence, caveats)
    return Answer("known" if total.known else "ok", "✓", sentence, caveats)


def _subject(merged: Merged, total: Tally) -> str:
    judged = {result.adapter for result in merged.results if result.verdict != "unsupported"}
    frameworks = {adapter.framework for adapter in merged.adapters if adapter.name in judged}
    cases = {result.case for result in merged.results if result.verdict != "unsupported"}
    return (
        f"{counted(len(judged), 'adapter')} of {counted(len(frameworks), 'framework')} judged on "
        f"{counted(len(cases), 'case')}, {counted(total.judged, 'verdict')}"
    )


def _findings(merged: Merged, total: Tally) -> list[str]:
    so_far = "" if all(source.status == "complete" for source in merged.sources) else " so far"
    if total.unexpected:
        causes = {
            (result.law, result.signature or result.detail[:80]) for result in merged.results if is_unexpected(result)
        }
        findings = [f"{counted(total.unexpected, 'unexpected verdict')}{so_far}, of {counted(len(causes), 'kind')}"]
    else:
        findings = [f"nothing unexpected{so_far}"]
    if known := {result.expected for result in merged.results if is_known(result)}:
        findings.append(counted(len(known), "known defect"))
    if passes := sum(map(is_unexpected_pass, merged.results)):
        findings.append(f"{passes:,} agreed although expected to fail")
    if merged.stale:
        findings.append(counted(len(merged.stale), "stale expectation"))
    if not total.counts["agree"]:
        findings.append("but no verdict is a pass that counts")
    findings.append(f"{percent(total.counts['inconclusive'], total.judged)} inconclusive")
    return findings


def _nothing(merged: Merged, total: Tally) -> str:
    if total.total:
        return f"Nothing was judged: all {counted(total.total, 'verdict')} say unsupported."
    if merged.adapters and not merged.present:
        return "Nothing was judged: no adapter's framework could be used."
    return "Nothing was judged: the results hold no verdict."


def _caveats(merged: Merged) -> list[str]:
    caveats = []
    for source in merged.sources:
        name = clipped(source.name, 60)
        if source.status == "truncated":
            caveats.append(
                f"{name} is truncated: its run ended without a footer, and this is only the part it recorded."
            )
        elif source.status == "interrupted":
            caveats.append(f"{name} was interrupted: this is only the part it recorded.")
        elif source.status == "miscounted":
            expected = source.footer.results if source.footer else 0
            caveats.append(f"{name} holds {source.results:,} results where its footer counts {expected:,}.")
    present = {adapter.framework for adapter in merged.present}
    gone = sorted({clipped(adapter.framework, 60) for adapter in merged.missing if adapter.framework not in present})
    if gone:
        caveats.append(f"{joined(gone)} {'is' if len(gone) == 1 else 'are'} missing and not judged.")
    partly = sorted(clipped(adapter.name, 60) for adapter in merged.missing if adapter.framework in present)
    if partly:
        caveats.append(f"{joined(partly)} could not be used and {'was' if len(partly) == 1 else 'were'} not judged.")
    judged = {result.adapter for result in merged.results}
    silent = [clipped(adapter.name, 60) for adapter in merged.present if adapter.name not in judged]
    if silent and judged:
        caveats.append(f"{joined(silent)} {'has' if len(silent) == 1 else 'have'} no verdict at all.")
    return caveats
