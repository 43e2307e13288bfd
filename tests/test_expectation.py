"""Expectations: exact about what they forgive, and loud about what they cannot read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from autograd_conformance.expectation import Expectations, Ran, UnreadableExpectations, load, shipped
from autograd_conformance.records import Gap, Result

ENTRY = """
[[expectation]]
law = "vjp_matches_*"
adapter = "torch:*"
signature = "cumprod+*"
dtype = "float*"
kind = "disagree"
largest_gap = 1e-3
when = ">=2.10,<2.14"
reason = "cumprod loses the gradient at a zero"
link = "https://example.org/issues/1"
"""
TORCH = {"torch": "2.13.0+cpu"}


def result(**changes: Any) -> Result:
    gap = Gap(
        where="d", measured=1.0, measured_hex="", reference=1.0, reference_hex="", error=0.0, bound=1e-9, gap=4e-4
    )
    plain = Result(
        case="3f9a2c81",
        stratum="core",
        adapter="torch:eager",
        law="vjp_matches_finite_differences",
        dtype="float64",
        verdict="disagree",
        worst=gap,
        signature="cumprod+sum",
    )
    if "gap" in changes:
        changes["worst"] = msgspec.structs.replace(gap, gap=changes.pop("gap"))
    return msgspec.structs.replace(plain, **changes)


def read(tmp_path: Path, text: str, **options: Any) -> Expectations:
    path = tmp_path / "torch.toml"
    path.write_text(text, "utf-8")
    return load([path], **options)


def test_known_verdict_matches(tmp_path: Path) -> None:
    found = read(tmp_path, ENTRY).match(result(), TORCH)
    assert found is not None
    assert found.reason == "cumprod loses the gradient at a zero"


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "crash"},
        {"verdict": "imprecise"},
        {"gap": 2e-3},
        {"gap": "nan"},
        {"gap": "inf"},
        {"worst": None},
        {"law": "forward_matches_numpy"},
        {"adapter": "jax:jit"},
        {"dtype": "bfloat16"},
        {"signature": "cumsum+sum"},
        {"signature": ""},
    ],
    ids=str,
)
def test_anything_else_is_unexpected(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert read(tmp_path, ENTRY).match(result(**changes), TORCH) is None


@pytest.mark.parametrize(
    ("version", "is_known"),
    [
        ("2.13.0", True),
        ("2.13.0+cpu", True),
        ("2.14.0.dev20260101", False),
        ("2.11.0rc1", True),
        ("2.9.1", False),
        ("2.14", False),
        ("unknown", False),
    ],
)
def test_versions_follow_pep_440(tmp_path: Path, version: str, is_known: bool) -> None:
    assert (read(tmp_path, ENTRY).match(result(), {"torch": version}) is not None) is is_known


def test_unknown_version_is_outside_every_range(tmp_path: Path) -> None:
    assert read(tmp_path, ENTRY).match(result(), {}) is None


def test_distribution_may_extend_the_framework_name(tmp_path: Path) -> None:
    expectations = read(tmp_path, ENTRY.replace("torch:*", "tensorflow:*").replace(">=2.10,<2.14", "==2.21.*"))
    verdict = result(adapter="tensorflow:graph")
    assert expectations.match(verdict, {"keras": "3.0", "tensorflow-cpu": "2.21.0"}) is not None


def test_law_about_two_adapters_is_matched_by_either(tmp_path: Path) -> None:
    expectations = read(tmp_path, ENTRY)
    assert expectations.match(result(adapter="jax:jit", peer="torch:eager"), {"jax": "0.10.2", **TORCH}) is not None
    assert expectations.match(result(adapter="jax:jit", peer="torch:eager"), {"jax": "2.13"}) is None


def test_case_is_exact_and_may_be_the_reduced_one(tmp_path: Path) -> None:
    expectations = read(tmp_path, ENTRY.replace('signature = "cumprod+*"', 'case = "3f9a2c81"'))
    assert expectations.match(result(signature=""), TORCH) is not None
    assert expectations.match(result(case="0", reduced="3f9a2c81"), TORCH) is not None
    assert expectations.match(result(case="3f9a2c8"), TORCH) is None


def test_entry_that_matched_nothing_is_stale(tmp_path: Path) -> None:
    expectations = read(tmp_path, ENTRY)
    (entry,) = expectations.stale(Ran({"torch:eager": TORCH}))
    assert "torch.toml: entry 1 (vjp_matches_*, torch:*, cumprod+*: disagree)" in entry.title
    expectations.match(result(), TORCH)
    assert expectations.stale(Ran({"torch:eager": TORCH})) == []


def test_an_entry_that_is_not_strict_is_never_stale(tmp_path: Path) -> None:
    assert read(tmp_path, ENTRY + "strict = false\n").stale(Ran({"torch:eager": TORCH})) == []


@pytest.mark.parametrize("ran", [{}, {"jax:jit": {"jax": "0.10.2"}}, {"torch:eager": {"torch": "2.14"}}], ids=str)
def test_entry_whose_adapter_or_version_did_not_run_is_not_stale(
    tmp_path: Path, ran: dict[str, dict[str, str]]
) -> None:
    assert read(tmp_path, ENTRY).stale(Ran(ran)) == []


def test_a_frozen_case_is_asked_for_what_it_is_the_witness_of(tmp_path: Path) -> None:
    """Unless that is every law: those that fail are asked anyway."""
    text = ENTRY.replace("law =", 'witness = "zero.json"\nlaw =')
    expectations = read(tmp_path, text, witnesses={"zero.json": "3f9a2c81", "one.json": "0"})
    assert [known.law for known in expectations.witnessed("3f9a2c81", "torch:eager", TORCH)] == ["vjp_matches_*"]
    assert expectations.witnessed("0", "torch:eager", TORCH) == []
    assert expectations.witnessed("3f9a2c81", "jax:jit", TORCH) == []
    assert expectations.witnessed("3f9a2c81", "torch:eager", {"torch": "2.14"}) == []
    everything = read(tmp_path, text.replace("vjp_matches_*", "*"), witnesses={"zero.json": "3f9a2c81"})
    assert everything.witnessed("3f9a2c81", "torch:eager", TORCH) == []


def test_the_text_of_an_error_can_be_asked_for(tmp_path: Path) -> None:
    """The same kind of failure that says something else is another one."""
    text = ENTRY.replace('kind = "disagree"\nlargest_gap = 1e-3', 'kind = "error"\ndetail = "*RET_CHECK*"')
    raised = {"verdict": "error", "worst": None}
    assert read(tmp_path, text).match(result(detail="INTERNAL: RET_CHECK\nfailure", **raised), TORCH) is not None
    assert read(tmp_path, text).match(result(detail="out of memory", **raised), TORCH) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('reason = "cumprod loses the gradient at a zero"', "", "reason"),
        ('reason = "cumprod loses the gradient at a zero"', 'reason = " "', "`reason` is empty"),
        ('link = "https://example.org/issues/1"', 'link = "soon"', '"unreported"'),
        ('kind = "disagree"', 'kind = "agree"', "agree"),
        ('dtype = "float*"', 'dtpye = "float*"', "dtpye"),
        ("largest_gap = 1e-3", 'largest_gap = "1e-3"', "largest_gap"),
        ("largest_gap = 1e-3", "largest_gap = nan", "`largest_gap` is above 0"),
        ('when = ">=2.10,<2.14"', 'when = "2.10 or newer"', "PEP 440"),
        ('signature = "cumprod+*"', "", "`signature`"),
        ('link = "https', 'witness = "../../secrets.json"\nlink = "https', "without a folder"),
        ("[[expectation]]", "[expectation]", "two brackets"),
        ("[[expectation]]", "[[expectations]]", "unknown 'expectations'"),
        ('law = "vjp', "law = vjp", "is not TOML"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in ENTRY
    with pytest.raises(UnreadableExpectations) as failure:
        read(tmp_path, ENTRY.replace(old, new))
    assert message in str(failure.value)
    assert "torch.toml" in str(failure.value)


def test_every_bad_entry_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExpectations) as failure:
        read(tmp_path, ENTRY.replace("disagree", "wrong") + ENTRY + ENTRY.replace("reason", "raeson"))
    assert "entry 1 ('vjp_matches_*', 'torch:*', 'cumprod+*')" in str(failure.value)
    assert "entry 3" in str(failure.value)
    assert "entry 2" not in str(failure.value)


def test_law_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    read(tmp_path, ENTRY, known_laws=["vjp_matches_finite_differences"])
    with pytest.raises(UnreadableExpectations, match="no law is called"):
        read(tmp_path, ENTRY.replace("vjp_matches_*", "vpj_matches_*"), known_laws=["vjp_matches_finite_differences"])


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExpectations, match="cannot read"):
        load([tmp_path / "none.toml"])


def test_shipped_files_can_be_read() -> None:
    assert {path.stem for path in shipped()} >= {"torch", "jax", "tensorflow"}
    load(shipped())


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_example_in_each_shipped_file_can_be_read(tmp_path: Path, path: Path) -> None:
    """The commented format is what the reader accepts."""
    lines = [line.removeprefix("# ") for line in path.read_text("utf-8").splitlines()]
    start = lines.index("[[expectation]]")
    read(tmp_path, "\n".join(lines[start : lines.index("#", start)]))


def test_ops_may_be_one_of_several_globs(tmp_path: Path) -> None:
    """So that an entry on an op forgives nothing of another whose name starts the same."""
    text = ENTRY.replace('"cumprod+*"', '"*batch_norm|*batch_norm+*"')
    known = read(tmp_path, text)
    for ops in ("batch_norm", "abs+batch_norm", "batch_norm+exp", "abs+batch_norm+exp"):
        assert known.match(result(signature=ops), TORCH) is not None
    for ops in ("batch_norm_inference", "abs+batch_norm_inference", "batch_norm_inference+exp"):
        assert known.match(result(signature=ops), TORCH) is None
    with pytest.raises(UnreadableExpectations, match="`signature` has a glob of nothing"):
        read(tmp_path, text.replace("|*batch_norm+*", "|"))


def test_a_law_may_be_one_of_several_globs(tmp_path: Path) -> None:
    """Each is a glob of its own, and none may be empty or meet no law."""
    text = ENTRY.replace('"vjp_matches_*"', '"vjp_matches_*|hessian_*"')
    known = read(tmp_path, text)
    for law, is_known in (("vjp_matches_numpy", True), ("hessian_is_symmetric", True), ("rr_matches_numpy", False)):
        assert (known.match(result(law=law), TORCH) is not None) is is_known
    laws = ("vjp_matches_finite_differences", "hessian_is_symmetric")
    read(tmp_path, text, known_laws=laws)
    with pytest.raises(UnreadableExpectations, match=r"no law is called 'hesian_\*'"):
        read(tmp_path, text.replace("|hessian", "|hesian"), known_laws=laws)
    with pytest.raises(UnreadableExpectations, match="a glob of nothing"):
        read(tmp_path, text.replace("hessian_*", ""))
