"""The upgrade view of the report: the transitions of the comparison, and how far numbers moved."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from autograd_conformance.comparison import compare
from autograd_conformance.records import Gap, Result
from autograd_conformance.reports import render_html
from autograd_conformance.reports.drift import MOST_DOTS, Scatter, scatter
from autograd_conformance.reports.merged import merge
from autograd_conformance.reports.upgrade import MOST_TRANSITIONS, Upgrade, upgrade
from autograd_conformance.results import ResultsFile
from tests import results_samples as samples

LAW, TORCH = "vjp_matches_finite_differences", "torch:eager"
ONE, OTHER = samples.case(1), samples.case(2)


def file_of(*results: Result, path: str = "results.jsonl", version: str = "2.13.0") -> ResultsFile:
    made = samples.Sample([msgspec.structs.replace(samples.adapter(TORCH), versions={"torch": version})], path=path)
    for record in (ONE, OTHER):
        made.add(record)
    made.results += results
    return made.file()


def verdict(record: Any, name: Any, bounds: float = 0.2, **more: Any) -> Result:
    return samples.result(record, TORCH, LAW, "float64", name, worst=samples.gap(bounds), **more)


def view(before: ResultsFile, after: ResultsFile) -> Upgrade:
    return upgrade(merge([after]), before)


def section(before: ResultsFile, after: ResultsFile) -> str:
    html = render_html([after], before)
    return html[html.index('<section id="upgrade"') : html.index('<section id="laws"')]


CHANGED = (
    file_of(verdict(ONE, "agree"), verdict(OTHER, "disagree", 4e5), path="folder/old.jsonl", version="2.12.0"),
    file_of(verdict(ONE, "disagree", 4e5, signature="cumprod"), verdict(OTHER, "agree")),
)


def test_it_has_the_transitions_of_the_comparison() -> None:
    """There is one matching: what the command says is what the page shows."""
    found, expected = view(*CHANGED), compare(*CHANGED)
    assert [(each.key, each.state) for each in found.comparison.transitions] == [
        (each.key, each.state) for each in expected.transitions
    ]
    assert {each.state: each.count for each in found.listings} == {"regressed": 1, "fixed": 1}
    assert found.kind == "bad"


def test_one_sentence_names_what_changed_since_which_file() -> None:
    text = section(*CHANGED)
    assert "What changed since old.jsonl" in text
    assert "1 regressed and 0 got worse among 2 verdicts compared. 1 fixed or better" in text
    assert "folder/" not in text


def test_versions_stand_side_by_side() -> None:
    found = view(*CHANGED)
    (torch,) = (each for each in found.versions if each.package == "torch")
    assert (torch.before, torch.now, torch.has_changed) == ("2.12.0", "2.13.0", True)
    assert found.differences == []  # versions are not said twice


def test_a_changed_case_has_a_page_that_its_row_links_to() -> None:
    """Also one that no failure would have given a page."""
    records = [samples.case(number) for number in range(30, 90)]
    before, after = (samples.Sample([samples.adapter(TORCH)]) for _ in range(2))
    for record in records:
        before.add(record, verdict(record, "agree"))
        after.add(record, verdict(record, "agree"))
    last = records[-1]
    before.judge(verdict(last, "disagree", 4e5))
    html = render_html([after.file()], before.file())
    assert f'href="#case-{last.id}"' in html[html.index('<section id="upgrade"') : html.index('<section id="laws"')]
    assert f'id="case-{last.id}"' in html


def test_foreseen_failures_are_said_to_be_and_do_not_colour_the_answer() -> None:
    after = file_of(verdict(ONE, "disagree", 4e5, expected="cumprod is wrong at zeros"), verdict(OTHER, "agree"))
    before = file_of(verdict(ONE, "agree"), verdict(OTHER, "agree"))
    found = view(before, after)
    assert found.kind == "unsure"
    assert "all of it foreseen" in found.sentence
    text = section(before, after)
    assert "◆ foreseen: cumprod is wrong at zeros" in text
    assert "newly foreseen" in text
    assert "<h3>Regressed: 1, all foreseen</h3>" in text
    assert '<h3 class="bad">Regressed: 1</h3>' in section(*CHANGED)


def test_nothing_comparable_is_said() -> None:
    html = render_html(samples.clean_files(), samples.Sample([]).file())
    assert "Nothing could be compared." in html


def test_an_incomplete_file_is_said_first() -> None:
    before = samples.sample((TORCH,)).file()
    found = view(before, samples.sample((TORCH,)).file("truncated"))
    assert found.sentence.startswith("Incomplete: ")
    assert found.kind == "unsure"


def test_several_files_are_one_side() -> None:
    """Tox writes a file per framework; a baseline holds them all."""
    torch, jax = samples.sample((TORCH,)).file(), samples.jax_file()
    both = samples.sample((TORCH, "jax:jit", "jax:eager")).file()
    found = upgrade(merge([torch, jax]), both)
    assert found.comparison.counts["gone"] == 0
    assert {adapter for adapter, _ in found.states} == {TORCH, "jax:jit", "jax:eager"}
    broken = upgrade(merge([torch, samples.tensorflow_file("interrupted")]), both)
    assert any("interrupted" in reason for reason in broken.comparison.incomplete)


def test_alike_changes_share_a_row() -> None:
    records = [samples.case(number) for number in range(5)]
    before, after = (samples.Sample([samples.adapter(TORCH)]) for _ in range(2))
    for size, record in enumerate(records):
        for dtype in samples.DTYPES:
            before.add(record, samples.result(record, TORCH, LAW, dtype))
            worst = samples.gap(10.0 ** (size + 2))
            after.add(record, samples.result(record, TORCH, LAW, dtype, "disagree", signature="sort", worst=worst))
    (listing,) = view(before.file(), after.file()).listings
    (row,) = listing.rows
    assert (listing.count, row.count, row.dtypes) == (10, 10, "float64, float32")
    assert row.transition.case == records[-1].id  # the largest gap


def test_a_long_list_is_cut_and_says_so() -> None:
    before, after = (samples.Sample([samples.adapter(TORCH)]) for _ in range(2))
    for number in range(MOST_TRANSITIONS + 7):
        record = samples.case(number)
        before.add(record, verdict(record, "agree"))
        after.add(record, verdict(record, "disagree", 1e4, signature=f"op{number}"))
    text = section(before.file(), after.file())
    assert "7 more kinds not shown here" in text


def moving(*pairs: tuple[float, float], name: Any = "agree") -> Scatter | None:
    """Verdicts whose gaps went from one number of bounds to another."""
    made = samples.Sample([samples.adapter(TORCH)]), samples.Sample([samples.adapter(TORCH)])
    for number, pair in enumerate(pairs):
        record = msgspec.structs.replace(ONE, id=f"c{number:05}")
        for sample, size in zip(made, pair, strict=True):
            sample.add(record, samples.result(record, TORCH, LAW, "float64", name, worst=samples.gap(size)))
    return scatter(compare(made[0].file(), made[1].file()))


def test_what_did_not_move_is_no_dot() -> None:
    assert moving((0.2, 0.2), (1e-9, 1e-9)) is None


def test_drift_lies_above_the_diagonal_and_below_the_bound() -> None:
    found = moving((1e-4, 1e-2))
    assert found is not None
    (place,) = re.findall(r"M([\d.]+) ([\d.]+)h0", found.dots)
    x, y = map(float, place)
    x1, y1, x2, y2 = map(float, re.findall(r"[\d.]+", found.diagonal))
    assert y < y1 + (y2 - y1) * (x - x1) / (x2 - x1)  # towards the top of the page
    assert found.up_bound < y
    assert found.counts == {"drifted": 1, "bad": 0, "good": 0}
    assert found.left_out == ""


def test_every_verdict_that_is_not_drawn_is_counted() -> None:
    """Still ones, those under another dot, those without a bound, and those for which there is no room."""
    steps = [(10.0 ** -(number % 97 / 8), 10.0 ** -(number / 97 / 8)) for number in range(97 * 97)]
    found = moving(*steps, *[(0.5, 0.5)] * 11, (1e-3, 2e-3), (1e-3, 2e-3))
    assert found is not None
    drawn = found.dots.count("M")
    assert drawn <= MOST_DOTS
    told = sum(int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d(?= )", found.left_out))
    assert drawn + told == len(steps) + 13


def test_a_gap_without_a_bound_is_not_drawn_and_counted() -> None:
    wide = msgspec.structs.replace(samples.gap(1.0), bound="inf")
    found = compare(
        file_of(samples.result(ONE, TORCH, LAW, "float64", worst=wide), verdict(OTHER, "agree", 0.1)),
        file_of(
            samples.result(ONE, TORCH, LAW, "float64", worst=msgspec.structs.replace(wide, gap=1.0)),
            verdict(OTHER, "agree", 0.3),
        ),
    )
    drawn = scatter(found)
    assert drawn is not None
    assert "1 have no bound to be measured in" in drawn.left_out


@pytest.mark.parametrize("size", [0.0, float("inf")])
def test_nothing_and_infinity_stand_on_the_edges(size: float) -> None:
    base = samples.gap(0.5)
    there = msgspec.structs.replace(base, gap="inf" if size else 0.0, measured=2.0, measured_hex="0x1p+1")
    made = [file_of(samples.result(ONE, TORCH, LAW, "float64", worst=worst)) for worst in (base, there)]
    found = scatter(compare(*made))
    assert found is not None
    (mark,) = re.findall(r"M[\d.]+ ([\d.]+)h0", found.dots) or [str(mark.y) for mark in found.bad]
    assert abs(float(mark) - (found.top if size else found.bottom)) <= 1.6


def test_a_mark_says_what_it_is() -> None:
    found = scatter(compare(*CHANGED))
    assert found is not None
    assert [mark.title for mark in found.bad] == [f"regressed: {LAW}, {TORCH}, float64, from 0.2 to 4e+05 bounds"]
    assert len(found.good) == 1


def test_a_page_of_many_changes_stays_below_four_megabytes() -> None:
    """50,000 verdicts against 50,000, every gap another."""
    before, after = samples.large_file(), samples.large_file()
    before.results[:] = [
        one if one.worst is None else msgspec.structs.replace(one, worst=_moved(one.worst, number))
        for number, one in enumerate(before.results)
    ]
    html = render_html([after], before)
    assert len(html.encode()) < 4_000_000
    assert "Not drawn: " in html


def _moved(worst: Gap, number: int) -> Gap:
    size = float(worst.gap) * 10.0 ** -(number % 40 / 10)
    return msgspec.structs.replace(worst, gap=size, measured=1.0 + number, measured_hex=(1.0 + number).hex())
