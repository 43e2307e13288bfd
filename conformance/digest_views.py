"""One results file as Markdown for the summary of a CI job: the sentence, what fails, then the counts."""

from __future__ import annotations

from collections.abc import Iterator

from autograd_conformance.digest import Cause, Digest, bounds
from autograd_conformance.markdown import MOST_BYTES, cell, limited, table
from autograd_conformance.records import SCENARIO_LAW, UNEXPECTED_VERDICTS, VERDICTS

MOST_LISTED = 20


def headline(digest: Digest) -> str:
    """What the file says, in one sentence that never claims more than was judged."""
    if not digest.judged:
        return f"Nothing was judged{_because(digest)}."
    news = f"{len(digest.unexpected):,} unexpected" if digest.unexpected else "Nothing unexpected"
    parts = [news] + ([f"{digest.known:,} known"] if digest.known else [])
    parts += [f"{len(digest.stale):,} stale expectation{'s' * (len(digest.stale) != 1)}"] if digest.stale else []
    if digest.uncovered:
        parts.append(f"{len(digest.uncovered):,} op{'s' * (len(digest.uncovered) != 1)} below the floor")
    adapters = len({each.adapter for each in digest.everything})
    subject = f"among {digest.judged:,} verdicts on {adapters} adapter{'s' * (adapters != 1)}"
    ended = "Incomplete: " if digest.shortfalls else ""
    return f"{ended}{', '.join(parts)} {subject}."


def _because(digest: Digest) -> str:
    return f": {digest.shortfalls[0]}" if digest.shortfalls else ""


def to_markdown(digest: Digest, most: int = MOST_LISTED, most_bytes: int = MOST_BYTES) -> str:
    """GitHub Markdown; what is cut is said."""
    mark = "✗" if digest.fails else "!" if digest.shortfalls or not digest.judged else "✓"
    lines = [f"### {mark} autograd conformance: {cell(headline(digest))}"]
    lines += ["", *(f"- **{cell(each)}**" for each in digest.shortfalls)] if digest.shortfalls else []
    lines += _failures(digest, most)
    lines += _listed("Stale expectations", digest.stale, most)
    lines += _listed("Ops below the floor", digest.uncovered, most)
    seen = [name for name in VERDICTS if any(each.verdict == name for each in digest.everything)]
    rows = [
        [f"{adapter} {_versions(digest, adapter)}", f"{unexpected:,}", f"{known:,}",
         *(f"{counts[name]:,}" for name in seen)]
        for adapter, counts, unexpected, known in digest.by_adapter()
    ]  # fmt: skip
    if rows:
        lines += ["", *table(["adapter", "unexpected", "known", *seen], rows)]
    return limited("\n".join(lines) + "\n", most_bytes)


def _versions(digest: Digest, adapter: str) -> str:
    record = next((each for each in digest.file.header.adapters if each.name == adapter), None)
    return next(iter(record.versions.values()), "") if record is not None else ""


def _failures(digest: Digest, most: int) -> Iterator[str]:
    causes = digest.causes(*UNEXPECTED_VERDICTS)
    if not causes:
        return
    yield from ["", f"#### Unexpected, {len(causes):,} kind{'s' * (len(causes) != 1)}", ""]
    head = ["verdict", "adapter", "law", "about", "dtype", "times", "gap in bounds", "again"]
    yield from table(head, [_row(each) for each in causes[:most]])
    if len(causes) > most:
        yield from ["", f"and {len(causes) - most:,} more kinds; `autograd-conformance report` shows all of them"]


def _row(cause: Cause) -> list[str]:
    gap = bounds(cause.example)
    dtypes = ", ".join(sorted({each.dtype for each in cause.results}))
    return [
        cause.verdict, cause.adapter, cause.law, cause.about, dtypes, f"{len(cause.results):,}",
        f"{gap:.2g}" if gap else "", again(cause),
    ]  # fmt: skip


def again(cause: Cause) -> str:
    """What shows it again."""
    if cause.law == SCENARIO_LAW:
        return f"run -a {cause.adapter} --scenario {cause.example.case}"
    return f"replay {cause.case} -a {cause.adapter}"


def _listed(title: str, items: list[str], most: int) -> Iterator[str]:
    if items:
        yield from ["", f"#### {title}", ""]
        yield from (f"- {cell(each)}" for each in items[:most])
        if len(items) > most:
            yield f"- and {len(items) - most:,} more"
