"""The committed table of ops is of the present vocabulary."""

from __future__ import annotations

from pathlib import Path

from autograd_conformance.adapters.tape import TapeAdapter
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.worker.description import Description
from benchmarks.op_table import ADAPTERS, document, families, how

PAGE = (Path(__file__).parents[1] / "docs" / "ops.md").read_text(encoding="utf-8")
AGAIN = "run `python -m benchmarks.op_table` again and commit docs/ops.md"


def rows(page: str) -> dict[str, list[str]]:
    """Op to its cells."""
    lines = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    return {cells[0].strip("`"): [cell.strip() for cell in cells[1:]] for cells in lines}


def described(lowers: tuple[str, ...], composes: tuple[str, ...] = (), **absences: str) -> Description:
    return Description("made", "up", {"up": ""}, (), {"made": "1.0"}, {}, "3.11", {}, lowers, composes, absences)


def test_the_page_names_every_op_in_the_table_of_its_family() -> None:
    assert list(rows(PAGE)) == [op.name for ops in families().values() for op in ops], AGAIN
    assert set(rows(PAGE)) == set(VOCABULARY), AGAIN
    for family, ops in families().items():
        section = PAGE.split(f"\n## {family.capitalize()}\n")[1].split("\n## ")[0]
        assert list(rows(section)) == [op.name for op in ops], AGAIN


def test_the_column_of_the_tape_is_what_the_tape_says() -> None:
    """The other columns need their frameworks."""
    tape = ADAPTERS.index("tape:eager")
    header = next(line for line in PAGE.splitlines() if line.startswith("| op |"))
    columns = [cell.strip() for cell in header.strip("|").split("|")][1:]
    assert columns == list(ADAPTERS)
    found = {op for op, cells in rows(PAGE).items() if cells[tape : tape + 1] == ["native"]}
    assert found == set(TapeAdapter.table.expressions), AGAIN


def test_an_op_is_native_composed_absent_or_left_out() -> None:
    made = described(("sin", "cos"), ("cos",), tan="no tangent")
    assert [how(made, op) for op in ("sin", "cos", "tan", "exp")] == ["native", "composed", "absent", ""]


def test_a_reason_is_given_once_for_all_adapters_that_give_it() -> None:
    page = document({
        "one:a": described((), (), sin="no waves"), "one:b": described((), (), sin="no waves"), "two": described(("sin",))
    })  # fmt: skip
    assert page.count("no waves") == 1
    assert "* `sin`, one:a and one:b: no waves." in page
    assert rows(page)["sin"] == ["absent", "absent", "native"]
