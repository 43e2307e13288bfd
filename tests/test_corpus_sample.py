"""The sample of passing cases: which cases of a search are chosen, in which order, and that it is always the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.cli import commands
from autograd_conformance.coverage import met
from autograd_conformance.generation.large import large_cases
from autograd_conformance.graph import Graph, Node
from autograd_conformance.judge import CERTIFIES
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import LARGE, SINGLE
from autograd_conformance.records import AdapterRecord, Footer, Header, Record
from autograd_conformance.records import Result as Verdicted
from autograd_conformance.results import read, write_all
from autograd_conformance.sampling import Candidate, candidates, chosen, sample_files, spread, uncovered
from autograd_conformance.verdict import Verdict
from autograd_conformance.writing import case_record, result_record

LAW = CERTIFIES.name
ADAPTERS = ("a:b", "c:d")
Tell = Callable[..., Result]


def case(op: str, shape: tuple[int, ...] = (2,), number: float = 0.5, more: Sequence[str] = ()) -> Case:
    """A chain of ops at equal numbers."""
    nodes = tuple(Node(name, (place,)) for place, name in enumerate((op, *more)))
    return Case(Graph((shape,), nodes, (len(nodes),)), (np.full(shape, number),))


def said(one: Case, adapter: str, verdict: str, dtype: str = "float64", law: str = LAW) -> Verdicted:
    return result_record(one, SINGLE, adapter, law, dtype, Verdict(verdict))


def file_of(tmp_path: Path, cases: Sequence[Case], results: Sequence[Verdicted], stratum: str = SINGLE) -> Path:
    adapters = [AdapterRecord(name=name, framework=name[0], mode=name[-1]) for name in ADAPTERS]
    header = Header(suite="0", seed=1, settings={}, vocabulary=[], laws={}, scenarios={}, adapters=adapters, host={})
    records: list[Record] = [header, *(case_record(one, stratum) for one in cases), *results]
    path = tmp_path / "results.jsonl"
    write_all(path, [*records, Footer(status="complete", results=len(results), verdicts={}, unexpected=0)])
    return path


def pool_of(tmp_path: Path, cases: Sequence[Case], stratum: str = SINGLE) -> list[Candidate]:
    """All agree."""
    return list(
        candidates([read(file_of(tmp_path, cases, [said(one, ADAPTERS[0], "agree") for one in cases], stratum))])
    )


@pytest.fixture
def tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tell:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(commands, ["corpus", "sample", *map(str, arguments)])


@pytest.mark.parametrize(
    ("verdicts", "qualifies"),
    [
        (("agree", "agree"), True), (("agree", "unsupported"), False), (("agree", "weak"), False),
        (("agree", "disagree"), False), (("agree", "inconclusive"), False), (("weak", "weak"), False),
    ],
)  # fmt: skip
def test_a_case_qualifies_where_all_adapters_agree_strongly(
    tmp_path: Path, verdicts: tuple[str, str], qualifies: bool
) -> None:
    """On the gradient in float64; one that did not answer says so by another law and takes no part."""
    one = case("sin")
    results = [said(one, name, verdict) for name, verdict in zip(ADAPTERS, verdicts, strict=True)]
    found = list(candidates([read(file_of(tmp_path, [one], results))]))
    assert [each.case.id for each in found] == ([one.id] if qualifies else [])


@pytest.mark.parametrize(
    ("verdict", "qualifies"),
    [("agree", True), ("weak", True), ("unsupported", True), ("imprecise", False), ("error", False)],
)
def test_other_laws_and_dtypes_may_be_weak_but_not_wrong(tmp_path: Path, verdict: str, qualifies: bool) -> None:
    """A gradient that agrees is not enough where anything else about the case is in doubt."""
    one = case("sin")
    for other in (said(one, ADAPTERS[1], verdict, "float32"), said(one, ADAPTERS[1], verdict, law="jvp_is_linear")):
        path = file_of(tmp_path, [one], [said(one, ADAPTERS[0], "agree"), other])
        assert bool(list(candidates([read(path)]))) is qualifies


def test_an_op_that_differs_from_itself_is_left_out(tmp_path: Path) -> None:
    """A version of a framework that is held against itself shows nothing."""
    graph = Graph(((3, 2), (3, 1)), (Node("lstsq", (0, 1)),), (2,))
    one = Case(graph, (np.array([[1.0, 2], [3, 4], [5, 7]]), np.ones((3, 1))))
    assert not pool_of(tmp_path, [one])
    assert all("lstsq" not in each.graph.op_names for each in corpus.passing())


def test_what_any_file_says_of_a_case_counts(tmp_path: Path) -> None:
    """A replay that a case did not pass takes it out of the sample that is chosen next."""
    one = case("sin")
    first = read(file_of(tmp_path, [one], [said(one, ADAPTERS[0], "agree")]))
    second = read(file_of(tmp_path, [one], [said(one, ADAPTERS[1], "error", law="jvp_is_linear")]))
    assert len(list(candidates([first]))) == 1
    assert not list(candidates([first, second]))
    assert not list(candidates([second, first]))


def test_a_case_that_was_never_judged_does_not_qualify(tmp_path: Path) -> None:
    """Reduced cases stand in results files without verdicts of their own; nor do frozen ones qualify."""
    assert not list(candidates([read(file_of(tmp_path, [case("sin")], []))]))
    assert not pool_of(tmp_path, [case("sin")], corpus.STRATUM)


def test_every_stratum_is_covered_by_few_small_cases(tmp_path: Path) -> None:
    """Of two cases that show the same the smaller is taken; patterns of shapes are strata of their own."""
    cases = [
        case("sin", (2,)),
        case("sin", (3,)),
        case("sin", ()),
        case("sin", (1,)),
        case("cos", (2,)),
        case("sin", (0,)),
    ]
    pool = pool_of(tmp_path, cases)
    taken = chosen(pool)
    assert {one.case.id for one in taken} >= {cases[0].id, cases[2].id, cases[3].id, cases[4].id, cases[5].id}
    assert uncovered(pool, taken) == 0
    assert {one[1:] for each in taken for one in each.strata if one[0] == "pattern"} == {
        ("sin", "same"), ("sin", "scalar"), ("sin", "one"), ("sin", "empty"), ("cos", "same")
    }  # fmt: skip


def test_no_more_are_taken_than_asked_for(tmp_path: Path) -> None:
    """What is left out is counted."""
    pool = pool_of(tmp_path, [case(name) for name in ("sin", "cos", "tanh", "exp")])
    assert len(chosen(pool, 2)) == 2
    assert uncovered(pool, chosen(pool, 2)) > 0


def test_large_cases_are_told_apart_by_kernel_and_kept_small(tmp_path: Path) -> None:
    """Each kernel once, those whose text is too large not at all."""
    drawn = large_cases(set(VOCABULARY), 7, LARGE)
    pool = pool_of(tmp_path, [next(drawn) for _ in range(30)], LARGE)
    taken = chosen(pool)
    assert 5 < len(taken) <= 15
    assert all(one.is_large and len(one.strata) == 1 for one in taken)
    assert set(sample_files(taken)) == {"kernels.json"}


def test_every_beginning_is_spread(tmp_path: Path) -> None:
    """The first of twelve cases of three families show all families, the first four all orders of their patterns."""
    cases = [
        case(op, shape)
        for op in ("sin", "relu", "gamma_like", "lgamma")
        if op in VOCABULARY
        for shape in ((), (1,), (2,))
    ]
    ordered = spread(pool_of(tmp_path, cases))
    assert len({one.file for one in ordered[:3]}) == 3
    assert len({pattern for one in ordered[:3] for pattern in one.coarse if pattern[0] == "pattern"}) == 3


def test_the_same_results_give_the_same_bytes(tell: Tell, tmp_path: Path) -> None:
    """In whatever order they come; an older sample is replaced, and what is no sample is left alone."""
    cases = [case(name, shape) for name in ("sin", "cos", "relu") for shape in ((), (2,))]
    results = [said(one, name, "agree") for one in cases for name in ADAPTERS]
    file_of(tmp_path, cases, results)
    assert tell("results.jsonl", "--to", "one").exit_code == 0
    file_of(tmp_path, cases[::-1], results[::-1])
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "old.json").write_text('{"cases": []}')
    done = tell("results.jsonl", "--to", "two")
    assert done.exit_code == 0, done.output
    assert "6 cases of 6 that pass" in done.output
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    corpus.write(cases[0], tmp_path / "two" / "mine.json")
    refused = tell("results.jsonl", "--to", "two")
    assert refused.exit_code == 2
    assert "mine.json is no file of the sample" in refused.output
    assert {path.name for path in (tmp_path / "two").iterdir()} == {*two, "mine.json"}


def test_a_file_of_the_sample_reads_back(tell: Tell, tmp_path: Path) -> None:
    """Every case with its id, its place and what it is about; as a case file it is refused with the next step."""
    cases = [case("sin"), case("cos")]
    file_of(tmp_path, cases, [said(one, ADAPTERS[0], "agree") for one in cases])
    tell("results.jsonl", "--to", "kept")
    (path,) = (tmp_path / "kept").iterdir()
    read_back = corpus.read_passing(path)
    assert {one.case.id for one in read_back} == {one.id for one in cases}
    assert sorted(one.place for one in read_back) == [0, 1]
    assert all(one.carried == one.case.id and one.about.endswith(", same") and one.is_passing for one in read_back)
    with pytest.raises(corpus.UnreadableCase, match="name one of them by its id"):
        corpus.read(path)


def test_nothing_to_choose_from_is_a_usage_error(tell: Tell, tmp_path: Path) -> None:
    """Where nothing passes, where a file is missing, and where a case is not what its id says."""
    one = case("sin")
    file_of(tmp_path, [one], [said(one, ADAPTERS[0], "disagree")])
    assert "no case of these files passes" in tell("results.jsonl", "--to", "kept").output
    assert tell("none.jsonl", "--to", "kept").exit_code == 2
    path = file_of(tmp_path, [one], [said(one, ADAPTERS[0], "agree")])
    path.write_text(path.read_text().replace("0.5", "0.75"))
    done = tell("results.jsonl", "--to", "kept")
    assert (done.exit_code, "was a results file changed?" in done.output) == (2, True)
    assert not (tmp_path / "kept").exists()


def test_the_shipped_sample_is_stratified() -> None:
    """Several hundred distinct cases: nearly all ops, patterns of shapes, orders, large kernels, graphs of many ops."""
    kept = corpus.passing_frozen()
    assert 400 <= len(kept) <= 800
    assert len({one.case.id for one in kept}) == len(kept)
    assert [one.place for one in kept] == list(range(len(kept)))
    assert len({op for one in kept for op in one.case.graph.op_names}) >= 0.98 * len(VOCABULARY)
    assert {pattern for one in kept for _, pattern in met(one.case)} == {"same", "broadcast", "scalar", "one", "empty"}
    assert {"2", "3"} <= {one.about.rpartition("order ")[2] for one in kept if "order " in one.about}
    files = [one.path.stem for one in kept]
    assert files.count("graphs") >= 50
    assert files.count("kernels") >= 5
    assert len(set(files[:60])) >= 0.9 * len(set(files))


def test_found_and_passing_cases_are_different_ones() -> None:
    """What is known to fail somewhere is no example of what passes."""
    found = {case.id for case in corpus.load(corpus.shipped())}
    assert found.isdisjoint(case.id for case in corpus.passing())


def test_a_sample_is_read_as_json_of_one_line_a_case() -> None:
    """So that a change of one case is a change of one line."""
    for path in corpus.passing_files():
        lines = path.read_text("utf-8").splitlines()
        assert len(lines) - 2 == len(json.loads(path.read_text("utf-8"))["cases"])
