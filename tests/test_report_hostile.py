"""A results file from a stranger: whatever it holds, the page stays inert and readable."""

from __future__ import annotations

import re

import msgspec
import pytest

from autograd_conformance.records import AdapterRecord, CaseRecord, Diagnostic, Gap, Observation, Result
from autograd_conformance.reports import render_html
from autograd_conformance.reports.casepage import anchor_of
from autograd_conformance.reports.wording import cleaned, clipped, replay_line
from autograd_conformance.results import ResultsFile, parse
from tests import results_samples as samples
from tests.test_report import Page, packed

ATTACKS = (
    "<script>window.attacked = 1</script>",
    "</script><script>window.attacked = 1</script>",
    '"><img src=x onerror="window.attacked = 1">',
    "' onmouseover='window.attacked = 1",
    "javascript:window.attacked=1",
    "{{ 7 * 7 }}{% raw %}${window.attacked = 1}",
    "<!-- ]]> --><svg onload=window.attacked=1>",
    "</style></title></textarea><base href=//evil.example>",
)
LAW = "vjp_matches_finite_differences"


def hostile_file(text: str) -> ResultsFile:
    """The text in every place that takes one."""
    good = samples.cumprod_case()
    name = f"{text}:eager"
    adapters = [
        AdapterRecord(
            name=name, framework=text, mode=text, versions={text: text}, numerics={text: text}, python=text,
            laws=[text, LAW], cases={text: 3},
        ),
        AdapterRecord(name=f"{text}:gone", framework=text, mode=text, missing=text),
    ]  # fmt: skip
    made = samples.Sample(adapters, path=f"/tmp/{text}", stale=[text], settings={text: {text: [text, None, 1e300]}})
    fields = ("file", "law", "adapter", "kind", "reason", "link", "signature", "case", "point", "dtype", "when", "device",
              "detail", "witness", "added", "review")  # fmt: skip
    hostile = dict.fromkeys(fields, text)
    made.known = [samples.known(number, state, **hostile, times={text: 10**30}, largest_gap=1e300)
                  for number, state in enumerate(("met", "stale", "unmet", "not_applicable"))]  # fmt: skip
    bad_graph = {"inputs": [[2]], "nodes": [{"op": text, "operands": [0]}], "outputs": [1]}
    cases = [
        CaseRecord(
            id=text, stratum=text, graph=good.graph, point=[text, {text: text}], cotangents=[text], shapes=good.shapes
        ),
        CaseRecord(id=f"{text} again", stratum=text, graph=bad_graph, point=[], cotangents=[]),
    ]
    worst = Gap(where=text, measured="nan", measured_hex=text, reference="inf", reference_hex=text, error="-inf",
                bound=0.0, gap="nan")  # fmt: skip
    for case in cases:
        for expected in ("", text):
            result = Result(
                case=case.id, stratum=text, adapter=name, law=text, dtype=text, verdict="disagree", detail=text,
                worst=worst, confirmed=text, peer=text, reduced=f"{text} again", signature=text, expected=expected,
            )  # fmt: skip
            made.add(case, result)
        made.diagnostics.append(
            Diagnostic(
                case=case.id,
                adapter=name,
                law=text,
                dtype=text,
                source=text,
                script=text,
                message=text,
                steps=[["nan", 1.0], [0.5], [-1.0, 2.0], [0.25, 0.0], [0.125, "inf"], [1e-300, 1e300]],
                reference_steps=[],
                values=[{text: text, "adapter": text, "dtype": text, "value": {text: text}}],
                first_diverging_node=99,
            )
        )
        seen = [
            Observation(name=text, observed=text, documented={text: text}, verdict="disagree", detail=""),
            Observation(name=f"{text} 2", observed={"raises": text, "message": text}, verdict="agree"),
            Observation(name=f"{text} 3", observed={"nodes": [{"id": text, "op": text, "name": text, "shape": [text]}],
                        "edges": []}, verdict="agree"),
            Observation(name=f"{text} 4", observed=[0.5] * 20, documented=["nan"] * 20, verdict="error", detail=text),
        ]  # fmt: skip
        for expected in ("", text):
            made.scenarios.append(
                samples.told(
                    text + expected, name, seen, "disagree", claim=text, link=text, detail=text, program=text,
                    script=text, message=text, expected=expected,
                )
            )  # fmt: skip
    return made.file()


@pytest.mark.parametrize("text", ATTACKS)
def test_hostile_text_is_shown_and_never_run(text: str) -> None:
    html = render_html([hostile_file(text)], hostile_file(text))
    page = Page(html)
    assert sum(tag == "script" for tag in re.findall(r"<(script)\b", html)) == 3
    assert not [attribute for attribute in page.attributes if attribute[1].startswith("on")]
    assert not [
        value for _, name, value in page.attributes if name == "href" and value[:1] != "#" and value != "data:,"
    ]
    assert "<img" not in html
    assert "<base" not in html
    assert packed(html)["columns"]["case"] == [0, 1, 0, 1]


def test_hostile_file_survives_being_written_and_read() -> None:
    """The same through the reader, which is how a stranger's file arrives."""
    made = hostile_file(ATTACKS[0])
    records = [made.header, *made.cases.values(), *made.results, *made.diagnostics, *made.scenarios, made.footer]
    raw = b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    Page(render_html([parse(raw, "stranger.jsonl")]))


def test_huge_texts_are_cut_and_the_cut_is_said() -> None:
    html = render_html([hostile_file("a" * 300_000)])
    assert len(html) < 600_000
    assert "more characters" in html


def test_many_groups_adapters_and_ops_stay_bounded() -> None:
    made = samples.Sample([samples.adapter(f"f{number}:eager") for number in range(80)])
    graph = {"inputs": [[2]], "nodes": [{"op": f"op{n}", "operands": [0]} for n in range(1500)], "outputs": [1]}
    record = CaseRecord(id="many", stratum="core", graph=graph, point=[[1, 2]], cotangents=[[1, 1]])
    made.add(record)
    for number in range(2_000):
        made.results.append(
            samples.result(record, f"f{number % 80}:eager", f"law{number}", "float64", "error", signature=f"s{number}")
        )
    html = render_html([made.file()])
    assert len(html) < 4_000_000
    assert "more kinds in the table of verdicts" in html
    assert "Too large to draw" in html


def test_graph_that_is_none_is_said_instead_of_drawn() -> None:
    made = samples.Sample([samples.adapter("torch:eager")])
    for number, graph in enumerate([{}, {"inputs": 3}, {"inputs": [[2]], "nodes": [], "outputs": [7]}]):
        record = CaseRecord(id=f"bad{number}", stratum="core", graph=graph, point=[], cotangents=[])
        made.add(record, samples.result(record, "torch:eager", LAW, "float64", "error"))
    assert render_html([made.file()]).count("Not a graph:") == 3


def test_invisible_characters_are_replaced() -> None:
    """Control characters, lone surrogates and marks that turn the direction of writing."""
    assert cleaned("a\x00b\u202ec\ud800d\n") == "a�b�c�d\n"
    assert clipped("x" * 500, 10) == "xxxxxxxxx…"


def test_replay_line_is_quoted_for_a_shell() -> None:
    assert replay_line("3f9a; rm -rf ~", "$(x)") == "autograd-conformance replay '3f9a; rm -rf ~' -a '$(x)'"


def test_anchor_is_a_plain_word() -> None:
    assert anchor_of("3f9a2c81") == "case-3f9a2c81"
    assert re.fullmatch(r"case-x[0-9a-f]{16}", anchor_of('"><script>'))
    assert re.fullmatch(r"case-x[0-9a-f]{16}", anchor_of("\ud800"))
