"""What frameworks document: whole, readable, and what a run goes by."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from autograd_conformance.results import read
from autograd_conformance.scenarios import SCENARIOS, STORYLESS
from autograd_conformance.scenarios.contract import Documented, UnreadableContract, parse_contract
from autograd_conformance.scenarios.outcome import is_documented, judge_scenario

Cli = Callable[..., "subprocess.CompletedProcess[str]"]
CONTRACTS = sorted(Path(__file__).parents[1].glob("adapters/*_scenarios/contract.toml"))
LINK = 'link = "https://example.org/"'


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.parent.name)
def test_every_scenario_is_documented_by_every_framework(path: Path) -> None:
    """With an outcome or a worded "no such concept"; the list of the project is A1 to J5."""
    contract = parse_contract(path.read_text("utf-8"), path.parent.name, SCENARIOS)
    assert list(contract) == sorted(contract)
    assert set(contract) == set(SCENARIOS)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[Z9]\n" + LINK, "there is no such scenario"),
        ("[A4]\n" + LINK, "nothing is documented of 'a leaf has a grad_fn'"),
        ('[B2]\nabsent = "none"', "link is the address"),
        ("[B2]\n" + LINK + '\nabsent = " "', "says in words why"),
        ("[B2]\n" + LINK + '\nabsent = "so"\n"gradient of the leaf a" = 6.0', "what is absent has no outcomes"),
        ("[B2]\n" + LINK + '\n"another" = 6.0', "'another' is not observed here"),
        ("[B2]\n" + LINK + '\n"gradient of the leaf a" = { roughly = 6.0 }', "is no outcome"),
        ("[I4]\n" + LINK + '\nlosses = [1.0]\n"w, rounded" = 1.0\n"b, rounded" = 1.0', "measured by the suite"),
        ("[B2", "is not TOML"),
    ],
)
def test_a_contract_that_cannot_be_used_is_refused(text: str, complaint: str) -> None:
    """Nothing is dropped: the message names owner, place and what is wrong."""
    with pytest.raises(UnreadableContract, match="the contract of somebody") as refused:
        parse_contract(text, "somebody", SCENARIOS)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("documented", "observed", "verdict"),
    [
        (True, True, True),
        (True, 1, False),
        (6.0, 6, True),
        (6.0, 6.0000000001, False),
        ("None", None, True),
        (0.0, None, False),
        ([1.0, [2.0, "None"]], [1, [2, None]], True),
        ([1.0], [1.0, 2.0], False),
        ({"about": "2.97"}, 2.9749, True),
        ({"about": "2.97"}, 2.976, False),
        ({"about": "2.97"}, "nan", False),
        (
            {"raises": "RuntimeError", "gist": "second time"},
            {"raises": "RuntimeError", "message": "a Second time"},
            True,
        ),
        ({"raises": "TypeError"}, {"raises": "MyError", "kinds": ["TypeError"], "message": ""}, True),
        ({"raises": "RuntimeError", "gist": "twice"}, {"raises": "RuntimeError", "message": "a second time"}, False),
        ({"raises": "RuntimeError"}, "no error", False),
        ({"warns": "UserWarning"}, {"warns": "UserWarning", "message": "x"}, True),
    ],
)
def test_an_outcome_is_the_documented_one(documented: object, observed: object, verdict: bool) -> None:
    assert is_documented(documented, observed) is verdict


def test_what_is_not_observed_is_no_pass() -> None:
    """Neither a missing observation nor one that was documented as absent goes through."""
    scenario = SCENARIOS["B2"]
    names = scenario.observations
    outcome = {names[0]: 1.0, names[1]: {"absent": "functional"}}
    assert judge_scenario(scenario, Documented("", outcome), {names[0]: 1.0})[0].name == "agree"
    assert judge_scenario(scenario, Documented("", outcome), {})[0].name == "disagree"
    assert judge_scenario(scenario, Documented("", outcome), {names[0]: 1.0, names[1]: 6.0})[0].name == "disagree"
    assert judge_scenario(scenario, Documented("", outcome), {names[0]: 1.0, "more": 6.0})[0].name == "disagree"


def test_numbers_of_the_suite_are_compared_within_their_bound() -> None:
    """A loss curve one part in a billion off is not the curve."""
    scenario = SCENARIOS["I4"]
    losses = scenario.measured["losses"]().values
    outcome = {"w, rounded": 1.0, "b, rounded": 1.0}
    observed = {"losses": losses.tolist(), "w, rounded": 1.0, "b, rounded": 1.0}
    assert judge_scenario(scenario, Documented("", outcome), observed)[0].name == "agree"
    verdict, _ = judge_scenario(
        scenario, Documented("", outcome), {**observed, "losses": (losses * (1 + 1e-9)).tolist()}
    )
    assert verdict.name == "disagree"
    assert "bounds away" in verdict.detail


@pytest.fixture
def altered(tmp_path: Path) -> Path:
    """A copy of the engine's scenarios with one documented outcome altered."""
    shutil.copytree(CONTRACTS[0].parents[1] / "tape_scenarios", tmp_path / "altered_scenarios")
    contract = tmp_path / "altered_scenarios" / "contract.toml"
    text = contract.read_text("utf-8")
    assert '"gradient after walk 3" = 18.0' in text
    contract.write_text(text.replace('"gradient after walk 3" = 18.0', '"gradient after walk 3" = 24.0'), "utf-8")
    (tmp_path / "altered.py").write_text(
        "from autograd_conformance.adapters.tape import TapeAdapter\n\n\n"
        'class Altered(TapeAdapter):\n    scenarios = {"eager": "altered_scenarios"}\n'
    )
    return tmp_path


def test_an_altered_outcome_fails_the_run(cli: Cli, altered: Path) -> None:
    """The run exits 1 and names scenario, framework, documented and observed outcome; the rest passes."""
    done = cli("run", "-a", "altered:Altered", "--scenario", "C*")
    assert done.returncode == 1, done.stderr
    assert "scenario C2: disagree for altered:Altered:eager" in done.stderr
    assert "gradient after walk 3: documented 24.0, observed 18.0" in done.stderr
    told = {result.scenario: result.verdict for result in read(altered / "results.jsonl").scenarios}
    assert set(told) == {name for name in SCENARIOS if name.startswith("C")}
    assert [name for name, verdict in told.items() if verdict == "disagree"] == ["C2"]


def test_an_expectation_foresees_an_outcome(cli: Cli, altered: Path) -> None:
    """The scenario is the expectation's case."""
    (altered / "known.toml").write_text(
        '[[expectation]]\nlaw = "outcome_is_documented"\nadapter = "altered:*"\nkind = "disagree"\ncase = "C2"\n'
        'reason = "altered on purpose"\nlink = "unreported"\n'
    )
    done = cli("run", "-a", "altered:Altered", "--scenario", "C*", "--expectations", "known.toml")
    assert done.returncode == 0, done.stderr
    assert "1 known" in done.stderr


def test_an_unreadable_contract_is_a_usage_error(cli: Cli, altered: Path) -> None:
    """Exit 2, one message, no traceback."""
    (altered / "altered_scenarios" / "contract.toml").write_text("[Z9]\n")
    done = cli("run", "-a", "altered:Altered", "--scenario", "C*")
    assert done.returncode == 2, done.stderr
    assert "the contract of altered:Altered:eager cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_only_known_scenarios_can_be_asked_for(cli: Cli) -> None:
    done = cli("run", "-a", "tape", "--scenario", "Q*")
    assert done.returncode == 2
    assert "no scenario matches 'Q*'" in done.stderr


@pytest.mark.slow
def test_one_run_tells_every_scenario_to_every_framework(cli: Cli, tmp_path: Path) -> None:
    """A1 to J5 by name, as documented or with a worded reason, for every framework that is installed."""
    done = cli("run", "--scenario", "*", timeout=900)
    assert done.returncode == 0, done.stderr
    file = read(tmp_path / "results.jsonl")
    tellers = [adapter.name for adapter in file.header.adapters if adapter.scenarios]
    assert {name.split(":")[0] for name in tellers} >= {
        adapter.framework for adapter in file.header.adapters if adapter.missing is None
    }
    for teller in tellers:
        told = {each.scenario: each for each in file.scenarios if each.adapter == teller}
        assert set(told) - set(STORYLESS) == set(SCENARIOS), teller
        for each in (told[name] for name in SCENARIOS):
            assert each.verdict == "agree" or (each.verdict == "unsupported" and len(each.detail) > 30), each
            assert each.link, each
