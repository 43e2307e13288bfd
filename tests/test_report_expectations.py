"""The section of the report on what is known."""

from __future__ import annotations

from typing import Any

from autograd_conformance.records import KnownRecord
from autograd_conformance.reports import render_html
from autograd_conformance.reports.expectations import expectations
from autograd_conformance.reports.merged import merge
from tests import results_samples as samples
from tests.test_report import SECTIONS, Page


def page(*files: list[KnownRecord]) -> str:
    return render_html([made(known, number) for number, known in enumerate(files)])


def made(known: list[KnownRecord], number: int = 0) -> Any:
    return samples.Sample([samples.adapter("tensorflow:eager")], path=f"{number}.jsonl", known=known).file()


def test_section_stands_before_the_details_and_is_well_formed() -> None:
    states = ("met", "stale", "unmet", "not_applicable")
    html = page([samples.known(number, state) for number, state in enumerate(states, start=1)])
    assert Page(html).sections == [*SECTIONS[:-1], "expectations", "details"]
    assert '<a href="#expectations">' in html


def test_file_that_does_not_say_has_no_section() -> None:
    """One of an older version, or one that was cut off."""
    assert "expectations" not in Page(render_html(samples.full_files())).sections


def test_an_entry_is_what_became_of_it_in_all_files() -> None:
    """Stale in one of them is stale; the verdicts that it foresaw are added up."""
    torch = [samples.known(1, "met", times={"torch:eager": 2}), samples.known(2, "met", times={"torch:eager": 1}),
             samples.known(3, "not_applicable")]  # fmt: skip
    other = [samples.known(1, "met", times={"jax:jit": 3}), samples.known(2, "stale"), samples.known(3, "unmet")]
    found = expectations(merge([made(torch), made(other, 1)]))
    assert found is not None
    assert [row.record.number for row in found.met] == [1]
    assert found.met[0].times == {"torch:eager": 2, "jax:jit": 3}
    assert [row.record.number for row in found.stale] == [2]
    assert [row.record.number for row in found.unmet] == [3]
    assert found.verdicts == 5


def test_age_and_review_are_told_by_the_day_of_the_run() -> None:
    """The same file gives the same page on every day."""
    known = [samples.known(1, added="2025-09-01", review="2026-03-01"), samples.known(2, review="2026-03-02")]
    found = expectations(merge([made(known)]))
    assert found is not None
    assert [(row.age, row.is_due) for row in found.met] == [("6 months", True), ("", False)]
    assert found.due == 1
    html = page(known)
    assert "1 entry wants to be looked at again" in html
    assert "review 2026-03-01, due" in html


def test_an_entry_is_shown_with_reason_link_and_place() -> None:
    html = page([samples.known(7, "stale", when="<2.22", link="javascript:alert(1)", reason="it is <b>wrong</b>")])
    section = html[html.index('<section id="expectations"') :]
    assert "it is &lt;b&gt;wrong&lt;/b&gt;" in section
    assert 'href="javascript' not in section
    assert "entry 7" in section
    assert "&lt;2.22" in section
    assert "expect prune" in section
