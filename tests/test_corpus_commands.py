"""`corpus list`, `add`, `verify`, `reduce` and `renew`: each, and what each refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from click.testing import CliRunner, Result

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.cli import commands
from autograd_conformance.graph import Graph, Node
from autograd_conformance.records import AdapterRecord, Footer, Header
from autograd_conformance.results import write_all
from autograd_conformance.verdict import Verdict
from autograd_conformance.writing import case_record, result_record

TANH = Case(Graph(((),), (Node("tanh", (0,)),), (1,)), (np.array(1.0),))
DEEP = Case(
    Graph(((2, 3),), (Node("sin", (0,)), Node("tanh", (1,)), Node("mul", (2, 1))), (3,)),
    (np.array([[0.5, -1.25, 0.75], [1.5, 0.25, -0.375]]),),
)

Cli = Callable[..., "CompletedProcess[str]"]
Tell = Callable[..., Result]


@pytest.fixture
def tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Run a command of the group in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object) -> Result:
        done = CliRunner().invoke(commands, ["corpus", *map(str, arguments)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return invoke


def results_of(path: Path, *cases: Case, reduced: Case | None = None) -> None:
    """A results file in which the first case failed, and was reduced."""
    adapters = [AdapterRecord(name="a:b", framework="a", mode="b")]
    failed = result_record(
        cases[0], "core", "a:b", "adapter_answers", "float64", Verdict("error", "X: y"), reduced=reduced
    )
    header = Header(suite="0", seed=1, settings={}, vocabulary=[], laws={}, scenarios={}, adapters=adapters, host={})
    footer = Footer(status="complete", results=1, verdicts={"error": 1}, unexpected=1)
    write_all(path, [header, *map(case_record, cases), failed, footer])


def test_list_names_found_cases_with_their_expectations(tell: Tell) -> None:
    """A glob fits names, ids and signatures; a case that is known by an expectation names it."""
    done = tell("list", "cumprod-with-zero")
    assert done.exit_code == 0
    assert done.output.splitlines()[0].split()[:4] == ["found", "cumprod-with-zero", "7d03cb759c3e", "cumprod;"]
    assert "witness of: tensorflow:* disagree; torch:* disagree" in done.output
    assert tell("list", "7d03cb759c3e").output == done.output
    assert "conv_transpose1d+sin" in tell("list", "*+sin").output


def test_list_as_json_has_everything(tell: Tell) -> None:
    """Found cases and passing ones are told apart by their kind."""
    rows = json.loads(tell("list", "--json").output)
    assert {row["kind"] for row in rows} == {"found", "passing"}
    assert sum(row["kind"] == "found" for row in rows) == len(corpus.shipped())
    row = next(row for row in rows if row["name"] == "i0-at-zero")
    assert row["witness_of"][0]["adapter"] == "jax:*"
    assert (row["signature"], row["nodes"], row["elements"]) == ("i0", 1, 2)
    assert row["bytes"] > 100
    assert row["about"].startswith("the gradient of jax.scipy.special.i0")


def test_list_says_that_nothing_fits(tell: Tell) -> None:
    """A name with a typing mistake is no empty success."""
    done = tell("list", "cumprodd")
    assert done.exit_code == 2
    assert "no frozen case fits 'cumprodd'" in done.output


def test_list_takes_a_folder_of_the_users(tell: Tell, tmp_path: Path) -> None:
    """Its cases stand beside the shipped ones."""
    corpus.write(TANH, tmp_path / "mine.json")
    assert f"found    mine  {TANH.id}  tanh; 1 node, 1 element" in tell("list", "mine", "--corpus", ".").output


def test_add_freezes_a_case_of_a_results_file(tell: Tell, tmp_path: Path) -> None:
    """By its id, into a folder that is made, under a name of its ops and id unless one is given."""
    results_of(tmp_path / "results.jsonl", TANH, reduced=TANH)
    done = tell("add", TANH.id, "--to", "mine", "--about", "two\nlines")
    assert done.exit_code == 0, done.output
    frozen = corpus.read_frozen(tmp_path / "mine" / f"tanh-{TANH.id}.json")
    assert (frozen.case.id, frozen.about) == (TANH.id, "two lines")
    assert "run --replay-only --corpus mine" in done.output
    assert "note:" not in done.output
    assert tell("verify", "mine").exit_code == 0


def test_add_takes_a_case_file_and_a_name(tell: Tell, tmp_path: Path) -> None:
    """An older file gets its id and signature; the results file can be named."""
    plain = corpus.plain_case(TANH)
    (tmp_path / "old.json").write_text(json.dumps({"graph": plain["graph"], "point": plain["point"]}))
    assert tell("add", "old.json", "--to", "mine", "--as", "a-name").exit_code == 0
    assert corpus.read_frozen(tmp_path / "mine" / "a-name.json").carried == TANH.id
    (tmp_path / "far").mkdir()
    results_of(tmp_path / "far" / "other.jsonl", DEEP)
    assert tell("add", DEEP.id, "--to", "mine").exit_code == 2
    assert tell("add", DEEP.id, "--to", "mine", "--results", "far/other.jsonl").exit_code == 0


def test_add_names_the_smaller_case_of_the_results(tell: Tell, tmp_path: Path) -> None:
    """What was reduced is frozen when it is asked for, and the note says what would be better."""
    results_of(tmp_path / "results.jsonl", DEEP, TANH, reduced=TANH)
    done = tell("add", DEEP.id, "--to", "mine")
    assert done.exit_code == 0
    assert f"reduced to case {TANH.id}" in done.output
    assert "note:" not in tell("add", TANH.id, "--to", "mine").output


def test_add_notes_that_a_case_may_not_be_minimal(tell: Tell, tmp_path: Path) -> None:
    """Where nothing was recorded of a reduction and something simpler exists; not where nothing does."""
    corpus.write(DEEP, tmp_path / "deep.json")
    corpus.write(TANH, tmp_path / "tanh.json")
    assert f"corpus reduce {DEEP.id} -a ADAPTER" in tell("add", "deep.json", "--to", "mine").output
    assert "note:" not in tell("add", "tanh.json", "--to", "mine").output


def test_add_refuses_a_case_that_is_there(tell: Tell, tmp_path: Path) -> None:
    """In the folder or shipped, under whatever name; the file is named."""
    corpus.write(TANH, tmp_path / "case.json")
    assert tell("add", "case.json", "--to", "mine", "--as", "one").exit_code == 0
    done = tell("add", "case.json", "--to", "mine", "--as", "two")
    assert done.exit_code == 2
    assert f"case {TANH.id} is frozen already: mine/one.json" in done.output
    done = tell("add", corpus.shipped()[0], "--to", "mine")
    assert done.exit_code == 2
    assert corpus.shipped()[0].name in done.output
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["one.json"]


def test_add_overwrites_nothing(tell: Tell, tmp_path: Path) -> None:
    """A name that another case has, here or among the shipped ones, is refused, and the file stays."""
    corpus.write(TANH, tmp_path / "tanh.json")
    corpus.write(DEEP, tmp_path / "deep.json")
    tell("add", "tanh.json", "--to", "mine", "--as", "one")
    before = (tmp_path / "mine" / "one.json").read_bytes()
    done = tell("add", "deep.json", "--to", "mine", "--as", "one")
    assert done.exit_code == 2
    assert "mine/one.json is there, and another case; choose another name with --as" in done.output
    assert (tmp_path / "mine" / "one.json").read_bytes() == before
    done = tell("add", "deep.json", "--to", "mine", "--as", corpus.shipped()[0].stem)
    assert (done.exit_code, "a shipped frozen case is called" in done.output) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("case.json",), "name a folder with --to FOLDER"),
        (("case.json", "--to", "mine", "--as", "../out"), "--as takes a name"),
        (("case.json", "--to", "case.json"), "case.json is no folder"),
        (("case.json", "--to", "no/where"), "cannot write no/where"),
        (("0123456789ab", "--to", "mine"), "no case 0123456789ab"),
        (("none.json", "--to", "mine"), "cannot read none.json"),
        (("broken.json", "--to", "mine"), "broken.json is not JSON"),
        (("changed.json", "--to", "mine"), "somebody changed it"),
    ],
)
def test_add_refuses_bad_input_in_a_line(tell: Tell, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """Exit 2, one message, no file."""
    corpus.write(TANH, tmp_path / "case.json")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "changed.json").write_text(corpus.file_text(TANH).replace("1.0", "1.5"))
    done = tell("add", *arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert not list((tmp_path).glob("mine/*"))


def test_in_a_checkout_the_corpus_of_the_suite_is_meant(
    tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the working directory is in it; outside, a folder must be named."""
    folder = tmp_path / "checkout" / "conformance" / "corpus"
    folder.mkdir(parents=True)
    (tmp_path / "checkout" / "pyproject.toml").touch()
    corpus.write(TANH, tmp_path / "case.json")
    monkeypatch.setattr(corpus, "FOLDER", folder)
    assert tell("add", "case.json").exit_code == 2
    monkeypatch.chdir(tmp_path / "checkout")
    done = tell("add", "../case.json", "--as", "mine")
    assert done.exit_code == 0, done.output
    assert "written to conformance/corpus/mine.json" in done.output
    assert corpus.read(folder / "mine.json").id == TANH.id


def test_verify_finds_the_shipped_corpus_sound(tell: Tell) -> None:
    """Its size and numbers are said."""
    done = tell("verify")
    assert done.exit_code == 0, done.output
    assert re.fullmatch(r"\d+ found cases and \d+ passing ones, \d\.\d\d MiB: nothing wrong\n", done.output)


CHANGES: dict[str, tuple[str, str, str]] = {
    "another number": ('"point": [1.0]', '"point": [1.5]', "somebody changed it"),
    "another signature": ('"signature": "tanh"', '"signature": "sin"', "its signature is 'tanh'"),
    "no id": (f' "case": "{TANH.id}",\n', "", "carries no id"),
    "a number that is rounded": ('"point": [1.0]', '"point": [1.00000000000000000001]', "is no float64"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_verify_has_a_line_for_every_problem(tell: Tell, tmp_path: Path, change: str) -> None:
    """Exit 1; the file is named, and the others count as sound."""
    old, new, message = CHANGES[change]
    text = corpus.file_text(TANH)
    assert old in text
    (tmp_path / "bad.json").write_text(text.replace(old, new))
    corpus.write(DEEP, tmp_path / "good.json")
    done = tell("verify", ".")
    assert done.exit_code == 1, done.output
    (line, last) = done.output.splitlines()
    assert line.startswith("bad.json")
    assert message in line
    assert last.endswith("1 problem")


def test_verify_finds_two_files_of_one_case(tell: Tell, tmp_path: Path) -> None:
    """Both are named."""
    corpus.write(TANH, tmp_path / "one.json")
    corpus.write(TANH, tmp_path / "two.json")
    done = tell("verify", "one.json", "two.json")
    assert done.exit_code == 1
    assert "two.json: one.json holds the same case" in done.output


def test_verify_misses_a_witness(tell: Tell, tmp_path: Path) -> None:
    """An expectation whose frozen case is gone could never be shown; one of the user's folder is found there."""
    (tmp_path / "mine.toml").write_text(
        '[[expectation]]\nlaw = "*"\nadapter = "a:*"\nsignature = "tanh"\nkind = "error"\nreason = "r"\n'
        'link = "unreported"\nwitness = "one.json"\n'
    )
    (tmp_path / "mine").mkdir()
    corpus.write(TANH, tmp_path / "mine" / "two.json")
    done = tell("verify", "mine", "--expectations", "mine.toml")
    assert done.exit_code == 1
    assert "its witness one.json is no frozen case" in done.output
    (tmp_path / "mine" / "two.json").rename(tmp_path / "mine" / "one.json")
    assert tell("verify", "mine", "--expectations", "mine.toml").exit_code == 0


@pytest.mark.parametrize("content", ["", "[]", '{"graph": {}, "point": []}', "\x00"])
def test_verify_exits_2_where_a_file_cannot_be_read(tell: Tell, tmp_path: Path, content: str) -> None:
    """It wins over problems, which are still said."""
    (tmp_path / "bad.json").write_text(content)
    (tmp_path / "other.json").write_text(corpus.file_text(TANH).replace('"tanh",', '"sin",', 1))
    done = tell("verify", ".")
    assert done.exit_code == 2
    assert "bad.json" in done.output.splitlines()[0]
    assert "its signature is 'tanh'" in done.output


def test_verify_of_nothing_is_a_usage_error(tell: Tell) -> None:
    """A folder without cases proves nothing."""
    assert tell("verify", ".").exit_code == 2
    assert tell("verify", "nowhere.json").exit_code == 2


def test_reduce_freezes_a_local_minimum(cli: Cli, tmp_path: Path) -> None:
    """The smaller case fails in the same way; a second time it is there already."""
    corpus.write(DEEP, tmp_path / "deep.json")
    more = ("-a", "tests.misbehaving:HalvesGradients:eager", "--dtype", "float64", "--to", "mine")
    done = cli("corpus", "reduce", "deep.json", *more, "--as", "small")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no simpler neighbour fails" in done.stdout
    small = corpus.read(tmp_path / "mine" / "small.json")
    assert small.graph.op_names == ("tanh",)
    assert small.element_count == 1
    again = cli("corpus", "reduce", "mine/small.json", *more)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "as small as it gets, and frozen already: mine/small.json" in again.stdout
    assert len(list((tmp_path / "mine").iterdir())) == 1


@pytest.mark.parametrize(
    ("adapter", "code", "message"),
    [
        ("tests.misbehaving:Honest:eager", 1, "nothing fails in tests.misbehaving:Honest:eager"),
        ("tests.misbehaving:CannotBeMade:eager", 3, "ERROR"),
        ("nowhere", 2, "nowhere"),
    ],
)
def test_reduce_writes_nothing_where_nothing_fails(
    cli: Cli, tmp_path: Path, adapter: str, code: int, message: str
) -> None:
    """Where all is well, where nothing can be asked, and where there is no such adapter."""
    corpus.write(DEEP, tmp_path / "deep.json")
    done = cli("corpus", "reduce", "deep.json", "-a", adapter, "--to", "mine")
    assert done.returncode == code, done.stdout + done.stderr
    assert message in done.stdout + done.stderr
    assert not (tmp_path / "mine").exists()


def test_renew_writes_older_files_in_the_present_form(tell: Tell, tmp_path: Path) -> None:
    """Once; what a case stands for is kept, given, or the reason of the expectation it is a witness of."""
    plain = corpus.plain_case(TANH)
    for name in ("i0-at-zero.json", "other.json"):
        (tmp_path / name).write_text(json.dumps({"graph": plain["graph"], "point": plain["point"]}))
    done = tell("renew", "i0-at-zero.json", "other.json")
    assert done.exit_code == 0, done.output
    assert "2 files, 2 of them rewritten" in done.output
    assert corpus.read_frozen(tmp_path / "i0-at-zero.json").about.startswith("the gradient of jax.scipy.special.i0")
    assert tell("renew", "other.json", "--about", "a sigmoid").exit_code == 0
    assert corpus.read_frozen(tmp_path / "other.json").about == "a sigmoid"
    assert "1 file, 0 of them rewritten" in tell("renew", "other.json").output
    assert tell("renew", "i0-at-zero.json", "other.json", "--about", "both").exit_code == 2


def test_the_shipped_files_are_in_the_present_form(tell: Tell, tmp_path: Path) -> None:
    """To write them again changes no byte."""
    for path in corpus.shipped():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    done = tell("renew", *sorted(path.name for path in tmp_path.glob("*.json")))
    assert f"{len(corpus.shipped())} files, 0 of them rewritten" in done.output


def test_options_of_the_group_can_stand_in_pyproject(tell: Tell, tmp_path: Path) -> None:
    """As every long option; one that no command has is an error."""
    corpus.write(TANH, tmp_path / "case.json")
    (tmp_path / "pyproject.toml").write_text('[tool.autograd-conformance]\nto = "mine"\n')
    assert tell("add", "case.json").exit_code == 0
    assert (tmp_path / "mine" / f"tanh-{TANH.id}.json").exists()
    (tmp_path / "pyproject.toml").write_text('[tool.autograd-conformance]\ntoo = "mine"\n')
    assert "has no option 'too'" in tell("list").output
