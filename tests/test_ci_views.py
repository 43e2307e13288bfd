"""What a CI job shows of a results file: the Markdown of a job summary, annotations, and how both are written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from autograd_conformance.annotations import MOST, Annotation, of_comparison, of_digest, workflow_commands
from autograd_conformance.cli import commands
from autograd_conformance.comparison import compare
from autograd_conformance.digest import Digest
from autograd_conformance.digest_views import headline, to_markdown
from autograd_conformance.markdown import MOST_BYTES, cell, limited
from autograd_conformance.results import ResultsFile, write_all
from tests import results_samples as samples

LAW, TORCH = "vjp_matches_finite_differences", "torch:eager"
COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\n]*)::([^\n]*)")

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line in an empty folder, without a process."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(commands, list(arguments), prog_name="autograd-conformance")


def write(file: ResultsFile, path: str = "results.jsonl") -> None:
    footer = [file.footer] if file.footer else []
    write_all(
        Path(path), [file.header, *file.cases.values(), *file.results, *file.diagnostics, *file.scenarios, *footer]
    )


def failing(count: int, **more: Any) -> ResultsFile:
    """As many kinds of unexpected disagreements, each farther from its bound than the one before."""
    made = samples.Sample([samples.adapter(TORCH)])
    for number in range(count):
        record = samples.case(number)
        worst = samples.gap(10.0 ** (number % 200 + 1))
        bad = {"signature": f"op{number}", "worst": worst, **more}
        made.add(record, samples.result(record, TORCH, LAW, "float64", "disagree", **bad))
    return made.file()


def commands_of(text: str) -> list[tuple[str, str, str]]:
    """Level, title and message of every line; a line that is none fails."""
    found = [COMMAND.fullmatch(line) for line in text.splitlines()]
    assert all(found)
    return [match.groups() for match in found if match]  # type: ignore[misc]


def test_the_summary_says_first_what_fails() -> None:
    text = to_markdown(Digest(samples.torch_file()))
    assert text.startswith("### ✗ autograd conformance: Incomplete: 5 unexpected, 1 stale expectation among ")
    assert "jax:jit is missing: No module named 'jax'" in text
    rows = [line for line in text.splitlines() if line.startswith("| disagree")]
    assert len(rows) == 1  # two dtypes of one kind
    assert "replay" in rows[0]
    assert "pool with padding" in text


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (samples.sample((TORCH,)).file(), "Nothing unexpected among "),
        (samples.sample((TORCH,)).file("truncated"), "Incomplete: Nothing unexpected"),
        (samples.sample((TORCH,)).file("interrupted"), "Incomplete: Nothing unexpected"),
        (samples.missing_tensorflow_file(), "Nothing was judged: tensorflow:eager is missing"),
        (samples.tensorflow_file(), "1 unexpected, 12 known among "),
        (samples.Sample([]).file(), "Nothing was judged."),
    ],
)
def test_the_headline_never_claims_more_than_was_judged(file: ResultsFile, words: str) -> None:
    assert headline(Digest(file)).startswith(words)


def test_a_footer_that_counts_otherwise_is_a_shortfall() -> None:
    """Lost lines are no pass."""
    file = samples.sample((TORCH,)).file()
    del file.results[5:]
    assert any("records are missing" in each for each in Digest(file).shortfalls)


def test_a_summary_of_any_length_is_cut_below_the_limit_and_says_so() -> None:
    file = failing(400, detail="x" * 4_000)
    whole = to_markdown(Digest(file), most=400)
    assert len(whole.encode()) <= MOST_BYTES
    cut = to_markdown(Digest(file), most=400, most_bytes=20_000)
    assert len(cut.encode()) <= 20_000
    assert re.search(r"\*\*Cut here: \d+ more lines would be larger than GitHub shows", cut)
    assert "and 380 more kinds" in to_markdown(Digest(file))


@pytest.mark.parametrize("size", [0, 1, 300, 301, 1_000, 5_000])
def test_the_limit_counts_bytes_and_keeps_whole_lines(size: int) -> None:
    text = "é" * 40 + "\n" + "\n".join("日本" * 20 for _ in range(200))
    found = limited(text, size)
    assert len(found.encode()) <= size
    kept = [line for line in found.splitlines() if line and not line.startswith("**Cut here")]
    assert kept == text.splitlines()[: len(kept)]
    assert limited("short", 5) == "short"
    assert limited("\ud800") == "?"


def test_nothing_of_a_file_is_markup() -> None:
    found = cell("a|b\n<img src=x> [l](http://x) @all ~~x~~ \x1b[31m `c`")
    assert not set("<\n\x1b@") & set(found)
    assert found.count("|") == found.count("\\|") == 1
    assert cell("x" * 900).endswith("…")


def test_appending_leaves_what_was_there_and_stays_below_the_limit(run: Run) -> None:
    """One file is the summary of a step, whatever writes to it."""
    write(failing(3))
    Path("summary.md").write_text("# mine\n")
    for _ in range(2):
        done = run("summary", "--format", "markdown", "--append", "summary.md")
        assert (done.exit_code, done.stdout) == (0, "")
    text = Path("summary.md").read_text()
    assert text.startswith("# mine\n### ✗")
    assert text.count("### ✗") == 2
    Path("summary.md").write_bytes(b"x" * (MOST_BYTES - 700))
    run("compare", "results.jsonl", "results.jsonl", "--format", "markdown", "--append", "summary.md")
    assert MOST_BYTES - 700 < Path("summary.md").stat().st_size <= MOST_BYTES
    Path("full.md").write_bytes(b"x" * MOST_BYTES)
    done = run("summary", "--format", "markdown", "--append", "full.md")
    assert "as large as GitHub shows" in done.stderr
    assert Path("full.md").stat().st_size == MOST_BYTES


@pytest.mark.parametrize("command", [["summary", "results.jsonl"], ["compare", "results.jsonl", "results.jsonl"]])
def test_what_cannot_be_appended_to_is_a_usage_error(run: Run, command: list[str]) -> None:
    write(failing(1))
    for more in (["--append", "no/such/folder/x.md"], ["--append", "."], ["--format", "github", "--append", "x.md"]):
        done = run(*command, *more)
        assert done.exit_code == 2, done.output
        assert "Error: " in done.stderr


def test_annotations_are_the_worst_and_no_more_than_ten_of_a_level() -> None:
    found = commands_of(workflow_commands(of_digest(Digest(failing(30)))))
    errors = [each for each in found if each[0] == "error"]
    assert len(errors) == MOST
    assert "op29" in errors[0][1]
    assert [title.split("op")[-1] for _, title, _ in errors[:-1]] == [str(number) for number in range(29, 20, -1)]
    assert errors[-1][1] == "21 more errors"
    assert [level for level, _, _ in found].count("notice") == 1


@pytest.mark.parametrize("count", [1, MOST, MOST + 1])
def test_a_list_that_fits_is_whole(count: int) -> None:
    given = [Annotation("error", f"number {number}", "text") for number in range(count)]
    found = commands_of(workflow_commands(given))
    assert len(found) == min(count, MOST)
    assert (found[-1][1] == "2 more errors") == (count > MOST)


def test_texts_are_escaped_as_github_unescapes_them() -> None:
    """A file cannot start a command, end a line or add a property."""
    text = "50%, a: b\n::error::other\r\n##[group]x\x1b[2J"
    line = str(Annotation("error", text, text))
    assert "\n" not in line
    assert line == (
        "::error title=50%25%2C a%3A b %3A%3Aerror%3A%3Aother ##[group]x\N{REPLACEMENT CHARACTER}[2J"
        "::50%25, a: b%0A::error::other%0A##[group]x\N{REPLACEMENT CHARACTER}[2J"
    )
    assert commands_of(line)


def test_hostile_results_annotate_themselves_only() -> None:
    hostile = "x\n::set-output name=a::b %0A, :"
    file = failing(2, signature=hostile, detail=hostile)
    assert len(commands_of(workflow_commands(of_digest(Digest(file))))) == 2  # one kind, and the notice
    assert commands_of(workflow_commands(of_comparison(compare(samples.sample((TORCH,)).file(), file))))


def test_a_foreseen_failure_is_never_an_error() -> None:
    levels = {level for level, _, _ in commands_of(workflow_commands(of_digest(Digest(failing(3, expected="known")))))}
    assert levels == {"notice"}
    before, after = failing(2), failing(2)
    before.results[:] = [msgspec.structs.replace(one, verdict="agree") for one in before.results]
    gating = [level for level, _, _ in commands_of(workflow_commands(of_comparison(compare(before, after))))]
    assert gating == ["error", "error", "notice"]
    after.results[0] = msgspec.structs.replace(after.results[0], expected="known")
    mixed = commands_of(workflow_commands(of_comparison(compare(before, after))))
    assert [level for level, _, _ in mixed] == ["error", "warning", "notice"]
    assert "foreseen: known" in mixed[1][2]


def test_alike_transitions_are_one_annotation() -> None:
    before, after = failing(12, signature="sort"), failing(12, signature="sort")
    before.results[:] = [
        msgspec.structs.replace(one, verdict="agree", worst=samples.gap(0.1)) for one in before.results
    ]
    (error, notice) = commands_of(workflow_commands(of_comparison(compare(before, after))))
    assert (error[0], notice[0]) == ("error", "notice")
    assert "the gap is 1e+12 bounds, 12 verdicts, the worst of them here" in error[2]


def test_an_annotation_has_the_message_of_the_failure_and_what_shows_it_again() -> None:
    (first, *_) = [each for each in of_digest(Digest(samples.torch_file())) if each.title.startswith(LAW)]
    assert "replay: autograd-conformance replay" in first.message
    assert "gap 4.0e-04" in first.message
    scenario = next(each for each in of_digest(Digest(samples.scenarios_file())) if "C2" in each.title)
    assert scenario.message == "scenario C2: disagree"


@pytest.mark.parametrize(
    ("file", "title"),
    [
        (samples.sample((TORCH,)).file("truncated"), "The results are incomplete"),
        (samples.Sample([]).file(), "The results are incomplete"),
        (samples.torch_file(), "Stale expectation"),
    ],
)
def test_what_makes_a_run_fail_otherwise_is_an_error_too(file: ResultsFile, title: str) -> None:
    assert ("error", title) in {(each.level, each.title) for each in of_digest(Digest(file))}


def test_lost_digits_are_warnings() -> None:
    made = samples.Sample([samples.adapter(TORCH)])
    record = samples.case(1)
    worst = samples.gap(2.5)
    made.add(record, samples.result(record, TORCH, LAW, "float32", "imprecise", signature="det", worst=worst))
    (warning,) = [each for each in of_digest(Digest(made.file())) if each.level == "warning"]
    assert "det" in warning.title
    assert "2.5 bounds" in warning.message


def test_graphs_that_lose_digits_alike_are_one_warning_and_known_ones_none() -> None:
    """They are not reduced, so that each has ops of its own; the farthest from its bound is named."""
    made = samples.Sample([samples.adapter(TORCH)])
    said = {"detail": "the gap shrinks with the roundoff, as in float64"}
    lost = (("det+exp", 1.5, ""), ("abs+det", 3.5, ""), ("arctanh+exp", 9.0, "arctanh loses digits"))
    for number, (ops, gap, reason) in enumerate(lost, start=1):
        known = {"signature": ops, "expected": reason, "worst": samples.gap(gap), **said}
        made.add(
            samples.case(number), samples.result(samples.case(number), TORCH, LAW, "float32", "imprecise", **known)
        )
    (warning,) = [each for each in of_digest(Digest(made.file())) if each.level == "warning"]
    assert "abs+det" in warning.title
    assert "2 verdicts" in warning.message
