"""Every scenario fails on a framework that breaks the promise it is about."""

from __future__ import annotations

import pytest

from autograd_conformance.scenarios import SCENARIOS
from autograd_conformance.scenarios.contract import parse_contract
from autograd_conformance.scenarios.outcome import judge_scenario
from autograd_conformance.worker.process import Telling, Told, Worker

pytest.importorskip("torch")

BROKEN = {
    "RetainsTooMuch": "B1",
    "RetainsNothing": "B2",
    "ZeroesToZeros": "D1",
    "ZeroesNothing": "D1",
    "KeepsGradients": "D1",
    "FillsGradients": "J3",
    "Overwrites": "C2 D1 D3 D5",
    "WalksFreedGraphs": "C1 C2 C4",
    "FreesKeptGraphs": "C1 C2",
    "IgnoresDetach": "G2",
    "LeaksHistory": "B3",
    "ForgetsHistory": "F1",
    "IgnoresCotangent": "E2",
    "FitsCotangent": "E3",
    "SumsSilently": "E1",
    "LosesRequiresGrad": "A2",
    "MissesVersionCheck": "A6 C6",
    "RecordsAlways": "G2",
    "ConnectsEverything": "E4",
    "ReturnsListsAndTouchesLeaves": "F2",
    "AcceptsIntegers": "A3 G1",
    "MakesResults": "A1 A4 J4",
    "RecordsTwice": "J1",
    "ScalesGradients": "A5 B4 C5 D2 D4 F3 G4 H2 H3 I4 J2",
    "SharesBuffers": "J5",
    "IgnoresCustomRules": "G3",
    "WarnsNever": "B1 C3",
}
"""Faulty PyTorch (tests/miniatures/promises_torch.py) to the scenarios that see it."""

SLOW = {"ScalesGradients": "G5 H1 I1 I3", "KeepsGradients": "I2"}


def seen(fault: str, names: list[str]) -> set[str]:
    """The scenarios among these whose outcome is not the documented one."""
    with Worker(f"tests.miniatures.promises_torch:{fault}", timeout=120) as worker:
        contract = parse_contract(worker.describe("eager").contract, fault, SCENARIOS)
        told = worker.tell([Telling("eager", name, SCENARIOS[name].steps) for name in names])
        return {
            name
            for name, answer in zip(names, told, strict=True)
            if not isinstance(answer, Told)
            or judge_scenario(SCENARIOS[name], contract[name], answer.observed)[0].name == "disagree"
        }


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_promise_is_seen(fault: str) -> None:
    names = BROKEN[fault].split()
    assert seen(fault, names) == set(names)


@pytest.mark.slow
@pytest.mark.parametrize("fault", SLOW)
def test_long_programs_see_it_too(fault: str) -> None:
    names = SLOW[fault].split()
    assert seen(fault, names) == set(names)


def test_every_scenario_sees_a_broken_promise() -> None:
    """No scenario is without a fault that it is shown to see."""
    listed = {name for names in (*BROKEN.values(), *SLOW.values()) for name in names.split()}
    assert listed == set(SCENARIOS)
