"""`replay`: run recorded cases again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from autograd_conformance import corpus
from autograd_conformance.case import Case, case_from_plain
from autograd_conformance.cli.reducing import print_reduced, save_case
from autograd_conformance.corpus import UnreadableCase
from autograd_conformance.graph import MalformedGraph
from autograd_conformance.investigation import NOTHING_WRONG, Investigator
from autograd_conformance.laws import LAWS
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.preparation import BAD_INPUT, Prepared, prepare
from autograd_conformance.records import UNEXPECTED_VERDICTS
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.results import ResultsFile, UnreadableResults, read
from autograd_conformance.settings import Settings
from autograd_conformance.worker.process import AdapterUnusable
from autograd_conformance.writing import failure_text, graph_text

FIXED, FAILED, ERROR = 0, 1, 3


@click.command()
@click.argument("case")
@click.option("-a", "--adapter", multiple=True, metavar="NAME", help="Default: every adapter that imports.")
@click.option("--results", multiple=True, metavar="FILE", help="Where to look for an id; default: *.jsonl here.")
@click.option(
    "--dtype", multiple=True, metavar="NAME", help="float64, float32, float16 or bfloat16; default: the first two."
)
@click.option("--python", multiple=True, metavar="ADAPTER=PATH", help="Interpreter for an adapter's worker.")
@click.option("--script", is_flag=True, help="Print a program that needs only the framework, instead of judging.")
@click.option("--law", metavar="NAME", help="Judge by this law alone; with --script, show the derivative it is about.")
@click.option("--reduce", is_flag=True, help="Look for the smallest case that fails in the same way.")
@click.option(
    "--save", type=click.Path(path_type=Path), metavar="FILE", help="Reduce, and write what is found as a case."
)
def replay(
    case: str,
    adapter: tuple[str, ...],
    results: tuple[str, ...],
    dtype: tuple[str, ...],
    python: tuple[str, ...],
    script: bool,
    law: str | None,
    reduce: bool,
    save: Path | None,
) -> None:
    """Run a case again: an id of a results file or of the corpus, the name of a frozen case, or a case file.

    FIXED (exit 0): every law holds.  FAILED (1): one does not.  ERROR (3): it could not be judged.

    With --reduce a failing case is taken to a local minimum: no node, axis, element or digit of it can go.
    """
    found = find_case(case, results)
    if law is not None and law not in LAWS:
        raise click.UsageError(f"no law {law!r}; `autograd-conformance list laws` names them")
    try:
        settings = Settings(dtypes=dtype, python=dict(pair(text) for text in python))
        prepared = prepare(adapter, settings, [])
    except BAD_INPUT as failure:
        raise click.UsageError(str(failure)) from None
    try:
        if script:
            code = _print_scripts(prepared, found, settings, law)
        else:
            code, smallest = judge_and_print(prepared, found, settings, law or "*", reduce or save is not None)
            if save is not None:
                save_case(smallest, save)
    except AdapterUnusable as failure:
        click.echo(f"ERROR: {failure}", err=True)
        code = ERROR
    finally:
        prepared.close()
    sys.exit(code)


def pair(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not equals or not name or not path:
        raise click.UsageError(f"--python takes ADAPTER=PATH, not {text!r}")
    return name, path


def find_case(text: str, results: Sequence[str]) -> Case:
    """The case a user means; usage errors name where it was looked for."""
    return find_recorded(text, results)[0]


def find_recorded(text: str, results: Sequence[str]) -> tuple[Case, ResultsFile | None]:
    """The case a user means, with the results file it was found in, if it was."""
    try:
        if text.endswith(".json") or Path(text).is_file():
            return corpus.read(Path(text)), None
        frozen = corpus.find(text)
        if frozen is not None:
            return frozen, None
        looked = list(results) or sorted(map(str, Path().glob("*.jsonl")))
        for path in looked:
            try:
                file = read(path)
            except UnreadableResults:
                if path in results:
                    raise
                continue
            if record := file.cases.get(text):
                return case_from_plain(record.graph, record.point, record.stratum), file
    except (UnreadableCase, UnreadableResults) as failure:
        raise click.UsageError(str(failure)) from None
    except MalformedGraph as failure:
        raise click.UsageError(f"case {text} is malformed: {failure}") from None
    where = ", ".join(looked) if looked else "no *.jsonl here"
    raise click.UsageError(f"no case {text} in the corpus or in {where}; name the results file with --results")


def judge_and_print(
    prepared: Prepared, case: Case, settings: Settings, law: str, is_reduced: bool
) -> tuple[int, list[Case]]:
    """Judge a case in every adapter and say what came of it; the exit code, and what failures were reduced to."""
    click.echo(f"case {case.id}")
    for line in graph_text(case, most=60):
        click.echo(f"  {line}")
    investigator = _investigator(prepared)
    code = ERROR if prepared.is_short or not prepared.adapters else FIXED
    smallest: list[Case] = []
    for record in prepared.missing:
        click.echo(f"ERROR {record.name}: {record.missing}")
    for adapter in prepared.adapters:
        judged = investigator.judge(adapter, case, settings.dtypes, law)
        version = next(iter(adapter.description.versions.values()), "")
        bad = {key: verdict for key, verdict in judged.verdicts.items() if verdict.name in UNEXPECTED_VERDICTS}
        lost = {key: verdict for key, verdict in judged.verdicts.items() if verdict.name == "imprecise"}
        unclear = {key: v for key, v in judged.verdicts.items() if v.name in {"inconclusive", "unsupported"}}
        is_judged = not unclear or any(verdict.worst is not None for verdict in judged.verdicts.values())
        word = "FAILED" if bad else ("FIXED" if is_judged else "ERROR")
        compared = {dtype for (dtype, _), verdict in judged.verdicts.items() if verdict.worst is not None}
        idle = [dtype for dtype in settings.dtypes if dtype not in compared and any(dtype == key[0] for key in unclear)]
        note = f", not judged in {', '.join(idle)}" if idle else ""
        note += ", digits are lost" if lost else ""
        click.echo(f"{word} {adapter.name} {version}{note}")
        for (dtype, name), verdict in {**bad, **lost, **unclear}.items():
            text = failure_text(name, adapter.name, version, dtype, verdict, case, None)
            click.echo("\n".join(f"  {line}" for line in text.split("\n  v0 = ")[0].splitlines()))
        if is_reduced and bad:
            smallest.append(print_reduced(investigator, adapter, judged, version))
        code = max(code, FAILED if bad else FIXED) if code != ERROR else ERROR
        code = ERROR if word == "ERROR" else code
    return code, smallest


def _print_scripts(prepared: Prepared, case: Case, settings: Settings, law: str | None) -> int:
    """In the form and of the derivative that a verdict of the law is about."""
    investigator = _investigator(prepared)
    for record in prepared.missing:
        click.echo(f"# {record.name}: {record.missing}", err=True)
    for adapter in prepared.adapters:
        dtype, verdict = settings.dtypes[0], NOTHING_WRONG
        if law is not None:
            verdict = investigator.judge(adapter, case, (dtype,), law).verdicts.get((dtype, law), NOTHING_WRONG)
        text = investigator.script(adapter, case, dtype, law or "", verdict)
        click.echo(text or f"# {adapter.name} gives no answer to this case, so there is no script")
    return FIXED if prepared.adapters else ERROR


def _investigator(prepared: Prepared) -> Investigator:
    def ask(adapter: PlannedAdapter, questions: list) -> list:  # type: ignore[type-arg]
        return prepared.workers[adapter.name].ask(questions)

    return Investigator(LAWS, estimate, ask)
