"""What the page says, from sample results."""

from __future__ import annotations

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from autograd_conformance.records import Gap, Header
from autograd_conformance.reports import casepage, render_html, write_html
from autograd_conformance.reports.answer import answer
from autograd_conformance.reports.attention import attention, shares
from autograd_conformance.reports.coverage import coverage, kinds_of
from autograd_conformance.reports.grid import law_grid, op_grid
from autograd_conformance.reports.merged import merge
from autograd_conformance.results import ResultsFile
from tests import results_samples as samples

VOID = {"meta", "link", "input", "br", "hr", "img", "wbr"}
SECTIONS = ["answer", "environment", "attention", "laws", "ops", "cases", "verdicts", "details"]
LAW = "vjp_matches_finite_differences"


class Page(HTMLParser):
    """Collects what tests ask about; fails on a tag that is not closed where it was opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.sections: list[str] = []
        self.headings: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        assert len(values) == len(attrs), f"an attribute twice in <{tag}>"
        self.attributes += [(tag, name, value) for name, value in values.items()]
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "section":
            self.sections.append(values["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def packed(html: str) -> dict[str, Any]:
    """The verdict table as the browser decodes it."""
    found = re.search(r'id="packed">([^<]*)<', html)
    assert found
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


@pytest.fixture(scope="module")
def full() -> str:
    return render_html(samples.full_files())


def test_sections_stand_in_their_order(full: str) -> None:
    assert Page(full).sections == SECTIONS


def test_markup_is_well_formed_with_unique_ids_and_one_title(full: str) -> None:
    page = Page(full)
    assert len(page.ids) == len(set(page.ids))
    assert page.headings.count("h1") == 1


def test_links_within_the_page_lead_somewhere(full: str) -> None:
    page = Page(full)
    places = {value[1:].split("?")[0] for tag, name, value in page.attributes if (tag, name) == ("a", "href")}
    assert places <= set(page.ids)


def test_page_needs_nothing_from_outside(full: str) -> None:
    """No address leads out, nothing is fetched, and the content security policy would not let it."""
    loaded = [value for _, name, value in Page(full).attributes if name in ("src", "srcset", "href", "action", "data")]
    assert all(value.startswith("#") or value == "data:," for value in loaded)
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|new Worker|createObjectURL|@import|url\(", full)
    assert "default-src 'none'" in full


def test_same_files_give_the_same_page(full: str) -> None:
    assert render_html(samples.full_files()) == full


def test_page_is_readable_without_script(full: str) -> None:
    """Answer, environment, attention and grids are in the markup, not in the packed data."""
    top = full[: full.index('id="cases"')]
    for text in ("5 adapters of 3 frameworks", "2.13.0", "RuntimeError: flip()", samples.EXPECTED, "✗ 2 unexpected"):
        assert text in top


def test_write_html_writes_the_page(tmp_path: Path, full: str) -> None:
    write_html(tmp_path / "report.html", samples.full_files())
    assert (tmp_path / "report.html").read_text("utf-8") == full


def test_answer_counts_what_was_judged() -> None:
    found = answer(merge(samples.full_files()))
    assert found.kind == "bad"
    assert "6 unexpected verdicts, of 3 kinds; 1 known defect; 1 stale expectation" in found.sentence


def test_answer_of_a_clean_run() -> None:
    found = answer(merge(samples.clean_files()))
    assert (found.kind, found.caveats) == ("ok", ())
    assert found.sentence.startswith("3 adapters of 2 frameworks judged on 40 cases, ")
    assert "nothing unexpected; 0." in found.sentence


@pytest.mark.parametrize(("status", "word"), [("truncated", "is truncated"), ("interrupted", "was interrupted")])
def test_partial_run_is_never_a_clean_answer(status: str, word: str) -> None:
    found = answer(merge([samples.sample(("torch:eager",)).file(status)]))
    assert found.kind == "unsure"
    assert "nothing unexpected so far" in found.sentence
    assert word in found.caveats[0]


def test_missing_framework_limits_the_answer() -> None:
    found = answer(merge([*samples.clean_files(), samples.missing_tensorflow_file()]))
    assert found.kind == "unsure"
    assert found.caveats == ("tensorflow is missing and not judged.",)


@pytest.mark.parametrize("files", [[], [samples.missing_tensorflow_file()], [samples.Sample([]).file()]])
def test_nothing_judged_is_said(files: list[ResultsFile]) -> None:
    html = render_html(files)
    assert answer(merge(files)).kind == "empty"
    assert "Nothing was judged" in html
    assert "Nothing was judged, so nothing can be unexpected." in html


def test_only_unsupported_is_not_a_judgement() -> None:
    made = samples.Sample([samples.adapter("torch:eager")])
    record = samples.case(1)
    made.add(record, samples.result(record, "torch:eager", LAW, "float64", "unsupported"))
    assert answer(merge([made.file()])).kind == "empty"


def test_only_weak_verdicts_are_no_pass() -> None:
    made = samples.Sample([samples.adapter("torch:eager")])
    record = samples.case(1)
    made.add(record, samples.result(record, "torch:eager", LAW, "float64", "weak"))
    found = answer(merge([made.file()]))
    assert found.kind == "unsure"
    assert "no verdict is a pass" in found.sentence


def test_lost_results_are_noticed() -> None:
    """A footer that counts more results than the file holds means that lines are gone."""
    file = samples.sample(("torch:eager",)).file()
    del file.results[5:]
    assert "its footer counts" in answer(merge([file])).caveats[0]


def test_merging_puts_adapters_side_by_side_and_cases_once() -> None:
    files = samples.full_files()
    merged = merge(files)
    assert [adapter.name for adapter in merged.adapters] == [
        "torch:eager", "jax:jit", "jax:eager", "tensorflow:eager", "tensorflow:function",
    ]  # fmt: skip
    assert not merged.missing
    assert len(merged.cases) == 41
    assert len(merged.results) == sum(len(file.results) for file in files)


def test_adapter_in_two_versions_is_two_columns() -> None:
    old, new = samples.sample(("torch:eager",), count=4), samples.sample(("torch:eager",), count=4)
    new.adapters = [msgspec.structs.replace(new.adapters[0], versions={"torch": "2.14.0"})]
    merged = merge([old.file(), new.file()])
    assert [adapter.name for adapter in merged.adapters] == ["torch:eager", "torch:eager 2.14.0"]
    assert len(merged.results) == len(old.results) + len(new.results)


def test_same_verdict_in_two_files_counts_once_and_the_worse_wins() -> None:
    good, bad = (samples.Sample([samples.adapter("torch:eager")]) for _ in range(2))
    record = samples.case(1)
    good.add(record, samples.result(record, "torch:eager", LAW, "float64", "agree"))
    bad.add(record, samples.result(record, "torch:eager", LAW, "float64", "disagree"))
    for files in ([good.file(), bad.file()], [bad.file(), good.file()]):
        merged = merge(files)
        assert [one.verdict for one in merged.results] == ["disagree"]
        assert "contradict" in merged.notes[0]


def test_attention_groups_by_law_and_signature() -> None:
    found = attention(merge(samples.full_files()))
    groups = [(group.law, group.signature, group.verdicts.total) for group in found.unexpected]
    assert groups == [("modes_agree", "flip+sort", 3), (LAW, "cumprod", 2), ("vjp_is_linear", "sort", 1)]
    assert found.unexpected[1].case == samples.cumprod_case().id
    assert [(group.signature, group.reasons) for group in found.known] == [("cumprod", (samples.EXPECTED,))]


def test_grid_cell_that_was_not_run_is_never_green() -> None:
    files = [*samples.clean_files(), samples.missing_tensorflow_file()]
    for grid in (law_grid(merge(files)), op_grid(merge(files))):
        for row in grid.rows:
            assert row.cells[-1].kind == "none"
            assert [part.text for part in row.cells[-1].parts] == ["not run"]
    assert 'class="cell ok"' not in render_html([samples.missing_tensorflow_file()])


def test_grid_cell_says_in_words_what_its_colour_says() -> None:
    cells = {
        (row.name, column.name): [part.text for part in cell.parts]
        for grid in [law_grid(merge(samples.full_files()))]
        for row in grid.rows
        for column, cell in zip(grid.columns, row.cells, strict=True)
    }
    assert cells[LAW, "torch:eager"][0] == "✗ 2 unexpected"
    assert "◆ 12 known" in cells[LAW, "tensorflow:eager"]


def test_op_never_strongly_judged_stands_out() -> None:
    made = samples.Sample([samples.adapter("torch:eager")])
    record = samples.cumprod_case()
    made.add(record, samples.result(record, "torch:eager", LAW, "float64", "inconclusive"))
    rows = op_grid(merge([made.file()])).rows
    assert {(row.name, row.stands_out) for row in rows} == {
        (op, "never strongly judged") for op in ("cumprod", "multiply", "sum")
    }


def test_op_in_the_vocabulary_that_was_never_drawn_stands_out() -> None:
    class WithVocabulary(Header, frozen=True, kw_only=True, tag="header", tag_field="record"):
        vocabulary: list[str]

    file = samples.sample(("torch:eager",), count=4).file()
    header = WithVocabulary(**msgspec.structs.asdict(file.header) | {"vocabulary": ["zeta"]})
    rows = op_grid(merge([ResultsFile(file.path, header, file.cases, file.results, footer=file.footer)])).rows
    assert [row.stands_out for row in rows if row.name == "zeta"] == ["never strongly judged"]


def test_failure_is_laid_on_the_ops_of_its_signature_only() -> None:
    made = samples.Sample([samples.adapter("torch:eager")])
    record = samples.cumprod_case()
    made.add(record, samples.result(record, "torch:eager", LAW, "float64", "disagree", signature="cumprod"))
    kinds = {row.name: row.cells[0].kind for row in op_grid(merge([made.file()])).rows}
    assert kinds == {"cumprod": "bad", "multiply": "unsure", "sum": "unsure"}


def test_case_page_shows_graph_plot_values_and_how_to_replay(full: str) -> None:
    record = samples.cumprod_case()
    page = full[full.index(f'id="case-{record.id}"') :]
    page = page[: page.index('<details class="case')]
    for text in (
        "first to diverge", "✗", "to the framework", "0.51331380000000004", "jax:jit", "def graph_function",
        f"autograd-conformance replay {record.id} -a torch:eager", "import torch", "confirmed by complex step",
    ):  # fmt: skip
        assert text in page


def test_case_shows_its_worst_verdict_before_it_is_opened(full: str) -> None:
    known = samples.tensorflow_file().diagnostics[0].case
    assert f'<details class="case bad" id="case-{samples.cumprod_case().id}">' in full
    assert f'<details class="case known" id="case-{known}">' in full
    assert '<span class="tag bad">! error torch:eager float32</span>' in full


def test_packed_table_holds_every_verdict_worst_first(full: str) -> None:
    table = packed(full)
    assert len(table["columns"]["case"]) == sum(len(file.results) for file in samples.full_files())
    verdicts = [table["verdicts"][number] for number in table["columns"]["verdict"]]
    assert set(verdicts[:6]) == {"disagree", "error", "timeout"}
    assert table["unexpected"] == list(range(6))
    assert table["known"] == list(range(6, 18))
    assert verdicts[-1] == "agree"


def test_50_000_results_stay_below_4_megabytes() -> None:
    html = render_html([samples.large_file(50_000)])
    assert len(packed(html)["columns"]["case"]) == 50_000
    assert len(html.encode()) < 4_000_000


def test_coverage_counts_shapes_and_cases_by_dtype() -> None:
    record = samples.cumprod_case()
    merged = merge(samples.full_files())
    assert kinds_of(record, merged.graphs[record.id]) == {"0-d value", "several inputs"}
    found = coverage(merged)
    assert found.dtypes == ("float64", "float32")
    assert sum(bar.count for bar in found.node_counts) == len(merged.cases)
    assert next(stratum for stratum in found.strata if stratum.name == "core").adapters[0] == (20, 20)


def test_a_dtype_an_adapter_does_not_have_for_an_op_is_no_pass() -> None:
    """It is named beside the op, counted as unsupported, and the dtypes stand from fine to coarse."""
    made = samples.Sample([samples.adapter("torch:eager")])
    record = samples.cumprod_case()
    for dtype in ("bfloat16", "float16", "float32", "float64"):
        law, verdict = (LAW, "agree") if dtype.startswith("float") else ("adapter_answers", "unsupported")
        made.add(record, samples.result(record, "torch:eager", law, dtype, verdict))
    merged = merge([made.file()])
    row = next(row for row in op_grid(merged).rows if row.name == "cumprod")
    assert [part.text for part in row.cells[0].parts] == ["✓ 1", "– unsupported in bfloat16"]
    found = coverage(merged)
    assert found.dtypes == ("float64", "float32", "float16", "bfloat16")
    assert dict(found.ops)["cumprod"] == (1, 1, 1, 0)
    assert [share.dtype for share in shares(merged)] == list(found.dtypes)
    assert '<td class="number zero">none</td>' in render_html([made.file()])


def test_an_op_that_the_law_did_not_reach_was_not_run() -> None:
    made = samples.Sample([samples.adapter("torch:eager")])
    record = samples.cumprod_case()
    made.add(record, samples.result(record, "torch:eager", "adapter_answers", "float64", "agree"))
    row = next(row for row in op_grid(merge([made.file()])).rows if row.name == "cumprod")
    assert [part.text for part in row.cells[0].parts] == ["not run"]


def test_an_error_is_laid_on_the_op_it_names() -> None:
    """No law is judged where no answer came, and the op does not look fine for that."""
    made = samples.Sample([samples.adapter("torch:eager")])
    record = samples.cumprod_case()
    made.add(record, samples.result(record, "torch:eager", "adapter_answers", "float64", "error"))
    row = next(row for row in op_grid(merge([made.file()])).rows if row.name == "cumprod")
    assert row.cells[0].kind == "bad"


def test_dtypes_that_fail_alike_share_a_tag() -> None:
    made = samples.Sample([samples.adapter("torch:eager")])
    record = samples.cumprod_case()
    for dtype in ("bfloat16", "float64", "float16"):
        made.add(record, samples.result(record, "torch:eager", LAW, dtype, "disagree"))
    assert "✗ disagree torch:eager float64, float16, bfloat16" in render_html([made.file()])


def test_a_reference_as_small_as_numbers_get_has_no_last_place():
    """Half a unit of its last place is no number."""
    tiny = Gap(
        where="d <u, f> / d input 0", measured=1.0, measured_hex=(1.0).hex(), reference=5e-324,
        reference_hex=(5e-324).hex(), error=0.0, bound=1e-300, gap=1.0,
    )  # fmt: skip
    assert casepage._ulps(1.0, "float64", tiny) == "–"
