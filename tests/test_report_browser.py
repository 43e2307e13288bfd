"""The page in a real browser, from disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd_conformance.reports import write_html
from tests import results_samples as samples
from tests.test_report_hostile import ATTACKS, hostile_file

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip

playwright_api = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.skip("no Chromium on this machine (looked for CHROMIUM and on PATH)")
    with playwright_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_html(path, samples.full_files())
    return path.as_uri()


def visit(browser: Any, address: str, **options: Any) -> tuple[Any, list[str]]:
    """A page that is ready, and the list that its complaints and requests go to."""
    page = browser.new_context(**options).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request", lambda request: request.url.split("#")[0] == address.split("#")[0] or complaints.append(request.url)
    )
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.goto(address)
    if options.get("java_script_enabled", True):
        page.wait_for_selector("#table:not([hidden])")
    return page, complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_opens_from_disk_without_complaint_or_request(browser: Any, report: str, scheme: str) -> None:
    page, complaints = visit(browser, report, color_scheme=scheme)
    assert page.locator("#rows tr").count() == 50
    assert "4,400 verdicts" in page.inner_text("#table-count")
    assert complaints == []


def test_schemes_differ_and_text_stands_out_in_both(browser: Any, report: str) -> None:
    """Contrast of body text and of the quieter text against the page, by the formula of WCAG 2."""
    script = """() => {
      const light = (text) => {
        const parts = text.match(/[0-9.]+/g).slice(0, 3).map(Number).map((part) => part / 255)
          .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      };
      const paper = light(getComputedStyle(document.body).backgroundColor);
      return [paper, ...[".sentence", ".lead", ".part.ok", ".part.unsure", ".part.none", ".part.known"].map((place) => {
        const ink = light(getComputedStyle(document.querySelector(place)).color);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      })];
    }"""
    papers = []
    for scheme in ("light", "dark"):
        paper, *contrasts = visit(browser, report, color_scheme=scheme)[0].evaluate(script)
        papers.append(paper)
        assert min(contrasts) >= 4.5
    assert papers[0] > 0.8
    assert papers[1] < 0.05


def test_filters_narrow_the_table_and_stay_in_the_address(browser: Any, report: str) -> None:
    page, complaints = visit(browser, report)
    page.select_option("#filter-verdict", "unexpected")
    assert page.locator("#rows tr").count() == 6
    page.select_option("#filter-adapter", "torch:eager")
    assert page.inner_text("#table-count").startswith("5 of 4,400")
    page.select_option("#filter-dtype", "float64")
    assert page.locator("#rows tr").count() == 1
    assert page.url.endswith("#verdicts?adapter=torch%3Aeager&verdict=unexpected&dtype=float64")
    page.reload()
    page.wait_for_selector("#table:not([hidden])")
    assert page.locator("#rows tr").count() == 1
    assert page.input_value("#filter-adapter") == "torch:eager"
    page.click("text=Clear")
    assert page.locator("#rows tr").count() == 50
    assert complaints == []


def test_filter_by_op_and_case(browser: Any, report: str) -> None:
    page, _ = visit(browser, report + "#verdicts?op=cumprod&verdict=known")
    assert page.locator("#rows tr").count() > 0
    case = page.locator("#rows tr td:nth-child(5)").first.inner_text()
    page.fill("#filter-case", case)
    assert set(page.locator("#rows tr td:nth-child(5)").all_inner_texts()) == {case}


def test_cell_of_the_grid_opens_its_verdicts(browser: Any, report: str) -> None:
    page, _ = visit(browser, report)
    page.click("#laws .cell.bad >> nth=0")
    page.wait_for_function("() => document.querySelectorAll('#rows tr').length > 0 && location.hash.includes('law=')")
    assert page.input_value("#filter-law") == "vjp_matches_finite_differences"
    assert page.input_value("#filter-adapter") == "torch:eager"


def test_link_to_a_case_opens_it_and_keeps_the_filters(browser: Any, report: str) -> None:
    page, _ = visit(browser, report + "#verdicts?verdict=unexpected")
    case = samples.cumprod_case().id
    page.click(f"#attention a[href='#case-{case}']")
    page.wait_for_selector(f"#case-{case}[open]")
    assert page.url.endswith(f"#case-{case}?verdict=unexpected")
    assert page.evaluate("() => document.activeElement.tagName") == "SUMMARY"
    assert page.locator("#rows tr").count() == 6
    page.go_back()
    assert page.input_value("#filter-verdict") == "unexpected"


def test_pages_turn_and_stay_in_the_address(browser: Any, report: str) -> None:
    page, _ = visit(browser, report)
    page.click("#next")
    assert page.inner_text("#page-count") == "page 2 of 88"
    assert page.url.endswith("#verdicts?page=2")


def test_copy_button_copies_the_script(browser: Any, report: str) -> None:
    page, complaints = visit(browser, f"{report}#case-{samples.cumprod_case().id}")
    page.locator("details[open] .copy").nth(2).click()
    page.wait_for_selector("text=/Copied|Selected/")
    assert complaints == []


def test_top_is_readable_without_script(browser: Any, report: str) -> None:
    page, _ = visit(browser, report, java_script_enabled=False)
    assert page.is_visible("text=6 unexpected verdicts, of 3 kinds")
    assert page.is_visible("#laws table")
    assert page.is_visible("text=needs JavaScript")
    assert not page.is_visible(".copy >> nth=0")
    page.click("#cases summary >> nth=0")
    assert page.is_visible("#cases details[open] svg >> nth=0")


def test_page_fits_a_narrow_screen(browser: Any, report: str) -> None:
    page, _ = visit(browser, report, viewport={"width": 360, "height": 800})
    page.click("text=Open all")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("told") / "report.html"
    write_html(path, [samples.scenarios_file(), samples.jax_file()])
    return path.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_scenarios_are_readable_in_both_schemes(browser: Any, told: str, scheme: str) -> None:
    """Every text of the section stands out from what lies behind it, by the formula of WCAG 2."""
    script = """() => {
      const parts = (text) => text.match(/[0-9.]+/g).map(Number);
      const light = (text) => {
        const [red, green, blue] = parts(text).slice(0, 3).map((part) => part / 255)
          .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const behind = (box) => {
        for (; box; box = box.parentElement) {
          const colour = getComputedStyle(box).backgroundColor;
          if (parts(colour)[3] !== 0) return light(colour);
        }
        return 1;
      };
      const texts = document.querySelectorAll("#scenarios :is(.value, .sub, .outcome, .source, th, h3, h4, figcaption)");
      return [...texts].map((box) => {
        const ink = light(getComputedStyle(box).color), paper = behind(box);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      });
    }"""
    page, complaints = visit(browser, told, color_scheme=scheme)
    contrasts = page.evaluate(script)
    assert len(contrasts) > 50
    assert min(contrasts) >= 4.5
    assert complaints == []


def test_scenario_filter_stays_in_the_address(browser: Any, told: str) -> None:
    page, complaints = visit(browser, told)
    assert page.locator(".scenario:visible").count() == 4
    page.select_option("#scenario-show", "differs")
    assert page.locator(".scenario:visible").evaluate_all("boxes => boxes.map((box) => box.id)") == [
        "scenario-A1",
        "scenario-C2",
    ]
    assert page.locator(".letter:visible").count() == 2
    assert page.url.endswith("#scenarios?show=differs")
    page.reload()
    page.wait_for_selector("#table:not([hidden])")
    assert page.locator(".scenario:visible").count() == 2
    page.select_option("#filter-law", "vjp_is_linear")
    assert page.url.endswith("#verdicts?show=differs&law=vjp_is_linear")
    page.click("#scenarios .grid a[href='#scenarios-J'] >> nth=0")
    page.wait_for_selector("#scenario-J1", state="visible")  # a link shows its place, whatever the filter says
    assert page.input_value("#filter-law") == "vjp_is_linear"
    assert complaints == []


def test_program_opens_and_its_whole_script_is_copied(browser: Any, told: str) -> None:
    page, complaints = visit(browser, told, permissions=["clipboard-read", "clipboard-write"])
    page.click("#scenario-A1 summary")
    assert page.is_visible("#scenario-A1 pre >> text=leaf_of_torch")
    page.click("#scenario-A1 .copy >> nth=1")
    page.wait_for_selector("#scenario-A1 .copy >> text=Copied")
    script = next(one.script for one in samples.scenarios_file().scenarios if one.adapter == "jax:eager")
    assert page.evaluate("() => navigator.clipboard.readText()") == script
    assert complaints == []


def test_scenarios_are_complete_without_script(browser: Any, told: str) -> None:
    page, _ = visit(browser, told, java_script_enabled=False)
    assert page.locator(".scenario:visible").count() == 4
    assert not page.is_visible("#scenario-show")
    assert not page.is_visible(".programs .copy >> nth=0")
    assert page.is_visible("#scenario-I1 .curves path >> nth=0")
    page.click("#scenario-A1 summary")
    assert page.is_visible("#scenario-A1 pre >> text=leaf_of_torch")


def test_scenarios_fit_a_narrow_screen_and_name_the_adapter_of_each_cell(browser: Any, told: str) -> None:
    page, _ = visit(browser, told, viewport={"width": 360, "height": 800})
    for summary in page.locator(".programs summary").all():
        summary.click()
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    cell = page.locator("#scenario-A1 td >> nth=0")
    assert cell.evaluate("(box) => getComputedStyle(box, '::before').content") == '"torch:eager"'
    assert (
        page.evaluate("() => Math.max(...[...document.querySelectorAll('.side')].map((box) => box.scrollWidth))") <= 360
    )


def test_hostile_file_does_nothing_in_a_browser(browser: Any, tmp_path: Path) -> None:
    for number, text in enumerate(ATTACKS):
        path = tmp_path / f"hostile{number}.html"
        write_html(path, [hostile_file(text)], hostile_file(text))
        page, complaints = visit(browser, path.as_uri())
        page.click("text=Open all")
        page.hover("#laws td >> nth=0")
        assert page.evaluate("() => window.attacked") is None
        assert complaints == []
        page.context.close()


def test_large_table_is_ready_in_two_seconds(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    write_html(path, [samples.large_file(50_000)])
    page, _ = visit(browser, path.as_uri())
    assert "50,000 verdicts" in page.inner_text("#table-count")
    filtering = """() => {
      const started = performance.now();
      const select = document.querySelector("#filter-op");
      select.value = "sin";
      select.dispatchEvent(new Event("input", { bubbles: true }));
      return performance.now() - started;
    }"""
    assert page.evaluate(filtering) < 2_000
