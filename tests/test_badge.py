"""The badge: green only where all that was meant to be judged was judged, and nothing was unexpected."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from click.testing import CliRunner

from autograd_conformance.cli import commands
from autograd_conformance.digest import Digest
from autograd_conformance.records import CoverageRecord
from autograd_conformance.reports.badge import AMBER, GREEN, GREY, RED, Badge, badge_of, to_json, to_svg
from autograd_conformance.results import ResultsFile
from tests import results_samples as samples
from tests.test_ci_views import failing, write

TORCH = "torch:eager"
CLEAN = samples.sample((TORCH,)).file()


def silent() -> ResultsFile:
    """An adapter of the header has no verdict."""
    file = samples.sample((TORCH,)).file()
    file.header.adapters.append(samples.adapter("jax:jit"))
    return file


def lost() -> ResultsFile:
    file = samples.sample((TORCH,)).file()
    del file.results[-1]
    return file


def uncovered() -> ResultsFile:
    file = samples.sample((TORCH,)).file()
    file.coverage.append(CoverageRecord(op="sin", adapter=TORCH, strong=1, floor=5))
    return file


def unsupported() -> ResultsFile:
    file = samples.sample((TORCH,)).file()
    file.results[:] = [msgspec.structs.replace(one, verdict="unsupported") for one in file.results]
    return file


def missing() -> ResultsFile:
    file = samples.sample((TORCH,)).file()
    file.header.adapters.append(samples.adapter("jax:jit", "No module named 'jax'"))
    return file


@pytest.mark.parametrize(
    ("file", "colour", "text"),
    [
        (CLEAN, GREEN, "0 unexpected"),
        (failing(3, expected="known"), GREEN, "0 unexpected, 3 known"),
        (failing(3), RED, "3 unexpected"),
        (samples.tensorflow_file(), RED, "1 unexpected, 12 known"),
        (samples.tensorflow_file("truncated"), RED, "1 unexpected, 12 known, incomplete"),
        (uncovered(), RED, "0 unexpected, 1 op below the floor"),
        (samples.sample((TORCH,), stale=["an entry"]).file(), RED, "0 unexpected, 1 stale expectation"),
        (samples.sample((TORCH,)).file("truncated"), AMBER, "0 unexpected, incomplete"),
        (samples.sample((TORCH,)).file("interrupted"), AMBER, "0 unexpected, incomplete"),
        (missing(), AMBER, "0 unexpected, incomplete"),
        (silent(), AMBER, "0 unexpected, incomplete"),
        (lost(), AMBER, "0 unexpected, incomplete"),
        (samples.Sample([]).file(), GREY, "nothing judged"),
        (samples.missing_tensorflow_file(), GREY, "nothing judged"),
        (unsupported(), GREY, "nothing judged"),
    ],
)
def test_colour_and_words(file: ResultsFile, colour: str, text: str) -> None:
    assert badge_of(Digest(file)) == Badge(colour, text)


@pytest.mark.parametrize("colour", [GREEN, AMBER, RED, GREY, "#3b3f39"])
def test_white_text_stands_out(colour: str) -> None:
    """By the formula of WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5


def test_the_picture_stands_alone() -> None:
    """Well-formed, with a name, and nothing from anywhere else."""
    text = to_svg(badge_of(Digest(samples.tensorflow_file())))
    root = ElementTree.fromstring(text)
    assert root.get("aria-label") == "autograd: 1 unexpected, 12 known"
    assert [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")] == [
        "autograd",
        "1 unexpected, 12 known",
    ]
    assert text.count("http") == 1  # the name of the format
    assert "href" not in text


def test_the_endpoint_is_what_shields_reads() -> None:
    plain = json.loads(to_json(Badge(GREEN, "0 unexpected, 335 known")))
    assert plain == {
        "schemaVersion": 1, "label": "autograd", "message": "0 unexpected, 335 known", "color": "brightgreen",
    }  # fmt: skip


def test_the_command_writes_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(CLEAN)
    assert CliRunner().invoke(commands, ["badge"]).exit_code == 0
    assert "0 unexpected" in Path("badge.svg").read_text()
    assert CliRunner().invoke(commands, ["badge", "--format", "json"]).exit_code == 0
    assert json.loads(Path("badge.json").read_text())["color"] == "brightgreen"
    assert CliRunner().invoke(commands, ["badge", "results.jsonl", "-o", "-"]).stdout.startswith("<svg")


@pytest.mark.parametrize("command", [["badge"], ["report", "results.jsonl"], ["guide", "results.jsonl"]])
def test_no_results_file_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    write(samples.scenarios_file())
    before = Path("results.jsonl").read_bytes()
    done = CliRunner().invoke(commands, [*command, "-o", "./results.jsonl"])
    assert done.exit_code == 2
    assert "choose another one" in done.stderr
    assert Path("results.jsonl").read_bytes() == before
