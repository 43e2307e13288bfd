"""The one sentence with the answer, worded so that it never claims more than was judged."""

from __future__ import annotations

from dataclasses import dataclass

from autograd_conformance.reports.merged import Merged, Source
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
    total, told = tally(merged.results), tally(merged.scenarios)
    caveats = tuple(_caveats(merged))
    if not total.judged and not told.judged:
        return Answer("empty", "–", _nothing(merged, total), caveats)
    parts = []
    if total.judged:
        parts.append(f"{_subject(merged, total)}: {'; '.join(_findings(merged, total))}.")
    if told.total:
        parts.append(f"{_tellers(merged)}: {', '.join(_outcomes(told))}.")
    if not total.judged:
        parts += _stale(merged)
    sentence = " ".join(parts)
    if total.unexpected or told.unexpected:
        return Answer("bad", "✗", sentence, caveats)
    has_pass = total.counts["agree"] or (told.counts["agree"] and not total.judged)
    if caveats or not has_pass or merged.stale or merged.uncovered or any(map(is_unexpected_pass, merged.results)):
        return Answer("unsure", "!", sentence, caveats)
    return Answer("known" if total.known or told.known else "ok", "✓", sentence, caveats)


def _tellers(merged: Merged) -> str:
    tellers = {result.adapter for result in merged.scenarios}
    names = {result.scenario for result in merged.scenarios}
    return f"{counted(len(names), 'scenario')} told by {counted(len(tellers), 'adapter')}"


def _outcomes(told: Tally) -> list[str]:
    """Every outcome is counted: what is no concept of a framework is no pass."""
    outcomes = [f"{told.unexpected:,} unexpectedly not as documented" if told.unexpected else "nothing unexpected"]
    outcomes += [f"{told.known:,} known not to be as documented"] if told.known else []
    named = {"agree": "as documented", "inconclusive": "inconclusive", "unsupported": "without such a concept"}
    return outcomes + [f"{told.counts[name]:,} {words}" for name, words in named.items() if told.counts[name]]


def _stale(merged: Merged) -> list[str]:
    return [f"{counted(len(merged.stale), 'stale expectation')}."] if merged.stale else []


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
    if merged.uncovered:
        findings.append(f"{counted(len(merged.uncovered), 'op')} below the floor")
    if not total.counts["agree"]:
        findings.append("but no verdict is a pass that counts")
    findings.append(f"{percent(total.counts['inconclusive'], total.judged)} inconclusive")
    return findings


def _nothing(merged: Merged, total: Tally) -> str:
    if merged.scenarios:
        return "Nothing was judged: every scenario told says that there is no such concept."
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
            caveats += _lost(source, name)
    present = {adapter.framework for adapter in merged.present}
    gone = sorted({clipped(adapter.framework, 60) for adapter in merged.missing if adapter.framework not in present})
    if gone:
        caveats.append(f"{joined(gone)} {'is' if len(gone) == 1 else 'are'} missing and not judged.")
    partly = sorted(clipped(adapter.name, 60) for adapter in merged.missing if adapter.framework in present)
    if partly:
        caveats.append(f"{joined(partly)} could not be used and {'was' if len(partly) == 1 else 'were'} not judged.")
    judged = {result.adapter for result in merged.results} | {result.adapter for result in merged.scenarios}
    silent = [clipped(adapter.name, 60) for adapter in merged.present if adapter.name not in judged]
    if silent and merged.results:
        caveats.append(f"{joined(silent)} {'has' if len(silent) == 1 else 'have'} no verdict at all.")
    return caveats


def _lost(source: Source, name: str) -> list[str]:
    """What a footer counts and the file does not hold, or the other way round."""
    footer = source.footer
    if footer is None:
        return []
    counts = [
        ("results", source.results, footer.results),
        ("scenarios", source.scenarios, sum(footer.scenarios.values())),
    ]
    return [
        f"{name} holds {held:,} {what} where its footer counts {expected:,}."
        for what, held, expected in counts
        if held != expected
    ]
