"""Ranges of versions, PEP 440, compared by the versions at and next to their bounds.

A range is a union of intervals between bounds, so that the bounds themselves, what is just above and just below them, and
the two ends of everything stand for all versions.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

FIRST, LAST = Version("0.dev0"), Version("99999")


def is_empty(when: str) -> bool:
    """Whether no version is in the range."""
    return not any(contains(when, version) for version in _standing_for(when))


def covers(wide: str | None, narrow: str | None) -> bool:
    """Whether every version of the second range is in the first; None is every version."""
    standing = (*_standing_for(wide), *_standing_for(narrow))
    return all(contains(wide, version) for version in standing if contains(narrow, version))


def contains(when: str | None, version: Version) -> bool:
    return when is None or SpecifierSet(when).contains(version, prereleases=True)


def is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def minor_range(version: str | None) -> str | None:
    """The releases that differ from this one in repairs only: ``==2.13.*``.

    Nothing else was seen.  Raises ValueError where there is no version to speak of.
    """
    parsed = _parsed(version)
    if len(parsed.release) < 2:
        return f"=={parsed.public}"
    return f"=={parsed.release[0]}.{parsed.release[1]}.*"


def with_minor(when: str | None, version: str) -> str | None:
    """The range with the next minor release, where it ends with the one before; None where nothing joins them."""
    parsed = _parsed(version)
    if when is None or len(parsed.release) < 2 or not parsed.release[1]:
        return None
    major, minor = parsed.release[:2]
    if not contains(when, Version(f"{major}.{minor - 1}")):
        return None
    kept = [f">={each[2:-2]}.dev0" if _is_minor(each) else each for each in _parts(when) if each[0] != "<"]
    wider = ",".join([*kept, f"<{major}.{minor + 1}"])
    return wider if covers(wider, when) and contains(wider, parsed) else None


def below(when: str | None, version: str) -> str | None:
    """The part of the range below this version; None where there is none."""
    parsed = _parsed(version)
    bound = parsed.public if parsed.is_prerelease else ".".join(map(str, _short(parsed.release)))
    ended = ",".join([*(each for each in _parts(when) if each[0] != "<"), f"<{bound}"])
    return None if is_empty(ended) else ended


def _parsed(version: str | None) -> Version:
    try:
        return Version(version or "")
    except InvalidVersion:
        raise ValueError(f"{version!r} is no version") from None


def _parts(when: str | None) -> list[str]:
    return [part.replace(" ", "") for part in (when or "").split(",") if part.strip()]


def _is_minor(part: str) -> bool:
    return part.startswith("==") and part.endswith(".*")


def _short(release: tuple[int, ...]) -> tuple[int, ...]:
    """Without zeros after the second number."""
    while len(release) > 2 and not release[-1]:
        release = release[:-1]
    return release


def _standing_for(when: str | None) -> Iterator[Version]:
    yield from (FIRST, LAST)
    for each in SpecifierSet(when or ""):
        bound = Version(each.version.removesuffix(".*"))
        base = bound.base_version
        yield from (bound, Version(base), Version(f"{base}.dev0"), Version(f"{base}.post1"), Version(f"{base}.0.0.1"))
        for place, part in enumerate(bound.release):
            lead = [str(number) for number in bound.release[:place]]
            yield Version(".".join([*lead, str(part + 1)]))
            if part:
                yield Version(".".join([*lead, str(part - 1), "99999"]))
