"""The upgrade view in a real browser, from disk."""

from __future__ import annotations

from typing import Any

import pytest

from autograd_conformance.reports import write_html
from tests import results_samples as samples
from tests.test_report_browser import browser, visit
from tests.test_upgrade_view import LAW, TORCH

__all__ = ["browser"]


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with every state, drift, and scenarios of which one changed."""
    before, after = samples.sample((TORCH,)), samples.sample((TORCH,), seed=7)
    for number, (case, other) in enumerate(zip(before.cases, list(before.cases)[::-1], strict=True)):
        record, size = before.cases[case], number + 1.0
        if number < 6:
            before.judge(samples.result(record, TORCH, LAW, "float64", worst=samples.gap(0.1)))
            expected = samples.EXPECTED if number % 2 else ""
            worst = samples.gap(10.0**size)
            found = samples.result(record, TORCH, LAW, "float64", "disagree", signature="cumprod", worst=worst)
            after.judge(found if not expected else _foreseen(found, expected))
        elif number < 10:
            before.judge(samples.result(before.cases[other], TORCH, LAW, "float32", "crash", detail="SIGSEGV"))
        elif number < 12:
            after.judge(samples.result(record, TORCH, "vjp_is_linear", "float32", "unsupported", detail="was removed"))
    path = tmp_path_factory.mktemp("changed") / "report.html"
    write_html(path, [after.file()], before.file())
    return path.as_uri()


def _foreseen(result: Any, reason: str) -> Any:
    from msgspec.structs import replace

    return replace(result, expected=reason)


CONTRAST = """() => {
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
  const texts = document.querySelectorAll("#upgrade :is(th, td, p, li, h3, figcaption, .sub, .tag, .verdict, .mark, text)");
  return [...texts].map((box) => {
    const style = getComputedStyle(box);
    const ink = light(box.tagName === "text" ? style.fill : style.color), paper = behind(box);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_in_both_schemes(browser: Any, changed: str, scheme: str) -> None:
    """By the formula of WCAG 2, texts of the plot too."""
    page, complaints = visit(browser, changed, color_scheme=scheme)
    contrasts = page.evaluate(CONTRAST)
    assert len(contrasts) > 60
    assert min(contrasts) >= 4.5
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_of_the_plot_stand_out_in_both_schemes(browser: Any, changed: str, scheme: str) -> None:
    """Graphics need three to one; that kinds differ in form as well is what colours alone would not say."""
    page, _ = visit(browser, changed, color_scheme=scheme)
    script = """() => {
      const light = (text) => text.match(/[0-9.]+/g).slice(0, 3).map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, place) => sum + [0.2126, 0.7152, 0.0722][place] * part, 0);
      const paper = light(getComputedStyle(document.body).backgroundColor);
      return [".drift .dots", ".drift .bad path", ".drift .good rect"].map((place) => {
        const style = getComputedStyle(document.querySelector("svg " + place) ?? document.querySelector(place));
        const share = Number(style.opacity), ink = light(style.stroke) * share + paper * (1 - share);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      });
    }"""
    assert min(page.evaluate(script)) >= 3


def test_it_is_complete_without_script(browser: Any, changed: str) -> None:
    page, _ = visit(browser, changed, java_script_enabled=False)
    assert page.is_visible("#upgrade .verdict-of-upgrade")
    assert page.is_visible("#upgrade .matrix")
    assert page.is_visible("#upgrade .drift .bad path >> nth=0")
    page.click("#upgrade details summary >> nth=0")
    assert page.is_visible("#upgrade .reasons li >> nth=0")


def test_the_plot_has_a_name_and_a_description(browser: Any, changed: str) -> None:
    """As an assistive technology is told them."""
    page, _ = visit(browser, changed)
    plot = page.locator("#upgrade .drift svg[role=img] >> nth=0")
    labels = plot.get_attribute("aria-labelledby").split()
    texts = [page.locator(f"#{label}").text_content() for label in labels]
    assert texts[0] == "How gaps moved"
    assert "verdicts drifted" in texts[1]


def test_a_row_leads_to_its_case(browser: Any, changed: str) -> None:
    page, complaints = visit(browser, changed)
    link = page.locator("#upgrade .changes a >> nth=0")
    target = link.get_attribute("href")
    link.click()
    page.wait_for_selector(f"{target}[open]")
    assert complaints == []


def test_it_fits_a_narrow_screen(browser: Any, changed: str) -> None:
    page, _ = visit(browser, changed, viewport={"width": 360, "height": 800})
    for summary in page.locator("#upgrade summary").all():
        summary.click()
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
