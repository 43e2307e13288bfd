"""The workflow and the guide for CI: every command line in them is one that this version understands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from autograd_conformance.cli import commands

NAME = "autograd-conformance"
PAGES = ("docs/workflow.yml", "docs/ci.md", "README.md", "CONTRIBUTING.md")
JOBS = ["gate", "badges", "search", "upgrade"]


def text_of(repository: Path, page: str) -> str:
    return (repository / page).read_text("utf-8")


def blocks(workflow: str) -> Iterator[str]:
    """The shell of every step; folded lines (`>-`) are one."""
    lines = workflow.splitlines()
    for number, line in enumerate(lines):
        found = re.fullmatch(r"( *)(?:- )?run: *(.*)", line)
        if not found:
            continue
        indent, rest = len(line) - len(line.lstrip(" -")), found.group(2)
        if rest not in ("|", ">-"):
            yield rest
            continue
        own = []
        for inner in lines[number + 1 :]:
            if inner.strip() and len(inner) - len(inner.lstrip()) <= indent:
                break
            own.append(inner.strip())
        yield ("\n" if rest == "|" else " ").join(own)


def command_lines(page: str, text: str) -> Iterator[list[str]]:
    """The arguments of every call of the command, as a shell would split them."""
    text = re.sub(r" *\\\n *", " ", text)
    if page.endswith(".yml"):
        shells = list(blocks(text))
    else:
        shells = [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"^    (.+)$", text, re.MULTILINE)]
    for shell in shells:
        for line in shell.splitlines():
            line = re.sub(r"\$\w+", "7", re.sub(r"\$\{\{.*?\}\}", "word", line)).split("#")[0]
            if re.search(rf"(?:^|[\s/]){NAME} ", line):
                tail = re.split(rf"(?:^|[\s/]){NAME} ", line, maxsplit=1)[1]
                yield shlex.split(re.split(r" (?:\|\||&&|\|) ", tail)[0])


def parse(arguments: list[str]) -> click.Context:
    """As the command line does, without running anything.  Raises what click raises."""
    if arguments[0].startswith("-"):
        return commands.make_context(NAME, arguments)
    command = commands.commands[arguments[0]]
    return command.make_context(arguments[0], arguments[1:])


@pytest.mark.parametrize("page", PAGES)
def test_every_command_line_is_a_valid_one(repository: Path, page: str) -> None:
    found = list(command_lines(page, text_of(repository, page)))
    assert len(found) >= {"README.md": 12, "CONTRIBUTING.md": 2}.get(page, 9)
    for arguments in found:
        try:
            parse(arguments)
        except click.exceptions.Exit:
            continue
        except (click.ClickException, KeyError) as failure:
            pytest.fail(f"{page}: {NAME} {shlex.join(arguments)}: {failure}")


@pytest.mark.parametrize(
    "line", ["run --replay", "run --examples many", "sumary x", "compare a.jsonl", "badge --format png"]
)
def test_a_command_line_that_rots_is_noticed(line: str) -> None:
    """The check above can fail."""
    with pytest.raises((click.ClickException, KeyError)):
        parse(line.split())


STEPS = """\
jobs:
  a:
    steps:
      - run: one
      - name: x
        run: >-
          two
          three
      - run: |
          four
          five
"""


def test_folded_and_literal_blocks_are_read_whole() -> None:
    """A line that is read in part would be checked in part."""
    assert list(blocks(STEPS)) == ["one", "two three", "four\nfive"]


def test_the_workflow_is_shaped_as_yaml(repository: Path) -> None:
    """No tabs, steps of two, every expression closed, jobs at one depth, and actions of a version."""
    text = text_of(repository, "docs/workflow.yml")
    assert "\t" not in text
    assert all((len(line) - len(line.lstrip(" "))) % 2 == 0 for line in text.splitlines() if line.strip())
    assert text.count("${{") == text.count("}}") == len(re.findall(r"\$\{\{[^{}]+\}\}", text))
    jobs = text[text.index("\njobs:\n") :]
    assert re.findall(r"^  (\w+):$", jobs, re.MULTILINE) == JOBS
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", name) for name in re.findall(r"uses: (.+)", text))


def test_a_yaml_reader_finds_the_same_jobs(repository: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="no YAML reader is installed; the shape is checked by its text")
    assert list(yaml.safe_load(text_of(repository, "docs/workflow.yml"))["jobs"]) == JOBS


def test_no_untrusted_text_is_pasted_into_a_shell(repository: Path) -> None:
    """What a person types into a form reaches scripts as a variable, never as source."""
    for shell in blocks(text_of(repository, "docs/workflow.yml")):
        assert "inputs." not in shell
        assert "github.event" not in shell


def test_the_gate_replays_and_the_search_resumes(repository: Path) -> None:
    lines = [shlex.join(each) for each in command_lines("docs/workflow.yml", text_of(repository, "docs/workflow.yml"))]
    assert any("--replay-only" in line and "--junit" in line for line in lines)
    assert any("--resume" in line and "--profile nightly" in line for line in lines)
    for start in ("summary", "badge", "compare", "upgrade"):
        assert any(line.startswith(start) for line in lines)
