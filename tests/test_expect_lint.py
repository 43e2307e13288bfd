"""What is wrong with an entry although it can be read: one finding for each mistake, none for an entry without."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from autograd_conformance import corpus
from autograd_conformance.expectation import load
from autograd_conformance.records import COVERAGE_LAW, SCENARIO_LAW
from autograd_conformance.upkeep.covering import glob_covers, may_meet
from autograd_conformance.upkeep.lint import PROBLEMS, WARNINGS, Finding, Known, lint

Cli = Callable[..., "CompletedProcess[str]"]
FROZEN = {
    path.name: corpus.read(path) for path in corpus.shipped() if path.stem in ("broadcast-add", "cumprod-with-zero")
}
KNOWN = Known(
    ("vjp_is_linear", "jvp_transposes_vjp", SCENARIO_LAW, COVERAGE_LAW), ("cumprod", "mul", "tanh"), ("C2",),
    ("small:eager", "small:graph"), ("absent",), FROZEN, datetime.date(2026, 11, 22),
)  # fmt: skip
GOOD = {
    "law": "vjp_*", "adapter": "small:*", "signature": "mul+tanh", "kind": "disagree", "reason": "half",
    "link": "unreported", "witness": "broadcast-add.json",
}  # fmt: skip


def written(*entries: dict[str, Any]) -> str:
    lines = []
    for entry in entries:
        lines.append("[[expectation]]")
        lines += [
            f"{name} = {value if isinstance(value, (float, datetime.date)) else repr(value)}"
            for name, value in entry.items()
            if value is not None
        ]
    return "\n".join(lines).replace("False", "false")


def findings(tmp_path: Path, *entries: dict[str, Any]) -> list[Finding]:
    (tmp_path / "known.toml").write_text(written(*entries))
    return lint(load([tmp_path / "known.toml"]).entries, KNOWN)


MISTAKES = [
    ({"law": "vpj_*"}, "no law is called 'vpj_*'"),
    ({"law": "vjp_*|hesian_*"}, "no law is called 'hesian_*'"),
    ({"signature": "mul+thanh", "witness": None, "strict": False}, "no op is called 'thanh'"),
    ({"signature": "*thanh*", "witness": None, "strict": False}, "'*thanh*' is part of no op"),
    ({"signature": "tanh+mul", "witness": None, "strict": False}, "write 'mul+tanh'"),
    ({"signature": "tanh|thanh", "witness": None, "strict": False}, "no op is called 'thanh'"),
    ({"adapter": "small:compiled"}, "no adapter is called 'small:compiled'"),
    ({"adapter": "smal:*"}, "no adapter is called 'smal:*'"),
    ({"when": ">=3,<2"}, "no version is in the range '>=3,<2'"),
    ({"kind": "error", "largest_gap": 1e-6}, "leave out `largest_gap`"),
    ({"kind": "imprecise", "largest_gap": 1e-6}, ""),
    ({"largest_gap": float("inf")}, "every gap is smaller"),
    ({"largest_gap": 1e9}, "warning: forgives a gap of 1e+09"),
    ({"witness": "absent.json"}, "absent.json is not in the corpus"),
    ({"signature": "mul"}, "has the signature mul+tanh"),
    ({"signature": "mul|tanh*"}, "has the signature mul+tanh"),
    ({"signature": "mul|mul+*"}, ""),
    ({"point": "zero"}, "has the point ''"),
    ({"case": "745c8f66f5d7"}, "not 745c8f66f5d7"),
    ({"law": SCENARIO_LAW, "signature": None, "case": "Q9", "witness": None}, "`case` names a scenario"),
    ({"law": SCENARIO_LAW, "case": "C2", "witness": None}, "leave out `signature`"),
    ({"law": COVERAGE_LAW, "signature": "mul", "kind": "error"}, "is a `disagree`, not 'error'"),
    ({"law": COVERAGE_LAW, "signature": None, "case": "mull", "witness": None, "strict": False}, "`case` is the op"),
    ({"review": datetime.date(2026, 11, 22)}, "warning: was to be looked at by 2026-11-22"),
    ({"added": datetime.date(2026, 11, 23)}, "warning: `added` 2026-11-23 is still to come"),
    ({"added": datetime.date(2026, 5, 1), "review": datetime.date(2027, 1, 1)}, ""),
    ({"added": datetime.date(2026, 5, 1), "review": datetime.date(2026, 5, 1)}, "is not after `added`"),
    ({"signature": "*"}, "warning: forgives a wrong number of any op"),
    ({"signature": "*", "detail": "ff of *"}, ""),
    ({"signature": "*", "kind": "error"}, ""),
    ({"witness": None}, "warning: a full run must draw it"),
    ({"witness": None, "strict": False}, ""),
    ({"adapter": "absent:whatever"}, ""),
    ({"adapter": "mine.adapters:Mine*"}, ""),
    ({"adapter": "mine:Mine:eager"}, ""),
    ({"law": COVERAGE_LAW, "signature": "tanh"}, ""),
    ({"law": SCENARIO_LAW, "signature": None, "case": "C2", "witness": None}, ""),
    ({"signature": "cumprod", "witness": "cumprod-with-zero.json", "point": "zero"}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("changes", "text"), MISTAKES, ids=str)
def test_each_mistake_is_found_where_it_is_made(tmp_path: Path, changes: dict[str, Any], text: str) -> None:
    """And an entry without it is in order."""
    found = [str(one) for one in findings(tmp_path, {**GOOD, **changes})]
    if not text:
        assert found == []
        return
    assert any(text in one for one in found), found
    assert all(one.startswith(f"{tmp_path / 'known.toml'}: entry 1: ") for one in found)
    assert all("\n" not in one for one in found)


def test_every_check_finds_something(tmp_path: Path) -> None:
    """A check that no entry here fails would be one that cannot fail."""
    from autograd_conformance.upkeep.lint import Look

    failed = set()
    for changes, _ in [*MISTAKES, ({"when": None}, "")]:
        (tmp_path / "known.toml").write_text(written(GOOD, {**GOOD, **changes}))
        first, entry = load([tmp_path / "known.toml"]).entries
        failed |= {check.__name__ for check in (*PROBLEMS, *WARNINGS) if list(check(Look(KNOWN, entry, [first])))}
    assert failed == {check.__name__ for check in (*PROBLEMS, *WARNINGS)}


@pytest.mark.parametrize(
    ("second", "text"),
    [
        ({}, "entry 1 says the same"),
        ({"reason": "otherwise"}, "entry 1 says the same"),
        ({"law": "vjp_is_linear"}, "entry 1 is wider and comes first"),
        ({"adapter": "small:eager", "when": "<3", "largest_gap": 1e-6}, "entry 1 is wider and comes first"),
        ({"law": "*"}, ""),
        ({"kind": "error"}, ""),
        ({"dtype": "float64"}, "entry 1 is wider and comes first"),
        ({"signature": "mul+*"}, ""),
        ({"signature": "mul+tanh|tanh"}, ""),
        ({"law": "jvp_*"}, ""),
        ({"law": "vjp_is_linear|vjp_is_*"}, "entry 1 is wider and comes first"),
        ({"law": "vjp_is_linear|jvp_*"}, ""),
    ],
    ids=str,
)
def test_an_entry_that_an_earlier_one_covers_is_found(tmp_path: Path, second: dict[str, Any], text: str) -> None:
    """Whose reason would never be shown."""
    found = [str(one) for one in findings(tmp_path, GOOD, {**GOOD, **second})]
    assert [text in one for one in found] == ([True] if text else [])


def test_a_narrower_entry_comes_first(tmp_path: Path) -> None:
    """By range, gap or device: then each has its own."""
    for narrow in ({"when": "<3"}, {"largest_gap": 1e-6}, {"device": "cuda*"}):
        assert findings(tmp_path, {**GOOD, **narrow}, GOOD) == []
        assert len(findings(tmp_path, GOOD, {**GOOD, **narrow})) == 1


@pytest.mark.parametrize(
    ("wide", "narrow", "does"),
    [
        ("*", "vjp_*", True), ("*mul*", "*mul+tanh*", True), ("vjp_*", "*", False), ("?", "*", False),
        ("*a*", "[ab]", False),
        ("[fr]*", "rr_*", False), ("[fr]*", "rr_matches", True), ("rr_*", "rr_*", True), ("*", "[fr]?", True),
        ("a*", "a", True),
    ],
)  # fmt: skip
def test_a_glob_covers_another_where_that_is_certain(wide: str, narrow: str, does: bool) -> None:
    assert glob_covers(wide, narrow) is does


@pytest.mark.parametrize(
    ("one", "other", "do"),
    [
        ("torch:*", "*:eager", True), ("torch:[!e]*", "torch:func", True), ("torch:*", "jax:*", False), ("*", "", True),
        ("a?c", "abc", True), ("a?c", "abd", False), ("*b", "a*", True), ("", "a", False), ("ab*", "a", False),
    ],
)  # fmt: skip
def test_globs_that_could_match_the_same_text_meet(one: str, other: str, do: bool) -> None:
    assert may_meet(one, other) is may_meet(other, one) is do


def test_the_command_exits_by_what_it_found(cli: Cli, tmp_path: Path) -> None:
    """0 in order or warnings alone, 1 problems, 2 unreadable; one line a finding."""
    good = {**GOOD, "adapter": "tape:*", "law": "vjp_is_linear"}
    for changes, code, text in (
        ({}, 0, ""),
        ({"review": datetime.date(2001, 1, 1)}, 0, "known.toml: entry 1: warning: was to be looked at"),
        ({"signature": "mul"}, 1, "known.toml: entry 1: broadcast-add.json has the signature mul+tanh"),
    ):
        (tmp_path / "known.toml").write_text(written({**good, **changes}))
        done = cli("expect", "lint", "known.toml")
        assert (done.returncode, len(done.stdout.splitlines())) == (code, bool(text)), done.stdout + done.stderr
        assert text in done.stdout
    (tmp_path / "known.toml").write_text("[[expectation]\n")
    done = cli("expect", "lint", "known.toml")
    assert done.returncode == 2
    assert "known.toml is not TOML" in done.stderr
    assert "Traceback" not in done.stderr


def test_shipped_expectations_are_in_order(cli: Cli, tmp_path: Path) -> None:
    """With those that pyproject.toml names."""
    (tmp_path / "pyproject.toml").write_text('[tool.autograd-conformance]\nexpectations = ["known.toml"]\n')
    (tmp_path / "known.toml").write_text(written({**GOOD, "adapter": "tape:*", "law": "no_law"}))
    done = cli("expect", "lint")
    assert done.returncode == 1, done.stdout + done.stderr
    problems = [line for line in done.stdout.splitlines() if "warning: " not in line]
    assert problems == ["known.toml: entry 1: no law is called 'no_law'; `autograd-conformance list laws` names them"]
