"""Frozen cases: what a file says, what is refused, and that a case is the same bits wherever it is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.corpus import ContradictedCase, UnreadableCase
from autograd_conformance.graph import Graph, Node
from autograd_conformance.integrity import Inspection, is_exact

TANH = Case(Graph(((2,),), (Node("tanh", (0,)),), (1,)), (np.array([0.5, -1.25]),))
HARDEST = [
    0.1,
    -0.0,
    0.0,
    5e-324,
    -5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    1 / 3,
    1e22,
    2.0**53 + 2,
    np.pi,
]


def at(numbers: list[float]) -> Case:
    return Case(Graph(((len(numbers),),), (Node("sin", (0,)),), (1,)), (np.array(numbers),))


def test_a_file_says_what_it_holds(tmp_path: Path) -> None:
    """Its id, its signature and what it is about stand in front of graph and point, a line each."""
    corpus.write(TANH, tmp_path / "case.json", "a sigmoid")
    plain = json.loads((tmp_path / "case.json").read_text("utf-8"))
    assert list(plain) == ["case", "signature", "about", "graph", "point"]
    assert (plain["case"], plain["signature"], plain["about"]) == (TANH.id, "tanh", "a sigmoid")
    read = corpus.read_frozen(tmp_path / "case.json")
    assert (read.name, read.about, read.case.id, read.is_passing) == ("case", "a sigmoid", TANH.id, False)


def test_two_writings_give_the_same_bytes(tmp_path: Path) -> None:
    """Also one of what was read; lines end as they do on every machine."""
    corpus.write(TANH, tmp_path / "one.json", "a sigmoid")
    again = corpus.read_frozen(tmp_path / "one.json")
    corpus.write(again.case, tmp_path / "two.json", again.about)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert b"\r" not in (tmp_path / "one.json").read_bytes()


def test_numbers_survive_bit_for_bit(tmp_path: Path) -> None:
    """Zeros keep their signs, subnormals and the largest number all their digits; the id is that of the bits."""
    case = at(HARDEST)
    corpus.write(case, tmp_path / "case.json")
    read = corpus.read(tmp_path / "case.json")
    assert read.point[0].tobytes() == case.point[0].tobytes()
    assert read.id == case.id != at([abs(number) for number in HARDEST]).id


def test_random_bits_survive(tmp_path: Path) -> None:
    """A thousand float64 drawn from all bit patterns but nan and infinity."""
    bits = np.random.Generator(np.random.PCG64(7)).integers(0, 1 << 64, size=1000, dtype=np.uint64)
    numbers = bits.view(np.float64)
    case = at(numbers[np.isfinite(numbers)].tolist())
    corpus.write(case, tmp_path / "case.json")
    assert corpus.read(tmp_path / "case.json").point[0].tobytes() == case.point[0].tobytes()
    assert all(is_exact(repr(number)) for number in case.point[0].tolist())


def test_a_file_of_older_versions_is_read(tmp_path: Path) -> None:
    """Graph and point are enough."""
    plain = corpus.plain_case(TANH)
    (tmp_path / "case.json").write_text(json.dumps({"graph": plain["graph"], "point": plain["point"]}))
    read = corpus.read_frozen(tmp_path / "case.json")
    assert read.case.id == TANH.id
    assert (read.carried, read.signature, read.about) == (None, None, "")


def test_a_file_that_contradicts_its_id_is_refused(tmp_path: Path) -> None:
    """Another last digit is another case; the message names both and the way out."""
    plain = corpus.plain_case(TANH)
    plain["point"][0][0] = 0.5000000000000001
    (tmp_path / "case.json").write_text(json.dumps(plain))
    with pytest.raises(ContradictedCase, match=rf"says that it is case {TANH.id}.*somebody changed it.*Take the file"):
        corpus.read(tmp_path / "case.json")


@pytest.mark.parametrize(("key", "value"), [("case", 7), ("about", ["a"]), ("signature", None), ("place", "first")])
def test_a_key_of_another_kind_is_refused(tmp_path: Path, key: str, value: object) -> None:
    """In a line that names the key."""
    (tmp_path / "case.json").write_text(json.dumps({**corpus.plain_case(TANH), key: value}))
    with pytest.raises(UnreadableCase, match=f'"{key}" is a'):
        corpus.read(tmp_path / "case.json")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", True), ("-0.0", True), ("1", True), ("5e-324", True), ("1e22", True), ("9007199254740992", True),
        ("0.1000000000000000055511151231257827021181583404541015625", True), ("0.10000000000000001", False),
        ("9007199254740993", False), ("1e-400", False), ("1e400", False), ("nan", False), ("-0", False),
    ],
)  # fmt: skip
def test_a_number_is_exact_where_reading_rounds_nothing_away(text: str, expected: bool) -> None:
    """The shortest digits of a float64, or all of them; an integer has no negative zero in JSON."""
    assert is_exact(text) is expected


def test_an_id_or_a_name_finds_a_shipped_case() -> None:
    """Found ones by both, passing ones by their ids."""
    path = corpus.shipped()[0]
    case = corpus.read(path)
    assert [one.id for one in (corpus.find(case.id), corpus.find(path.stem)) if one] == [case.id, case.id]
    last = corpus.passing_frozen()[-1]
    found = corpus.find(last.case.id)
    assert found is not None
    assert (found.id, found.stratum) == (last.case.id, corpus.PASSING)
    assert corpus.find("0123456789ab") is None


def test_the_shipped_files_are_sound() -> None:
    """Every one carries its id and signature, no two are one case, every number is exact; all together stay small."""
    inspection = Inspection()
    for path in (*corpus.shipped(), *corpus.passing_files()):
        inspection.look_at(path)
    inspection.look_at_size()
    assert not inspection.problems
    assert not inspection.unreadable
    assert all(one.about for one in inspection.frozen)


def test_too_large_a_corpus_is_a_problem() -> None:
    """A byte beyond what a checkout should carry is said."""
    inspection = Inspection(size=(3 << 20) + 1)
    inspection.look_at_size()
    assert "at most 3.00 MiB" in inspection.problems[0]


def test_cases_of_the_users_join_the_shipped_ones(tmp_path: Path) -> None:
    """The same case under its shipped name is no conflict; another case under that name is."""
    corpus.write(TANH, tmp_path / "mine.json")
    every = corpus.found([tmp_path])
    assert [one.name for one in every[-1:]] == ["mine"]
    assert len(every) == len(corpus.shipped()) + 1
    shipped = corpus.shipped()[0]
    (tmp_path / shipped.name).write_bytes(shipped.read_bytes())
    assert len(list(corpus.distinct(one.case for one in corpus.found([tmp_path])))) == len(every)
    corpus.write(TANH, tmp_path / shipped.name)
    with pytest.raises(UnreadableCase, match="two cases of one name"):
        corpus.found([tmp_path])


def test_a_folder_without_cases_is_an_error(tmp_path: Path) -> None:
    """Missing or empty, the message names the command that fills it."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UnreadableCase, match="corpus add ID --to"):
            corpus.files_in(folder)
