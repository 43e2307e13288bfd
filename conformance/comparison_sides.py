"""The two files of a comparison as runs: what they are, how they differ, and whether they hold all they set out to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograd_conformance.records import AdapterRecord
from autograd_conformance.results import ResultsFile


@dataclass(frozen=True)
class Side:
    """One of the two files, as far as a reader needs it."""

    path: str
    suite: str
    seed: int
    adapters: Mapping[str, Mapping[str, str]]
    """Adapter name to the versions it ran with."""
    missing: Mapping[str, str]
    """Adapter name to the reason why it could not run."""


def side_of(file: ResultsFile) -> Side:
    """What a reader needs to know of one file."""
    header = file.header
    return Side(
        path=file.path,
        suite=header.suite,
        seed=header.seed,
        adapters={each.name: each.versions for each in header.adapters if each.missing is None},
        missing={each.name: each.missing for each in header.adapters if each.missing is not None},
    )


def differences(base: ResultsFile, new: ResultsFile) -> Iterable[str]:
    """How two runs differ besides their verdicts: cases, suite, seed, settings, versions, numerics."""
    ours, theirs = base.header, new.header
    if (base.cases or new.cases) and not base.cases.keys() & new.cases.keys():
        yield "the files share no case: search once, then replay the same cases with both versions"
    for name, was, now in (
        ("suite", ours.suite, theirs.suite),
        ("seed", ours.seed, theirs.seed),
        ("corpus", ours.corpus or "none", theirs.corpus or "none"),
    ):
        if was != now:
            yield f"{name}: {was} -> {now}"
    if ours.expectations and theirs.expectations and ours.expectations != theirs.expectations:
        yield f"expectations: {ours.expectations} -> {theirs.expectations}"
    for name in sorted(ours.settings.keys() | theirs.settings.keys()):
        if ours.settings.get(name) != theirs.settings.get(name):
            yield f"setting {name}: {ours.settings.get(name, 'unset')} -> {theirs.settings.get(name, 'unset')}"
    others = {each.name: each for each in theirs.adapters}
    for adapter in ours.adapters:
        if adapter.name in others:
            yield from _adapter_differences(adapter, others[adapter.name])


def _adapter_differences(base: AdapterRecord, new: AdapterRecord) -> Iterable[str]:
    for was, now in ((base.versions, new.versions), (base.numerics, new.numerics)):
        for name in sorted(was.keys() | now.keys()):
            if was.get(name) != now.get(name):
                yield f"{base.name}: {name} {was.get(name, 'unset')} -> {now.get(name, 'unset')}"


def shortfalls(file: ResultsFile, other: ResultsFile) -> Iterable[str]:
    """Why this file is not what its run set out to record."""
    if file.footer is None:
        yield f"{file.path} is truncated: it has no footer, so its run was killed"
    elif file.footer.status != "complete":
        yield f"{file.path} is incomplete: its run was {file.footer.status}"
    judged = {result.adapter for result in other.results} | {told.adapter for told in other.scenarios}
    for adapter in file.header.adapters:
        if adapter.missing is not None and adapter.name in judged:
            yield f"{file.path} lacks {adapter.name}: {adapter.missing}"
