"""The guide for people who move between frameworks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograd_conformance.cli import commands
from autograd_conformance.records import Observation
from autograd_conformance.reports.leads import LEADS
from autograd_conformance.reports.moving import NothingToGuideBy, guide
from autograd_conformance.results import read, write_all
from autograd_conformance.scenarios import LETTERS, SCENARIOS
from tests import results_samples as samples
from tests.test_report_hostile import ATTACKS, hostile_file

PAGE = Path(__file__).parent.parent / "docs" / "moving-between-frameworks.md"


@pytest.fixture(scope="module")
def text() -> str:
    return guide([samples.scenarios_file()])


def test_versions_stand_at_the_top(text: str) -> None:
    assert "| `torch:eager` | torch 2.13.0, numpy 2.3.5 |" in text.split("\n## ")[0]


def test_subjects_have_a_lead_a_summary_and_a_table(text: str) -> None:
    chapters = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert chapters[:4] == [f"{letter}. {LETTERS[letter]}" for letter in "ACIJ"]
    chapter = text.split("\n## ")[1]
    assert LEADS["A"].strip() in chapter
    assert "Frameworks differ in A1 of 1 scenario." in chapter


def test_rows_put_outcomes_in_words_and_link_to_the_page(text: str) -> None:
    assert "[as documented](https://docs.example/torch/A1.html)" in text
    assert r"| is\_leaf of a, b, c, d | T F T T | – functional: arrays belong to no graph |  |" in text
    constant = next(line for line in text.splitlines() if "constant c = 5" in line)
    assert constant.startswith(r"| **≠** gradient of d = c\*c")
    assert "raises RuntimeError: element 0 of tensors does not require grad | 0 |" in constant


def test_deviation_stands_out_with_what_is_documented(text: str) -> None:
    assert "**17.5** (not as documented; documented: 18)" in text
    assert r"- C2, `jax:eager`: the page is out of date, reported" in text


def test_every_row_of_a_table_has_as_many_cells(text: str) -> None:
    for chapter in text.split("\n## ")[1:]:
        rows = [line for line in chapter.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 1


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_a_file_is_markdown_or_markup(attack: str) -> None:
    written = guide([hostile_file(attack)])
    assert not re.search(r"(?<!\\)<(script|img|svg|base|/)", written)
    assert "](javascript" not in written


def test_lines_and_bars_in_a_text_do_not_break_the_table() -> None:
    made = samples.Sample([samples.adapter("torch:eager")])
    seen = Observation(name="a | b\nc", observed="x | y\n# z", verdict="agree")
    made.scenarios.append(samples.told("A1", "torch:eager", [seen], claim="p | q\nr"))
    assert "\n| a \\| b c | x \\| y \\# z |\n" in guide([made.file()])


def test_results_without_scenarios_name_the_next_step() -> None:
    with pytest.raises(NothingToGuideBy, match="run --scenario"):
        guide([samples.jax_file()])


def test_command_writes_the_page_from_several_files(tmp_path: Path) -> None:
    file = samples.scenarios_file()
    assert file.footer is not None
    path, page = tmp_path / "results-torch.jsonl", tmp_path / "guide.md"
    write_all(path, [file.header, *file.scenarios, file.footer])
    done = CliRunner().invoke(commands, ["guide", str(tmp_path / "results-*.jsonl"), "-o", str(page)])
    assert done.exit_code == 0, done.output
    assert page.read_text("utf-8") == guide([read(path)])
    assert CliRunner().invoke(commands, ["guide", str(tmp_path / "none.jsonl")]).exit_code == 2


def test_every_subject_has_a_lead() -> None:
    assert [letter for letter in LETTERS if letter not in LEADS] == []


def test_published_page_names_every_scenario() -> None:
    page = PAGE.read_text("utf-8")
    assert [name for name in SCENARIOS if f"| **{name}. " not in page] == []
