"""The committed kill matrix is of the present miniatures and laws, and no law is without a kill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograd_conformance.laws import LAWS
from benchmarks.kill_matrix import Row, cases_for, document, has_fault, headers
from tests.miniatures import EVERY_FAULT, FAULTS

PAGE = (Path(__file__).parents[1] / "docs" / "kill-matrix.md").read_text(encoding="utf-8")
AGAIN = "run `python -m benchmarks.kill_matrix` again and commit docs/kill-matrix.md"


def table(page: str) -> dict[str, dict[str, str]]:
    """Row to column to cell of the first table."""
    lines = [line for line in page.partition("## The laws")[0].splitlines() if line.startswith("|")]
    split = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return {cells[0]: dict(zip(split[0], cells, strict=True)) for cells in split[2:]}


def test_it_names_every_miniature_with_its_fault() -> None:
    rows = table(PAGE)
    assert list(rows)[:-2] == list(EVERY_FAULT), AGAIN
    for name, fault in EVERY_FAULT.items():
        assert rows[name]["fault"].replace("\\|", "|") == fault.__doc__, AGAIN


@pytest.mark.parametrize("law", LAWS)
def test_every_law_has_a_kill(law: str) -> None:
    assert f"`{law}`" in PAGE, AGAIN
    cells = {name: row.get(headers()[law], "") for name, row in table(PAGE).items() if name in EVERY_FAULT}
    assert any(cells.values()), f"{law} sees none of the miniatures: add one, or {AGAIN}"


@pytest.mark.parametrize("fault", EVERY_FAULT)
def test_every_miniature_is_seen(fault: str) -> None:
    cells = {column: cell for column, cell in table(PAGE)[fault].items() if column not in {"miniature", "fault"}}
    assert any(cells.values()), AGAIN
    assert all(re.fullmatch(r"([1-9]\d*/[1-9]\d*)?", cell) for cell in cells.values())


def test_the_real_adapter_breaks_nothing() -> None:
    row = table(PAGE)["*the real adapter*"]
    assert not any(cell for column, cell in row.items() if column not in {"miniature", "fault"})


def test_headers_tell_laws_apart() -> None:
    assert len(set(headers().values())) == len(LAWS)


def test_every_case_of_a_row_has_the_fault_and_there_are_enough() -> None:
    for fault in (
        FAULTS["MatmulNotTransposed"],
        FAULTS["ScalarGradientIsVector"],
        FAULTS["NoBroadcastSum"],
        FAULTS["JoinedLeafCut"],
    ):
        chosen = cases_for(fault, seed=1, search=2, single=3)
        assert len(chosen) >= 4
        assert all(has_fault(fault, case) for case in chosen)


def test_a_cell_counts_cases_and_is_empty_without_a_kill() -> None:
    row = Row("Wrong", "All of it.", {"a", "b", "c"})
    row.broken["vjp_is_linear"] = {"a", "c"}
    page = document([row], Row("*the real adapter*", "None."), "here", "command")
    assert set(table(page)["Wrong"].values()) == {"Wrong", "All of it.", "2/3", ""}
    assert table(page)["Wrong"][headers()["vjp_is_linear"]] == "2/3"
    assert table(page)["*miniatures seen*"][headers()["vjp_is_linear"]] == "1"
