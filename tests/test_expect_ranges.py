"""Ranges of versions: whether they hold anything, hold each other, and how they are ended and joined."""

from __future__ import annotations

import pytest

from autograd_conformance.upkeep import ranges


@pytest.mark.parametrize(
    ("when", "is_empty"),
    [
        (">=3,<2", True), ("<2,>=2", True), ("==2.13.*,<2.13.dev0", True), ("==2.13.*,!=2.13.*", True),
        (">2.10,<=2.10", True),
        (">=2.10,<2.14", False), (">2.10,<2.10.0.1", False), ("==2.13.*,<2.13.1", False), ("~=2.13,<2.13.2", False),
        ("!=2.13", False), ("<0.11", False), (">=99", False), ("==1.0", False), (">2.13.9,<2.14", False),
    ],
)  # fmt: skip
def test_an_empty_range_is_seen(when: str, is_empty: bool) -> None:
    assert ranges.is_empty(when) is is_empty


@pytest.mark.parametrize(
    ("wide", "narrow", "does"),
    [
        (None, "<2.14", True), ("<2.14", None, False), ("<2.14", "==2.13.*", True), ("<2.13.5", "==2.13.*", False),
        (">=2.10,<2.14", ">=2.11,<2.13", True), (">=2.11,<2.13", ">=2.10,<2.14", False), ("!=2.13.1", "==2.13.*", False),
        (">=2.13", ">2.13", True), (">2.13", ">=2.13", False),
    ],
)  # fmt: skip
def test_one_range_holds_another(wide: str | None, narrow: str | None, does: bool) -> None:
    assert ranges.covers(wide, narrow) is does


@pytest.mark.parametrize(
    ("when", "version", "below"),
    [
        (None, "2.13.0+cpu", "<2.13"), ("<2.14", "2.13.0", "<2.13"), (">=2.10,<2.14", "2.13.1", ">=2.10,<2.13.1"),
        ("==2.13.*", "2.13.2", "==2.13.*,<2.13.2"), ("==2.13.*", "2.13.0", None), (">=2.13", "2.13", None),
        (">=2.13,<3", "2.13.0", None), ("<2.15", "2.14.0.dev1", "<2.14.0.dev1"), ("<=2.14", "2.14", "<2.14"),
    ],
)  # fmt: skip
def test_a_range_ends_below_a_version(when: str | None, version: str, below: str | None) -> None:
    """None where no earlier version needs the entry."""
    assert ranges.below(when, version) == below


@pytest.mark.parametrize(
    ("when", "version", "wider"),
    [
        ("==2.13.*", "2.14.1", ">=2.13.dev0,<2.15"), (">=2.13.dev0,<2.15", "2.15", ">=2.13.dev0,<2.16"),
        ("<2.14", "2.14.0", "<2.15"), ("==2.13.*", "2.15", None), ("==2.13.*", "3.0", None), (None, "2.14", None),
    ],
)  # fmt: skip
def test_a_range_is_joined_with_the_next_minor_release_only(when: str | None, version: str, wider: str | None) -> None:
    """Of a release between them nothing is known."""
    assert ranges.with_minor(when, version) == wider


@pytest.mark.parametrize(
    ("version", "range_"),
    [("2.13.0+cpu", "==2.13.*"), ("0.10.2", "==0.10.*"), ("7", "==7"), ("2.14.0.dev3", "==2.14.*")],
)
def test_what_was_seen_is_one_minor_release(version: str, range_: str) -> None:
    assert ranges.minor_range(version) == range_


@pytest.mark.parametrize("version", ["unknown", "", None])
def test_no_range_is_made_of_no_version(version: str | None) -> None:
    with pytest.raises(ValueError, match="is no version"):
        ranges.minor_range(version)
