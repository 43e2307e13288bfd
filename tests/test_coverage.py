"""Coverage is a result: what counts, what is short, which reasons are taken, and how a run makes up for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

from autograd_conformance.case import Case
from autograd_conformance.coverage import NOT_EXPRESSED, Ledger, foreseen, is_strong, pattern_of
from autograd_conformance.expectation import Entry, Expectations, Ran
from autograd_conformance.floor import MOST_GRAPHS, further_cases
from autograd_conformance.generation.points import moved
from autograd_conformance.graph import Graph, Node, Shape
from autograd_conformance.judge import ANSWERS, CERTIFIES
from autograd_conformance.known import Expectation
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import FLOOR, POINTS, SINGLE, Singles
from autograd_conformance.reports.grid import op_grid
from autograd_conformance.reports.merged import merge
from autograd_conformance.results import read
from autograd_conformance.settings import PROFILES, Settings
from autograd_conformance.verdict import Verdict
from autograd_conformance.worker.description import Description

Cli = Callable[..., "CompletedProcess[str]"]

ADAPTER = "small:eager"
DTYPES = ("float64", "float32")
SIN = Case(Graph(((3,),), (Node("sin", (0,)),), (1,)), (np.ones(3),))
EMPTY = Case(Graph(((0,), (2,)), (Node("sin", (0,)), Node("exp", (1,))), (2, 3)), (np.ones(0), np.ones(2)))


def described(lowers: tuple[str, ...] = ("sin",), **absences: str) -> Description:
    return Description("small", "eager", {}, (), {}, {}, "", {}, lowers, absences=absences)


def ledger(*verdicts: tuple[str, str], case: Case = SIN) -> Ledger:
    """After one case with these verdicts on the gradient, as dtype and word."""
    made = Ledger({ADAPTER: DTYPES})
    made.add(ADAPTER, case, {(dtype, CERTIFIES.name): Verdict(word) for dtype, word in verdicts})  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize(
    ("operands", "result", "pattern"),
    [
        ([(3, 4), (3, 4)], (3, 4), "same"),
        ([(3, 4)], (3,), "same"),
        ([(3, 4), (4,)], (3, 4), "broadcast"),
        ([(3, 1), (1, 4)], (3, 4), "broadcast"),
        ([(3, 4), ()], (3, 4), "broadcast"),
        ([(3, 4), (4, 2)], (3, 2), "same"),
        ([()], (), "scalar"),
        ([(1, 1), (1,)], (1, 1), "one"),
        ([(0,), (1,)], (0,), "empty"),
    ],
)
def test_patterns(operands: list[Shape], result: Shape, pattern: str) -> None:
    assert pattern_of(operands, result) == pattern


def test_only_agreement_counts() -> None:
    """Weak, undecided, imprecise and wrong gradients cover nothing, and are listed."""
    for word in ("weak", "inconclusive", "imprecise", "disagree"):
        short = ledger(("float64", word), ("float32", word))
        assert short.strong(ADAPTER, "sin") == 0
        assert short.record(described(), ADAPTER, "sin", 5).others == {word: 2}
        assert not is_strong(CERTIFIES.name, Verdict(word))  # type: ignore[arg-type]
    covered = ledger(("float64", "agree"), ("float32", "agree"))
    record = covered.record(described(), ADAPTER, "sin", 5)
    assert (record.strong, record.graphs) == (1, 1)
    assert record.counts == {"float64": {"same": 1}, "float32": {"same": 1}}


def test_other_laws_do_not_count() -> None:
    """That a zero cotangent gives zero says nothing about the rule."""
    assert not is_strong("vjp_of_zero_is_zero", Verdict("agree"))


def test_the_dtype_with_fewest_decides() -> None:
    """Strong in float64 alone is not enough where float32 was asked."""
    assert ledger(("float64", "agree"), ("float32", "weak")).strong(ADAPTER, "sin") == 0


def test_an_op_on_nothing_but_empty_values_is_not_covered() -> None:
    """It is counted under its pattern, and not for the floor."""
    record = ledger(("float64", "agree"), ("float32", "agree"), case=EMPTY).record(described(), ADAPTER, "sin", 5)
    assert record.strong == 0
    assert record.counts["float64"] == {"empty": 1}


def test_reasons_are_the_adapters_or_the_refusals() -> None:
    """An op it does not express, with or without its words, and one it always refuses; else there is none."""
    made = ledger()
    assert made.record(described(()), ADAPTER, "sin", 5).reason == NOT_EXPRESSED
    assert (
        made.record(described((), sin="waves are not supported"), ADAPTER, "sin", 5).reason == "waves are not supported"
    )
    assert made.record(described(), ADAPTER, "sin", 5).is_below_floor
    refused = {(dtype, ANSWERS): Verdict("unsupported", "no vjp here") for dtype in DTYPES}
    made.add(ADAPTER, SIN, refused)
    record = made.record(described(), ADAPTER, "sin", 5)
    assert record.reason == "no vjp here"
    assert not record.is_below_floor


def test_a_dtype_that_is_always_refused_does_not_decide() -> None:
    """An op that exists in float64 alone is covered there."""
    made = ledger(("float64", "agree"))
    made.add(ADAPTER, SIN, {("float32", ANSWERS): Verdict("unsupported", "float64 only")})
    assert made.strong(ADAPTER, "sin") == 1


def test_an_expectation_states_a_reason() -> None:
    """By the law's name and the op as signature."""
    short = ledger(("float64", "weak")).record(described(), ADAPTER, "sin", 5)
    entry = Expectation(
        law="op_is_covered",
        adapter="small:*",
        kind="disagree",
        reason="flat everywhere",
        link="unreported",
        signature="sin",
    )
    found = foreseen(short, Expectations((Entry("file", 1, entry),)), {})
    assert found.reason == "flat everywhere"
    assert not found.is_below_floor
    assert foreseen(short, Expectations(), {}).is_below_floor


def test_a_shortage_that_luck_made_up_for_leaves_the_expectation_in_use() -> None:
    """While the op still fails; once nothing does, the entry is stale."""
    entry = Expectation(
        law="op_is_covered", adapter=ADAPTER, kind="disagree", reason="raises", link="unreported", signature="sin"
    )
    for words, is_stale in ((("agree", "disagree"), False), (("agree", "agree"), True)):
        known = Expectations((Entry("known.toml", 1, entry),))
        written = ledger(*zip(DTYPES, words, strict=True)).record(described(), ADAPTER, "sin", 0)
        assert not foreseen(written, known, {}).reason
        assert bool(known.stale(Ran({ADAPTER: {}}))) is is_stale


def test_further_points_are_different_exact_cases() -> None:
    """Of the same graph, in every dtype the same numbers."""
    singles = Singles(Settings())
    for name in ("sin", "matmul", "sort"):
        found = [singles.case(VOCABULARY[name], 0, point) for point in range(POINTS)]
        assert len({case.id for case in found}) == POINTS
        assert len({case.graph.key for case in found}) == 1
        for array in (array for case in found for array in case.point):
            mantissa, _ = np.frexp(array)
            assert np.array_equal(mantissa * 256, np.round(mantissa * 256))
    assert moved(SIN, 0, SINGLE).id == SIN.id


def asked(needed: int, is_good: Callable[[Case], bool]) -> list[int]:
    """The numbers asked for until ``needed`` cases were good."""
    good: set[str] = set()
    numbers = []
    further = further_cases(
        Singles(Settings()), VOCABULARY["sin"], 2, lambda: len(good) < needed, lambda case: case.id in good
    )
    for batch in further:
        numbers += [number for number, _ in batch]
        good.update(case.id for _, case in batch if is_good(case))
        assert {case.stratum for _, case in batch} == {FLOOR}
    return numbers


def test_further_cases_end_when_they_suffice_or_never_do() -> None:
    """A strong graph is asked at other points first; a weak one is left for the next; a limit ends it."""
    assert asked(0, lambda case: True) == []
    assert asked(1, lambda case: True) == [2 * POINTS]
    assert asked(POINTS, lambda case: True) == [2 * POINTS + point for point in range(POINTS)]
    assert asked(1, lambda case: False) == [(2 + graph) * POINTS for graph in range(MOST_GRAPHS)]


def test_a_narrowed_run_has_no_floor() -> None:
    assert Settings().floor == PROFILES["default"].floor == 5
    for narrowed in (
        Settings(ops=("sin",)), Settings(laws=("vjp*",)), Settings(examples=3), Settings(replay_only=True),
        Settings(profile="quick"), Settings(scenarios=("A1",)),
    ):  # fmt: skip
        assert narrowed.floor == 0


def test_singles_of_an_op_are_the_same_in_any_vocabulary() -> None:
    """And hold their op."""
    few, many = Singles(Settings(ops=("tanh",))), Singles(Settings())
    for number in range(3):
        case = few.case(VOCABULARY["tanh"], number, 0)
        assert case.id == many.case(VOCABULARY["tanh"], number, 0).id
        assert "tanh" in case.graph.op_names


def test_an_op_that_is_never_strongly_judged_fails_a_default_run(cli: Cli, tmp_path: Path) -> None:
    """It is named on the terminal, in the file and in the report; the same run of an honest adapter passes."""
    done = cli("run", "-a", "tests.misbehaving:Raises", "--deterministic")
    assert done.returncode == 1
    assert "1 op below the floor" in done.stderr
    assert "tanh: strongly judged 0 of 5 times" in done.stderr
    file = read(tmp_path / "results.jsonl")
    assert file.footer is not None
    assert len(file.footer.uncovered) == 1
    (short,) = (record for record in file.coverage if record.is_below_floor)
    assert (short.op, short.strong) == ("tanh", 0)
    assert any(result.stratum == FLOOR for result in file.results)
    row = next(row for row in op_grid(merge([file])).rows if row.name == "tanh")
    assert "▼ 0 of 5" in [part.text for part in row.cells[0].parts]


def test_an_honest_adapter_reaches_the_floor_and_repeats_itself(cli: Cli, tmp_path: Path) -> None:
    """Every op it has is strongly judged five times or more; a stated reason is a pass; one seed gives one file."""
    for name in ("first", "second"):
        done = cli("run", "-a", "tests.misbehaving:Honest", "--deterministic", "-o", f"{name}.jsonl")
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "first.jsonl").read_bytes() == (tmp_path / "second.jsonl").read_bytes()
    file = read(tmp_path / "first.jsonl")
    assert [record.op for record in file.coverage] == sorted(VOCABULARY)
    for record in file.coverage:
        assert record.strong >= 5 or record.reason == NOT_EXPRESSED
