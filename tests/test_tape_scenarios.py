"""The suite's own engine tells every scenario as it documents it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograd_conformance.discovery import parse_adapter
from autograd_conformance.scenarios import SCENARIOS
from autograd_conformance.scenarios.contract import Documented, UnreadableContract, parse_contract
from autograd_conformance.scenarios.outcome import judge_scenario
from autograd_conformance.scenarios.scenario import Scenario
from autograd_conformance.worker.process import Worker
from autograd_conformance.worker.stories import Telling, Told

Contract = dict[str, Documented]

STORIES = ("A1", "A2", "A4", "A5", "A6", "B2", "C1", "C2", "C4", "D5")
LONG = ("I1", "I3")
"""Hundreds of steps."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(parse_adapter("tape").target, timeout=60) as started:
        yield started


@pytest.fixture(scope="module")
def contract(worker: Worker) -> Contract:
    return parse_contract(worker.describe("eager").contract, "tape", SCENARIOS)


def told(worker: Worker, scenario: Scenario) -> Told:
    (answer,) = worker.tell([Telling("eager", scenario.name, scenario.steps)])
    assert isinstance(answer, Told), answer
    return answer


def test_every_scenario_is_documented(contract: Contract) -> None:
    assert set(contract) == set(SCENARIOS)


def test_only_static_graphs_are_no_concept(contract: Contract) -> None:
    assert [name for name, documented in contract.items() if documented.absent] == ["H3"]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in SCENARIOS]
)
def test_what_is_observed_is_what_is_documented(worker: Worker, contract: Contract, name: str) -> None:
    if contract[name].absent:
        return
    verdict, rows = judge_scenario(SCENARIOS[name], contract[name], told(worker, SCENARIOS[name]).observed)
    assert verdict.name == "agree", "\n".join(row.sentence for row in rows if row.verdict != "agree")


def test_every_link_is_a_file_of_the_project(contract: Contract, repository: Path) -> None:
    assert [each.link for each in contract.values() if not (repository / each.link).is_file()] == []


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_told_in_the_statements_of_the_engine(worker: Worker, name: str) -> None:
    answer = told(worker, SCENARIOS[name])
    assert "def " not in answer.program
    assert "tp.array(" in answer.program


@pytest.mark.parametrize("name", ["A1", "C1", "D1", "G3", "J1"])
def test_a_script_runs_by_itself_and_prints_every_observation(worker: Worker, name: str, tmp_path: Path) -> None:
    script = tmp_path / "scenario.py"
    script.write_text(told(worker, SCENARIOS[name]).script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    silent = [each for each in SCENARIOS[name].observations if not any(line.startswith(f"{each}: ") for line in lines)]
    assert silent == []


DOCUMENTED = 'absent = "there is no such thing"'


@pytest.mark.parametrize(
    "link", ["https://example.org/page.html#part", "adapters/tape_engine/__init__.py", "docs/scenarios.md"]
)
def test_a_link_is_an_address_or_a_file_of_the_project(link: str) -> None:
    assert parse_contract(f'[A1]\nlink = "{link}"\n{DOCUMENTED}', "someone", SCENARIOS)["A1"].link == link


@pytest.mark.parametrize("link", ["", "soon", "/etc/hosts.py", "../secrets.py", "a/../../b.py", "javascript:x/y.py"])
def test_what_is_neither_is_refused(link: str) -> None:
    with pytest.raises(UnreadableContract, match="address of the documentation, or a file of this project"):
        parse_contract(f'[A1]\nlink = "{link}"\n{DOCUMENTED}', "someone", SCENARIOS)
