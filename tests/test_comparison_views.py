"""A comparison as text, as Markdown and as JSON."""

from __future__ import annotations

import json

import pytest

from autograd_conformance.comparison import STATES, Comparison, compare
from autograd_conformance.comparison_views import to_json, to_markdown, to_text
from tests.test_comparison import HUGE, LAW, SMALL, file, gap, result


@pytest.fixture
def mixed() -> Comparison:
    base = file(result("agree", SMALL), result("disagree", HUGE, case="c2"), result("agree", case="c3"))
    new = file(
        result("disagree", gap("inf"), signature="cumprod+sum"),
        result("agree", gap(2e-16), case="c2"),
        result("unsupported", case="c3"),
        result("agree", case="c4"),
        version="2.14.0",
    )
    return compare(base, new)


def test_text_names_claim_subject_numbers_and_next_step(mixed: Comparison) -> None:
    text = to_text(mixed)
    assert text.startswith("1 regressed and 0 got worse among 2 verdicts compared.")
    assert f"{LAW}: torch:eager on cumprod+sum, float64: agree -> disagree" in text
    assert "gap 1e-16 -> inf, bound 1e-09" in text
    assert "replay: autograd-conformance replay c1 -a torch:eager" in text
    assert "1 of torch:eager: unsupported in new" in text


def test_markdown_has_a_row_per_adapter_and_transition(mixed: Comparison) -> None:
    text = to_markdown(mixed)
    assert "| torch:eager | 1 | 0 | 1 | 0 | 0 | 1 | 0 | 1 | 0 | 0 |" in text
    assert "### Regressed" in text
    assert "agree -&gt; disagree" in text


def test_json_is_strict_and_complete(mixed: Comparison) -> None:
    def refuse(text: str) -> None:
        raise AssertionError(text)

    plain = json.loads(to_json(mixed), parse_constant=refuse)
    assert plain["exit_code"] == 1
    assert list(plain["counts"]) == sorted(STATES)
    assert [each["state"] for each in plain["transitions"]] == ["regressed", "fixed", "not_comparable", "new"]
    assert plain["transitions"][0]["drift"]["new_gap"] == "inf"


def test_long_lists_are_cut_and_say_so() -> None:
    names = [f"c{number:03}" for number in range(50)]
    base = file(*[result("agree", case=name) for name in names])
    new = file(*[result("crash", case=name) for name in names])
    for text in (to_text(compare(base, new)), to_markdown(compare(base, new))):
        assert "and 30 more" in text
        assert "c019" in text
        assert "c020" not in text


def test_hostile_texts_reach_neither_terminal_nor_page() -> None:
    hostile = "x\x1b[31m\n# |<script>$(rm)"
    comparison = compare(
        file(result("agree", case=hostile, signature=hostile)), file(result("crash", case=hostile, signature=hostile))
    )
    text, page = to_text(comparison), to_markdown(comparison)
    assert "\x1b" not in text + page
    assert "\n#" not in text
    assert "replay 'x" in text
    assert "<script>" not in page
    assert "\\|&lt;script&gt;" in page


def test_drift_is_counted_apart_from_what_is_the_same() -> None:
    moved = gap(1e-14, measured=1.0 + 2**-40)
    base = file(result("agree", SMALL), result("agree", SMALL, case="c2"))
    new = file(result("agree", moved), result("agree", SMALL, case="c2"))
    text = to_text(compare(base, new))
    assert "same 1  drifted 1" in text
    assert "gap 1e-16 -> 1e-14, bound 1e-09, value moved by 9.09e-13, 100 times, 1e-05 of the bound" in text
    assert "1 drifted within the same verdict" in text


def test_markdown_of_any_comparison_fits_a_job_summary() -> None:
    """Hostile texts may be of any length; what is cut is said."""
    names = [f"c{number:04}" for number in range(3_000)]
    base = file(*[result("agree", case=name) for name in names])
    new = file(*[result("crash", case=name, detail="boom " * 900, signature=name + " ops" * 900) for name in names])
    text = to_markdown(compare(base, new), most=len(names))
    assert 900_000 < len(text.encode()) < 1024 * 1024
    assert "more lines would be larger than GitHub shows" in text
    assert text.count("\n|") > 500  # whole rows


def test_alike_transitions_are_one_entry_with_their_number() -> None:
    names = [f"c{number}" for number in range(12)]
    base = file(*[result("agree", SMALL, case=name) for name in names])
    new = file(*[result("disagree", gap(10.0**n), case=name, signature="sort") for n, name in enumerate(names)])
    text = to_text(compare(base, new))
    assert text.count("replay:") == 1
    assert "agree -> disagree (12 verdicts, the worst here)" in text
    assert "replay c11 -a torch:eager" in text
    assert "| 12 | 1e-16 -&gt; 1e+11 |" in to_markdown(compare(base, new))
