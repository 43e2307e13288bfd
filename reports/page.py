"""The page: everything is read, counted and drawn here, and laid out by the templates."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from autograd_conformance.comparison import STATES
from autograd_conformance.records import SCENARIO_LAW, VERDICTS
from autograd_conformance.reports import wording
from autograd_conformance.reports.answer import answer
from autograd_conformance.reports.attention import MOST_GROUPS, attention
from autograd_conformance.reports.casepage import Pages, anchor_of, choose
from autograd_conformance.reports.coverage import coverage
from autograd_conformance.reports.expectations import MOST_ROWS, expectations
from autograd_conformance.reports.grid import COVERAGE_LAW, law_grid, op_grid, table_link
from autograd_conformance.reports.merged import Merged, merge
from autograd_conformance.reports.packing import pack, pack_scripts
from autograd_conformance.reports.scenarios import OUTCOMES, scenarios
from autograd_conformance.reports.tally import GLYPHS, MEANINGS, tally
from autograd_conformance.reports.upgrade import MEANINGS as STATE_MEANINGS
from autograd_conformance.reports.upgrade import upgrade
from autograd_conformance.results import ResultsFile

TEMPLATES = Path(__file__).parent / "templates"
CASE_BUDGET = 2_000_000
"""Characters of case pages; a report must stay small enough to send."""


def render_html(files: Sequence[ResultsFile], baseline: ResultsFile | None = None) -> str:
    """One offline HTML page about one or more results files, with what changed since ``baseline`` when it is given."""
    merged, templates = merge(files), environment()
    change = upgrade(merged, baseline) if baseline else None
    cases, shown, left_out = _case_pages(merged, templates, change.cases if change else ())
    told = scenarios(merged)
    style, script = (Markup((TEMPLATES / name).read_text("utf-8")) for name in ("style.css", "script.js"))  # noqa: S704
    return templates.get_template("page.jinja").render(
        merged=merged,
        answer=answer(merged),
        attention=attention(merged),
        laws=law_grid(merged),
        ops=op_grid(merged),
        coverage=coverage(merged),
        scenarios=told,
        expected=expectations(merged),
        total=tally(merged.results),
        upgrade=change,
        cases=cases,
        cases_left_out=left_out,
        packed=Markup(pack(merged, lambda case: anchor_of(case) if case in shown else "")),  # noqa: S704 - base64
        scripts=Markup(pack_scripts(told.scripts if told else [])),  # noqa: S704 - base64
        shown=shown,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def write_html(path: Path, files: Sequence[ResultsFile], baseline: ResultsFile | None = None) -> None:
    """Render and write the page.  Raises OSError when the file cannot be written."""
    path.write_text(render_html(files, baseline), encoding="utf-8")


def _case_pages(
    merged: Merged, templates: jinja2.Environment, linked_from_elsewhere: Sequence[str]
) -> tuple[list[Markup], set[str], int]:
    """Rendered case pages within the budget, the ids of those cases, and how many more would have had one."""
    choice, pages = choose(merged, linked_from_elsewhere), Pages(merged)
    template = templates.get_template("case.jinja")
    rendered: list[Markup] = []
    shown: set[str] = set()
    size = 0
    linked = {*choice.explained, *choice.sampled}
    for case in [*choice.explained, *choice.sampled]:
        html = template.render(page=pages.page(case, is_sample=case in choice.sampled), shown=linked)
        if size + len(html) > CASE_BUDGET:
            return rendered, shown, choice.left_out + len(choice.explained) - len(rendered)
        size += len(html)
        shown.add(case)
        rendered.append(Markup(html))  # noqa: S704 - the output of an escaping template
    return rendered, shown, choice.left_out


def _hash(text: str) -> str:
    """The content security policy admits this script and style and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def environment() -> jinja2.Environment:
    """The templates, every text escaped."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters.update(
        clipped=wording.clipped,
        clipped_block=lambda text: wording.cleaned(text, 6_000),
        code=_code,
        thousands=lambda count: f"{count:,}",
        scientific=wording.scientific,
        shape=wording.shape_text,
    )
    made.globals.update(
        anchor_of=anchor_of,
        counted=wording.counted,
        percent=wording.percent,
        joined=wording.joined,
        plain=wording.plain,
        table_link=table_link,
        GLYPHS=GLYPHS,
        MEANINGS=MEANINGS,
        VERDICTS=VERDICTS,
        COVERAGE_LAW=COVERAGE_LAW,
        OUTCOMES=OUTCOMES,
        MOST_GROUPS=MOST_GROUPS,
        MOST_EXPECTATIONS=MOST_ROWS,
        STATES=STATES,
        STATE_MEANINGS=STATE_MEANINGS,
        SCENARIO_LAW=SCENARIO_LAW,
    )
    return made


def _finalize(value: Any) -> Any:
    """Every text that no template wrote is cleaned; escaping follows."""
    return wording.cleaned(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _code(name: str, most: int = 120) -> Markup:
    """A name in code style that may break after an underscore or a plus."""
    text = escape(wording.clipped(name, most))
    text = text.replace("_", Markup("_<wbr>")).replace("+", Markup("+<wbr>"))
    return Markup("<code>{}</code>").format(text)
