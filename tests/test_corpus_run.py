"""Frozen cases in a run: the user's besides the shipped ones, and the sample of what passes where nothing is searched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

from autograd_conformance import corpus
from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.laws import LAWS
from autograd_conformance.plan import Singles, budget, planned_cases
from autograd_conformance.results import read
from autograd_conformance.settings import PROFILES, Settings
from autograd_conformance.variants import derivations_about

Cli = Callable[..., "CompletedProcess[str]"]
HONEST = "tests.misbehaving:Honest:eager"
TANH = Case(Graph(((),), (Node("tanh", (0,)),), (1,)), (np.array(0.75),))


def test_a_run_takes_the_users_frozen_cases(cli: Cli, tmp_path: Path) -> None:
    """Besides the shipped ones; an expectation of the user's knows what one of them shows, and it replays by its id."""
    (tmp_path / "mine").mkdir()
    corpus.write(TANH, tmp_path / "mine" / "tanh.json")
    (tmp_path / "mine.toml").write_text(
        f'[[expectation]]\nlaw = "*"\nadapter = "tests*"\ncase = "{TANH.id}"\nkind = "error"\nreason = "it is tired"\n'
        'link = "unreported"\nwitness = "tanh.json"\n'
    )
    name = "tests.misbehaving:Raises:eager"
    narrow = ("--law", "vjp_matches*", "--examples", "0", "--op", "sin", "--dtype", "float64")
    done = cli("run", "-a", name, *narrow, "--corpus", "mine", "--expectations", "mine.toml")
    assert done.returncode == 1, done.stderr
    file = read(tmp_path / "results.jsonl")
    (mine,) = [one for one in file.results if one.case == TANH.id]
    assert (mine.stratum, mine.verdict, mine.expected) == ("corpus", "error", "it is tired")
    assert sum(one.stratum == "corpus" for one in file.cases.values()) == len(corpus.shipped()) + 1
    assert cli("replay", TANH.id, "-a", name).returncode == 1


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_without_cases_is_a_usage_error(cli: Cli, tmp_path: Path, folder: str) -> None:
    """Exit 2, before any adapter is started."""
    (tmp_path / "empty").mkdir()
    done = cli("run", "-a", HONEST, "--corpus", folder)
    assert done.returncode == 2
    assert "corpus add ID --to" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_changed_case_stops_a_run(cli: Cli, tmp_path: Path) -> None:
    """Else two versions would be compared on different bits."""
    (tmp_path / "case.json").write_text(corpus.file_text(TANH).replace("0.75", "0.5"))
    done = cli("run", "-a", HONEST, "--corpus", ".")
    assert done.returncode == 2
    assert "somebody changed it" in done.stderr


def test_a_passing_case_is_replayed_by_its_id_anywhere(cli: Cli) -> None:
    """In another working directory, without any file."""
    ops = {"neg", "sin", "square", "scale", "shift", "add", "sub", "mul"}
    kept = next(case for case in corpus.passing() if case.element_count and set(case.graph.op_names) <= ops)
    done = cli("replay", kept.id, "-a", HONEST)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"case {kept.id}" in done.stdout


def test_a_found_case_is_replayed_by_name_and_by_file_from_anywhere(cli: Cli, tmp_path: Path) -> None:
    """The same case by its name, its id and its file."""
    path = next(path for path in corpus.shipped() if path.stem == "diamond")
    (tmp_path / "copy.json").write_bytes(path.read_bytes())
    told = {cli("replay", what, "-a", HONEST).stdout for what in ("diamond", corpus.read(path).id, path, "copy.json")}
    assert len(told) == 1
    assert corpus.read(path).id in told.pop()


@pytest.mark.parametrize(("is_compiled", "is_slow"), [(False, False), (True, False), (True, True)])
def test_only_a_replay_takes_the_sample(is_compiled: bool, is_slow: bool) -> None:
    """All of it where a graph costs no compilation, else a beginning; a search draws cases of its own."""
    profile = PROFILES["default"]
    asked = budget(Settings(replay_only=True), is_compiled, 7, is_slow, 5000)
    expected = profile.passing_slow if is_slow else profile.passing_compiled if is_compiled else 5000
    assert (asked[corpus.STRATUM], asked[corpus.PASSING]) == (7, expected)
    assert budget(Settings(), is_compiled, 7, is_slow, 5000)[corpus.PASSING] == 0


def test_found_cases_come_before_passing_ones() -> None:
    """Numbered each for itself, so that a budget takes the beginning of both."""
    frozen = [*corpus.passing()[:3], *corpus.load(corpus.shipped()[:2])]
    settings = Settings(replay_only=True)
    planned = list(planned_cases(settings, [], frozen, Singles(settings)))
    assert [(one.stratum, one.number) for one in planned] == [
        ("corpus", 0), ("corpus", 1), ("passing", 0), ("passing", 1), ("passing", 2)
    ]  # fmt: skip


def test_derivatives_are_asked_of_passing_cases_that_pass_them() -> None:
    """Up to the second order, of higher orders of some; where each is a compilation forward mode of some."""
    cases = [case for case in corpus.passing() if case.stratum == corpus.PASSING_ORDERS]
    asked = [{one.word for one in derivations_about(case, "float64", LAWS)} for case in cases]
    assert all({"f", "rr", "fr", "rf", "ff"} <= words for words in asked)
    assert 0.15 * len(cases) < sum("rrr" in words for words in asked) < 0.6 * len(cases)
    compiled = [{one.word for one in derivations_about(case, "float64", LAWS, "none")} for case in cases]
    assert 0.1 * len(cases) < sum(map(bool, compiled)) < 0.5 * len(cases)
    assert not set.union(*compiled) & {"rr", "fr", "rf", "ff", "rrr", "ffr", "fff", "rrrr"}


def test_of_other_passing_cases_the_gradient_alone_is_asked() -> None:
    """Their derivatives of higher order are known to be wrong somewhere, or were never judged."""
    others = [case for case in corpus.passing() if case.stratum == corpus.PASSING]
    assert others
    assert not any(derivations_about(case, "float64", LAWS) for case in others)
